"""Images at three resolutions: smoothed, thinned out, and the points of them that show motion."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.errors import GeometryError
from biomarkers.images._spline import sample
from biomarkers.images.image import Image
from biomarkers.images.interpolation import (
    grid_points,
    inverted,
    move_points,
    nearest_voxels,
    spline_coefficients,
)

KNOTS = 16  # of the curve that maps intensities

# Edge of each level, in those of the finest voxel, and the points that it is thinned out to.
FACTORS, MOST = (4.0, 2.0, 1.0), (3000, 10000, 40000)
_SMOOTHING = 0.6  # standard deviation, in edges of a level
_BRIGHT = 2.0  # means: where intensities begin to be compressed
_CLEAR = 0.15  # of the steepest slopes: what is flatter shows no motion


@dataclass(frozen=True, eq=False)
class Surface:
    """The intensities of an image at one level, between its voxels.

    Parameters
    ----------
    coefficients
        Of its cubic B-spline, (x, y, z).
    known
        Voxels that have a value and lie within the mask, (x, y, z); None for all.
    to_voxel
        mm to voxel, (4, 4).

    """

    coefficients: FloatArray
    known: BoolArray | None
    to_voxel: FloatArray

    def at(self, points: FloatArray) -> FloatArray:
        """Return the values at points, (N, 3), mm; NaN where there is none."""
        voxels = move_points(self.to_voxel, points)
        values = sample(self.coefficients, voxels)
        if self.known is not None:
            nearest = nearest_voxels(self.known.shape, voxels)
            values[~self.known.reshape(-1)[nearest]] = np.nan
        return values


@dataclass(frozen=True, eq=False)
class Points:
    """The points of an image, at one level, that show motion.

    Parameters
    ----------
    at
        mm, (N, 3).
    place
        Where their intensities lie on the curve, in knots, (N,).
    slope
        Knots an edge, (N, 3).
    edge
        Of the level, mm.
    correlated
        How many points noise is shared by, as smoothing leaves it.

    """

    at: FloatArray
    place: FloatArray
    slope: FloatArray
    edge: float
    correlated: float


@dataclass(frozen=True, eq=False)
class Level:
    """An image at one level."""

    surface: Surface
    points: Points


@dataclass(frozen=True, eq=False)
class Frame:
    """The centre that motion turns about, and the reach of what moves; mm."""

    centre: FloatArray
    radius: float


def levels_of(image: Image, edge: float, mask: BoolArray | None = None) -> list[Level]:
    """Return an image, (x, y, z), at every level, the coarsest first.

    Parameters
    ----------
    image
        (x, y, z).
    edge
        Of the finest level, mm.
    mask
        Where to look, (x, y, z).

    Raises
    ------
    GeometryError
        If the image has nothing that could show motion.

    """
    values, used = _looked_at(image, mask)
    return [
        _level(values, image, edge * factor, used, most)
        for factor, most in zip(FACTORS, MOST, strict=True)
    ]


def frame_of(image: Image, mask: BoolArray | None = None) -> Frame:
    """Return centre and reach of the voxels that stand out (half way up to the brightest)."""
    values, used = _looked_at(image, mask)
    middle = 0.5 * np.percentile(values[used], [5, 95]).sum()
    points = move_points(image.affine, np.argwhere(used & (values >= middle)).astype(np.float64))
    centre = points.mean(axis=0)
    radius = float(np.sqrt(((points - centre) ** 2).sum(axis=1).mean()))
    return Frame(centre, max(radius, float(image.voxel_size.min())))


def _looked_at(image: Image, mask: BoolArray | None) -> tuple[FloatArray, BoolArray]:
    """Return compressed values, and which are known and within the mask."""
    values, known = compressed(image)
    used = known if mask is None else known & mask
    if not used.any():
        raise GeometryError(f"the mask leaves no voxel of {image.source} that has a value")
    return values, used


def finest_edge(fixed: Image, moving: Image) -> float:
    """Return the shortest edge that both images resolve, mm."""
    edges = []
    for image in (fixed, moving):
        long = [edge for edge, size in zip(image.voxel_size, image.shape, strict=False) if size > 1]
        edges.append(min(long, default=min(image.voxel_size)))
    return float(max(edges))


def compressed(image: Image) -> tuple[FloatArray, BoolArray]:
    """Return compressed values, what is missing filled with the median, and where they are known.

    Bright spots (phantoms, fluid, fat) would outweigh everything else: beyond about twice the
    mean, intensities count by their logarithm.
    """
    values = np.asarray(image.data, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        raise GeometryError(f"{image.source} has no finite value; there is nothing to align")
    inside = values[known]
    lowest = np.percentile(inside, 1)
    scale = _BRIGHT * np.abs(inside - lowest).mean()
    if scale == 0.0:
        raise GeometryError(f"{image.source} is the same everywhere; there is nothing to align")
    if inside.size < values.size:
        values = np.where(known, values, np.median(inside))
    return np.arcsinh((values - lowest) / scale), known


def _level(values: FloatArray, image: Image, edge: float, used: BoolArray, most: int) -> Level:
    size = image.voxel_size
    smooth = ndimage.gaussian_filter(values, _SMOOTHING * edge / size, truncate=3.0)
    # An axis keeps enough voxels to show a slope.
    steps = [
        max(1, min(round(float(edge / each)), count // 8))
        for each, count in zip(size, values.shape, strict=True)
    ]
    keep = tuple(slice(None, None, step) for step in steps)
    affine = image.affine @ np.diag([*steps, 1.0])
    level, known = smooth[keep], used[keep]
    # A Gaussian of standard deviation s shares noise among 2 s sqrt(pi) points an axis.
    shared = np.maximum(2.0 * np.sqrt(np.pi) * _SMOOTHING * edge / (size * steps), 1.0)
    chosen, slopes = _steep(level, affine, known, image.source)
    every = max(1, chosen.size // most)
    chosen = chosen[::every]
    at = move_points(affine, grid_points(level.shape)[chosen])
    place, width = _places(level.reshape(-1)[chosen])
    slope = slopes[chosen] * (edge / width)
    points = Points(at, place, slope, edge, max(float(np.prod(shared)) / every, 1.0))
    surface = Surface(spline_coefficients(level), None if known.all() else known, inverted(affine))
    return Level(surface, points)


def _steep(
    level: FloatArray, affine: FloatArray, known: BoolArray, source: str
) -> tuple[IntArray, FloatArray]:
    """Return the voxels that show motion, as flat indices, and the slopes of all, per mm."""
    slopes = np.stack([_slope(level, axis) for axis in range(3)], axis=-1).reshape(-1, 3)
    slopes = slopes @ inverted(affine[:3, :3])
    inside, steep = known.reshape(-1), np.sqrt((slopes**2).sum(axis=1))
    clear = _CLEAR * np.percentile(steep[inside], 99) if inside.any() else 0.0
    chosen = np.flatnonzero(inside & (steep > clear))
    if chosen.size < 4 * KNOTS:
        raise GeometryError(f"{source} is too even, or its mask too small, to be aligned")
    return chosen, slopes


def _places(values: FloatArray) -> tuple[FloatArray, float]:
    """Return where intensities lie on the curve, in knots, and how far knots are apart."""
    low, high = np.percentile(values, [0.5, 99.5])
    width = float(high - low) / (KNOTS - 1)
    return np.clip((values - low) / width, 0.0, KNOTS - 1.0), width


def _slope(values: FloatArray, axis: int) -> FloatArray:
    if values.shape[axis] < 2:
        return np.zeros(values.shape)
    return np.asarray(np.gradient(values, axis=axis))
