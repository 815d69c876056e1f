"""Residual water taken off signals (HLSVD)."""

import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.mrs.damped import damped_sum
from biomarkers.mrs.scan import WATER_PPM, ProcessingStep, Scan, spectrum_of

_METHOD = (
    "damped exponentials within {half:.2g} ppm of water (HSVD, Barkhuijsen 1987, "
    "doi:10.1016/0022-2364(87)90023-0; order {order})"
)
ORDER = 40
HALF_WIDTH_PPM = 0.4
_CORE_PPM = 0.2  # metabolites next to water (NAA at 4.38, GPC at 4.31 ppm) lie farther from it
_SOUGHT_PPM = 0.35  # from where it should be, its largest line is sought
_METABOLITES_PPM = (0.2, 4.0)
_GROWTH = 1.1


def remove_water(scan: Scan) -> Scan:
    """Take off the damped exponentials near water, where that leaves less of it.

    Parameters
    ----------
    scan
        One signal for each voxel and condition of editing; the first sample whole.

    Returns
    -------
    Scan
        The step's values: `removed`, signals (..., T), 0 where nothing was, `centre_ppm` (...)
        of the water. The scan as it is where there is no water to remove.

    References
    ----------
    Barkhuijsen H, de Beer R, van Ormondt D. J Magn Reson 1987;73:553.
    doi:10.1016/0022-2364(87)90023-0

    """
    signals = scan.fid.reshape(-1, scan.points)
    pairs = [water_signal(signal, scan) for signal in signals]
    removed = np.stack([signal for signal, _ in pairs]).reshape(scan.fid.shape)
    if not removed.any():
        return scan
    centre = np.reshape([ppm for _, ppm in pairs], scan.fid.shape[:-1])
    method = _METHOD.format(half=HALF_WIDTH_PPM, order=ORDER)
    step = ProcessingStep("water removal", method, {"removed": removed, "centre_ppm": centre})
    return scan.with_fid(scan.fid - removed, step)


def water_signal(signal: ComplexArray, scan: Scan) -> tuple[ComplexArray, float]:
    """Return the water of a signal, (T,), 0 where it is not to be removed, and its place, ppm."""
    nothing = np.zeros(scan.points, dtype=complex), np.nan
    if not np.isfinite(signal).all():
        return nothing
    parts = damped_sum(signal, ORDER)
    if parts.pole.size == 0:
        return nothing
    ppm = scan.ppm_reference + parts.frequency(scan.dwell) / scan.frequency_mhz
    near = np.flatnonzero(np.abs(ppm - WATER_PPM) <= _SOUGHT_PPM)
    if near.size == 0:
        return nothing
    # a line is told from a hump by its height, amplitude times life
    height = np.abs(parts.amplitude) / np.maximum(-np.log(np.abs(parts.pole)), 1 / scan.points)
    # weak water is sought where it should be
    rules = height[near].max() == height.max()
    centre = float(ppm[near[height[near].argmax()]]) if rules else WATER_PPM
    water = parts.signal(scan.points, np.abs(ppm - centre) <= HALF_WIDTH_PPM)
    return (water, centre) if _better(signal, signal - water, centre, scan) else nothing


def _better(before: ComplexArray, after: ComplexArray, centre: float, scan: Scan) -> bool:
    """Tell whether there was water, and what is left is finite, has less of it, and else no more.

    Water is there where the spectrum is highest in the middle: otherwise it is lines of
    metabolites beside it that would be taken off.
    """
    if not np.isfinite(after).all():
        return False
    low, high = _METABOLITES_PPM
    away = np.abs(scan.ppm - centre)
    water, core = away <= HALF_WIDTH_PPM, away <= _CORE_PPM
    metabolites = (scan.ppm >= low) & (scan.ppm <= high)
    old, new = np.abs(spectrum_of(before)) ** 2, np.abs(spectrum_of(after)) ** 2
    there = old[core].max(initial=0.0) > old[water & ~core].max(initial=0.0)
    less = new[water].sum() < old[water].sum()
    return bool(there and less and new[metabolites].sum() <= _GROWTH * old[metabolites].sum())
