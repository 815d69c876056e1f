"""Estimates in words, as rows and as HTML: one printer for all of them."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.units import canonical_unit

if TYPE_CHECKING:
    import pandas as pd

    from biomarkers.estimates.values import EstimatedValues

_UNKNOWN = "not identifiable"


def table(
    estimates: "EstimatedValues",
    *,
    regions: Sequence[str] = (),
    voxels: npt.ArrayLike | None = None,
) -> "pd.DataFrame":
    """Return one row per place and quantity.

    Parameters
    ----------
    estimates
        Of one curve, of regions, of voxels.
    regions
        Names of the places, if they are regions.
    voxels
        How many are behind each region; None if not known.

    Returns
    -------
    DataFrame
        Columns biomarker, value, unit, se, qc, reason; before them `place`, the flat index, where
        there is more than one. Of regions: region, biomarker, value, unit, se, n, qc, reason. `qc`
        is fail without a value, warn where it is flagged or remarked upon; that another quantity
        is not identifiable is nothing to remark.

    """
    import pandas as pd  # noqa: PLC0415  (slow to import)

    bits = estimates.reasons.bits.reshape(-1)
    rows = []
    for place, why in enumerate(bits):
        for each in estimates.quantities:
            value = float(estimates[each.name].reshape(-1)[place])
            se = estimates.se.get(each.name)
            error = float("nan") if se is None else float(se.reshape(-1)[place])
            about = int(why) if np.isnan(value) else estimates.reasons.of_values(int(why))
            qc = "fail" if np.isnan(value) else "warn" if about else "ok"
            reason = estimates.reasons.named(about)
            if np.isnan(value):
                reason = estimates.why_missing(each.name) or reason
            rows.append((place, each.name, value, canonical_unit(each.unit), error, qc, reason))
    columns = ["place", "biomarker", "value", "unit", "se", "qc", "reason"]
    table = pd.DataFrame(rows, columns=columns)
    if not regions:
        return table if bits.size > 1 else table.drop(columns="place")
    counts = np.full(bits.size, np.nan) if voxels is None else np.asarray(voxels)
    table.insert(5, "n", counts[table["place"]])
    table["place"] = np.asarray(regions, dtype=object)[table["place"]]
    return table.rename(columns={"place": "region"})


def summary(estimates: "EstimatedValues") -> str:
    """Return one line per quantity, and how many values are flagged, and why."""
    one = estimates.shape == ()
    lines = [estimates.model if one else f"{estimates.model}, shape {estimates.shape}"]
    for each in estimates.quantities:
        lines.append(f"  {each.name:<10} {_span(estimates, each.name)} {each.unit}".rstrip())
    fitted = int(estimates.inside.sum())
    why = "; ".join(f"{words} {n}" for words, n in _counted(estimates).items() if n)
    if not one:
        lines.append(f"  {fitted} fitted, {int(estimates.flags.sum())} flagged")
    lines += [f"  {line}" for line in (why, *estimates.notes) if line]
    return "\n".join(lines)


def html(estimates: "EstimatedValues") -> str:
    """Return the summary as HTML, for notebooks."""
    rows = "".join(
        f"<tr><th>{escape(each.name)}</th><td>{escape(_span(estimates, each.name))}</td>"
        f"<td>{escape(canonical_unit(each.unit))}</td><td>{escape(each.meaning)}</td></tr>"
        for each in estimates.quantities
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in estimates.notes)
    head = escape(summary(estimates).splitlines()[0])
    flagged = f"{int(estimates.flags.sum())} flagged"
    return f"<table><caption>{head}; {flagged}</caption>{rows}</table>{notes}"


def _counted(estimates: "EstimatedValues") -> dict[str, int]:
    counts = estimates.reasons.counts().values()
    return dict(zip(estimates.reasons.levels.values(), counts, strict=True))


def places(estimates: "EstimatedValues", names: Sequence[str]) -> Iterator[str]:
    """Yield one line per place: its name, and every quantity with its error."""
    for place, name in enumerate(names):
        numbers = (
            f"{each.name} {_number(estimates, each.name, place)}" for each in estimates.quantities
        )
        yield f"{name}: {', '.join(numbers)}"


def _span(estimates: "EstimatedValues", name: str) -> str:
    """Return a value with its error, or the quartiles of many."""
    values = estimates[name]
    if estimates.shape == ():
        return _number(estimates, name, 0)
    known = values[np.isfinite(values)]
    if not known.size:
        return _UNKNOWN
    low, middle, high = np.percentile(known, [25, 50, 75])
    return f"{middle:.4g} ({low:.4g} to {high:.4g})"


def _number(estimates: "EstimatedValues", name: str, place: int) -> str:
    """Return one value with its error."""
    value, error = estimates[name].reshape(-1)[place], estimates.se.get(name)
    if not np.isfinite(value):
        return _UNKNOWN
    return f"{value:.4g}" + ("" if error is None else f" ± {error.reshape(-1)[place]:.2g}")
