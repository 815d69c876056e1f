"""The headline: the main result in one sentence, then a line for every other biomarker."""

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.view import (
    CHANGE_WORDS,
    Series,
    View,
    at_visit,
    days_of,
    is_day,
    look_at,
    visit_label,
)
from biomarkers.report.words import (
    capitalised,
    count,
    decimal,
    interval,
    is_number,
    listed,
    p_equals,
    thousands,
)
from biomarkers.results import Results

_CAUTION = (
    "That is no evidence that the classes are alike: the intervals show which differences remain "
    "possible."
)


def headline_section(page: Page) -> Section:
    """Build the section."""
    view = page.view
    failures = sum(card.status == "fail" for card in page.cards or ())
    separating = _separating(view)
    context: dict[str, object] = {
        "classes": view.classes,
        "sentence": headline(view),
        "measured": _measured(view, separating[0]) if separating else "",
        "stability": _stability(view, separating[0]) if separating else "",
        "caution": "" if separating else _CAUTION,
        "lines": [_line(view, series) for series in separating[1:]],
        "never": _never(view) if separating else "",
        "reading": f"{_how_to_read(view)} {view.default_change}".rstrip(),
        "warning": f"{count(failures, 'quality check')} failed." if failures else "",
    }
    return Section("Main result", "answer", render("headline.html.j2", context))


def answer(results: Results) -> list[str]:
    """Return the main result as plain sentences, the first one that of the whole analysis.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> from biomarkers.report import answer
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> sentences = answer(stats.earliest(table, people, permutations=199).results)
    >>> print(sentences[0])
    Ktrans in tumor (change as log ratio) first separated responder = 1 from responder = 0
    on day 3: AUC 1.00 (95 % CI 0.76–1.00), adjusted p ≤ 0.005, lower in responder = 1;
    8 vs 8 subjects.

    """
    view = look_at(results)
    separating = _separating(view)
    lines = [_line(view, series) for series in separating[1:]]
    sentences = ["{label}: {when}, {figures}.".format(**line) for line in lines]
    if separating and _never(view):
        sentences.append(f"At no visit: {_never(view)}.")
    if view.default_change:
        sentences.append(view.default_change)
    return [headline(view), *sentences]


def headline(view: View) -> str:
    """Return the answer of the whole analysis in one sentence, and whom it leaves out."""
    return f"{_verdict(view)}{_left_out(view)}{view.results.compared_text}"


def _verdict(view: View) -> str:
    separating = _separating(view)
    if separating:
        return _first(view, separating[0])
    alone = len(view.series) == 1
    who = f"{view.series[0].label} did not separate" if alone else "No biomarker separated"
    return f"{who} {view.positive} from {view.negative} at any visit{_closest(view)}."


def _left_out(view: View) -> str:
    """Say how many measured subjects the answer does not count for want of a class."""
    counts = view.results.analysis.get("counts", {})
    parts = [
        f"{count(counts[key], f'measured {view.noun}')} {why}"
        for key, why in (
            ("unlisted", "not among the participants"), ("unknown", "without a known outcome"),
        )
        if counts.get(key)
    ]  # fmt: skip
    return f" Left out: {listed(parts)}." if parts else ""


def earliest_row(view: View, series: Series) -> pd.Series:
    """Return the row of the separation table behind a series' earliest visit.

    Raises
    ------
    InputError
        If there is none: the two were not written by the same analysis.

    """
    rows = view.rows("separation", series)
    rows = rows[rows["visit"] == series.first]
    if rows.empty:
        raise InputError(
            f"earliest names visit {series.first!r} for {series.label}, which was not tested "
            "according to separation; analyse again"
        )
    return rows.iloc[0]


def _separating(view: View) -> list[Series]:
    """Return the series that separate, earliest first; on the same visit the surest first."""
    order = [visit.name for visit in view.plan.visits]

    def earliest_then_surest(series: Series) -> tuple[int, float, float]:
        row = earliest_row(view, series)
        return order.index(row["visit"]), row["p_adjusted"], -row["auc"]

    return sorted((series for series in view.series if series.first), key=earliest_then_surest)


def _first(view: View, series: Series) -> str:
    row = earliest_row(view, series)
    visit = view.visit(row["visit"])
    window = f" (measured on {days_of(visit)})" if visit.opens < visit.closes else ""
    return (
        f"{series.label} ({CHANGE_WORDS[series.change]}) first separated {view.positive} from "
        f"{view.negative} {at_visit(visit)}{window}: {_figures(view, row)}, {row['direction']} in "
        f"{view.positive}; {row['n_positive']:.0f} vs {row['n_negative']:.0f} {view.noun}s"
        f"{view.of_individuals(_present(view, series)['subject'])}."
    )


def _figures(view: View, row: pd.Series) -> str:
    return (
        f"AUC {decimal(row['auc'], 2)} "
        f"({view.confidence} CI {interval(row['auc_low'], row['auc_high'])}), "
        f"adjusted p {p_equals(row['p_adjusted'], view.plan.separation.permutations)}"
    )


def _line(view: View, series: Series) -> dict[str, str]:
    """Return what is said of a further biomarker that separates."""
    row = earliest_row(view, series)
    return {
        "label": series.label,
        "anchor": anchor(series),
        "when": visit_label(view.visit(row["visit"])),
        "figures": f"{_figures(view, row)}, {row['direction']} in {view.positive}",
    }


def anchor(series: Series) -> str:
    """Return the `id` of the figures of a series."""
    return f"figures-{series.slug}"


def _closest(view: View) -> str:
    tests = view.results.separation.dropna(subset=["p_adjusted"])
    if tests.empty:
        return ""
    row = tests.sort_values("p_adjusted", kind="stable").iloc[0]
    labels = {(series.biomarker, series.region): series.label for series in view.series}
    which = f"{labels[row['biomarker'], row['region']]} " if len(view.series) > 1 else ""
    against = row["p_adjusted"] <= view.plan.separation.alpha and row["auc"] < 0.5
    return (
        f"; the nearest to it was {which}{at_visit(view.visit(row['visit']))}: "
        f"{_figures(view, row)}{', against the declared direction' if against else ''}"
    )


def _never(view: View) -> str:
    return listed(series.label for series in view.series if not series.first)


def _present(view: View, series: Series) -> pd.DataFrame:
    """Return who was measured at the earliest visit."""
    rows = view.rows("attendance", series)
    return rows[(rows["visit"] == series.first) & (rows["status"] == "measured")]


def _measured(view: View, series: Series) -> str:
    """Say how many of each class the earliest visit could count on."""
    rows = view.rows("attendance", series)
    rows = rows[rows["visit"] == series.first]
    parts = []
    for positive in (True, False):
        status = rows.loc[rows["positive"] == positive, "status"]
        if len(status):
            parts.append(f"{(status == 'measured').sum()} of {view.counted(len(status), positive)}")
    return f"Measured at that visit: {listed(parts)}." if parts else ""


def _stability(view: View, series: Series) -> str:
    """Say how often resampled subjects choose the same visit, and its corrected AUC."""
    resampled = view.results.analysis.get("stability") or {"shares": [], "corrected": []}
    mine = {"biomarker": series.biomarker, "region": series.region}
    chosen = {**mine, "visit": series.first}
    shares = [row["share"] for row in resampled["shares"] if row.items() >= chosen.items()]
    corrected = [
        row["auc_corrected"] for row in resampled["corrected"] if row.items() >= mine.items()
    ]
    if not (shares and corrected and is_number(corrected[0])):
        return ""
    return (
        f"Of {thousands(resampled['draws'])} bootstrap samples of the {view.drawn}, "
        f"{100 * shares[0]:.0f} % chose the same visit. Less the optimism of having chosen it, its "
        f"AUC is {decimal(corrected[0], 2)}."
    )


def _how_to_read(view: View) -> str:
    return (
        "AUC (area under the ROC curve): the chance that the biomarker ranks a random one of the "
        f"{view.people(True)} and of the {view.people(False)} in the stated direction; 0.5 is "
        "chance, 1 is perfect. CI: confidence interval. Adjusted p: corrected for having looked "
        f"at {view.methods.get('family', 'every visit')}."
    )


def facts(view: View) -> list[tuple[str, str]]:
    """Return what stands under the title: who, when and what was analysed."""
    classes = (True, False)
    subjects = ", ".join(view.counted(view.subjects[each], each) for each in classes)
    return [
        (f"{capitalised(view.noun)}s", f"{subjects}{_of_individuals(view)}"),
        ("Baseline", visit_label(view.visit(view.plan.baseline))),
        ("Visits", _visits(view)),
    ]


def _of_individuals(view: View) -> str:
    whose = view.of_individuals(view.results.tables["attendance"]["subject"].unique())
    return f",{whose}" if whose else ""


def _visits(view: View) -> str:
    names = listed(visit.name for visit in view.plan.follow_ups)
    one = len(view.plan.follow_ups) == 1
    if all(is_day(visit) for visit in view.plan.follow_ups):
        return f"{'day' if one else 'days'} {names}"
    return names


SECTION = SectionMaker(10, headline_section)
