"""Pictures for the quality cards: maps in colour, with the outlines of their regions.

Drawn pixel by pixel: a plotting library takes a second for what a cohort needs a hundred times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image as Raster
from PIL import ImageDraw

from biomarkers.arrays import BoolArray
from biomarkers.estimates.colours import ByteArray, Colours, colours_of
from biomarkers.images import Image, LabelMap
from biomarkers.quantities import quantity
from biomarkers.study.drawing import Scale, font, png
from biomarkers.study.planes import Plane, planes_of, upright

# Seen on every colour map that is used, for each line lies on black.
_OUTLINES = ((255, 255, 255), (0, 230, 255), (255, 120, 220), (255, 170, 0), (120, 255, 90))
_HEIGHT, _WIDTH = 125, 1060  # of a slice, and of the sheet at most, pixels
_MARGIN, _GAP, _TITLE, _BAR, _TICKS = 12, 3, 20, 12, 52
_INK, _QUIET = (30, 30, 30), (90, 90, 90)
_NOTHING, _HATCH = (236, 236, 236), (150, 150, 150)


@dataclass(frozen=True, eq=False)
class MapPanel:
    """A map to be drawn.

    Parameters
    ----------
    biomarker
        What it shows.
    image
        Its values, (x, y, z); NaN where there is none.
    labels
        Regions, on the same grid.
    flagged
        Voxels whose values are not to be trusted, (x, y, z); None if there are none.

    """

    biomarker: str
    image: Image
    labels: LabelMap
    flagged: BoolArray | None = None

    @property
    def title(self) -> str:
        """Name and unit."""
        known = quantity(self.biomarker)
        name = known.label if known else self.biomarker
        return f"{name} ({self.image.unit})" if self.image.unit else name


def map_panels(panels: Sequence[MapPanel]) -> bytes:
    """Draw each map in up to three slices through its regions, with a colour bar.

    Parameters
    ----------
    panels
        The maps, at least one.

    Returns
    -------
    bytes
        PNG, the same for the same maps.

    """
    drawn = [_panel(panel) for panel in panels]
    sheet = _arranged([*drawn, _legend(panels)])
    return png(sheet)


def _arranged(parts: Sequence[Raster.Image]) -> Raster.Image:
    """Put panels side by side as long as they fit, then below; the last part stands alone."""
    rows: list[list[Raster.Image]] = [[]]
    for part in parts[:-1]:
        taken = sum(each.width + _MARGIN for each in rows[-1])
        if rows[-1] and taken + part.width > _WIDTH:
            rows.append([])
        rows[-1].append(part)
    rows.append([parts[-1]])
    width = max(sum(each.width + _MARGIN for each in row) for row in rows) + _MARGIN
    heights = [max(each.height for each in row) + _MARGIN for row in rows]
    sheet = Raster.new("RGB", (width, sum(heights)), "white")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = _MARGIN
        for part in row:
            sheet.paste(part, (left, top))
            left += part.width + _MARGIN
        top += height
    return sheet


def _panel(panel: MapPanel) -> Raster.Image:
    """Draw one map: its name, its slices, its colour bar."""
    values = np.asarray(panel.image.data, dtype=float)
    labels = np.where(
        np.isin(panel.labels.image.data, list(panel.labels.names)), panel.labels.image.data, 0
    )
    inside = values[labels > 0]
    colours = colours_of(panel.biomarker, inside if np.isfinite(inside).any() else values)
    planes = planes_of(labels, panel.image.voxel_size[:2], height=_HEIGHT)
    slices = [_slice(panel, values, labels, plane, colours) for plane in planes]
    width, height = slices[0].size
    left = len(slices) * (width + _GAP)
    plain, small = font(13), font(11)
    which = f"z {', '.join(str(plane.z) for plane in planes)}"
    print_width = int(plain.getlength(panel.title) + small.getlength(which)) + 12
    wide = max(left + _GAP + _BAR + _TICKS, print_width)
    drawn = Raster.new("RGB", (wide, height + _TITLE), "white")
    for place, each in enumerate(slices):
        drawn.paste(each, (place * (width + _GAP), _TITLE))
    pen = ImageDraw.Draw(drawn)
    pen.text((0, 2), panel.title, fill=_INK, font=plain)
    pen.text((plain.getlength(panel.title) + 10, 4), which, fill=_QUIET, font=small)
    _draw_bar(drawn, pen, colours, left + _GAP)
    return drawn


def _slice(
    panel: MapPanel, values: npt.NDArray[np.float64], labels: npt.NDArray[np.generic],
    plane: Plane, colours: Colours,
) -> Raster.Image:  # fmt: skip
    """Draw one slice: its colours, hatching where it is flagged, outlines."""
    known = upright(np.isfinite(values[:, :, plane.z]))
    pixels = colours(upright(values[:, :, plane.z]))
    pixels[~known] = _NOTHING
    picture = plane.sized(pixels)
    if panel.flagged is not None:
        _hatch(picture, plane.sized(upright(panel.flagged[:, :, plane.z])))
    drawn = plane.sized(upright(labels[:, :, plane.z]))
    order = sorted(panel.labels.names)
    for index, label in enumerate(order):
        _outline(picture, drawn == label, _OUTLINES[index % len(_OUTLINES)])
    return Raster.fromarray(picture)


def _hatch(picture: ByteArray, where: BoolArray) -> None:
    """Draw diagonal lines over what is flagged, whatever its colour."""
    rows, columns = np.indices(where.shape)
    picture[where] = _NOTHING
    picture[where & ((rows + columns) % 6 < 2)] = _HATCH


def _outline(picture: ByteArray, inside: BoolArray, colour: tuple[int, int, int]) -> None:
    """Draw the inner edge of a region in its colour, and its outer edge black."""
    padded = np.pad(inside, 1)
    sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    core = sides[0] & sides[1] & sides[2] & sides[3]
    around = sides[0] | sides[1] | sides[2] | sides[3]
    picture[around & ~inside] = 0
    picture[inside & ~core] = colour


def _draw_bar(drawn: Raster.Image, pen: ImageDraw.ImageDraw, colours: Colours, left: int) -> None:
    top, bottom = _TITLE, drawn.height - 1
    ramp = np.linspace(colours.high, colours.low, bottom - top + 1)
    strip = np.broadcast_to(colours(ramp)[:, None, :], (ramp.size, _BAR, 3))
    drawn.paste(Raster.fromarray(np.ascontiguousarray(strip)), (left, top))
    scale = Scale(colours.low, colours.high, bottom, top)
    for tick in scale.ticks(most=5):
        y = float(scale(tick))
        pen.line([(left + _BAR, y), (left + _BAR + 3, y)], fill=_QUIET)
        inside = min(max(y, top + 6), bottom - 5)  # the print at either end stays on the sheet
        pen.text((left + _BAR + 6, inside), f"{tick:.3g}", fill=_QUIET, font=font(11), anchor="lm")


def _legend(panels: Sequence[MapPanel]) -> Raster.Image:
    """Name the regions and what else is drawn."""
    names: dict[str, tuple[int, int, int]] = {}
    for panel in panels:
        for index, region in enumerate(panel.labels.regions):
            names.setdefault(region, _OUTLINES[index % len(_OUTLINES)])
    x = 0
    drawn = Raster.new("RGB", (_WIDTH - _MARGIN, 20), "white")
    pen = ImageDraw.Draw(drawn)
    for name, colour in names.items():
        pen.rectangle([(x, 3), (x + 14, 15)], fill=(70, 70, 70), outline="black")
        pen.rectangle([(x + 1, 4), (x + 13, 14)], outline=colour)
        x = _word(pen, x + 19, name)
    if any(panel.flagged is not None and panel.flagged.any() for panel in panels):
        box = np.full((13, 15, 3), 236, dtype=np.uint8)
        _hatch(box, np.ones(box.shape[:2], dtype=bool))
        drawn.paste(Raster.fromarray(box), (x, 3))
        x = _word(pen, x + 19, "flagged")
    return drawn.crop((0, 0, max(min(x, drawn.width), 1), drawn.height))


def _word(pen: ImageDraw.ImageDraw, x: int, word: str) -> int:
    """Print a word; return where the next entry begins."""
    pen.text((x, 2), word, fill=_INK, font=font(12))
    return x + int(pen.textlength(word, font=font(12))) + 16
