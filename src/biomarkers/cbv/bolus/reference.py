"""The tissue that does not leak, whose mean curve tells leakage from perfusion."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.cbv.bolus.deconvolution import area
from biomarkers.errors import InputError
from biomarkers.kinetics import Input

_TAIL = 10  # samples at the end of the series, as Boxerman et al. have it
# More voxels than this share of all must have a bolus: the noise of some is taken for too small.
_CHANCE = 0.05
_STANDS_OUT = 5.0  # standard errors of a mean of three samples from which a voxel has a bolus
# A voxel is as the others if its tail differs by no more than this many standard errors, or by
# what leakage makes that changes the area by no more than this share.
_ALIKE, _TOLERATED = 2.0, 0.05
# A voxel of so many times the middle area is a vessel: its bolus is narrow, and counts too much.
_VESSEL = 3.0
# Shares of the voxels with a bolus that must be alike, to the artery and to the middle voxel.
_FEW, _MANY = 0.1, 0.25


def reference_curve(
    curves: FloatArray, time: FloatArray, baseline: slice, artery: Input
) -> FloatArray:
    """Return the mean curve (T,) of voxels that do not leak, among curves (V, T).

    After the bolus, a voxel that keeps no contrast is as high over its area as the artery is over
    its own: recirculation alone. Boxerman et al. take those back at the baseline within a standard
    deviation, which recirculation and R2* effects of leakage break. Voxels within two standard
    errors of the artery's ratio count; of the middle voxel's where fewer than a tenth have the
    artery's, as where the artery saturates. Vessels do not count.

    Raises
    ------
    InputError
        If fewer than a quarter of the voxels with a bolus are alike.

    """
    finite = np.isfinite(curves).all(axis=1)
    level, noise = _noise(curves, baseline)
    total = np.asarray(np.trapezoid(curves, time, axis=1))
    highest = (curves[:, :-2] + curves[:, 1:-1] + curves[:, 2:]).max(axis=1) / 3.0
    clear = highest > _STANDS_OUT * noise * np.sqrt(1.0 / 3.0 + 1.0 / level)
    usable = np.flatnonzero(finite & clear & (total > 0))
    if usable.size > _CHANCE * finite.sum():
        late = max(3, min(_TAIL, time.size // 4))
        tail = curves[usable, -late:].mean(axis=1)
        after = time[-1] - time[curves[usable].argmax(axis=1)]
        wrong = np.maximum(
            _ALIKE * noise[usable] * np.sqrt(1.0 / late + 1.0 / level),
            _TOLERATED * total[usable] / np.maximum(0.5 * after, np.diff(time).min()),
        )
        tissue = total[usable] <= _VESSEL * np.median(total[usable])
        for ratio, share in _ratios(tail / total[usable], time, late, artery):
            alike = (np.abs(tail - ratio * total[usable]) <= wrong) & tissue
            if alike.sum() >= share * usable.size:
                return np.asarray(curves[usable[alike]].mean(axis=0))
    raise InputError(
        f"{usable.size} of {len(curves)} voxels show a bolus, and too few of them alike and "
        "without leakage, whose mean curve the correction needs; give such tissue: reference=mask"
    )


def _noise(curves: FloatArray, baseline: slice) -> tuple[int, FloatArray]:
    """Return the length of the baseline and the scatter in it, (V,)."""
    before = curves[:, baseline]
    count = before.shape[1]
    if count < 3:
        return count, np.std(np.diff(curves, axis=1), axis=1) / np.sqrt(2.0)
    return count, np.asarray(before.std(axis=1, ddof=1))


def _ratios(
    tails: FloatArray, time: FloatArray, late: int, artery: Input
) -> list[tuple[float, float]]:
    """Return tail over area, 1/s, to be tried, and the share of voxels that must have it."""
    middle = float(np.median(tails))
    step = float(np.median(np.diff(time)))
    tail = area(artery, time[-late] - step / 2, time[-1] + step / 2) / (late * step)
    return [(tail / area(artery, time[0], time[-1]), _FEW), (middle, _MANY)]
