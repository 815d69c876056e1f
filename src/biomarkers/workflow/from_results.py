"""From what an analysis or a prediction saved to its report, figures, and other forms of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from biomarkers.errors import InputError
from biomarkers.files import require_writable
from biomarkers.report import Report
from biomarkers.report.figure_files import Extent
from biomarkers.report.report import RESULTS
from biomarkers.results import Results, load_results
from biomarkers.workflow.forms import Forms
from biomarkers.workflow.from_table import REPORT

if TYPE_CHECKING:
    from biomarkers.predict.evaluation_file import Judgement

_PREDICTION, _PIECES = "evaluation.json", "pieces"  # those of `predict`


@dataclass(frozen=True)
class Drawn:
    """What was drawn: the results, or the judgement of a prediction, and the files.

    Examples
    --------
    >>> from biomarkers import sample_data, stats, workflow
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> folder = stats.earliest(table, people, permutations=199).results.save("out/results")
    >>> drawn = workflow.draw("out", "out", figures="none")
    >>> [path.name for path in drawn.files]
    ['report.html']

    """

    results: "Results | Judgement"
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
    """Draw the report of an analysis or a prediction from its folder; nothing is computed anew.

    Parameters
    ----------
    results
        The folder `results` of an analysis, or the one it lies in; or that of a prediction, or its
        `evaluation.json`.
    out
        Gets `report.html` and `figures/`, and a copy of the results (of a prediction: of its tables
        and its rule) where they lie elsewhere.
    qc
        Folder of quality cards to show; of an analysis only.
    title
        Heading of the page; by default that of the plan or of the outcome.
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
    out, forms = require_writable(out), Forms(pdf=pdf, docx=docx)
    folder = Path(results)
    prediction = _prediction_in(folder)
    if prediction is not None:
        if qc is not None:
            raise InputError(f"qc: {prediction} is of a prediction, whose report shows no cards")
        # Here: whoever draws an analysis does not wait for it.
        from biomarkers.workflow.from_prediction import draw_prediction  # noqa: PLC0415

        return Drawn(*draw_prediction(prediction, out, title=title, figures=figures, forms=forms))
    folder = folder / RESULTS if (folder / RESULTS).is_dir() else folder
    loaded = load_results(folder)
    elsewhere = folder.resolve() != (out / RESULTS).resolve()
    report = Report(loaded, qc=qc, title=title)
    page = report.save(out / REPORT, figures=figures, save_results=elsewhere)
    return Drawn(loaded, forms.write(page, report))


def _prediction_in(path: Path) -> Path | None:
    """Return the folder of a prediction, named itself or by its file; None where there is none."""
    if path.name == _PREDICTION:
        return path.parent
    if not (path / _PREDICTION).is_file():
        if (path / _PIECES).is_dir() and not (path / RESULTS).is_dir():
            raise InputError(
                f"{path} holds a prediction that has not come to its end ({_PREDICTION} is "
                "missing); run the same `biomarkers predict` again: it goes on"
            )
        return None
    if (path / RESULTS).is_dir():
        raise InputError(
            f"{path} holds an analysis ({RESULTS}/) and a prediction ({_PREDICTION}); name "
            f"{path / RESULTS} or {path / _PREDICTION}"
        )
    return path
