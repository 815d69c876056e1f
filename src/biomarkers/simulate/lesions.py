"""Lesions that enhance: ragged ellipsoids with a rim, and a texture of one grain."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from biomarkers.arrays import FloatArray

_RAGGED, _RAGGED_MM = 0.10, 6.0
_UNEQUAL = 0.12
# How much farther than a ball of its volume a lesion may reach.
_REACH = 1.8


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a lesion looks like.

    Parameters
    ----------
    volume
        mm^3.
    enhancement
        Signal of the middle; that of the full magnetisation is 1.
    rim, rim_width
        Signal of the border over that of the middle, and the depth over which it falls to 1/e, mm.
    heterogeneity, grain
        Standard deviation of the logarithm of the signal from place to place, and how far that
        hangs together (the standard deviation of the Gauss curve that smooths it), mm.

    """

    volume: float
    enhancement: float
    rim: float
    rim_width: float
    heterogeneity: float
    grain: float


def paint(
    signal: FloatArray,
    labels: npt.NDArray[np.int16],
    look: Look,
    *,
    centre: tuple[float, float, float],
    voxel_mm: tuple[float, float, float],
    rng: np.random.Generator,
) -> None:
    """Lay a lesion into an image and draw it, under the next free label of the map.

    Parameters
    ----------
    signal, labels
        (x, y, z), changed in place.
    look
        Of the lesion.
    centre
        Where, mm from the first voxel.
    voxel_mm
        Edges of a voxel.
    rng
        Random numbers of this lesion.

    """
    radius = float(np.cbrt(0.75 / np.pi * look.volume))
    box = _box(signal.shape, centre, voxel_mm, _REACH * radius)
    offsets = [
        edge * np.arange(part.start, part.stop) - middle
        for edge, part, middle in zip(voxel_mm, box, centre, strict=True)
    ]
    away = _distance(offsets, voxel_mm, rng)
    count = min(max(round(look.volume / float(np.prod(voxel_mm))), 1), away.size)
    size = np.partition(away, count - 1, axis=None)[count - 1]
    depth = size - away
    # A voxel at the border holds both tissues.
    share = np.clip(0.5 + depth / max(voxel_mm), 0.0, 1.0)
    texture = smooth_noise(away.shape, look.grain, voxel_mm, rng)
    value = look.enhancement * (
        1.0 + (look.rim - 1.0) * np.exp(-np.maximum(depth, 0.0) / look.rim_width)
    )
    value *= np.exp(look.heterogeneity * texture)
    signal[box] += share * (value - signal[box])
    labels[box][depth >= 0.0] = labels.max() + 1


def smooth_noise(
    shape: tuple[int, ...],
    smooth_mm: float,
    voxel_mm: tuple[float, float, float],
    rng: np.random.Generator,
) -> FloatArray:
    """Return noise of mean 0 and standard deviation 1 that hangs together, (x, y, z)."""
    sigma = [smooth_mm / edge for edge in voxel_mm]
    field = gaussian_filter(rng.normal(size=shape), sigma, mode="wrap")
    return np.asarray((field - field.mean()) / field.std())


def _box(
    shape: tuple[int, ...],
    centre: tuple[float, float, float],
    voxel_mm: tuple[float, float, float],
    reach: float,
) -> tuple[slice, slice, slice]:
    x, y, z = (
        slice(max(0, int((middle - reach) / edge)), min(size, int((middle + reach) / edge) + 2))
        for size, middle, edge in zip(shape, centre, voxel_mm, strict=True)
    )
    return x, y, z


def _distance(
    offsets: list[FloatArray], voxel_mm: tuple[float, float, float], rng: np.random.Generator
) -> FloatArray:
    """Return how far every voxel is from the middle, mm, in a ragged ellipsoid's own measure."""
    stretch = np.exp(np.clip(_UNEQUAL * rng.normal(size=3), -0.2, 0.2))
    stretch /= np.cbrt(stretch.prod())
    x, y, z = np.meshgrid(
        *(part / edge for part, edge in zip(offsets, stretch, strict=True)), indexing="ij"
    )
    border = smooth_noise(x.shape, _RAGGED_MM, voxel_mm, rng)
    return np.asarray(np.sqrt(x**2 + y**2 + z**2) * np.exp(_RAGGED * border))
