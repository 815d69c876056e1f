"""The page: sections in order, style inlined, one file that opens anywhere."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from biomarkers import __version__
from biomarkers.files import write_text
from biomarkers.report.section import Section, render
from biomarkers.report.sections.attendance import attendance_section
from biomarkers.report.sections.figures import figures_section
from biomarkers.report.sections.headline import facts, headline, headline_section
from biomarkers.report.sections.methods import methods_section
from biomarkers.report.sections.provenance import provenance_section
from biomarkers.report.sections.quality import quality_section, read_cards
from biomarkers.report.sections.sensitivity import sensitivity_section
from biomarkers.report.sections.tests import tests_section
from biomarkers.report.view import View, look_at
from biomarkers.results import Results

TITLE = "The earliest visit that separates"


def write_report(
    results: Results, path: Path | str, *, qc: Path | str | None = None, title: str = TITLE
) -> Path:
    """Write results as one HTML file that needs nothing else to be read.

    The same results give the same bytes. Nothing is computed here: every number comes from
    `results` as it is and is only formatted, counted or drawn.

    Parameters
    ----------
    results
        What the analysis found.
    path
        The file to write. If the results were saved to a folder `results` beside it, their
        files are linked.
    qc
        A folder of quality-control cards: every `*.json` there holds `title`, `caption`, `status`
        (`ok`, `warn` or `fail`), `subject`, `session`, `kind` and optionally `picture`, the name
        of a PNG or SVG in the same folder.
    title
        Heading of the page.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the results do not record their plan, or contradict it.
    """
    view = look_at(results)
    context: dict[str, object] = {
        "title": title,
        "description": headline(view),
        "version": __version__,
        "css": _style(),
        "facts": facts(view),
        "sections": _sections(view, path=Path(path), qc=None if qc is None else Path(qc)),
    }
    return write_text(path, render("report.html.j2", context) + "\n")


def _sections(view: View, *, path: Path, qc: Path | None) -> list[Section]:
    cards = None if qc is None else read_cards(qc)
    failures = sum(card.status == "fail" for card in cards or ())
    return [
        headline_section(view, failures=failures),
        figures_section(view),
        tests_section(view),
        attendance_section(view),
        *sensitivity_section(view),
        methods_section(view),
        quality_section(cards),
        provenance_section(view, beside=path.parent),
    ]


@cache
def _style() -> Markup:
    # Written by us, in this package: nothing to escape.
    return Markup((files("biomarkers.report") / "templates" / "report.css").read_text("utf-8"))
