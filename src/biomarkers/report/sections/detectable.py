"""What so many subjects could have shown: the smallest AUC a test of each visit would find."""

from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import records, visit_label
from biomarkers.report.words import capitalised, decimal, listed


def detectable_section(page: Page) -> Section | None:
    """Build the section; None where the results do not hold it."""
    view = page.view
    rows = view.table("detectable")
    if rows is None:
        return None
    # Series with the same numbers of subjects share a row.
    shared: dict[tuple[str, float, float, float], list[str]] = {}
    for series in view.series:
        for row in records(view.rows("detectable", series)):
            key = (row["visit"], row["n_positive"], row["n_negative"], row["auc_detectable"])
            shared.setdefault(key, []).append(series.label)
    power, alpha = rows["power"].iloc[0], rows["alpha"].iloc[0]
    order = {visit.name: place for place, visit in enumerate(view.plan.visits)}
    cells = [
        [
            capitalised(visit_label(view.visit(visit))),
            _series(labels, len(view.series)),
            decimal(positives, 0),
            decimal(negatives, 0),
            decimal(auc, 2),
        ]
        for (visit, positives, negatives, auc), labels in sorted(
            shared.items(), key=lambda item: order[item[0][0]]
        )
    ]
    columns = ["Visit", "Series", f"#{view.positive}", f"#{view.negative}", "#Detectable AUC"]
    caption = (
        f"The smallest AUC that a test of one visit by itself finds with a power of "
        f"{100 * power:.0f} % at an error rate of {alpha:g}"
    )
    reading = (
        "An effect smaller than this may well have been missed; after correction for several "
        "tests, so may a somewhat larger one."
    )
    content = Table("detectable-table", caption, columns, [("", cells)])
    body = joined(table(content), text(reading, aside=True))
    return Section(f"What so many {view.noun}s can show", "detectable", body)


def _series(labels: list[str], everyone: int, most: int = 4) -> str:
    if len(labels) == everyone:
        return "all"
    more = len(labels) - most
    return listed(labels) if more <= 0 else f"{', '.join(labels[:most])} and {more} more"


SECTION = SectionMaker(64, detectable_section)
