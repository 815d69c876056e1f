"""From a measurement table to results: everything the plan asks for."""

from collections.abc import Callable, Sequence

import pandas as pd

from biomarkers.blas import one_blas_thread
from biomarkers.errors import PlanError
from biomarkers.plan import Plan
from biomarkers.results import TABLES, Results
from biomarkers.stats.analyses import ANALYSES
from biomarkers.stats.analyses.analysis import Analysis, asked_for, contributions, problems
from biomarkers.stats.planned_analysis.analysis import find, prepare
from biomarkers.stats.planned_analysis.notes import notes
from biomarkers.stats.planned_analysis.record import record


def analyse(
    table: pd.DataFrame,
    participants: pd.DataFrame,
    plan: Plan,
    *,
    exclusions: pd.DataFrame | None = None,
    analyses: Sequence[Analysis] = ANALYSES,
    progress: Callable[[int, int, str], None] | None = None,
) -> Results:
    """Find the earliest visit at which each biomarker separates positives from negatives.

    Parameters
    ----------
    table
        Measurements, one row per subject, day, region and biomarker.
    participants
        One row per subject, with the outcome.
    plan
        Visits, biomarkers, outcome, error rate, and what else is asked for.
    exclusions
        As from `table.read_exclusions`: rows to leave out, by name and with a reason.
    analyses
        What is done besides the test: those of `stats.analyses`, to which others may be added.
    progress
        Called after each stage with the number done, the number there are and the name of the
        stage: changes, permutation, then each analysis.

    Returns
    -------
    Results
        Every table of `results.TABLES`, those of further analyses, the earliest visits, and how
        they were found.

    Raises
    ------
    TableError
        If a table breaks the rules of its columns, or the two have no subject in common.
    PlanError
        If the plan names what is not there, the outcome does not give two classes, or a
        biomarker has no baseline in anyone.

    Examples
    --------
    >>> from biomarkers import plan, sample_data, stats
    >>> declared = plan.make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                            "visits": {"0": [0], "3": [3], "10": [10]},
    ...                            "biomarkers": {"Ktrans": {"direction": "lower"}},
    ...                            "separation": {"permutations": 199}})
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> results = stats.analyse(table, people, declared)
    >>> results.earliest[0]["visit"]  # where the true effect begins
    3

    """
    finished = Stages(count_stages(plan, analyses), progress)
    with one_blas_thread():
        prepared = prepare(table, participants, plan, exclusions=exclusions)
        wrong = problems(analyses, prepared)
        if wrong:
            raise PlanError(wrong, "plan")
        finished("changes")
        findings = find(prepared)
        finished("permutation")
        made = contributions(analyses, findings, finished=finished)
    further = [note for part in made.values() for note in part.notes]
    more = {name: rows for part in made.values() for name, rows in part.tables.items()}
    tables = {**findings.tables, "notes": notes(findings, further)}
    return Results(
        tables={name: tables[name][list(columns)] for name, columns in TABLES.items()} | more,
        earliest=findings.earliest,
        analysis=record(findings, {name: part.methods for name, part in made.items()}),
    )


def count_stages(plan: Plan, analyses: Sequence[Analysis] = ANALYSES) -> int:
    """Return how many stages `analyse` will report: changes, permutation and each analysis."""
    return 2 + sum(1 for _ in asked_for(analyses, plan))


class Stages:
    """Counts the stages that are done, and tells each, if anybody listens."""

    def __init__(self, total: int, progress: Callable[[int, int, str], None] | None) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def __call__(self, what: str) -> None:
        """Count a stage that is done."""
        self._done += 1
        if self._progress:
            self._progress(self._done, self._total, what)
