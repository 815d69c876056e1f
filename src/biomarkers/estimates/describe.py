"""Estimates in words, as rows and as HTML: one printer for all of them."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.units import canonical_unit

if TYPE_CHECKING:
    import pandas as pd

    from biomarkers.estimates.record import Estimates


def table(estimates: "Estimates") -> "pd.DataFrame":
    """Return one row per place and quantity.

    Returns
    -------
    DataFrame
        Columns biomarker, value, unit, se, qc, reason; before them `place`, the flat index, where
        there is more than one. `qc` is fail without a value, warn where it is flagged or remarked
        upon.

    """
    import pandas as pd  # noqa: PLC0415  (slow to import)

    count = int(np.prod(estimates.shape))
    reasons = estimates.reasons.bits.reshape(-1)
    rows = []
    for place in range(count):
        why = estimates.reasons.words(np.unravel_index(place, estimates.shape))
        for each in estimates.quantities:
            value = float(estimates[each.name].reshape(-1)[place])
            se = estimates.se.get(each.name)
            error = float("nan") if se is None else float(se.reshape(-1)[place])
            qc = "fail" if np.isnan(value) else "warn" if reasons[place] else "ok"
            rows.append((place, each.name, value, canonical_unit(each.unit), error, qc, why))
    columns = ["place", "biomarker", "value", "unit", "se", "qc", "reason"]
    found = pd.DataFrame(rows, columns=columns)
    return found if count > 1 else found.drop(columns="place")


def summary(estimates: "Estimates") -> str:
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


def html(estimates: "Estimates") -> str:
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


def _counted(estimates: "Estimates") -> dict[str, int]:
    counts = estimates.reasons.counts().values()
    return dict(zip(estimates.reasons.levels.values(), counts, strict=True))


def _span(estimates: "Estimates", name: str) -> str:
    """Return a value with its error, or the quartiles of many."""
    values = estimates[name]
    known = values[np.isfinite(values)]
    if not known.size:
        return "not identifiable"
    if estimates.shape != ():
        low, middle, high = np.percentile(known, [25, 50, 75])
        return f"{middle:.4g} ({low:.4g} to {high:.4g})"
    error = estimates.se.get(name)
    return f"{float(values):.4g}" + ("" if error is None else f" ± {float(error):.2g}")
