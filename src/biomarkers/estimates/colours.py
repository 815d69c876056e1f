"""Colours of maps: which of matplotlib's colour maps a quantity gets, and over which window."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.quantities import quantity
from biomarkers.units import canonical_unit

ByteArray = npt.NDArray[np.uint8]

GREY, PLAIN, FLOW, SIGNED = "gray", "viridis", "magma", "RdBu_r"
# Units of rates, flows and uptake, whose maps are read as hot and cold.
_FLOWS = frozenset({"1/min", "1/s", "mL/min/100mL", "mL/min/mL", "g/mL", "mM s", "mM"})
# Quantities that lie on both sides of a value.
_MIDDLES = {"B1": 1.0, "K2": 0.0, "wash_out": 0.0}
_LEVELS = 256


@dataclass(frozen=True)
class Colours:
    """A colour map and the values at its ends."""

    name: str
    low: float
    high: float

    def __call__(self, values: FloatArray) -> ByteArray:
        """Return the colours of values, (..., 3); those of what is not finite mean nothing."""
        share = (np.nan_to_num(values) - self.low) / (self.high - self.low)
        return _table(self.name)[(np.clip(share, 0.0, 1.0) * (_LEVELS - 1)).astype(np.uint8)]


def colours_of(biomarker: str, sample: FloatArray) -> Colours:
    """Return the colours of a map.

    Parameters
    ----------
    biomarker
        What it shows; of no quantity known it is an image, and grey.
    sample
        The values that the window is to show, from their 2nd to their 98th percentile; one of
        positive values begins at 0.

    """
    known = quantity(biomarker)
    sample = sample[np.isfinite(sample)]
    low, high = np.percentile(sample, [2, 98]) if sample.size else (0.0, 1.0)
    if known is not None and known.name in _MIDDLES:
        middle = _MIDDLES[known.name]
        reach = max(abs(high - middle), abs(low - middle)) or 1.0
        return Colours(SIGNED, float(middle - reach), float(middle + reach))
    low = min(low, 0.0)
    high = high if high > low else low + 1.0
    return Colours(_name(known is not None, known.unit if known else ""), float(low), float(high))


def _name(known: bool, unit: str) -> str:
    if not known:
        return GREY
    return FLOW if canonical_unit(unit) in _FLOWS else PLAIN


@cache
def _table(name: str) -> ByteArray:
    from matplotlib import colormaps  # noqa: PLC0415  (slow to import)

    return np.asarray(colormaps[name](np.linspace(0.0, 1.0, _LEVELS), bytes=True)[:, :3])
