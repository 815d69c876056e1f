"""Grey slices with outlines, and pictures below each other, for the quality cards."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image as Raster
from PIL import ImageDraw, ImageFont

from biomarkers.arrays import BoolArray, FloatArray

# Okabe and Ito's colours, which remain apart for the colour-blind.
_OUTLINES = ((230, 159, 0), (86, 180, 233), (204, 121, 167), (0, 158, 115), (213, 94, 0))
_HEIGHT, _MARGIN, _LINE = 240, 6, 16


@dataclass(frozen=True, eq=False)
class Slice:
    """A slice.

    Parameters
    ----------
    title
        What it shows.
    plane
        Brightness from 0 to 1, (x, y); NaN is black.
    edges
        Of a voxel, mm, (2,).
    outlined
        Masks, (x, y), whose outlines are drawn.

    """

    title: str
    plane: FloatArray
    edges: FloatArray
    outlined: Sequence[BoolArray] = field(default_factory=tuple)


def draw_slices(slices: Sequence[Slice]) -> bytes:
    """Draw slices side by side; return a PNG, the same bytes for the same slices."""
    drawn = [_drawn(each) for each in slices]
    width = sum(each.width + _MARGIN for each in drawn) + _MARGIN
    sheet = Raster.new("RGB", (width, _HEIGHT + _LINE), "white")
    left = _MARGIN
    for each in drawn:
        sheet.paste(each, (left, 0))
        left += each.width + _MARGIN
    return _png(sheet)


def stacked(pictures: Sequence[bytes], *, margin: int = _MARGIN) -> bytes:
    """Return pictures, PNG, as one, each so many pixels below the one before."""
    drawn = [Raster.open(io.BytesIO(each)).convert("RGB") for each in pictures]
    height = sum(each.height + margin for each in drawn) - margin
    sheet = Raster.new("RGB", (max(each.width for each in drawn), height), "white")
    top = 0
    for each in drawn:
        sheet.paste(each, (0, top))
        top += each.height + margin
    return _png(sheet)


def _png(sheet: Raster.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, format="png")
    return buffer.getvalue()


def _drawn(each: Slice) -> Raster.Image:
    across, along = np.array(each.plane.shape) * each.edges
    size = (max(round(_HEIGHT * across / along), 1), _HEIGHT)
    grey = (255 * np.nan_to_num(each.plane)).astype(np.uint8)
    pixels = np.array(_sized(grey, size).convert("RGB"))
    for index, mask in enumerate(each.outlined):
        inside = np.pad(np.array(_sized(mask.astype(np.uint8), size), dtype=bool), 1)
        core = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
        pixels[inside[1:-1, 1:-1] & ~core] = _OUTLINES[index % len(_OUTLINES)]
    font = ImageFont.load_default(size=11)
    panel = Raster.new("RGB", (max(size[0], int(font.getlength(each.title)) + 2), _HEIGHT + _LINE),
                       "white")  # fmt: skip
    panel.paste(Raster.fromarray(pixels), (0, _LINE))
    ImageDraw.Draw(panel).text((1, 1), each.title, fill="black", font=font)
    return panel


def _sized(plane: npt.NDArray[np.uint8], size: tuple[int, int]) -> Raster.Image:
    """Turn (x, y) into rows from top to bottom, as large as wanted."""
    upright = np.ascontiguousarray(plane.T[::-1])
    return Raster.fromarray(upright).resize(size, Raster.Resampling.NEAREST)
