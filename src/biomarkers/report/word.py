"""The report as a Word document, through python-docx (an extra)."""

import datetime
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from markupsafe import Markup

from biomarkers.extras import load_extra
from biomarkers.files import replacing
from biomarkers.report.drawing.png import to_png
from biomarkers.report.drawing.style import house_style
from biomarkers.report.figure_files import FigureFile, FigureFolder
from biomarkers.report.html_blocks import PICTURE, Block, Grid, Picture, Text, blocks_of
from biomarkers.report.report import Report
from biomarkers.report.section import Section
from biomarkers.results import Results

# What is looked at and not read: the pages of subjects and the settings stay with the HTML.
LEFT_OUT = frozenset({"quality", "provenance"})
_FIXED = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold: no clock in the bytes
_WIDE = 16.0  # cm of a line
_PRINT, _SMALL = 10.0, 8.0  # points
_STYLES = {"item": "List Bullet", "caption": "Caption"}


class Filled(Protocol):
    """A page whose sections are made."""

    @property
    def sections(self) -> Sequence[Section]:
        """In order of place."""
        ...


class Printable(Protocol):
    """A report, of an analysis or a prediction."""

    @property
    def title(self) -> str:
        """Its heading."""
        ...

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """What stands under the heading: names and words."""
        ...

    def build(self, folder: Path, figures: FigureFolder) -> Filled:
        """Return the page, to lie in `folder`; `figures` draws its figures."""
        ...


class PictureStore(FigureFolder):
    """Keeps the pictures of a report in memory, and leaves a mark where each belongs."""

    def __init__(self) -> None:
        super().__init__(Path(), extent="none")
        self.pictures: dict[str, tuple[bytes, float]] = {}

    def add(self, figure: FigureFile) -> Markup:
        """Draw a figure; return what stands for it."""
        with house_style():
            drawn = to_png(figure.figure)
        self.pictures[figure.name] = (drawn, 2.54 * float(figure.figure.get_figwidth()))
        return Markup('<img {}="{}" alt="{}">').format(
            Markup(PICTURE), figure.name, figure.description
        )


def write_word(results: Results | Printable, path: Path | str, *, title: str | None = None) -> Path:
    """Write answer, tables, figures (300 dpi), methods and references as a Word document.

    The same results give the same bytes.

    Parameters
    ----------
    results
        What the analysis found, its report with what was added to it, or a `PredictionReport`.
    path
        The file to write.
    title
        Its heading; by default that of the plan.

    Raises
    ------
    InputError
        If python-docx is not installed, or the results do not record their plan.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> from biomarkers.report import write_word
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> write_word(results, "report.docx").stat().st_size > 10_000
    True

    """
    docx = load_docx()
    report = Report(results, title=title) if isinstance(results, Results) else results
    store = PictureStore()
    page = report.build(Path(path).parent, store)
    document = _new_document(docx, report.title)
    document.add_heading(report.title, 0)
    document.add_paragraph("; ".join(f"{name}: {words}" for name, words in report.facts))
    for section in page.sections:
        if section.anchor not in LEFT_OUT:
            document.add_heading(section.title, 1)
            _add(document, docx, blocks_of(section.body), store)
    with replacing(path) as temporary:
        temporary.write_bytes(_timeless(document))
    return Path(path)


def load_docx() -> Any:
    """Return python-docx; `InputError` where it is not installed."""
    return load_extra("docx", "a Word document")


def _new_document(docx: Any, title: str) -> Any:
    document = docx.Document()
    document.styles["Normal"].font.size = docx.shared.Pt(_PRINT)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "biomarkers", ""
    properties.created = properties.modified = datetime.datetime(*_FIXED, tzinfo=datetime.UTC)
    return document


def _add(document: Any, docx: Any, blocks: Iterable[Block], store: PictureStore) -> None:
    for block in blocks:
        if isinstance(block, Grid):
            _add_table(document, docx, block)
        elif isinstance(block, Picture):
            png, width = store.pictures[block.name]
            document.add_picture(io.BytesIO(png), width=docx.shared.Cm(min(width, _WIDE)))
        else:
            _add_text(document, block)


def _add_text(document: Any, block: Text) -> None:
    if block.kind.startswith("heading"):
        document.add_heading(block.words, int(block.kind[-1]) - 1)
    else:
        document.add_paragraph(block.words, style=_STYLES.get(block.kind))


def _add_table(document: Any, docx: Any, grid: Grid) -> None:
    placed = list(grid.placed())
    columns = max((column + cell.across for _, column, cell in placed), default=0)
    if not columns:
        return
    table = document.add_table(len(grid.rows), columns, style="Table Grid")
    cells = [list(row.cells) for row in table.rows]
    for row, column, cell in placed:
        target = cells[row][column]
        last = cells[min(row + cell.down, len(cells)) - 1][column + cell.across - 1]
        if target is not last:
            target.merge(last)
        run = target.paragraphs[0].add_run(" ".join(cell.words.split()))
        run.font.size = docx.shared.Pt(_SMALL)
        run.bold = row < grid.head or None
    for row in table.rows[: grid.head]:
        _repeat(row, docx)
    document.add_paragraph()


def _repeat(row: Any, docx: Any) -> None:
    """Have a row stand again on top of every page that its table reaches."""
    mark = docx.oxml.OxmlElement("w:tblHeader")
    mark.set(docx.oxml.ns.qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _timeless(document: Any) -> bytes:
    """Return a document whose archive does not say when it was written."""
    written, stream = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(stream, "w") as target:
        for name in sorted(source.namelist()):
            entry = zipfile.ZipInfo(name, _FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return stream.getvalue()
