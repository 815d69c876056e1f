"""The flow of subjects: who entered, who could be compared, who was measured at which visit."""

from collections.abc import Sequence
from itertools import islice

import pandas as pd
from markupsafe import Markup

from biomarkers.plan import Visit
from biomarkers.report.blocks import Table, fold, joined, table, text
from biomarkers.report.drawing.flow import Flow, FlowStep, draw_flow
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import Series, View, records, visit_label
from biomarkers.report.words import capitalised, count, listed

# Diagrams that are drawn, and visits in each; the table holds every series and visit.
MOST_DIAGRAMS = 3
MOST_VISITS = 8

LOST = {
    "missing": "missing",
    "gone": "gone",
    "no_baseline": "no baseline",
    "no_change": "no ratio to the baseline",
    "failed_qc": "failed quality control",
    "excluded": "excluded",
}
_LEFT_OUT = {
    "unlisted": "not among the participants",
    "unknown": "outcome unknown",
    "unmeasured": "never measured",
}


def flow_section(page: Page) -> Section | None:
    """Build the section; None where the results do not count attendance."""
    view = page.view
    if view.table("flow") is None:
        return None
    patterns = _patterns(view)
    pictures = [
        _picture(page, series, rows, number)
        for number, (series, rows) in enumerate(islice(patterns, MOST_DIAGRAMS), start=1)
    ]
    others = fold(f"The flow of {count(len(pictures) - 1, 'further series')}", *pictures[1:])
    body = joined(*pictures[:1], others, _table(view, patterns))
    return Section(f"Flow of {view.noun}s", "flow", body)


def _patterns(view: View) -> list[tuple[list[Series], pd.DataFrame]]:
    """Group the series by identical counts; the largest group first."""
    patterns: dict[bytes, tuple[list[Series], pd.DataFrame]] = {}
    for series in view.series:
        rows = view.rows("flow", series)
        if len(rows):
            counted = rows[["visit", "positive", "status", "subjects"]]
            key = counted.to_records(index=False).tolist()
            patterns.setdefault(repr(sorted(key)).encode(), ([], rows))[0].append(series)
    return sorted(patterns.values(), key=lambda pattern: -len(pattern[0]))


def _picture(page: Page, series: list[Series], rows: pd.DataFrame, number: int) -> Markup:
    view = page.view
    whose = "" if len(series) == len(view.series) else f"{_names(series)}: "
    drawn = _drawn_visits(view, series)
    some = "" if drawn == view.plan.visits else " (some of them; the table below has all)"
    caption = capitalised(f"{whose}flow of {view.noun}s through the visits{some}.")
    figure = draw_flow(_flow(view, rows, drawn))
    spoken = "; ".join(
        f"{step.visit}, {view.class_word(step.positive)}: {step.measured} measured"
        f"{f', {step.lost}' if step.lost else ''}"
        for step in _steps(view, rows, view.plan.visits)
    )
    return page.picture(FigureFile(f"flow-{number}", figure, caption, f"{caption} {spoken}."))


def _drawn_visits(view: View, series: list[Series]) -> tuple[Visit, ...]:
    """Return the visits of a diagram: of many, the first, the last, the answer's, some others."""
    visits = view.plan.visits
    if len(visits) <= MOST_VISITS:
        return visits
    wanted = {view.plan.baseline, *(each.first for each in series)}
    between = {
        round(place * (len(visits) - 1) / (MOST_VISITS - 3)) for place in range(MOST_VISITS - 2)
    }
    return tuple(
        visit for place, visit in enumerate(visits) if place in between or visit.name in wanted
    )


def _flow(view: View, rows: pd.DataFrame, visits: Sequence[Visit]) -> Flow:
    counts = view.results.analysis.get("counts", {})
    left_out = [f"{counts[name]} {words}" for name, words in _LEFT_OUT.items() if counts.get(name)]
    return Flow(
        everyone=f"{count(view.results.compared[1], view.noun)} in the study",
        left_out=f"Left out: {', '.join(left_out)}" if left_out else "",
        classes={
            positive: f"{view.class_word(positive)}: {view.subjects[positive]}"
            for positive in (True, False)
        },
        steps=_steps(view, rows, visits),
    )


def _steps(view: View, rows: pd.DataFrame, visits: Sequence[Visit]) -> list[FlowStep]:
    counted = {
        (row["visit"], row["positive"], row["status"]): int(row["subjects"])
        for row in records(rows)
    }
    return [
        FlowStep(
            visit_label(visit),
            positive,
            counted.get((visit.name, positive, "measured"), 0),
            ", ".join(
                f"{counted[key]} {words}"
                for status, words in LOST.items()
                if counted.get(key := (visit.name, positive, status))
            ),
        )
        for visit in visits
        for positive in (True, False)
    ]


def _table(view: View, patterns: list[tuple[list[Series], pd.DataFrame]]) -> Markup:
    """Return the counts of measured subjects, series by visit; none where a diagram says it all."""
    every = len(view.plan.visits) <= MOST_VISITS
    same = len(patterns) == 1
    if same and every:
        words = "Every biomarker and region has the same flow."
        return text(words) if len(view.series) > 1 else Markup()
    columns = ["Class", *(f"#{capitalised(visit_label(visit))}" for visit in view.plan.visits)]
    groups = [
        (
            "" if same else _names(series),
            [
                [view.class_word(positive), *measured]
                for positive in (True, False)
                if (measured := _measured(view, counts, positive))
            ],
        )
        for series, counts in patterns
    ]
    caption = f"{capitalised(view.noun)}s measured at each visit"
    return table(Table("flow-table", caption, columns, groups))


def _measured(view: View, rows: pd.DataFrame, positive: bool) -> list[int]:
    steps = [step for step in _steps(view, rows, view.plan.visits) if step.positive == positive]
    return [step.measured for step in steps]


def _names(series: list[Series], most: int = 6) -> str:
    names = [each.label for each in series]
    more = len(names) - most
    return listed(names) if more <= 0 else f"{', '.join(names[:most])} and {more} more"


SECTION = SectionMaker(15, flow_section)
