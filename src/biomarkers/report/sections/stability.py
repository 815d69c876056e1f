"""How firmly the earliest visits stand: which ones resampled subjects choose."""

from biomarkers.report.blocks import joined, text
from biomarkers.report.drawing.stability import draw_stability
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.words import thousands


def stability_section(page: Page) -> Section | None:
    """Build the section; None where the earliest visits were not resampled."""
    view = page.view
    series = [each for each in view.shown if len(view.rows("stability", each))]
    if not series:
        return None
    draws = view.results.analysis.get("stability", {}).get("draws")
    samples = f"{thousands(int(draws))} bootstrap samples" if draws else "bootstrap samples"
    caption = (
        f"Share of {samples} of the {view.drawn} that choose each visit as the earliest. Coloured: "
        "the visit that the analysis chose; none: no visit separates."
    )
    picture = page.picture(FigureFile("stability", draw_stability(view, series), caption, caption))
    reading = (
        "A share well below 100 % means that other subjects of the same kind might have given "
        "another day; read the earliest day as the middle of those that share the samples."
    )
    return Section("Stability of the earliest visit", "stability", joined(picture, text(reading)))


SECTION = SectionMaker(48, stability_section)
