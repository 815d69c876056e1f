"""Forms of a report besides its page: for paper, and for a word processor."""

from dataclasses import dataclass
from pathlib import Path

from biomarkers.report import write_pdf, write_word
from biomarkers.report.pdf import load_weasyprint
from biomarkers.report.word import Printable, load_docx


@dataclass(frozen=True)
class Forms:
    """Which forms are wanted; what they need is looked for at once, before any work.

    Parameters
    ----------
    pdf, docx
        Whether `report.pdf` and `report.docx` are written; both need an extra.

    Raises
    ------
    InputError
        If what an extra needs is not installed.

    """

    pdf: bool = False
    docx: bool = False

    def __post_init__(self) -> None:
        """Refuse a form that cannot be made here."""
        if self.pdf:
            load_weasyprint()
        if self.docx:
            load_docx()

    def write(self, page: Path, report: Printable) -> tuple[Path, ...]:
        """Write the forms beside a page, and return all files, the page first."""
        files = [page]
        if self.pdf:
            files.append(write_pdf(page, page.with_suffix(".pdf")))
        if self.docx:
            files.append(write_word(report, page.with_suffix(".docx")))
        return tuple(files)
