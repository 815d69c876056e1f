"""Rows of the measurement table: a tumour, the other side, and their ratio."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.arrays import BoolArray
from biomarkers.cbv.bolus.maps import DSCMaps
from biomarkers.checks import as_mask
from biomarkers.errors import InputError
from biomarkers.estimates.regions import doubt, quality
from biomarkers.images import Fractions, LabelMap, noise_of_median
from biomarkers.units import canonical_unit

_RATIOS = ("CBF", "CBV")


def dsc_rows(
    maps: DSCMaps,
    regions: Mapping[str, npt.ArrayLike] | LabelMap | Fractions,
    *,
    subject: str,
    day: float,
    reference: str = "contralateral",
) -> pd.DataFrame:
    """Return the measurement rows of regions, and of their ratios to one of them.

    Parameters
    ----------
    maps
        From `dsc`.
    regions
        Voxels of each region, (...), by name: "tumor", "contralateral", …; or a label map.
    subject, day
        Whose, and when.
    reference
        The region, of those given, whose blood flow and volume others are divided by.

    Returns
    -------
    pandas.DataFrame
        `subject`, `day`, `region`, `biomarker`, `value` (median), `unit`, `se`, `n` (voxels that
        are sound), `qc` and `reason` (as in `Estimates.by_region`; a ratio has the worse of both).
        `rCBF` and `rCBV` are ratios of medians. Errors are those of the noise, taken as independent
        between voxels, not of the spread within a region; NaN where none is known.

    Raises
    ------
    InputError
        If a region's shape does not fit, or the reference is not among the regions.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> signal = 100 * np.exp(-0.03 * np.outer([9, 0.6, 0.3], bolus))
    >>> artery = cbv.dsc_input(signal, time, te=0.03, artery=[True, False, False])
    >>> maps = cbv.dsc(signal, time, te=0.03, input=artery)
    >>> regions = {"tumor": [False, True, False], "contralateral": [False, False, True]}
    >>> rows = cbv.dsc_rows(maps, regions, subject="01", day=3).set_index(["region", "biomarker"])
    >>> print(rows.value["tumor", "rCBV"].round(3))
    2.0

    """
    if isinstance(regions, LabelMap | Fractions):
        regions = {name: regions.mask(name) for name in regions.regions}
    if reference not in regions:
        raise InputError(f"reference is {reference!r}; expected one of {', '.join(regions)}")
    rows = []
    known: dict[tuple[str, str], tuple[float, float, int]] = {}
    doubts: dict[tuple[str, str], tuple[float, str]] = {}
    for region, voxels in regions.items():
        chosen = as_mask(f"region {region!r}", voxels, maps.shape)
        for each in maps.quantities:
            known[region, each.name] = value, error, count = _median(maps, each.name, chosen)
            doubts[region, each.name] = doubt(maps, each.name, chosen)
            rows.append((region, each.name, value, canonical_unit(each.unit), error, count))
    rows += list(_ratios(known, regions, reference))
    table = pd.DataFrame(rows, columns=["region", "biomarker", "value", "unit", "se", "n"])
    for name in _RATIOS:
        for region in regions:
            pair = (doubts[region, name], doubts[reference, name])
            doubts[region, f"r{name}"] = min(pair, key=lambda each: each[0])
    judged = [doubts[key] for key in zip(table["region"], table["biomarker"], strict=True)]
    table["qc"], table["reason"] = [quality(each) for each, _ in judged], [why for _, why in judged]
    table.insert(0, "subject", subject)
    table.insert(1, "day", day)
    return table


def _median(maps: DSCMaps, name: str, region: BoolArray) -> tuple[float, float, int]:
    """Return the median of a map, its standard error and the number of voxels."""
    sound = region & maps.has(name)
    values, errors = maps[name][sound], maps.se.get(name)
    error = np.nan if errors is None else noise_of_median(values, errors[sound])
    return float(np.median(values)) if values.size else np.nan, error, values.size


def _ratios(
    known: dict[tuple[str, str], tuple[float, float, int]], regions: Iterable[str], reference: str
) -> Iterator[tuple[str, str, float, str, float, int]]:
    """Yield the ratios of regions to the reference."""
    for region in regions:
        for name in _RATIOS:
            (value, error, count), (other, wrong, _) = known[region, name], known[reference, name]
            if region != reference and other > 0:
                ratio = value / other
                spread = abs(ratio) * float(np.hypot(error / value, wrong / other))
                yield region, f"r{name}", ratio, "", spread, count
