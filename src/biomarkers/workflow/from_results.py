"""From saved results to the report, its figures, and other forms of it."""

from dataclasses import dataclass
from pathlib import Path

from biomarkers.files import require_writable
from biomarkers.report import Report, write_pdf, write_word
from biomarkers.report.figure_files import Extent
from biomarkers.report.pdf import load_weasyprint
from biomarkers.report.report import RESULTS
from biomarkers.report.word import load_docx
from biomarkers.results import Results, load_results
from biomarkers.workflow.from_table import REPORT


@dataclass(frozen=True)
class Drawn:
    """What was drawn from results: the results themselves, and the files.

    Examples
    --------
    >>> from biomarkers import sample_data, stats, workflow
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> folder = stats.earliest(table, people, permutations=199).results.save("out/results")
    >>> drawn = workflow.draw("out", "out", figures="none")
    >>> [path.name for path in drawn.files]
    ['report.html']

    """

    results: Results
    files: tuple[Path, ...]


def draw(
    results: Path | str,
    out: Path | str,
    *,
    qc: Path | str | None = None,
    title: str | None = None,
    figures: Extent = "shown",
    pdf: bool = False,
    docx: bool = False,
) -> Drawn:
    """Draw the report of results that lie in a folder; nothing is analysed anew.

    Parameters
    ----------
    results
        The folder `results` of an analysis, or the one it lies in.
    out
        Gets `report.html` and `figures/`, and a copy of the results where they lie elsewhere.
    qc
        Folder of quality cards to show.
    title
        Heading of the page; by default that of the plan.
    figures
        Which figures become files, as for `Report.save`.
    pdf, docx
        Write `report.pdf` and `report.docx`, too; both need an extra.

    Raises
    ------
    InputError
        If the results cannot be read or contradict each other, or what an extra needs is not
        installed; nothing is written then.

    Examples
    --------
    >>> from biomarkers import sample_data, stats, workflow
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> folder = stats.earliest(table, people, permutations=199).results.save("results")
    >>> drawn = workflow.draw(folder, "paper", title="Glioma in rats", figures="none")
    >>> "Glioma in rats" in drawn.files[0].read_text()
    True

    """
    out = require_writable(out)
    folder = Path(results)
    folder = folder / RESULTS if (folder / RESULTS).is_dir() else folder
    loaded = load_results(folder)
    for needed, load in ((pdf, load_weasyprint), (docx, load_docx)):
        if needed:
            load()
    elsewhere = folder.resolve() != (out / RESULTS).resolve()
    report = Report(loaded, qc=qc, title=title)
    page = report.save(out / REPORT, figures=figures, save_results=elsewhere)
    files = [page]
    if pdf:
        files.append(write_pdf(page, page.with_suffix(".pdf")))
    if docx:
        files.append(write_word(loaded, page.with_suffix(".docx"), title=title))
    return Drawn(loaded, tuple(files))
