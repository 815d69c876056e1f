"""What a fit is made of: signals in groups, the window of the spectrum, what parameters may do.

The model of a spectrum y at frequency f, with phi(f) = phi0 + phi1 (f - f0), is

    y(f) = exp(i phi(f)) sum_m a_m FT[b_m(t) exp(i D_m t - l_m t - g t^2)] + baseline(f)

with a_m >= 0. Shift D (rad/s), Lorentzian decay l (1/s) and Gaussian decay g (1/s^2) belong to
groups of signals; with deviations, a signal's own shift and decay are those of its group plus a
little, held by Gaussian priors. Shifts of later groups are relative to those of the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray, IntArray
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.fitting.bands import COUPLINGS, Band, band_signal
from biomarkers.mrs.fitting.baseline import Baseline
from biomarkers.mrs.scan import Scan, ppm_axis

METABOLITES, MACROMOLECULES, BANDS = "metabolites", "macromolecules", "bands"
# Of a group: shift, Lorentzian and Gaussian decay.
PER_GROUP = 3


@dataclass(frozen=True)
class Priors:
    """Standard deviations of what is held by Gaussian priors.

    Parameters
    ----------
    shift_ppm
        Of a signal's own shift, ppm (LCModel's DESDSH).
    decay
        Of a signal's own Lorentzian decay, 1/s (LCModel's DESDT2).
    phase_per_ppm
        Of the first-order phase, degrees per ppm (LCModel's SDDEGP).
    group_shift_ppm
        Of the shift of macromolecules against metabolites, ppm (LCModel's largest of a band).
    group_width_hz
        Of further broadening of macromolecules, Lorentzian and Gaussian, Hz.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> fit = mrs.fit(scan, basis, bands=(), priors=mrs.Priors(shift_ppm=0.01, decay=1.0))
    >>> fit.settings["Prior_shift_ppm"], round(float(fit["NAA"]), 3)
    (0.01, 3.0)

    """

    shift_ppm: float = 0.004
    decay: float = 0.4
    phase_per_ppm: float = 20.0
    group_shift_ppm: float = 0.02
    group_width_hz: float = 5.0


@dataclass(frozen=True, eq=False)
class Window:
    """The part of the spectrum that is fitted.

    Parameters
    ----------
    index
        Of its samples in the Fourier transform as `numpy.fft` orders it, (N,).
    ppm
        Of its samples, rising, (N,).

    """

    index: IntArray
    ppm: FloatArray

    @classmethod
    def of(cls, scan: Scan, limits: tuple[float, float]) -> "Window":
        """Return the samples of a spectrum between two chemical shifts, ppm."""
        ppm = ppm_axis(scan.points, scan.dwell, scan.frequency_mhz, scan.ppm_reference)
        inside = np.flatnonzero((ppm >= limits[0]) & (ppm <= limits[1]))
        order = np.fft.fftshift(np.arange(scan.points))
        return cls(order[inside], ppm[inside])

    def spectra(self, signals: ComplexArray) -> ComplexArray:
        """Return the spectra, (..., N), of signals, (..., T)."""
        from scipy import fft  # noqa: PLC0415  (slow to import)

        return np.asarray(fft.fft(signals, axis=-1)[..., self.index])


@dataclass(frozen=True, eq=False)
class Design:
    """What of a fit does not depend on the data.

    Parameters
    ----------
    names
        Of the signals, (M).
    signals
        In the time domain, (M, T), scaled to be near 1.
    scale
        What they were divided by.
    group
        Of each signal, (M,).
    groups
        Names of the groups, (G).
    time
        (T,), s.
    window
        What is fitted of the spectrum.
    baseline
        Of the window.
    mean, sd
        Of the priors of the parameters, (P,); infinite where free.
    low, high
        Between which parameters are kept, (P,).
    deviations
        Whether signals have shifts and decays of their own.
    couplings
        Rows (M) of differences of amplitudes that are expected to be 0, with standard deviation 1
        in units of the amplitude that they are relative to; (C, M).
    frequency_mhz
        Of the spectrometer.

    """

    names: tuple[str, ...]
    signals: ComplexArray
    scale: float
    group: IntArray
    groups: tuple[str, ...]
    time: FloatArray
    window: Window
    baseline: Baseline
    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray
    deviations: bool
    couplings: FloatArray
    frequency_mhz: float

    @property
    def own(self) -> int:
        """Index of the first parameter that belongs to one signal."""
        return 2 + PER_GROUP * len(self.groups)

    @cached_property
    def ppm_from_centre(self) -> FloatArray:
        """Chemical shifts from the middle of the window, (N,), by which the phase turns."""
        return np.asarray(self.window.ppm - self.window.ppm.mean())

    def shifts_and_decays(self, parameters: FloatArray) -> tuple[FloatArray, ...]:
        """Return shift (rad/s), Lorentzian (1/s) and Gaussian decay (1/s^2) of each signal."""
        per_group = parameters[2 : self.own].reshape(-1, PER_GROUP)
        shift, decay, gauss = per_group.T
        shift = np.where(np.arange(shift.size) > 0, shift + shift[0], shift)
        own = np.zeros((2, len(self.names)))
        if self.deviations:
            own = parameters[self.own :].reshape(2, -1)
        return shift[self.group] + own[0], decay[self.group] + own[1], gauss

    def phased(self, parameters: FloatArray, signals: ComplexArray) -> FloatArray:
        """Return real and imaginary parts of spectra, (A, 2, N), of signals, (A, T), in phase."""
        phase = np.exp(1j * (parameters[0] + parameters[1] * self.ppm_from_centre))
        spectra = phase * self.window.spectra(signals)
        return np.stack([spectra.real, spectra.imag], axis=-2)

    def without_deviations(self) -> "Design":
        """Return the design in which signals have only what their group has."""
        keep = slice(0, self.own)
        held = {name: getattr(self, name)[keep] for name in ("mean", "sd", "low", "high")}
        return replace(self, deviations=False, **held)


def gaussian_decay(width_hz: float) -> float:
    """Return g of exp(-g t^2), 1/s^2, of a line of full width at half maximum, Hz."""
    return float((np.pi * width_hz) ** 2 / (4.0 * np.log(2.0)))


def make_design(
    scan: Scan,
    basis: Basis,
    bands: Sequence[Band],
    *,
    ppm: tuple[float, float],
    baseline: Baseline,
    deviations: bool,
    priors: Priors,
) -> Design:
    """Return the design of a fit of signals of a scan.

    Parameters
    ----------
    scan
        Whose samples, frequency and reference count.
    basis
        With the samples of the scan.
    bands
        Macromolecules and lipids that the basis does not hold.
    ppm
        Window of the fit.
    baseline
        Of that window.
    deviations
        Whether signals have shifts and decays of their own.
    priors
        Of what is held.

    """
    window = Window.of(scan, ppm)
    names = (*basis.names, *(band.name for band in bands))
    macro = [name in basis.macromolecules for name in basis.names]
    kinds = [MACROMOLECULES if each else METABOLITES for each in macro] + [BANDS] * len(bands)
    groups = tuple(g for g in (METABOLITES, MACROMOLECULES, BANDS) if g in kinds)
    per_proton = _signal_per_proton(basis)
    lines = [
        per_proton * band_signal(band, scan.time, scan.frequency_mhz, scan.ppm_reference)
        for band in bands
    ]
    signals: ComplexArray = np.array([*basis.fid, *lines], dtype=np.complex128)
    scale = float(np.sqrt(np.mean(np.abs(window.spectra(signals)) ** 2)))
    mean, sd, low, high = _parameters(scan.frequency_mhz, groups, priors, ties=deviations)
    if deviations:
        own = _own_sd(names, bands, scan.frequency_mhz, priors)
        reach = 5.0 * own  # beyond which a prior has nothing to say of such data
        mean, sd = np.r_[mean, np.zeros(own.size)], np.r_[sd, own]
        low, high = np.r_[low, -reach], np.r_[high, reach]
    return Design(
        names=names,
        signals=signals / scale,
        scale=scale,
        group=np.array([groups.index(kind) for kind in kinds]),
        groups=groups,
        time=scan.time,
        window=window,
        baseline=baseline,
        mean=mean,
        sd=sd,
        low=low,
        high=high,
        deviations=deviations,
        couplings=_couplings(names, [band.name for band in bands]),
        frequency_mhz=scan.frequency_mhz,
    )


def _parameters(
    frequency_mhz: float, groups: Sequence[str], priors: Priors, *, ties: bool
) -> tuple[FloatArray, ...]:
    """Return means, deviations, lower and upper ends of phases and of the groups' parameters."""
    turn = 2.0 * np.pi * frequency_mhz  # rad/s per ppm
    decay, gauss = np.pi * priors.group_width_hz, gaussian_decay(priors.group_width_hz)
    mean = [0.0, 0.0]
    sd = [np.inf, np.deg2rad(priors.phase_per_ppm)]
    low = [-np.inf, -np.deg2rad(3.0 * priors.phase_per_ppm)]
    high = [np.inf, -low[1]]
    for name in groups:
        first = name == groups[0]
        mean += [0.0, 0.0, 0.0]
        held = [turn * priors.group_shift_ppm, decay, gauss]
        sd += held if ties and not first else [np.inf] * 3
        reach = turn * (0.08 if first else 0.1)  # of what alignment left, of bands
        # Broader than metabolites can be told apart in; lipids need bands, not broad lines.
        widest = max(15.0, 0.15 * frequency_mhz)
        low += [-reach, 0.0, 0.0]
        high += [reach, np.pi * widest, gaussian_decay(widest)]
    return np.array(mean), np.array(sd), np.array(low), np.array(high)


def _own_sd(
    names: Sequence[str], bands: Sequence[Band], frequency_mhz: float, priors: Priors
) -> FloatArray:
    """Return the standard deviations of signals' own shifts, then of their own decays, (2M,)."""
    turn = 2.0 * np.pi * frequency_mhz
    table = {
        band.name: (band.shift_sd * turn, np.pi * band.width_sd * frequency_mhz) for band in bands
    }
    usual = priors.shift_ppm * turn, priors.decay
    return np.array([table.get(name, usual) for name in names]).T.reshape(-1)


def _couplings(names: Sequence[str], bands: Sequence[str]) -> FloatArray:
    rows = []
    for each in COUPLINGS:
        if each.name not in bands or not set(each.others) <= set(bands):
            continue
        row = np.zeros(len(names))
        row[names.index(each.name)] = 1.0
        row[[names.index(other) for other in each.others]] = -each.ratio
        rows.append(row / each.sd)
    return np.array(rows).reshape(-1, len(names))


def _signal_per_proton(basis: Basis) -> float:
    """Return the signal of one proton: of creatine's five, else of NAA's six, else a guess."""
    for name, protons in (("Cr", 5), ("PCr", 5), ("NAA", 6)):
        if name in basis.names:
            return float(np.abs(basis[name][1])) / protons
    return float(np.median(np.abs(basis.fid[:, 1]))) / 5.0
