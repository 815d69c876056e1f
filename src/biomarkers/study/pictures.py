"""Pictures for the quality cards: maps with the outlines of their regions."""

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as Raster
from PIL import ImageDraw, ImageFont

from biomarkers.images import Image, LabelMap
from biomarkers.quantities import quantity

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Okabe and Ito's colours, which remain apart for the colour-blind.
_OUTLINES = ((230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0))
_PANEL_HEIGHT, _MARGIN, _LINE = 150, 6, 15


def map_panels(panels: Sequence[tuple[str, Image, LabelMap]]) -> bytes:
    """Draw each map in the slice that shows most of its regions, outlined.

    Drawn pixel by pixel: a plotting library takes a second for what a cohort needs a hundred
    times.

    Parameters
    ----------
    panels
        Biomarker, map and regions on the same grid.

    Returns
    -------
    bytes
        PNG.

    """
    drawn = [_panel(*panel) for panel in panels]
    width = sum(panel.width for panel in drawn) + _MARGIN * (len(drawn) + 1)
    sheet = Raster.new("RGB", (width, max(panel.height for panel in drawn)), "white")
    left = _MARGIN
    for panel in drawn:
        sheet.paste(panel, (left, 0))
        left += panel.width + _MARGIN
    buffer = io.BytesIO()
    sheet.save(buffer, format="png")
    return buffer.getvalue()


def _panel(biomarker: str, image: Image, labels: LabelMap) -> Raster.Image:
    """Draw one map: name above, outlined slice, grey-scale window below."""
    tissue = np.zeros(labels.shape, dtype=bool)
    for region in labels.regions:
        tissue |= labels.mask(region)
    z = int(np.argmax(tissue.sum(axis=(0, 1))))
    values = np.asarray(image.data, dtype=float)
    low, high = _window(values, tissue)
    size = _size(image)
    picture = _grey(values[:, :, z], low, high).resize(size, Raster.Resampling.NEAREST)
    pixels = np.array(picture)
    for index, region in enumerate(labels.regions):
        pixels[_outline(labels.mask(region)[:, :, z], size)] = _OUTLINES[index % len(_OUTLINES)]
    known = quantity(biomarker)
    name = known.label if known else biomarker
    title = f"{name} ({image.unit})" if image.unit else name
    return _captioned(Raster.fromarray(pixels), title, f"black {low:.3g}, white {high:.3g}")


def _size(image: Image) -> tuple[int, int]:
    """Return width and height in pixels that keep the shape of the voxels."""
    across, along = (
        count * edge for count, edge in zip(image.shape[:2], image.voxel_size[:2], strict=True)
    )
    return max(round(_PANEL_HEIGHT * across / along), 1), _PANEL_HEIGHT


def _grey(plane: FloatArray, low: float, high: float) -> Raster.Image:
    scaled = np.nan_to_num((plane - low) / (high - low), nan=0.0, posinf=1.0, neginf=0.0)
    grey = (255 * np.clip(scaled, 0.0, 1.0)).astype(np.uint8)
    return Raster.fromarray(_upright(grey)).convert("RGB")


def _outline(mask: BoolArray, size: tuple[int, int]) -> BoolArray:
    """Return the pixels of a region that have a neighbour outside it."""
    shown = Raster.fromarray(_upright(mask.astype(np.uint8))).resize(
        size, Raster.Resampling.NEAREST
    )
    inside = np.pad(np.array(shown, dtype=bool), 1)
    core = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    return np.asarray(inside[1:-1, 1:-1] & ~core)


def _upright(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Turn (x, y) into rows from top to bottom."""
    return np.ascontiguousarray(plane.T[::-1])


def _captioned(picture: Raster.Image, title: str, window: str) -> Raster.Image:
    font = ImageFont.load_default(size=11)
    width = max(picture.width, *(int(font.getlength(text)) + 2 for text in (title, window)))
    panel = Raster.new("RGB", (width, picture.height + 2 * _LINE), "white")
    panel.paste(picture, (0, _LINE))
    pen = ImageDraw.Draw(panel)
    pen.text((1, 1), title, fill="black", font=font)
    pen.text((1, picture.height + _LINE + 1), window, fill=(90, 90, 90), font=font)
    return panel


def _window(values: FloatArray, inside: BoolArray) -> tuple[float, float]:
    sample = values[inside & np.isfinite(values)]
    if sample.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(sample, [2, 98])
    low = min(low, 0.0)
    return float(low), float(high if high > low else low + 1.0)
