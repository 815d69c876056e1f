"""The page as its sections see it: what to show, where it will lie, and how to add a figure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from biomarkers.report.cards import Card
from biomarkers.report.figure_files import FigureFile, FigureFolder
from biomarkers.report.section import Section, render
from biomarkers.report.view import View

# Inches; wider figures are scrolled on a narrow screen.
WIDE = 4.2


@dataclass(frozen=True)
class Page:
    """What a section is made from.

    Parameters
    ----------
    view
        The results, as the report looks at them.
    cards
        Quality-control cards; None if no folder of them was given.
    folder
        Where the page will lie.
    figures
        Draws figures, and writes their files.
    linked
        Files of results that will lie in `results` beside the page.
    sections
        Those that stand on the page so far.

    """

    view: View
    cards: Sequence[Card] | None
    folder: Path
    figures: FigureFolder
    linked: Collection[str] = ()
    sections: list[Section] = field(default_factory=list)

    def picture(self, figure: FigureFile) -> Markup:
        """Return a `<figure>` with its caption, and links to its files where they are written."""
        context: dict[str, object] = {
            "figure": figure,
            "picture": self.figures.add(figure),
            "files": self.figures.links(figure),
            "wide": figure.figure.get_figwidth() > WIDE,
        }
        return render("picture.html.j2", context)


@dataclass(frozen=True)
class SectionMaker:
    """What a module of `report/sections/` declares.

    Parameters
    ----------
    place
        Where on the page; sections stand in rising order of it.
    make
        Builds the section; None where the results hold nothing for it.

    """

    place: int
    make: Callable[[Page], Section | None]
