"""Estimates by region: rows of the measurement table, each with its error, grade and reason."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.estimates.reasons import FitFlag
from biomarkers.estimates.values import EstimatedValues
from biomarkers.images.fractions import Fractions
from biomarkers.images.image import Image
from biomarkers.images.labels import LabelMap
from biomarkers.images.regions import Regions, as_regions
from biomarkers.images.statistics import noise_of_median, region_statistics
from biomarkers.quantities import UNITLESS_STATISTICS, Quantity
from biomarkers.quantities import quantity as registered
from biomarkers.ranges import unusual, usual_range
from biomarkers.units import canonical_unit, conversion_factor

# A region's value is doubtful if more than a fifth of its voxels have none, useless beyond half.
USABLE_FOR_OK = 0.8
USABLE_FOR_WARN = 0.5
# Statistics that tell no value of the quantity itself.
_SPREADS = ("_sd", *(f"_{each}" for each in UNITLESS_STATISTICS))
COLUMNS = ["region", "biomarker", "value", "unit", "se", "n", "qc", "reason"]


def quality(usable: float) -> str:
    """Grade the fraction of a region's voxels that have a value."""
    if usable >= USABLE_FOR_OK:
        return "ok"
    return "warn" if usable >= USABLE_FOR_WARN else "fail"


def worst(grades: Iterable[str]) -> str:
    """Return the worst of several grades, `ok` of none."""
    return max(grades, key=("ok", "warn", "fail").index, default="ok")


def region_rows(estimates: EstimatedValues, regions: Regions) -> pd.DataFrame:
    """Return median, mean, sd, percentiles and shape of every map in every region.

    The median carries the name of the quantity, the others `<name>_<statistic>`; only the median
    has a standard error.

    Parameters
    ----------
    estimates
        Of the voxels of an image.
    regions
        Regions on its grid: a label map, fractions, labels, or a mask for each name. Of fractions
        every value is weighted, and `n` is the number of whole voxels that the weighted mean is
        worth; fewer than ten warn.

    Returns
    -------
    DataFrame
        Columns region, biomarker, value, unit, se, n, qc, reason. `qc` says how much of the region
        has a value: `ok` from four fifths on, `warn` from a half on, else `fail`; `warn` also where
        a remark concerns more than a fifth (`Estimates.concerns`), or where the value itself is not
        a usual one. `reason` says
        why a value, its error, or those of many voxels are missing or doubtful; empty where
        nothing is.

    Raises
    ------
    GeometryError
        If maps and labels do not share a grid.
    InputError
        If regions given as arrays do not fit the maps, or do not say how large voxels are where an
        error depends on it.

    """
    labels = _placed(estimates, regions)
    rows = [row for each in estimates.quantities for row in _rows(estimates, each, labels)]
    return doubt_unusual(pd.DataFrame(rows, columns=COLUMNS))


def _placed(estimates: EstimatedValues, regions: Regions) -> LabelMap | Fractions:
    """Return regions on the grid of the maps, of which arrays know the shape alone."""
    if isinstance(regions, LabelMap | Fractions):
        return regions
    if isinstance(regions, Image):
        return as_regions(regions, regions)
    wide = [name for name, each in estimates.shared.items() if not each.kept_whole]
    if wide:
        raise InputError(
            f"regions are arrays; errors of {', '.join(wide)} are shared over a distance, which "
            "needs the size of voxels: give a label map, images.as_label_map(regions, like=image)"
        )
    shape = estimates[estimates.quantities[0].name].shape
    return as_regions(regions, Image(np.zeros(shape), np.eye(4), estimates.model))


def doubt_unusual(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which those that were `ok` warn where their value is not a usual one.

    By more than twice its error, where that is known; `reason` says what is usual. Voxels may all
    be usual where their mean is not, and the other way round.
    """
    if "qc" not in rows or not len(rows):
        return rows
    said = {
        (row.region, row.biomarker): words for row in rows.itertuples() if (words := _unusual(row))
    }
    names = rows["biomarker"].str.removesuffix("_sd")  # a spread is as doubtful as what spreads
    for each in UNITLESS_STATISTICS:
        names = names.str.removesuffix(f"_{each}")
    return with_remark(
        rows, [said.get(each, "") for each in zip(rows["region"], names, strict=True)]
    )


def with_remark(rows: pd.DataFrame, words: str | list[str]) -> pd.DataFrame:
    """Return rows of which those that were `ok` warn for a reason, one for all or each its own."""
    why = pd.Series(words, rows.index, dtype=object)
    doubted = (rows["qc"] == "ok") & (why != "")
    before = rows["reason"] if "reason" in rows else pd.Series("", rows.index)
    return rows.assign(qc=rows["qc"].mask(doubted, "warn"), reason=before.mask(doubted, why))


def _unusual(row: Any) -> str:
    """Return what is unusual about the value of a row, in words; empty if nothing is."""
    name, known = str(row.biomarker), registered(str(row.biomarker))
    if known is None or not known.usual or name.endswith(_SPREADS):
        return ""
    try:
        factor = conversion_factor(str(row.unit), known.unit)
    except InputError:  # of that unit nothing is known
        return ""
    value, slack = factor * float(row.value), 2.0 * factor * abs(_number(row, "se"))
    low, high = usual_range(known)
    nearest = min(max(value, low), high)
    return unusual(name, value, source=name) if abs(value - nearest) > slack else ""


def _number(row: Any, name: str) -> float:
    value = float(getattr(row, name, 0.0))
    return value if np.isfinite(value) else 0.0


def median_se(
    estimates: EstimatedValues,
    name: str,
    labels: LabelMap | Fractions,
    weights: npt.NDArray[Any],
) -> float:
    """Return the standard error of the median of a quantity over a region; NaN if not known.

    The part that voxels have of their own is that of `noise_of_median`; the part they share stays
    as far as the region is no wider than what they share it over. `weights` say how much of each
    voxel lies in the region of `labels`, (x, y, z), or whether it does.
    """
    if name not in estimates.se:
        return float("nan")
    region = weights > 0
    inside = region & estimates.has(name)
    values, errors, w = (
        estimates[name][inside],
        estimates.se[name][inside],
        weights[inside].astype(float),
    )
    shared = estimates.shared.get(name)
    if shared is None:
        return noise_of_median(values, errors, w)
    common = shared.se[inside]
    own = np.sqrt(np.maximum(errors**2 - common**2, 0.0))
    of_own = noise_of_median(values, own, w) if own.any() or not own.size else 0.0
    known = common[np.isfinite(common)]
    of_common = float(np.median(known)) if known.size else float("nan")
    return float(np.hypot(of_own, shared.kept(region, labels.image.voxel_size) * of_common))


def _rows(
    estimates: EstimatedValues, quantity: Quantity, labels: LabelMap | Fractions
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a quantity; the median has the bare name, and alone an error."""
    name, unit = quantity.name, canonical_unit(quantity.unit)
    image = Image(estimates[name], labels.image.affine, name, unit)
    table = region_statistics(image, labels, flags=estimates.flags)
    facts = {region: _facts(estimates, quantity, labels, region) for region in labels.regions}
    columns = (table[each].tolist() for each in ("region", "statistic", "value", "n"))
    for region, statistic, value, count in zip(*columns, strict=True):
        usable, se, reason, drawing = facts[region]
        grade = worst((quality(usable), "warn" if drawing else "ok"))
        if statistic == "median":
            why = "; ".join(filter(None, (drawing, reason)))
            yield region, name, value, unit, se, count, grade, why
            continue
        of = "" if statistic in UNITLESS_STATISTICS else unit
        why = "; ".join(filter(None, (drawing, reason if usable < USABLE_FOR_OK else "")))
        yield region, f"{name}_{statistic}", value, of, float("nan"), count, grade, why


def doubt(estimates: EstimatedValues, name: str, weights: npt.NDArray[Any]) -> tuple[float, str]:
    """Return what a region is graded by, and why it is not `ok`; empty if it is.

    Graded is the share of voxels with a value; where many of these are remarked upon, less.
    `weights` say how much of each voxel lies in the region, or whether it does.
    """
    region = weights > 0
    has = region & estimates.has(name)
    usable = float(np.average(has[region], weights=weights[region])) if region.any() else 0.0
    if usable < USABLE_FOR_OK:
        of_voxels = estimates.reasons.words(region & ~has)
        why = estimates.why_missing(name) or of_voxels or "no value"
        return usable, f"{1.0 - usable:.0%} of the voxels: {why}"
    bits = estimates.reasons[has] & np.uint16(estimates.remarks_on(name))
    remarked = float(np.average(bits > 0, weights=weights[has]))
    if remarked > 1.0 - USABLE_FOR_OK:
        why = estimates.reasons.named(int(np.bitwise_or.reduce(bits)))
        return min(usable, USABLE_FOR_WARN), f"{remarked:.0%} of the voxels: {why}"
    return usable, ""


def unresolved(estimates: EstimatedValues, name: str, weights: npt.NDArray[Any], se: float) -> str:
    """Return what is to be said where voxels without a value may hide another median; else empty.

    A voxel in which a quantity cannot be told from zero has no value, and the median of the others
    is then too high. It is known as well as its error says only as long as it stays within two
    of them wherever such voxels may lie.
    """
    region = weights > 0
    if estimates.reasons.kinds is not FitFlag or not np.isfinite(se):
        return ""
    known = region & estimates.has(name)
    lost = region & ~known & ~estimates.flags & estimates.reasons.has(FitFlag.NOT_IDENTIFIABLE)
    share = weights[lost].sum() / max(weights[lost | known].sum(), 1e-9)
    if not 0.0 < share < USABLE_FOR_WARN:
        return ""
    at = np.array([0.5 - share, 0.5, 0.5]) / np.array([1.0 - share, 1.0, 1.0 - share])
    low, middle, high = np.quantile(estimates[name][known], at)
    if max(middle - low, high - middle) <= 2.0 * se:
        return ""
    return (
        f"{share:.0%} of the voxels: not identifiable; with them the median may be "
        f"{low:.3g} to {high:.3g}"
    )


def _facts(
    estimates: EstimatedValues, quantity: Quantity, labels: LabelMap | Fractions, region: str
) -> tuple[float, float, str, str]:
    """Return what is graded, the error of the median, why either is doubtful, and the region is."""
    weights, drawing = labels.weights(region), labels.doubt(region)
    graded, why = doubt(estimates, quantity.name, weights)
    se = median_se(estimates, quantity.name, labels, weights)
    if not why and (hidden := unresolved(estimates, quantity.name, weights, se)):
        graded, why = min(graded, USABLE_FOR_WARN), hidden
    if why or np.isfinite(se):
        return graded, se, why, drawing
    if not quantity.has_error:
        return graded, se, "has no standard error", drawing
    if quantity.name not in estimates.se:
        return graded, se, "its error is not estimated", drawing
    why = estimates.reasons.words(weights > 0.0)
    return graded, se, f"standard error not known{f': {why}' if why else ''}", drawing
