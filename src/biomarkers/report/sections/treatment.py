"""The change in each treatment group."""

from biomarkers.report.blocks import side_by_side
from biomarkers.report.drawing.axes import GROUP_LOOKS
from biomarkers.report.drawing.groups import draw_group_means
from biomarkers.report.drawing.multiples import draw_group_panels
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section


def treatment_section(page: Page) -> Section | None:
    """Build the section; None where the results know no treatment groups."""
    view = page.view
    if view.table("group_means") is None:
        return None
    pictures = []
    for series in view.shown:
        groups = list(dict.fromkeys(view.rows("group_means", series)["group"]))
        if not groups:
            continue
        caption = f"{series.label}: mean change of each treatment group"
        caption += (
            ", all on one scale; grey: no change."
            if len(groups) > len(GROUP_LOOKS)
            else f" ({', '.join(groups)}), with {view.confidence} t intervals."
        )
        many = len(groups) > len(GROUP_LOOKS)
        figure = (draw_group_panels if many else draw_group_means)(view, series, "group_means")
        pictures.append(
            page.picture(FigureFile(f"{series.slug}-treatment", figure, caption, caption))
        )
    return Section("Treatment groups", "treatment", side_by_side(pictures)) if pictures else None


SECTION = SectionMaker(35, treatment_section)
