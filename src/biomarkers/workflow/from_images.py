"""From a study on disk to the report: measure, then analyse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from biomarkers import study
from biomarkers.errors import InputError, PlanError, StudyError
from biomarkers.files import require_folder, require_writable
from biomarkers.plan import read_plan
from biomarkers.stats.outcome import classify
from biomarkers.study import MeasuredStudy, MeasureSettings
from biomarkers.table import read_exclusions, read_participants
from biomarkers.workflow.from_table import Analysed, Inputs, analyse_files
from biomarkers.workflow.one_day import refuse_one_day
from biomarkers.workflow.reading import EXCLUSIONS


@dataclass(frozen=True)
class Run:
    """What a run gave: the measured study and its analysis."""

    measured: MeasuredStudy
    analysed: Analysed


def run(
    folder: Path | str,
    out: Path | str,
    *,
    plan: Path | str | None = None,
    derivatives: Sequence[Path | str] | None = None,
    settings: MeasureSettings | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Run:
    """Measure a BIDS study, analyse it by its plan and write the report.

    Parameters
    ----------
    folder
        The study, with `participants.tsv` and, if there are any, `exclusions.tsv`.
    out
        Gets all that `study.measure` and `analyse` write.
    plan
        The analysis plan; by default `plan.toml` of the study. `[table]` says how participants are
        read, not the measurements, which are written here. The sections `[measure.<step>]` are
        the settings of steps, unless `settings` names another file.
    derivatives, settings
        As for `study.measure`.
    progress
        As for `study.measure`, and then for `analyse`.

    Raises
    ------
    InputError
        If no subject has two days, or the plan, a table or a file of the study cannot be used.
        Plan, participants and exclusions are read before the images, so that a slip in them costs
        no time.
    StudyError
        If not one session could be measured.

    Examples
    --------
    >>> from biomarkers import sample_data, workflow
    >>> rats = [f"{number:02d}" for number in (1, 2, 3, 4, 5, 9, 10, 11, 12, 13)]
    >>> result = workflow.run(sample_data.write_study("rats", subjects=rats), "out")
    >>> [entry["visit"] for entry in result.analysed.results.earliest]  # Ktrans, volume
    [3, 10]

    """
    root, out = require_folder(folder, "a BIDS study"), require_writable(out)
    plan = Path(plan) if plan else root / "plan.toml"
    participants, exclusions = root / "participants.tsv", root / EXCLUSIONS
    cohort = study.open_study(root, derivatives=derivatives)
    refuse_one_day(cohort, out)
    _check_tables(cohort, plan, participants)
    if exclusions.exists():
        read_exclusions(exclusions)
    settings = settings or MeasureSettings()
    if settings.file is None:
        settings = replace(settings, file=plan)
    with study.locked(out):  # also while what was measured is analysed
        measured = study.measure(
            root, out, derivatives=derivatives, settings=settings, progress=progress
        )
        if measured.table.empty:
            raise StudyError(f"{root}: nothing could be measured\n{_reasons(measured)}")
        excluded = exclusions if exclusions.exists() else None
        files = Inputs(measured.path, participants, plan, excluded, measured.table)
        try:
            analysed = analyse_files(files, out, qc=out / "qc", table={}, progress=progress)
        except InputError as error:
            if not measured.failures:
                raise
            # What could not be measured may well be why.
            raise StudyError(f"{error}\nNot measured were\n{_reasons(measured)}") from error
        return Run(measured, analysed)


def _reasons(measured: MeasuredStudy) -> str:
    return "\n".join(f"  {each.session}: {each.reason}" for each in measured.failures)


def _check_tables(cohort: study.Study, plan: Path, participants: Path) -> None:
    """Refuse a plan and participants that do not give the subjects on disk two classes."""
    wanted = read_plan(plan)
    subjects = pd.DataFrame({"subject": cohort.subjects})
    try:
        people = read_participants(participants, options=wanted.table.for_participants())
        classify(subjects, people, wanted)
    except PlanError as error:
        raise PlanError(error.problems, str(plan)) from error
