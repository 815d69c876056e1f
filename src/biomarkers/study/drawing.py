"""What charts and pictures share: axes in pixels, print, and the bytes of a PNG."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image as Raster
from PIL import ImageFont

from biomarkers.arrays import FloatArray


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: npt.ArrayLike) -> FloatArray:
        """Return the pixels of values."""
        share = (np.asarray(value, dtype=float) - self.low) / (self.high - self.low)
        return np.asarray(self.start + share * (self.end - self.start))

    def ticks(self, *, most: int = 6) -> list[float]:
        """Return round values within the axis, about so many at most."""
        rough = (self.high - self.low) / most
        power = 10.0 ** np.floor(np.log10(rough))
        step = power * next(each for each in (1, 2, 5, 10) if each * power >= rough)
        first = np.ceil(self.low / step - 1e-9)
        last = np.floor(self.high / step + 1e-9)
        return [float(step * k) + 0.0 for k in np.arange(first, last + 1)]  # no minus before zero


def value_range(values: Iterable[FloatArray], *, margin: float) -> tuple[float, float]:
    """Return the range of what is finite, wider by a share `margin` at either end."""
    whole = np.concatenate([np.zeros(0), *(each[np.isfinite(each)] for each in values)])
    if whole.size == 0:
        return 0.0, 1.0
    low, high = float(whole.min()), float(whole.max())
    space = margin * (high - low) if high > low else 0.5 * abs(low) or 0.5
    return low - space, high + space


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that Pillow brings, of a size in pixels."""
    return ImageFont.load_default(size=size)


def png(sheet: Raster.Image) -> bytes:
    """Return a picture as PNG, the same bytes for the same pixels.

    In 256 colours of its own: half the bytes, and no colour moves by more than the eye can tell.
    """
    few = sheet.quantize(256, method=Raster.Quantize.FASTOCTREE, dither=Raster.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="png")
    return buffer.getvalue()
