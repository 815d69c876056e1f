"""From the folder of a prediction to its report: judgement and rule as they were written."""

import shutil
from pathlib import Path

from biomarkers.files import replacing
from biomarkers.predict import load
from biomarkers.predict.evaluation_file import EVALUATION, Judgement, read_evaluation
from biomarkers.report import PredictionReport
from biomarkers.report.figure_files import Extent
from biomarkers.report.prediction.provenance import FILES
from biomarkers.workflow.forms import Forms
from biomarkers.workflow.from_table import REPORT

RULE = "rule"


def draw_prediction(
    folder: Path, out: Path, *, title: str | None, figures: Extent, forms: Forms
) -> tuple[Judgement, tuple[Path, ...]]:
    """Draw the report of a prediction from its folder; return the judgement, and the files.

    Raises
    ------
    FileError
        If judgement or rule are missing, or are not those that were written.

    """
    kept, rule = read_evaluation(folder / EVALUATION), load(folder / RULE)
    report = PredictionReport(
        kept.seen, cohort=kept.cohort, rule=rule, inputs=kept.inputs, title=title
    )
    if folder.resolve() != out.resolve():
        _copy(folder, out)
    page = report.save(out / REPORT, figures=figures)
    return kept.seen, forms.write(page, report)


def _copy(folder: Path, out: Path) -> None:
    """Copy tables, judgement and rule."""
    rule = [each.relative_to(folder) for each in (folder / RULE).iterdir()]
    for name in sorted({*map(Path, FILES), *rule}):
        if (folder / name).is_file():
            with replacing(out / name) as temporary:
                shutil.copyfile(folder / name, temporary)
