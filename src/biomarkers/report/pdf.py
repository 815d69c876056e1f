"""The report as PDF, through WeasyPrint (an extra)."""

import logging
import re
from pathlib import Path
from typing import Any

from biomarkers.extras import load_extra
from biomarkers.files import replacing, require_file
from biomarkers.report.section import style

_TABLE = re.compile(r'<div class="scroll"([^>]*>)(.*?</table>)', re.DOTALL)
_BROAD = re.compile(r'<figure class="picture"([^>]*>\s*<div class="plate"><svg[^>]*data-wide)')
_WIDE, _WIDEST, _LONG = 9, 12, 40  # columns of a small-print table, of one laid across; rows


def write_pdf(html_path: Path | str, pdf_path: Path | str) -> Path:
    """Print a report to PDF: folded parts open, wide tables across, the same bytes every time.

    Parameters
    ----------
    html_path
        A report as `write_report` wrote it.
    pdf_path
        The file to write.

    Raises
    ------
    FileError
        If there is no such report.
    InputError
        If WeasyPrint, or the system library Pango it draws with, is not installed.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> from biomarkers.report import write_pdf, write_report
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.earliest(table, people, permutations=199).results
    >>> page = write_report(results, "report.html", figures="none")
    >>> write_pdf(page, "report.pdf").read_bytes()[:5]
    b'%PDF-'

    """
    page = require_file(html_path, "a report (HTML)")
    weasyprint = load_weasyprint()
    # Without an address of the page, links to files beside it lead nowhere: on paper, and in a PDF
    # that travels alone, they would name a place on this machine.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    html = weasyprint.HTML(string=for_paper(page.read_text("utf-8")), base_url=None)
    with replacing(pdf_path) as temporary:
        html.write_pdf(temporary)
    return Path(pdf_path)


def load_weasyprint() -> Any:
    """Return the module; `InputError` where it, or what it draws with, is not installed."""
    printed = "print the report to PDF from a browser"
    return load_extra("weasyprint", "PDF", otherwise=printed)


def for_paper(html: str) -> str:
    """Return a report with the style of paper, its wide and long tables and pictures marked."""
    # Marked here: a selector that looks into every figure takes WeasyPrint three times as long.
    html = html.replace("</style>", f"{style('pdf.css')}</style>", 1)
    html = _TABLE.sub(_marked, html)
    return _BROAD.sub(r'<figure class="picture broad"\1', html)


def _marked(table: re.Match[str]) -> str:
    head, rest = table[1], table[2]
    columns = rest.partition("</thead>")[0].count("<th ")
    kinds = [
        name
        for name, is_so in (
            ("wide", columns >= _WIDE),
            ("widest", columns >= _WIDEST),
            ("long", any(part.count("<tr") > _LONG for part in rest.split("</tbody>"))),
        )
        if is_so
    ]
    return f'<div class="{" ".join(["scroll", *kinds])}"{head}{rest}'
