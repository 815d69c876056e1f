"""Who was measured when: a picture per pattern, counts, exclusions and what no visit claimed."""

from collections.abc import Mapping

import pandas as pd

from biomarkers.plan import biomarker_label
from biomarkers.report.drawing.cells import Cell, strokes
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.sections.swimmers import lanes
from biomarkers.report.view import View, records, visit_label
from biomarkers.report.words import count, decimal, listed, significant, thousands

# In the order of the legend; what each means to a reader.
STATUSES: Mapping[str, str] = {
    "measured": "measured",
    "missing": "missing, measured on a later day",
    "gone": "gone, measured no more",
    "no_baseline": "measured, but without a baseline",
    "no_change": "measured, but without a ratio to the baseline",
    "failed_qc": "failed quality control",
    "excluded": "excluded",
}

# The unused measurements beyond these are in the file.
LISTED_UNUSED = 200

_REASONS = {
    "unclaimed_day": "on a day that no visit claims",
    "nearer_measurement": "passed over for one nearer to the visit's day",
}


def attendance_section(page: Page) -> Section:
    """Build the section."""
    view = page.view
    unused = view.results.tables["unused"]
    context = {
        "patterns": _patterns(view),
        "exclusions": _exclusions(view.results.tables["exclusions"]),
        "reasons": _reasons(view.results.tables["reasons"]),
        "unused": _unused(unused.head(LISTED_UNUSED)),
        "unused_total": len(unused),
        "unused_summary": _summary(unused),
    }
    return Section("Who was measured when", "attendance", render("attendance.html.j2", context))


def _patterns(view: View) -> list[dict[str, object]]:
    """Group the series by identical attendance, so that one picture serves them all."""
    patterns: dict[str, tuple[list[str], pd.DataFrame]] = {}
    for series in view.series:
        rows = view.rows("attendance", series)
        if rows.empty:
            continue
        statuses = rows[["subject", "visit", "status"]].sort_values(["subject", "visit"])
        patterns.setdefault(statuses.to_csv(index=False), ([], rows))[0].append(series.label)
    return [_pattern(view, names, rows) for names, rows in patterns.values()]


def _pattern(view: View, names: list[str], rows: pd.DataFrame) -> dict[str, object]:
    """Return what is shown of series that share who was measured when."""
    present = set(rows["status"])
    statuses = [status for status in STATUSES if status in present]
    parts = ((positive, rows[rows["positive"] == positive]) for positive in (True, False))
    return {
        "names": listed(names),
        "statuses": statuses,
        "legend": [
            (STATUSES[status], strokes([Cell(status, 0.0, 0.0, 15.0)])) for status in statuses
        ],
        "classes": [lanes(view, mine, positive) for positive, mine in parts if len(mine)],
        "tallies": [
            (visit_label(visit), _tallies(view, rows[rows["visit"] == visit.name], statuses))
            for visit in view.plan.visits
        ],
    }


def _tallies(view: View, rows: pd.DataFrame, statuses: list[str]) -> list[dict[str, object]]:
    """Return the counts of each class at one visit, in the order of the statuses shown."""
    return [
        {
            "who": view.class_word(positive),
            "positive": positive,
            "counts": [int((here == status).sum()) for status in statuses],
            "total": len(here),
        }
        for positive in (True, False)
        if len(here := rows.loc[rows["positive"] == positive, "status"])
    ]


def _exclusions(table: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "who": row["subject"],
            "when": "every day" if pd.isna(row["day"]) else f"day {row['day']:g}",
            "what": _excluded(row["biomarker"], row["region"]),
            "why": row["reason"],
            "by": row["by"],
            "rows": decimal(row["rows"], 0),
        }
        for row in records(table)
    ]


def _excluded(biomarker: str, region: str) -> str:
    what = biomarker_label(biomarker) if biomarker else "everything"
    return f"{what} in {region}" if region else what


def _reasons(table: pd.DataFrame) -> list[dict[str, str]]:
    """Put together what has the same reason; the most frequent first."""
    alike = [(str(reason), rows) for reason, rows in table.groupby("reason", sort=False)]
    return [
        {
            "reason": reason,
            "biomarkers": listed(map(biomarker_label, rows["biomarker"].unique())),
            "regions": listed(rows["region"].unique()),
            "measurements": thousands(int(rows["measurements"].sum())),
            "without_value": thousands(int(rows["without_value"].sum())),
        }
        for reason, rows in sorted(alike, key=lambda one: -one[1]["measurements"].sum())
    ]


def _unused(table: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "subject": row["subject"],
            "day": f"{row['day']:g}",
            "biomarker": biomarker_label(row["biomarker"]),
            "region": row["region"],
            "value": significant(row["value"]),
            "reason": _REASONS.get(row["reason"], row["reason"]),
        }
        for row in records(table)
    ]


def _summary(unused: pd.DataFrame) -> str:
    reasons = unused["reason"].value_counts(sort=False)
    parts = [
        f"{count(int(number), 'measurement')} {_REASONS.get(str(reason), str(reason))}"
        for reason, number in sorted(reasons.items())
    ]
    return listed(parts)


SECTION = SectionMaker(68, attendance_section)
