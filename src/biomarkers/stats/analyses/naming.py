"""Names in a section of a plan, held against what there is."""

import difflib
from collections.abc import Iterator, Sequence

from biomarkers.plan import level
from biomarkers.stats.planned_analysis.findings import Prepared


def unknown(key: str, name: str, known: Sequence[str], what: str) -> Iterator[str]:
    """Give the problem of a name that is not among those known; none if it is, or is empty."""
    if name and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        yield f"{key}: {name!r} is no {what}{hint}; found {', '.join(known) or 'none'}"


def visit_name(wanted: object) -> str:
    """Return how the plan writes a visit that a section names; empty if it names none."""
    return "" if wanted == "" else level(wanted)


def unknown_visit(key: str, wanted: object, prepared: Prepared) -> Iterator[str]:
    """Give the problem of a visit that is none after the baseline."""
    later = [visit.name for visit in prepared.plan.follow_ups]
    yield from unknown(key, visit_name(wanted), later, "visit after the baseline")


def unknown_series(section: str, biomarker: str, region: str, prepared: Prepared) -> Iterator[str]:
    """Give the problems of a biomarker and a region that the plan does not analyse."""
    tests = prepared.panel.tests
    for key, name, known in (
        ("biomarker", biomarker, tests["biomarker"]),
        ("region", region, tests["region"]),
    ):
        yield from unknown(f"{section}.{key}", name, list(known.unique()), f"{key} of the plan")


def unknown_column(key: str, name: str, prepared: Prepared) -> Iterator[str]:
    """Give the problem of a column that participants do not have."""
    columns = [str(column) for column in prepared.participants if column != "subject"]
    yield from unknown(key, name, columns, "column of participants")
