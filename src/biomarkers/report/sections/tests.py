"""Every test that was made, one row per biomarker, region and visit."""

from biomarkers.report.blocks import OPEN_ROWS
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.view import Series, View, mark, records, visit_label
from biomarkers.report.words import decimal, interval, p_value


def tests_section(page: Page) -> Section:
    """Build the section."""
    view = page.view
    groups = [(series.label, _tests(view, series)) for series in view.series]
    rows = sum(len(tests) for _, tests in groups)
    context = {
        "groups": groups,
        "rows": rows,
        "folded": rows > OPEN_ROWS,
        "positive": view.positive,
        "negative": view.negative,
        "confidence": view.confidence,
        "alpha": view.plan.separation.alpha,
    }
    return Section("Every test", "tests", render("tests.html.j2", context))


def _tests(view: View, series: Series) -> list[dict[str, str]]:
    """Return the rows of the table, in words; `mark` is `first`, `separates` or `not`."""
    permutations = view.plan.separation.permutations
    return [
        {
            "visit": visit_label(view.visit(row["visit"])),
            "n_positive": decimal(row["n_positive"], 0),
            "n_negative": decimal(row["n_negative"], 0),
            "direction": row["direction"],
            "auc": decimal(row["auc"], 3),
            "interval": interval(row["auc_low"], row["auc_high"], 3),
            "p_value": p_value(row["p_value"], permutations),
            "p_adjusted": p_value(row["p_adjusted"], permutations),
            "mark": mark(row, series),
        }
        for row in records(view.rows("separation", series))
    ]


SECTION = SectionMaker(60, tests_section)
