"""The change in each treatment group."""

from biomarkers.report.blocks import side_by_side
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.sections.group_pictures import group_picture


def treatment_section(page: Page) -> Section | None:
    """Build the section; None where the results know no treatment groups."""
    view = page.view
    pictures = [
        group_picture(
            page, series, "group_means", name="treatment",
            what=f"{series.label}: mean change of each treatment group",
        )
        for series in view.shown
        if len(view.rows("group_means", series))
    ]  # fmt: skip
    return Section("Treatment groups", "treatment", side_by_side(pictures)) if pictures else None


SECTION = SectionMaker(35, treatment_section)
