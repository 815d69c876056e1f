"""The page as its sections see it: what to show, where it will lie, and how to add a figure."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Self, TypeVar

from markupsafe import Markup

from biomarkers import __version__
from biomarkers.report.cards import Card
from biomarkers.report.drawing.style import house_style
from biomarkers.report.figure_files import FigureFile, FigureFolder
from biomarkers.report.section import Section, render, style
from biomarkers.report.view import View

# Inches; wider figures are scrolled on a narrow screen.
WIDE = 4.2

Shown = TypeVar("Shown")
Kind_contra = TypeVar("Kind_contra", contravariant=True)


@dataclass(frozen=True, kw_only=True)
class Sheet(Generic[Shown]):
    """What a section of any page is made from.

    Parameters
    ----------
    view
        The results, as the page looks at them.
    folder
        Where the page will lie.
    figures
        Draws figures, and writes their files.
    linked
        Files of results that will lie beside the page.
    sections
        Those that stand on the page so far.

    """

    view: Shown
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

    def fill(self, makers: "Iterable[SectionMaker[Self]]") -> Self:
        """Make every section, in order of place; return the page."""
        with house_style():
            for maker in sorted(makers, key=lambda maker: maker.place):
                section = maker.make(self)
                if section:
                    self.sections.append(section)
        return self

    def as_html(
        self, *, title: str, description: str, facts: Sequence[tuple[str, str]],
        styles: Sequence[str] = ("report.css",),
    ) -> str:  # fmt: skip
        """Return the whole page.

        Parameters
        ----------
        title, description
            Its heading, and what search engines and previews say of it.
        facts
            Names and words that stand under the title.
        styles
            Style sheets of the package.

        """
        context: dict[str, object] = {
            "title": title,
            "description": description,
            "version": __version__,
            "css": style(*styles),
            "facts": facts,
            "sections": self.sections,
        }
        return render("report.html.j2", context) + "\n"


@dataclass(frozen=True, kw_only=True)
class Page(Sheet[View]):
    """The page of a study.

    Parameters
    ----------
    cards
        Quality-control cards; None if no folder of them was given.

    """

    cards: Sequence[Card] | None


@dataclass(frozen=True)
class SectionMaker(Generic[Kind_contra]):
    """What a module of sections declares, for one kind of page.

    Parameters
    ----------
    place
        Where on the page; sections stand in rising order of it.
    make
        Builds the section; None where the results hold nothing for it.

    """

    place: int
    make: Callable[[Kind_contra], Section | None]
