"""The report as PDF, through WeasyPrint (an extra)."""

from pathlib import Path

from biomarkers.errors import InputError
from biomarkers.files import replacing, require_file


def write_pdf(html_path: Path | str, pdf_path: Path | str) -> Path:
    """Print a report to PDF.

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

    """
    page = require_file(html_path, "a report (HTML)")
    try:
        import weasyprint  # noqa: PLC0415 -- an extra, absent for most
    except (ImportError, OSError) as error:
        raise InputError(
            f"PDF needs WeasyPrint ({error}): pip install 'biomarkers[pdf]', and the system "
            "library Pango; or print the report to PDF from a browser"
        ) from error
    with replacing(pdf_path) as temporary:
        weasyprint.HTML(filename=page).write_pdf(temporary)
    return Path(pdf_path)
