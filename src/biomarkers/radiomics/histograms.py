"""The histogram of discretised intensities (ZVCW), and that of volume over intensity (P88C)."""

from typing import NamedTuple

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.radiomics.intensities import moments_and_order
from biomarkers.radiomics.preparation import discretised
from biomarkers.radiomics.region import Region
from biomarkers.radiomics.settings import Settings

_ROUNDING = 1e-9


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
    """Intensities as they are compared, sorted, (n,), the ends of their range, and their steps.

    Without a step every intensity is a level of its own.
    """

    values: FloatArray
    low: float
    high: float
    step: float | None


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
        "auc": _area(curve),  # 9CMM
    }


def _curve(region: Region, settings: Settings) -> VolumeHistogram:
    """Return intensities by the discretisation that is asked for.

    As they are, whole numbers are taken in steps of 1 and others one by one; the range is that of
    re-segmentation, where it has limits. Bins of a fixed width stand for their middles.
    """
    values = np.sort(region.intensities)
    low, high = (
        float(limit) if np.isfinite(limit) else float(end)
        for limit, end in zip(region.bounds, values[[0, -1]], strict=True)
    )
    if settings.ivh_bins is not None:
        level = discretised(values, bins=settings.ivh_bins, bin_width=None, lowest=low)
        return VolumeHistogram(level.astype(float), 1.0, float(settings.ivh_bins), 1.0)
    if settings.ivh_bin_width is not None:
        width = settings.ivh_bin_width
        level = discretised(values, bins=None, bin_width=width, lowest=low)
        bins = max(np.ceil((high - low) / width), float(level[-1]))
        middle = low - 0.5 * width
        centres = np.asarray(middle + level * width, dtype=np.float64)
        return VolumeHistogram(centres, middle + width, middle + bins * width, width)
    whole = bool((values == np.rint(values)).all()) and low == np.rint(low)
    return VolumeHistogram(
        values, low, float(np.floor(high)) if whole else high, 1.0 if whole else None
    )


def _volume_at(curve: VolumeHistogram, share: float) -> float:
    """Return the largest volume whose intensity lies at a share of the range or above."""
    at = curve.low + share * (curve.high - curve.low)
    below = np.searchsorted(curve.values, at - _ROUNDING * (curve.high - curve.low))
    return float(1.0 - below / curve.values.size)


def _intensity_at(curve: VolumeHistogram, share: float) -> float:
    """Return the lowest intensity that at most a share of the volume reaches.

    That is a level above the last one that more of the volume reaches, be it beyond the range.
    """
    few = int(np.floor(share * curve.values.size + _ROUNDING))
    last = curve.values[-1 - few]
    if curve.step is not None:
        return float(last + curve.step)
    higher = curve.values[curve.values > last]
    return float(higher[0]) if higher.size else curve.high


def _area(curve: VolumeHistogram) -> float:
    """Return the area under volume over intensity, by trapezes between levels; NaN of one."""
    span, values = curve.high - curve.low, curve.values
    if span == 0.0:
        return float("nan")
    highest = float((values >= curve.high - _ROUNDING * span).mean())
    if curve.step is not None:
        # At each of the levels up to its own a voxel counts, so that their sum needs no level.
        levels = float(((values - curve.low) / curve.step).mean()) + 1.0
        return (levels - 0.5 * (1.0 + highest)) * curve.step / span
    grid = np.unique(np.append(values, (curve.low, curve.high)))
    volume = 1.0 - np.searchsorted(values, grid) / values.size
    return float(np.trapezoid(volume, (grid - curve.low) / span))
