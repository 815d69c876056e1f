"""The report: sections in order, style inlined, one file that opens anywhere."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from biomarkers.errors import InputError
from biomarkers.files import entries, write_text
from biomarkers.report.cards import read_cards
from biomarkers.report.figure_files import FOLDER, Extent, FigureFile, FigureFolder
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.sections import section_makers
from biomarkers.report.sections.headline import answer, facts, headline
from biomarkers.report.subjects import write_subject_pages
from biomarkers.report.view import look_at
from biomarkers.results import Results, load_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RESULTS = "results"
TITLE = "The earliest visit that separates"

# What a user adds stands after the tests and before the methods.
ADDED_PLACE = 65


@dataclass(frozen=True)
class _Added:
    """What a user added to a section, one piece: HTML, or a figure with its caption."""

    html: str = ""
    figure: "Figure | None" = None
    caption: str = ""


class Report:
    """A report that can be added to before it is saved.

    Parameters
    ----------
    results
        What the analysis found.
    qc
        Folder of quality-control cards to show.
    title
        Heading of the page; by default that of the plan.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> from biomarkers.report import Report
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> report = Report(results, title="Glioma in rats")
    >>> report.add_section("Remarks", html="<p>Rat 7 was dosed twice.</p>")
    >>> report.save("report.html", figures="none").name
    'report.html'

    """

    def __init__(
        self, results: Results, *, qc: Path | str | None = None, title: str | None = None
    ) -> None:
        self.view = look_at(results)
        self.title = title or self.view.plan.title or TITLE
        self._cards = None if qc is None else read_cards(Path(qc))
        self._added: dict[str, list[_Added]] = {}

    @classmethod
    def from_results(
        cls,
        results: Results | Path | str,
        *,
        qc: Path | str | None = None,
        title: str | None = None,
    ) -> "Report":
        """Return the report of results, or of the folder they were saved to.

        Raises
        ------
        FileError
            If the folder or one of its files is missing or lacks a column.
        InputError
            If the results do not record their plan.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> from biomarkers.report import Report
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> folder = stats.earliest(table, people, permutations=199).results.save("results")
        >>> Report.from_results(folder, title="Glioma in rats").title
        'Glioma in rats'

        """
        loaded = results if isinstance(results, Results) else load_results(results)
        return cls(loaded, qc=qc, title=title)

    def add_section(self, title: str, *, html: str = "") -> None:
        """Add a section of one's own, before the methods.

        Parameters
        ----------
        title
            Its heading.
        html
            Its content; it is put on the page as it stands.

        Raises
        ------
        InputError
            If there is a section of that title already.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> from biomarkers.report import Report
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> report = Report(stats.earliest(table, people, permutations=199).results)
        >>> report.add_section("Remarks", html="<p>Rat 7 was dosed twice.</p>")
        >>> "Rat 7 was dosed twice." in report.save("report.html", figures="none").read_text()
        True

        """
        if title in self._added:
            raise InputError(f"section {title!r} is there already; choose another title")
        self._added[title] = [_Added(html=html)]

    def add_figure(self, figure: "Figure", *, caption: str) -> None:
        """Add a matplotlib figure to the section added last; its files join those of the report.

        Parameters
        ----------
        figure
            Or axes' figure, as `result.plot().figure` gives it.
        caption
            What stands under it, and what a screen reader says of it.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> from biomarkers.report import Report
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> report = Report(stats.earliest(table, people, permutations=199).results)
        >>> survival = stats.kaplan_meier(people, time="days_on_study", event="died")
        >>> report.add_figure(survival.plot().figure, caption="Survival of all rats.")
        >>> "Survival of all rats." in report.save("report.html", figures="none").read_text()
        True

        """
        pieces = next(reversed(self._added.values()), None)
        if pieces is None:
            pieces = self._added.setdefault("Further figures", [])
        pieces.append(_Added(figure=figure, caption=caption))

    def save(
        self, path: Path | str, *, figures: Extent = "shown", save_results: bool = False
    ) -> Path:
        """Write the report as one HTML file; beside it `figures/`, and `subjects/` with cards.

        The same results give the same bytes. Nothing is computed here: every number comes from
        the results as it is and is only formatted, counted or drawn. Nothing is written before all
        of it could be made.

        Parameters
        ----------
        path
            The file to write. If the results were saved to a folder `results` beside it, their
            files are linked.
        figures
            Which figures become files: those on the page (`shown`), those of every biomarker and
            region (`all`), or `none`.
        save_results
            Whether the results themselves are saved, too, to `results` beside the page.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        InputError
            If the results contradict their plan or each other.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> from biomarkers.report import Report
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> report = Report(stats.earliest(table, people, permutations=199).results)
        >>> path = report.save("report.html", figures="none")
        >>> "AUC 1.00 (95 % CI 0.76–1.00)" in path.read_text()
        True

        """
        path = Path(path)
        beside = path.parent / RESULTS
        linked = (
            self.view.results.files if save_results else {each.name for each in entries(beside)}
        )
        folder = FigureFolder(path.parent / FOLDER, extent=figures)
        page = self.build(path.parent, folder, linked)
        text = page.as_html(
            title=self.title, description=headline(self.view), facts=self.facts,
            styles=("report.css", "subjects.css"),
        )  # fmt: skip
        write_subject_pages(self._cards or (), path.parent, view=self.view, report=path.name)
        folder.finish()
        if save_results:
            self.view.results.save(beside)
        return write_text(path, text)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What stands under the title: names and words."""
        return facts(self.view)

    def build(self, folder: Path, figures: FigureFolder, linked: Collection[str] = ()) -> Page:
        """Return the page with its sections, to lie in `folder`; `figures` draws its figures.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers import sample_data, stats
        >>> from biomarkers.report import Report
        >>> from biomarkers.report.figure_files import FigureFolder
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> report = Report(stats.earliest(table, people, permutations=199).results)
        >>> page = report.build(Path(), FigureFolder(Path("figures"), extent="none"))
        >>> page.sections[0].title
        'Main result'

        """
        page = Page(
            view=self.view, cards=self._cards, folder=folder, figures=figures, linked=linked
        )
        return page.fill(self._makers())

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draw the AUC of every visit on `axes` (new ones if None) and return them.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> from biomarkers.report import Report
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> report = Report(stats.earliest(table, people, permutations=199).results)
        >>> report.plot().get_ylabel()
        'AUC (95 % interval)'

        """
        return self.view.results.plot(axes)

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(line)}</li>" for line in answer(self.view.results))
        return f"<h3>{escape(self.title)}</h3><ul>{lines}</ul>"

    def _makers(self) -> list[SectionMaker[Page]]:
        mine = [
            SectionMaker(ADDED_PLACE, _added_section(title, pieces, number))
            for number, (title, pieces) in enumerate(self._added.items(), start=1)
        ]
        return [*section_makers(), *mine]


def write_report(
    results: Results,
    path: Path | str,
    *,
    qc: Path | str | None = None,
    title: str | None = None,
    figures: Extent = "shown",
    save_results: bool = False,
) -> Path:
    """Write results as one HTML file that needs nothing else to be read.

    Short for ``Report(results, qc=qc, title=title).save(path, …)``.

    Parameters
    ----------
    results
        What the analysis found.
    path
        The file to write.
    qc
        A folder of quality-control cards: every `*.json` there holds `title`, `caption`, `status`
        (`ok`, `warn` or `fail`), `subject`, `session`, `kind` and optionally `picture`, the name
        of a PNG or SVG in the same folder.
    title
        Heading of the page; by default that of the plan.
    figures, save_results
        As for `Report.save`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the results do not record their plan, or contradict it.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> from biomarkers.report import write_report
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> path = write_report(results, "report.html", title="Glioma in rats", figures="none")
    >>> "Glioma in rats" in path.read_text()
    True

    """
    return Report(results, qc=qc, title=title).save(
        path, figures=figures, save_results=save_results
    )


def _added_section(
    title: str, pieces: list[_Added], number: int
) -> "Callable[[Page], Section | None]":
    """Return the maker of a section that the user added."""

    def make(page: Page) -> Section:
        body = Markup("\n").join(
            Markup(piece.html)
            if piece.figure is None
            else page.picture(
                FigureFile(f"added-{number}-{place}", piece.figure, piece.caption, piece.caption)
            )
            for place, piece in enumerate(pieces)
        )
        return Section(title, f"added-{number}", body)

    return make
