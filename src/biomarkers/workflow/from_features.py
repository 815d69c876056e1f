"""From features of cases and a plan to a judgement, a rule and a report on disk."""

from dataclasses import dataclass
from pathlib import Path

from biomarkers.files import require_writable
from biomarkers.predict import Evaluation, Rule
from biomarkers.predict.by_plan import carry_out
from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.running import Progress
from biomarkers.report import PredictionReport
from biomarkers.report.figure_files import Extent
from biomarkers.workflow.forms import Forms
from biomarkers.workflow.from_table import REPORT


@dataclass(frozen=True)
class Predicted:
    r"""What a prediction study gave.

    Parameters
    ----------
    seen
        What the recipe is worth.
    rule
        Made of all cases.
    folder
        Where tables and rule lie.
    report
        The report.
    files
        The report in all its forms.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from biomarkers import workflow
    >>> names, truth = [f"s{number:02d}" for number in range(24)], np.tile([0, 1], 12)
    >>> rows = pd.DataFrame({"subject": names, "size": np.sin(np.arange(24)) + 2 * truth})
    >>> rows.to_csv("features.csv", index=False)
    >>> pd.DataFrame({"subject": names, "response": truth}).to_csv("people.csv", index=False)
    >>> text = "[predict]\noutcome = 'response'\nfolds = 3\nrepeats = 1\npermutations = 0\n"
    >>> plan = Path("predict.toml").write_text(text)
    >>> made = workflow.predict("features.csv", "people.csv", "out", plan="predict.toml")
    >>> made.report.name, made.rule.features
    ('report.html', ('size',))

    """

    seen: Evaluation | ClassEvaluation
    rule: Rule
    folder: Path
    report: Path
    files: tuple[Path, ...] = ()


def predict(  # noqa: PLR0913 (what is judged, and how it is shown, as in `draw`)
    features: Path | str,
    participants: Path | str,
    out: Path | str,
    *,
    plan: Path | str,
    jobs: int = 1,
    title: str | None = None,
    figures: Extent = "shown",
    pdf: bool = False,
    docx: bool = False,
    progress: Progress | None = None,
) -> Predicted:
    r"""Judge the recipe of a plan, fit it to all cases, and report.

    Parameters
    ----------
    features, participants, plan, jobs, progress
        As for `predict.predict_by_plan`.
    out
        Gets what that writes, `report.html` and `figures/`.
    title
        Heading of the page; by default that of the outcome.
    figures
        As for `report.PredictionReport.save`.
    pdf, docx
        Write `report.pdf` and `report.docx`, too; both need an extra.

    Raises
    ------
    InputError
        If a file cannot be used, the recipe does not fit the cases, or what an extra needs is not
        installed; nothing is judged then.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from biomarkers import workflow
    >>> names, truth = [f"s{number:02d}" for number in range(24)], np.tile([0, 1], 12)
    >>> rows = pd.DataFrame({"subject": names, "size": np.sin(np.arange(24)) + 2 * truth})
    >>> rows.to_csv("features.csv", index=False)
    >>> pd.DataFrame({"subject": names, "response": truth}).to_csv("people.csv", index=False)
    >>> text = "[predict]\noutcome = 'response'\nfolds = 3\nrepeats = 1\npermutations = 0\n"
    >>> plan = Path("predict.toml").write_text(text)
    >>> made = workflow.predict("features.csv", "people.csv", "out", plan="predict.toml")
    >>> "Prediction of response" in made.report.read_text()
    True

    """
    folder, forms = require_writable(out), Forms(pdf=pdf, docx=docx)
    made = carry_out(features, participants, plan=plan, out=folder, jobs=jobs, progress=progress)
    report = PredictionReport(
        made.seen, cohort=made.cohort, rule=made.rule, inputs=made.inputs, title=title
    )
    page = report.save(folder / REPORT, figures=figures)
    return Predicted(made.seen, made.rule, folder, page, forms.write(page, report))
