"""From an image and a mask to a region as it is measured, in the order of the IBSI manual."""

import numpy as np

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.errors import InputError
from biomarkers.radiomics.region import Region, Spacing, box_of
from biomarkers.radiomics.resampling import (
    Grid,
    grid_over,
    part_of,
    resample_intensities,
    resample_mask,
)
from biomarkers.radiomics.settings import Settings

# More levels than this make matrices larger than a texture can fill.
MOST_LEVELS = 2048
# Intensities that differ by less than this, relative to the largest, are one.
_EVEN = 1e-10
# Of a level: what rounding may take from a quotient that is whole.
_ROUNDING = 1e-9
# Radius of 1 cm^3, the sphere of the local intensity peak, mm.
PEAK_RADIUS = 10.0 * (3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)


def resampled(
    volume: FloatArray, mask: BoolArray, spacing: Spacing, settings: Settings, reach: float
) -> tuple[FloatArray, BoolArray, Spacing]:
    """Return image and mask around the region, with voxels of the size asked for, mm.

    `reach` is how far beyond the region the image is needed, mm; infinite for all of it.
    """
    grid = Grid(volume.shape, spacing, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    if settings.voxel_mm is not None:
        grid = grid_over(volume.shape, spacing, settings.voxel_mm)
    if mask.any() and np.isfinite(reach):
        box = box_of(mask)
        # A resampled voxel may hold half of one drawn, so that one voxel more is looked at.
        margin = 1.0 + (reach + np.array(grid.spacing)) / np.array(spacing)
        low = np.array([part.start for part in box]) - margin
        high = np.array([part.stop - 1 for part in box]) + margin
        grid = part_of(grid, low, high)
    image = resample_intensities(volume, grid, settings.interpolation)
    if settings.round_intensities:
        image = np.rint(image)
    return image, resample_mask(mask, grid), grid.spacing


def resegmented(
    image: FloatArray, drawn: BoolArray, settings: Settings
) -> tuple[BoolArray, tuple[float, float]]:
    """Return which voxels of a region count by their intensity, and the limits.

    Both limits are those of the region as drawn: mean and standard deviation are taken of all of
    its voxels, also of those out of range.
    """
    kept = drawn & np.isfinite(image)
    low, high = settings.keep or (-np.inf, np.inf)
    within = kept & (image >= low) & (image <= high)
    if settings.outliers_sd is not None and kept.any():
        mean, away = image[kept].mean(), settings.outliers_sd * image[kept].std()
        within &= (image >= mean - away) & (image <= mean + away)
    return within, (low, high)


def discretised(
    values: FloatArray, *, bins: int | None, bin_width: float | None, lowest: float
) -> IntArray:
    """Return the levels of intensities, from 1 (IBSI 2.7).

    Parameters
    ----------
    values
        Of the voxels that count, (n,), finite.
    bins
        A fixed number, between the lowest and the highest of `values`.
    bin_width
        A fixed width, from `lowest` on; if that is not finite, from the lowest of `values`.

    """
    if bins is not None:
        low, span = values.min(), np.ptp(values)
        if span == 0.0:
            return np.ones(values.shape, dtype=np.int64)
        level = np.floor(bins * (values - low) / span) + 1.0
        return np.asarray(np.minimum(level, bins), dtype=np.int64)
    width = float(bin_width or 1.0)
    low = lowest if np.isfinite(lowest) else values.min()
    level = np.floor((values - low) / width + _ROUNDING) + 1.0
    return np.asarray(np.maximum(level, 1.0), dtype=np.int64)


def evened(image: FloatArray, kept: BoolArray, scale: float) -> FloatArray:
    """Return an image that is of one intensity where it differs by no more than rounding.

    What interpolation and filters make of a flat region would else be texture.
    """
    if not kept.any() or np.ptp(image[kept]) > _EVEN * scale:
        return image
    return np.where(kept, image[kept].mean(), image)


def region_of(
    image: FloatArray,
    drawn: BoolArray,
    kept: BoolArray,
    spacing: Spacing,
    settings: Settings,
    bounds: tuple[float, float],
) -> Region:
    """Return a region, its intensities discretised.

    Raises
    ------
    InputError
        If there are so many levels that no texture is left.

    """
    box = box_of(drawn)
    levels = np.zeros(drawn[box].shape, dtype=np.int64)
    bins = settings.bins or 1
    if kept.any():
        present = discretised(
            image[kept], bins=settings.bins, bin_width=settings.bin_width, lowest=bounds[0]
        )
        bins = settings.bins or int(present.max())
        levels[kept[box]] = present
    if bins > MOST_LEVELS:
        raise InputError(
            f"bins {settings.bins}, bin_width {settings.bin_width} make {bins} levels of the "
            f"region's intensities; expected at most {MOST_LEVELS}"
        )
    return Region(image, drawn, kept, spacing, levels, bins, bounds)
