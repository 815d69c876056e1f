"""Ratios by integration of peaks: a fallback for spectra of which there is no basis.

With V the sum over a peak's window of the spectrum above a straight line between its borders, a
linear function of the signal, areas are Re(exp(-i phase) V fid) and their covariance is
sd^2 Re(V V^H); neighbours under a peak (NAAG, glutamate, macromolecules) are taken for part of it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.checks import require_level
from biomarkers.errors import InputError
from biomarkers.mrs.conventions import frequency_offset, orientation, whole_first_point
from biomarkers.mrs.fitting.call import PPM
from biomarkers.mrs.fitting.design import Window
from biomarkers.mrs.fitting.inference import noise_sd
from biomarkers.mrs.fitting.outcome import Quality
from biomarkers.mrs.fitting.ratios import ratio
from biomarkers.mrs.fitting.setup import check_scan
from biomarkers.mrs.scan import Scan, ppm_axis
from biomarkers.mrs.simulation import simulate_basis

if TYPE_CHECKING:
    import pandas as pd

# Where peaks lie, ppm, and of how many protons: Govindaraju et al., NMR Biomed 2000;13:129.
_PEAKS = {"tNAA": (2.008, 3), "tCr": (3.027, 3), "tCho": (3.210, 9)}
# Half a window, to the middle between creatine and choline; the borders its line runs through.
_HALF_PPM, _BORDER_PPM = 0.08, 0.0115
# By which offset and orientation are told.
_GUIDES = ("NAA", "Cr", "GPC", "Ins", "Glu")
_FINEST_PPM = 0.002

FALLBACK = "fallback: peak integration"
COLUMNS = ("metabolite", "ratio", "se", "low", "high", "flag")


def integrate_peaks(
    scan: Scan, *, to: str = "tCr", level: float = 0.95, quality: Quality | None = None
) -> "pd.DataFrame":
    """Return ratios of tNAA, tCr and tCho by integration of their peaks; needs no basis.

    A fallback: what lies under a peak counts as part of it, and the errors hold noise alone. Use
    `mrs.fit` with a basis, be it a simulated one, wherever that is possible. A mirrored spectrum
    and an offset up to 0.35 ppm are set right.

    Parameters
    ----------
    scan
        One voxel of protons, as `mrs.load` or `mrs.preprocess` gives it.
    to
        `tCr`, `tNAA` or `tCho`, what they are relative to.
    level
        Coverage of the interval.
    quality
        From where on a ratio is flagged besides.

    Returns
    -------
    DataFrame
        metabolite, ratio (of areas per proton: of concentrations, were there no relaxation), se
        and interval (low, high) of noise, flag (every row says that it is a fallback).

    Raises
    ------
    InputError
        If coils or averages are not combined yet, there is more than one voxel or another
        nucleus, no signal, or an argument is none of what is expected.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Scan, integrate_peaks
    >>> t = np.arange(2048) / 2000.0
    >>> lines = {2.008: 4.5, 3.027: 3.0, 3.21: 2.25}
    >>> fid = sum(a * np.exp((2j * np.pi * (p - 4.65) * 123.2 - 12) * t) for p, a in lines.items())
    >>> integrate_peaks(Scan(fid[None, None, None], 1 / 2000.0, 123.2)).ratio.round(2).tolist()
    [1.53, 1.0, 0.25]

    """
    import pandas as pd  # noqa: PLC0415  (slow to import)

    _check(scan, to, level)
    areas, covariance = _areas(_placed(whole_first_point(scan)))
    judged, each = quality or Quality(), dict(zip(_PEAKS, np.eye(len(_PEAKS)), strict=True))
    rows = []
    for name, above in each.items():
        one = ratio(above, each[to], areas, covariance, level=level)
        doubt = judged.of_ratio(one.value, one.se)
        rows.append((name, *one, f"{FALLBACK}; {doubt}" if doubt else FALLBACK))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _check(scan: Scan, to: str, level: float) -> None:
    check_scan(scan, grid=False)
    if scan.nucleus != "1H":
        raise InputError(f"{scan.source} is of {scan.nucleus}; peaks of protons (1H) are known")
    if to not in _PEAKS:
        raise InputError(f"to is {to!r}; expected one of {', '.join(_PEAKS)}")
    require_level(level)


def _placed(scan: Scan) -> Scan:
    """Return a scan whose spectrum is not mirrored, and lies where the peaks are sought."""
    guide = simulate_basis(
        sequence="pulse_acquire",
        te=0.0,
        frequency_mhz=scan.frequency_mhz,
        metabolites=_GUIDES,
        dwell=scan.dwell,
        points=scan.points,
    )
    if orientation(scan, guide).conjugated:
        scan = replace(scan, fid=scan.fid.conj())
    offset = float(frequency_offset(scan, guide).ppm)
    if not np.isfinite(offset):
        raise InputError(f"{scan.source}: no peaks of NAA, creatine and choline stand out of noise")
    return replace(scan, ppm_reference=scan.ppm_reference - offset)


def _areas(scan: Scan) -> tuple[FloatArray, FloatArray]:
    """Return the areas of the peaks per proton, (3,), and their covariance, (3, 3)."""
    signal = scan.fid.reshape(-1)
    integrals = _integrals(scan) / np.array([[protons] for _, protons in _PEAKS.values()])
    values = integrals @ signal
    phase = np.exp(-1j * np.angle(values.sum()))
    sd = noise_sd(Window.of(scan, PPM), scan, signal) / np.sqrt(scan.points)
    return (values * phase).real, np.asarray(sd**2 * (integrals @ integrals.conj().T).real)


def _integrals(scan: Scan) -> ComplexArray:
    """Return by what a signal is multiplied to integrate each peak above its line, (3, T).

    The spectrum is sampled as finely as the windows need, as by a signal continued by zeros.
    """
    finest = 1.0 / (_FINEST_PPM * scan.frequency_mhz * scan.dwell)
    points = max(int(np.ceil(finest)), scan.points)
    ppm = ppm_axis(points, scan.dwell, scan.frequency_mhz, scan.ppm_reference)
    weights = np.array([_above_line(ppm - place) for place, _ in _PEAKS.values()])
    return np.asarray(np.fft.fft(np.fft.ifftshift(weights, axes=-1), axis=-1)[:, : scan.points])


def _above_line(from_peak: FloatArray) -> FloatArray:
    """Return weights of a spectrum: the mean of a window less those of its two borders."""
    inside = np.abs(from_peak) <= _HALF_PPM
    beyond = np.abs(from_peak) - _HALF_PPM
    border = (beyond > 0.0) & (beyond <= _BORDER_PPM)
    left, right = border & (from_peak < 0.0), border & (from_peak > 0.0)
    return np.asarray(inside / inside.sum() - 0.5 * (left / left.sum() + right / right.sum()))
