"""The histogram of discretised intensities (ZVCW), and that of volume over intensity (P88C)."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.radiomics.intensities import moments_and_order
from biomarkers.radiomics.preparation import discretised
from biomarkers.radiomics.region import Region
from biomarkers.radiomics.settings import Settings

FloatArray = npt.NDArray[np.float64]


def histogram(region: Region) -> dict[str, float]:
    """Return the features of the histogram of levels."""
    counts = np.bincount(region.present, minlength=region.bins + 1)[1:].astype(float)
    share = counts[counts > 0] / counts.sum()
    values = moments_and_order(region.present)
    modes = np.flatnonzero(counts == counts.max()) + 1.0
    # Of several, the mode is the one nearest to the mean, and of two as near the lower.
    values["mode"] = float(modes[np.argmin(np.abs(modes - values["mean"]))])  # AMMC
    values["entropy"] = float(-(share * np.log2(share)).sum())  # TLU2
    values["uniformity"] = float((share**2).sum())  # BJ5W
    if counts.size > 1:
        gradient = np.gradient(counts)
        values["max_grad"] = float(gradient.max())  # 12CE
        values["max_grad_g"] = float(gradient.argmax() + 1)  # 8E6O
        values["min_grad"] = float(gradient.min())  # VQB3
        values["min_grad_g"] = float(gradient.argmin() + 1)  # RHQZ
    return values


class VolumeHistogram(NamedTuple):
    """At every intensity, (n,): its place in the range, and the share of the volume at or above."""

    intensity: FloatArray
    fraction: FloatArray
    volume: FloatArray
    beyond: float


def volume_histogram(region: Region, settings: Settings) -> dict[str, float]:
    """Return the features of the intensity-volume histogram."""
    curve = _curve(region, settings)
    v10, v90 = (_volume_at(curve, share) for share in (0.1, 0.9))
    i10, i90 = (_intensity_at(curve, share) for share in (0.1, 0.9))
    return {
        "v10": v10,  # BC2M
        "v90": v90,
        "i10": i10,  # GBPN
        "i90": i90,
        "diff_v10_v90": v10 - v90,  # DDTU
        "diff_i10_i90": i10 - i90,  # CNV2
        "auc": float(np.trapezoid(curve.volume, curve.fraction)),  # 9CMM
    }


def _curve(region: Region, settings: Settings) -> VolumeHistogram:
    """Return volume over intensity, by the discretisation that is asked for.

    As they are, whole numbers are taken in steps of 1 and others one by one; the range is that of
    re-segmentation, where it has limits. Bins of a fixed width stand for their middles.
    """
    values = region.intensities
    low, high = (
        limit if np.isfinite(limit) else float(end)
        for limit, end in zip(region.bounds, (values.min(), values.max()), strict=True)
    )
    step = 1.0
    if settings.ivh_bins is not None:
        values = discretised(values, bins=settings.ivh_bins, bin_width=None, lowest=low).astype(
            float
        )
        grid = np.arange(1.0, settings.ivh_bins + 1.0)
    elif settings.ivh_bin_width is not None:
        step = settings.ivh_bin_width
        level = discretised(values, bins=None, bin_width=step, lowest=low)
        values = low + (level - 0.5) * step
        bins = max(int(np.ceil((high - low) / step)), int(level.max()))
        grid = low + (np.arange(1, bins + 1) - 0.5) * step
    elif (values == np.rint(values)).all() and low == np.rint(low):
        grid = np.arange(low, high + 0.5)
    else:
        grid = np.unique(np.append(values, (low, high)))
    below = np.searchsorted(np.sort(values), grid - 1e-9 * step, side="left")
    span = grid[-1] - grid[0]
    fraction = (grid - grid[0]) / span if span > 0.0 else np.zeros(grid.size)
    return VolumeHistogram(grid, fraction, 1.0 - below / values.size, float(grid[-1] + step))


def _volume_at(curve: VolumeHistogram, share: float) -> float:
    """Return the largest volume whose intensity lies at a share of the range or above."""
    return float(curve.volume[curve.fraction >= share].max())


def _intensity_at(curve: VolumeHistogram, share: float) -> float:
    """Return the lowest intensity that at most a share of the volume reaches."""
    few = curve.volume <= share
    return float(curve.intensity[few].min()) if few.any() else curve.beyond
