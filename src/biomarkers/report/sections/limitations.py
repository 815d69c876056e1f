"""What limits the conclusions, by rules."""

from biomarkers.report.blocks import items, joined, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section


def limitations_section(page: Page) -> Section | None:
    """Build the section; None where the results name no limitation."""
    rows = page.view.table("limitations")
    if rows is None:
        return None
    reading = (
        "Found by rules in the data and the settings. What no software can see (how subjects were "
        "chosen, who was blinded, what else they were given) is for the authors to add."
    )
    return Section("Limitations", "limitations", joined(items(rows["text"]), text(reading)))


SECTION = SectionMaker(66, limitations_section)
