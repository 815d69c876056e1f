"""Errors of a fit: Cramer-Rao bounds from the whole Fisher matrix, noise, lines, whiteness."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs.fitting.design import METABOLITES, Design, Window
from biomarkers.mrs.fitting.engine import Problem, State, derivatives
from biomarkers.mrs.scan import Scan

# Where a spectrum shows noise alone: away from signals, and from the ends that filters bend, ppm
# from the reference and share of the bandwidth.
_NOISE_FROM_PPM = 5.5
_NOISE_TO = 0.45
_FEWEST_NOISE = 32
# Lags over which residuals are tested.
_LAGS = 10
# Samples between samples of a spectrum whose width is measured.
_FINER = 4


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What is known of the errors of a fit.

    Parameters
    ----------
    covariance
        Of the amplitudes, in units of the design, (M, M).
    variance
        Of real or imaginary part of a sample of the residual.
    dimensions
        Effective number of parameters.
    rows
        Derivatives of the model by amplitudes, then by parameters, (M + P, 2, N).
    inverse
        Of the Fisher matrix at unit variance, (M + P, M + P).

    """

    covariance: FloatArray
    variance: float
    dimensions: float
    rows: FloatArray
    inverse: FloatArray

    def with_signals(
        self, problem: Problem, misfit: FloatArray, signals: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return what changes if signals may be there, too, held around 0 by their size.

        Parameters
        ----------
        problem
            What was fitted.
        misfit
            What was left unexplained but for the baseline, (2, N).
        signals
            One standard deviation of each, (K, 2, N).

        Returns
        -------
        change, covariance
            Of the amplitudes, (M,), and their covariance, (M, M), with the signals unknown.

        """
        known = np.diag(self.inverse) > 0.0
        count = len(self.covariance)
        all_rows = np.concatenate([signals, misfit[None]])
        across = problem.products(self.rows[known], signals)
        own = problem.products(signals, all_rows)
        solved = self.inverse[np.ix_(known, known)] @ across
        schur = own[:, :-1] - across.T @ solved + self.variance * np.eye(len(signals))
        size = np.linalg.solve(schur, own[:, -1])
        place = np.flatnonzero(known[:count])
        change, covariance = np.zeros(count), self.covariance.copy()
        change[place] = -(solved @ size)[: place.size]
        wider = solved @ np.linalg.solve(schur, solved.T)
        covariance[np.ix_(place, place)] += self.variance * wider[: place.size, : place.size]
        return change, covariance


def uncertainty(problem: Problem, state: State) -> Uncertainty:
    """Return the errors of amplitudes, with all other parameters unknown too.

    The Fisher matrix holds all amplitudes, those at 0 included, phases, shifts, decays, priors
    and couplings; the baseline is projected out by its share.

    Parameters
    ----------
    problem, state
        A fit that came to rest.

    """
    design = problem.design
    signals = len(design.names)
    rows = np.concatenate([state.spectra, derivatives(design, state)])
    there = np.flatnonzero(rows[:, 0].any(axis=-1))  # not the shift of an absent signal
    fisher = np.zeros((len(rows), len(rows)))
    fisher[np.ix_(there, there)] = problem.products(rows[there], rows[there])
    fisher[:signals, :signals] += problem.coupling
    precision = np.zeros(len(rows))
    precision[signals:] = problem.variance / design.sd**2
    fisher[np.diag_indices(len(fisher))] += precision
    known = np.diag(fisher) > 0.0
    inverse = np.zeros_like(fisher)
    inverse[np.diag_indices(len(fisher))] = 1.0 / np.where(known, np.diag(fisher), np.inf)
    inverse[np.ix_(there, there)] = _inverse(fisher[np.ix_(there, there)])
    # A parameter that its prior holds counts for what the data say of it.
    held = np.clip(precision * np.diag(inverse), 0.0, 1.0)
    used = float(np.sum((1.0 - held)[signals:][known[signals:]]))
    shares = design.baseline.shares(problem.stiffness)
    dimensions = 2.0 * float(shares.sum()) + int(state.active.sum()) + used
    misfit = residual(problem, state)
    variance = float(np.sum(misfit**2)) / max(problem.data.size - dimensions, 1.0)
    covariance = variance * inverse[:signals, :signals]
    return Uncertainty(covariance, variance, dimensions, rows, inverse)


def _inverse(fisher: FloatArray) -> FloatArray:
    """Return the inverse of a positive matrix whose rows differ in size."""
    size = np.sqrt(np.diag(fisher))
    plain = fisher / np.outer(size, size)
    # What the data do not determine at all has an error beyond all bounds, not a rounding error.
    plain[np.diag_indices(len(plain))] += 1e-12
    return np.asarray(np.linalg.inv(plain) / np.outer(size, size))


def residual(problem: Problem, state: State) -> FloatArray:
    """Return what neither signals nor baseline explain, (2, N)."""
    return np.asarray(problem.data - fitted(state) - baseline_curve(problem, state))


def fitted(state: State) -> FloatArray:
    """Return the sum of the signals, (2, N)."""
    return np.asarray(np.tensordot(state.amplitudes, state.spectra, axes=1))


def baseline_curve(problem: Problem, state: State) -> FloatArray:
    """Return the baseline, (2, N)."""
    baseline = problem.design.baseline
    shares = baseline.shares(problem.stiffness)
    on_shapes = (problem.data - fitted(state)) @ baseline.shapes
    return np.asarray((on_shapes * shares) @ baseline.shapes.T)


def noise_sd(window: Window, scan: Scan, signal: ComplexArray) -> float:
    """Return the noise of real or imaginary part of a spectrum's sample, by second differences.

    Of the window, if the spectrum has no room without signals beside it.

    Parameters
    ----------
    window
        Of the fit.
    scan, signal
        One of its signals, (T,).

    """
    frequency = np.fft.fftfreq(scan.points, scan.dwell)
    away = np.abs(frequency) > _NOISE_FROM_PPM * scan.frequency_mhz
    quiet = np.flatnonzero(away & (np.abs(frequency) < _NOISE_TO / scan.dwell))
    index = quiet if quiet.size >= _FEWEST_NOISE else window.index
    spectrum = np.fft.fft(signal)[index]
    bends = np.concatenate([np.diff(spectrum.real, 2), np.diff(spectrum.imag, 2)])
    return float(1.4826 * np.median(np.abs(bends)) / np.sqrt(6.0))


def peak_height(design: Design, state: State, name: str) -> float:
    """Return the height of a metabolite's peak in the window; of the tallest without that name.

    Parameters
    ----------
    design, state
        A fit.
    name
        Of a metabolite.

    """
    spectra = _metabolites(design, state)
    if name in design.names:
        return float(spectra[design.names.index(name)].max())
    return float(spectra.max())


def _metabolites(design: Design, state: State) -> FloatArray:
    """Return the absorption spectra of the metabolites as fitted, (M, N); others 0."""
    plain = np.where(design.group == design.groups.index(METABOLITES), state.amplitudes, 0.0)
    return np.asarray(design.window.spectra(plain[:, None] * state.damped).real)


def line_width(design: Design, state: State) -> float:
    """Return the full width at half maximum of the tallest metabolite's peak, Hz."""
    spectra = _metabolites(design, state)
    if not spectra.any():
        return float("nan")
    tallest = int(np.argmax(spectra.max(axis=1)))
    points = _FINER * design.time.size
    fine = np.fft.fft(state.damped[tallest], points).real
    top = _FINER * int(design.window.index[np.argmax(spectra[tallest])])
    around = np.roll(fine, points // 2 - top)
    middle = points // 2 - _FINER + int(np.argmax(around[points // 2 - _FINER :][: 2 * _FINER]))
    half = 0.5 * around[middle]
    reach = _to_half(around[middle:], half) + _to_half(around[middle::-1], half)
    return reach / (points * float(design.time[1]))


def _to_half(falling: FloatArray, half: float) -> float:
    """Return after how many samples a curve falls to a value; NaN if it never does."""
    below = int(np.argmax(falling < half))
    if not below:
        return float("nan")
    before, after = falling[below - 1 : below + 1]
    return below - 1 + float((before - half) / (before - after))


def whiteness(misfit: FloatArray) -> float:
    """Return the p-value that a residual, (2, N), is white: Ljung & Box, Biometrika 1978;65:297."""
    count = misfit.shape[-1]
    total, lags = 0.0, min(_LAGS, count // 4)
    for part in misfit - misfit.mean(axis=-1, keepdims=True):
        power = float(part @ part)
        if power <= 0.0:
            return float("nan")
        for lag in range(1, lags + 1):
            correlation = float(part[lag:] @ part[:-lag]) / power
            total += count * (count + 2.0) * correlation**2 / (count - lag)
    return float(chdtrc(2.0 * lags, total))
