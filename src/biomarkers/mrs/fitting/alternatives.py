"""What a spectrum says under other models: the part of an error that no noise explains.

Models of one kind (stiffness of the baseline, shape of lines, macromolecules) are weighed by
Akaike's criterion against the chosen one, or all alike where what that leaves is not noise: then
none is right, and the criterion does not hold. A ratio's error of that kind is its spread about
the chosen model, and what models more uncertain than that add to its variance (Burnham & Anderson,
Sociol Methods Res 2004;33:261). Measured macromolecules are assumed to differ from those of the
spectrum as those of subjects do; what comes of it is reckoned from the fit, without another.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.blas import one_blas_thread
from biomarkers.mrs.fitting.bands import COUPLINGS, NAMES, band_signal, bands_for
from biomarkers.mrs.fitting.design import PER_GROUP
from biomarkers.mrs.fitting.engine import Problem, State
from biomarkers.mrs.fitting.inference import Uncertainty, fitted, residual, whiteness
from biomarkers.mrs.fitting.nonnegative import nonnegative
from biomarkers.mrs.fitting.pipeline import Solution, refine
from biomarkers.mrs.fitting.setup import Setup
from biomarkers.mrs.fitting.stiffness import residuals

BASELINE, LINES, MACROMOLECULES = "baseline", "lines", "macromolecules"
KINDS = (BASELINE, LINES, MACROMOLECULES)
# Effective dimensions of a baseline per ppm that are tried beside the chosen one, from a straight
# line to the most flexible of ABfit.
PER_PPM = (0.6, 1.0, 1.5, 2.5, 4.0, 7.0)
# A model of less weight beside the chosen one is not fitted.
_LIGHTEST = 0.02
# Smallest p-value of a residual taken for noise.
_WHITE = 0.001
# Steps from the chosen model to another: what it comes to shows, to within its error, by then.
_STEPS = 5
# By how much deviations are set freer.
_FREER = 3.0


class Alternative(NamedTuple):
    """One spectrum under another model."""

    kind: str
    label: str
    weight: float  # by Akaike's criterion, against the chosen model's 1
    amplitudes: FloatArray  # of the signals of the chosen model, (M,)
    covariance: FloatArray  # of these, (M, M)


@dataclass(frozen=True, eq=False)
class Alternatives:
    """A spectrum under other models than the chosen one.

    Parameters
    ----------
    chosen
        The chosen model.
    others
        The other models.
    varied
        The chosen model with bands of measured macromolecules that vary as between subjects; None
        without measured ones. It counts in full: they do vary.

    """

    chosen: Alternative
    others: tuple[Alternative, ...]
    varied: Alternative | None

    def spread(
        self, above: FloatArray, below: FloatArray | None, kinds: tuple[str, ...] = KINDS
    ) -> float:
        """Return the standard deviation of a ratio that comes of the model.

        Parameters
        ----------
        above, below
            Weights of the amplitudes, (M,); below None, of the amplitude itself.
        kinds
            What counts, added in quadrature.

        """
        here, variance = _ratio(self.chosen, above, below)
        if not np.isfinite(here):
            return float("nan")
        total = 0.0
        for kind in kinds:
            weights, more = 1.0, 0.0
            for other in (other for other in self.others if other.kind == kind):
                there, wider = _ratio(other, above, below)
                if np.isfinite(there):
                    weights += other.weight
                    more += other.weight * ((there - here) ** 2 + max(wider - variance, 0.0))
            total += more / weights
        if MACROMOLECULES in kinds and self.varied is not None:
            there, wider = _ratio(self.varied, above, below)
            total += (there - here) ** 2 + max(wider - variance, 0.0)
        return float(np.sqrt(total))


def _ratio(model: Alternative, above: FloatArray, below: FloatArray | None) -> tuple[float, float]:
    """Return a ratio, or an amplitude, and its variance."""
    if below is None:
        return float(above @ model.amplitudes), float(above @ model.covariance @ above)
    bottom = float(below @ model.amplitudes)
    if bottom <= 0.0:
        return float("nan"), float("nan")
    value = float(above @ model.amplitudes) / bottom
    off = (above - value * below) / bottom
    return value, float(off @ model.covariance @ off)


@one_blas_thread()
def alternatives_of(setup: Setup, solution: Solution) -> Alternatives:
    """Fit a spectrum with other models, each from where the chosen one ended.

    Parameters
    ----------
    setup, solution
        The chosen model, and its fit.

    """
    errors, names = solution.errors, solution.problem.design.names
    best = criterion(solution, errors)
    adequate = whiteness(residual(solution.problem, solution.state)) >= _WHITE
    others = []
    for kind, label, other in _solutions(setup, solution, adequate=adequate):
        of_it = other.errors
        excess = max(criterion(other, of_it) - best, 0.0) if adequate else 0.0
        weight = float(np.exp(-0.5 * excess))
        others.append(_alternative(kind, label, weight, (other, of_it), names))
    chosen = _alternative("chosen", "chosen", 1.0, (solution, errors), names)
    return Alternatives(chosen, tuple(others), varied_macromolecules(setup, solution, errors))


def criterion(solution: Solution, errors: Uncertainty) -> float:
    """Return Akaike's criterion of a fit, n log(RSS) + 2 k, all dimensions counted."""
    misfit = residual(solution.problem, solution.state)
    return float(misfit.size * np.log(np.sum(misfit**2)) + 2.0 * errors.dimensions)


def _alternative(
    kind: str,
    label: str,
    weight: float,
    fit: tuple[Solution, Uncertainty],
    names: tuple[str, ...],
) -> Alternative:
    solution, errors = fit
    there = solution.problem.design.names
    place = np.array([[float(name == other) for other in there] for name in names])
    amplitudes = solution.unit * place @ solution.state.amplitudes
    covariance = solution.unit**2 * place @ errors.covariance @ place.T
    return Alternative(kind, label, weight, amplitudes, covariance)


def varied_macromolecules(
    setup: Setup, solution: Solution, errors: Uncertainty
) -> Alternative | None:
    """Return the chosen model with measured macromolecules whose bands vary; None without any.

    The macromolecules as fitted are split into the bands that are known, and each of these may
    differ as it does between subjects. What changes is reckoned to first order.

    Parameters
    ----------
    setup, solution, errors
        The chosen model, its fit and its errors.

    """
    problem, state, scan = solution.problem, solution.state, setup.scan
    measured = np.array([name in setup.basis.macromolecules for name in problem.design.names])
    if not state.amplitudes[measured].any():
        return None
    whole = np.tensordot(state.amplitudes * measured, state.spectra, axes=1)
    differ = {each.name: each.sd / each.ratio for each in COUPLINGS}
    bands = bands_for(scan.frequency_mhz, macromolecules=True, lipids=False)
    signals = np.array(
        [band_signal(band, scan.time, scan.frequency_mhz, scan.ppm_reference) for band in bands]
    )
    spectra = problem.design.phased(state.parameters, signals)
    flat = spectra.reshape(len(spectra), -1)
    size = nonnegative(flat @ flat.T, flat @ whole.reshape(-1))
    size *= [min(differ.get(band.name, 0.0), 1.0) for band in bands]
    deviations = spectra[size > 0.0] * size[size > 0.0, None, None]
    misfit = problem.data - fitted(state)
    change, covariance = errors.with_signals(problem, misfit, deviations)
    amplitudes = solution.unit * (state.amplitudes + change)
    label = "measured bands that vary"
    return Alternative(MACROMOLECULES, label, 1.0, amplitudes, solution.unit**2 * covariance)


def _solutions(
    setup: Setup, solution: Solution, *, adequate: bool
) -> Iterator[tuple[str, str, Solution]]:
    yield from _other_baselines(setup, solution, adequate=adequate)
    yield from _other_lines(setup, solution)
    yield from _other_macromolecules(setup, solution)


def _other_baselines(
    setup: Setup, solution: Solution, *, adequate: bool
) -> Iterator[tuple[str, str, Solution]]:
    problem, state = solution.problem, solution.state
    flexible = problem
    if not problem.design.baseline.roughness.any():
        splines = Setup.of(setup.scan, setup.basis, replace(setup.choices, baseline="spline"))
        flexible = replace(problem, design=splines.design)
    baseline = flexible.design.baseline
    wanted = np.array([baseline.stiffness_for(each * baseline.width_ppm) for each in PER_PPM])
    best = _half_criterion(problem, state, np.array([problem.stiffness]))[0]
    excess = _half_criterion(flexible, state, wanted) - best
    # A new fit gains on what was reckoned with the old parameters.
    for each in wanted if not adequate else wanted[excess < -2.0 * np.log(_LIGHTEST)]:
        other = replace(solution, problem=replace(flexible, stiffness=float(each)))
        label = f"{baseline.per_ppm(float(each)):.1f} dimensions per ppm"
        yield BASELINE, label, refine(other, flexible.design, steps=_STEPS)


def _half_criterion(problem: Problem, state: State, stiffnesses: FloatArray) -> FloatArray:
    """Return half of Akaike's criterion of baselines, (S,), parameters kept."""
    baseline = problem.design.baseline
    sums = np.maximum(residuals(problem, state, stiffnesses), np.finfo(float).tiny)
    dimensions = np.array([2.0 * baseline.shares(each).sum() for each in stiffnesses])
    return np.asarray(0.5 * problem.data.size * np.log(sums) + dimensions)


def _other_lines(setup: Setup, solution: Solution) -> Iterator[tuple[str, str, Solution]]:
    design = solution.problem.design
    for label, parameter in (("Lorentzian lines", 2), ("Gaussian lines", 1)):
        high = design.high.copy()
        high[2 + parameter : design.own : PER_GROUP] = 0.0
        yield LINES, label, refine(solution, replace(design, high=high), steps=_STEPS)
    if setup.choices.deviations:
        yield LINES, "no deviations", refine(solution, design.without_deviations(), steps=_STEPS)
        sd = design.sd.copy()
        sd[design.own :] *= _FREER
        yield (
            LINES,
            f"deviations {_FREER:g} times as free",
            refine(solution, replace(design, sd=sd), steps=_STEPS),
        )


def _other_macromolecules(setup: Setup, solution: Solution) -> Iterator[tuple[str, str, Solution]]:
    design = solution.problem.design
    if design.couplings.size:
        free = replace(design, couplings=np.zeros((0, len(design.names))))
        yield MACROMOLECULES, "bands not coupled", refine(solution, free, steps=_STEPS)
    measured = setup.basis.macromolecules
    if measured:
        basis = setup.basis.without(measured)
        choices = replace(setup.choices, bands=NAMES)
        other = Setup.of(setup.scan, basis, choices).design
        yield MACROMOLECULES, "bands for those measured", refine(solution, other, steps=_STEPS)
    elif setup.choices.bands is None:
        other = Setup.of(setup.scan, setup.basis, replace(setup.choices, bands=())).design
        yield MACROMOLECULES, "no bands", refine(solution, other, steps=_STEPS)
