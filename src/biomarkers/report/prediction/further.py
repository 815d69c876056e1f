"""Tables of the judgement that no other section shows, as they are."""

from biomarkers.report.blocks import joined
from biomarkers.report.frames import frame_table, label
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage
from biomarkers.report.section import Section

# Shown by other sections; single cases stand in their file only.
SHOWN = frozenset({
    "performance", "gain", "roc", "calibration", "calibration_curve", "decisions", "net_benefit",
    "selection", "sites", "learning", "cases",
})  # fmt: skip


def further_section(page: PredictionPage) -> Section | None:
    """Build the section; None where every table is shown elsewhere."""
    tables = {
        name: made
        for name, made in page.view.seen.tables().items()
        if name not in SHOWN and not made.empty
    }
    if not tables:
        return None
    shown = [frame_table(f"further-{name}", label(name), made) for name, made in tables.items()]
    return Section("Further tables", "further", joined(*shown))


FURTHER = SectionMaker(88, further_section)
