"""Slices of images as grey pictures: how two agree, and what changes from volume to volume.

Drawn pixel by pixel: a plotting library takes a second for what a cohort needs a hundred times.
"""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image as Raster

from biomarkers.arrays import FloatArray
from biomarkers.images.grid import require_same_grid
from biomarkers.images.image import Image
from biomarkers.images.kinds import AnyImage, as_image
from biomarkers.images.registration.levels import compressed

_HEIGHT, _MARGIN = 200, 4  # of a slice, and between two; pixels


def checkerboard(fixed: AnyImage, moved: AnyImage, *, slices: int = 3, squares: int = 8) -> bytes:
    """Draw two images in alternate squares: where they agree, edges run on from one to the next.

    Parameters
    ----------
    fixed, moved
        On one grid, as `Transform.apply` brings them to it, (x, y, z).
    slices
        How many slices, spread evenly over the middle half of the stack.
    squares
        How many along the first axis.

    Returns
    -------
    bytes
        PNG; each image on its own scale, to its 99th percentile, bright spots compressed.

    Raises
    ------
    GeometryError
        If the images lie on different grids.

    Examples
    --------
    >>> from biomarkers.images import Image, checkerboard
    >>> import numpy as np
    >>> image = Image(np.random.default_rng(0).random((16, 16, 4)), np.eye(4), "an example")
    >>> checkerboard(image, image)[1:4]
    b'PNG'

    """
    one, two = as_image("fixed", fixed), as_image("moved", moved)
    require_same_grid(one, two)
    first, second = _scaled(one), _scaled(two)
    edge = max(one.shape[0] // squares, 1)
    x, y = np.ogrid[: one.shape[0], : one.shape[1]]
    odd = ((x // edge + y // edge) % 2).astype(bool)
    last = one.shape[2] - 1
    chosen = np.unique(np.linspace(0.25 * last, 0.75 * last, slices).round().astype(int))
    planes = [np.where(odd, first[..., z], second[..., z]) for z in chosen]
    return _png(planes, one)


def changes_between(series: Sequence[Image]) -> bytes:
    """Draw the middle slice of the mean absolute change from volume to volume, on one scale.

    Parameters
    ----------
    series
        Versions of one series, (x, y, z, time), say before and after motion is taken out.

    Returns
    -------
    bytes
        PNG.

    """
    planes = []
    for each in series:
        middle = np.asarray(each.data[:, :, each.shape[2] // 2], dtype=np.float64)
        steps = np.abs(np.diff(middle, axis=-1))
        known = np.isfinite(steps)
        count = np.maximum(known.sum(axis=-1), 1)
        planes.append(np.where(known, steps, 0.0).sum(axis=-1) / count)
    high = max(float(np.percentile(planes[0], 99.5)), 1e-300)
    return _png([plane / high for plane in planes], series[0])


def _png(planes: Sequence[FloatArray], image: Image) -> bytes:
    """Return slices, (x, y), side by side; 0 is black, 1 white."""
    across, along = np.array(image.shape[:2]) * image.voxel_size[:2]
    size = max(round(_HEIGHT * float(across / along)), 1), _HEIGHT
    page = Raster.new("L", (len(planes) * (size[0] + _MARGIN) - _MARGIN, _HEIGHT), "white")
    for number, plane in enumerate(planes):
        shades = (255 * np.clip(np.nan_to_num(plane), 0.0, 1.0)).astype(np.uint8)
        rows = Raster.fromarray(np.ascontiguousarray(shades.T[::-1]))
        drawn = rows.resize(size, Raster.Resampling.NEAREST)
        page.paste(drawn, (number * (size[0] + _MARGIN), 0))
    buffer = io.BytesIO()
    page.save(buffer, format="png")
    return buffer.getvalue()


def _scaled(image: Image) -> FloatArray:
    """Return intensities, the brightest compressed, as shades from 0 to 1."""
    values, known = compressed(image)
    high = float(np.percentile(values[known], 99))
    return np.where(known, values / (high if high > 0.0 else 1.0), 0.0)
