"""From a measurement table on disk to results and a report on disk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers import stats
from biomarkers.errors import PlanError
from biomarkers.files import require_file, require_writable, sha256
from biomarkers.plan import Plan, read_plan
from biomarkers.report import write_report
from biomarkers.report.report import RESULTS
from biomarkers.results import Results
from biomarkers.stats.by_plan.complete import Stages, count_stages
from biomarkers.workflow.reading import EXCLUSIONS, Reading, read_tables

REPORT = "report.html"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Analysed:
    """What an analysis gave.

    Parameters
    ----------
    results
        Tables and settings.
    folder
        Where the tables lie.
    report
        The report.
    guesses
        What had to be guessed of the tables, a sentence each.

    Examples
    --------
    >>> from biomarkers import sample_data, workflow
    >>> from biomarkers.table import write_table
    >>> table = write_table(sample_data.measurements(), "table.csv")
    >>> people = write_table(sample_data.participants(), "rats.csv")
    >>> plan = sample_data.write_study("study") / "plan.toml"
    >>> analysed = workflow.analyse(table, "out", participants=people, plan=plan)
    >>> analysed.report.name, analysed.folder.name
    ('report.html', 'results')

    """

    results: Results
    folder: Path
    report: Path
    guesses: tuple[str, ...] = ()


def analyse(
    measurements: Path | str,
    out: Path | str,
    *,
    participants: Path | str,
    plan: Path | str,
    exclusions: Path | str | None = None,
    qc: Path | str | None = None,
    table: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Analysed:
    """Analyse a measurement table and write results and report.

    Parameters
    ----------
    measurements
        The table, in any layout of `table.read_measurements`.
    out
        Gets `results/` and `report.html`.
    participants
        One row per subject, with the outcome.
    plan
        The analysis plan (TOML).
    exclusions
        Table of exclusions; by default `exclusions.tsv` beside the measurements, if it is there.
    qc
        Folder of quality cards to show in the report.
    table
        What is said of the tables, by the fields of `table.TableOptions`; goes before `[table]` of
        the plan.
    progress
        Called after each stage with the number done, the number there are and the name of the
        stage: reading, those of `stats.analyse`, report.

    Raises
    ------
    InputError
        If any of the files cannot be used; nothing is written then.

    Examples
    --------
    >>> from biomarkers import sample_data, workflow
    >>> from biomarkers.table import write_table
    >>> table = write_table(sample_data.measurements(), "table.csv")
    >>> people = write_table(sample_data.participants(), "rats.csv")
    >>> plan = sample_data.write_study("study") / "plan.toml"
    >>> analysed = workflow.analyse(table, "out", participants=people, plan=plan)
    >>> [entry["visit"] for entry in analysed.results.earliest]  # Ktrans, volume
    [3, 10]

    """
    out = require_writable(out)
    measurements = require_file(measurements, "a measurement table (CSV, TSV or Excel)")
    files = Inputs(measurements, participants, plan, exclusions)
    return analyse_files(files, out, qc=qc, table=table or {}, progress=progress)


@dataclass(frozen=True, eq=False)
class Inputs:
    """The files of an analysis; `measured` is what `study.measure` wrote as measurements."""

    measurements: Path
    participants: Path | str
    plan: Path | str
    exclusions: Path | str | None
    measured: pd.DataFrame | None = None

    def excluded(self) -> Path | str | None:
        """Return the exclusions: those that are named, else those beside the measurements."""
        beside = self.measurements.with_name(EXCLUSIONS)
        return self.exclusions or (beside if beside.exists() else None)

    def digests(self) -> list[dict[str, str]]:
        """Return what a reader needs to know the inputs again."""
        roles = {
            "measurements": self.measurements,
            "participants": self.participants,
            "plan": self.plan,
            "exclusions": self.excluded(),
        }
        return [
            {"role": role, "file": Path(path).name, "sha256": sha256(path)}
            for role, path in roles.items()
            if path
        ]


def analyse_files(
    files: Inputs,
    out: Path,
    *,
    qc: Path | str | None,
    table: Mapping[str, Any],
    progress: Progress | None,
) -> Analysed:
    """Read, analyse and report; parameters and errors as for `analyse`."""
    wanted = read_plan(files.plan)
    wanted = replace(wanted, table=wanted.table.changed(table))
    finished = Stages(2 + count_stages(wanted), progress)
    reading = read_tables(
        files.measurements,
        files.participants,
        files.excluded(),
        wanted.table,
        measured=files.measured,
    )
    finished("reading")
    results = _analysed(reading, reading.planned(wanted), files.plan, finished)
    more = {"inputs": files.digests(), "reading": reading.record(wanted.table)}
    results = replace(results, analysis={**results.analysis, **more})
    qc = Path(qc) if qc else None
    report = write_report(results, out / REPORT, qc=qc, save_results=True)
    finished("report")
    return Analysed(results, out / RESULTS, report, reading.sentences())


def _analysed(
    reading: Reading, wanted: Plan, plan: Path | str, finished: Callable[[str], None]
) -> Results:
    """Analyse by the plan of a file; what the data make impossible is named as its problem."""
    try:
        return stats.analyse(
            reading.measurements,
            reading.participants,
            wanted,
            exclusions=reading.exclusions,
            progress=lambda done, total, what: finished(what),
        )
    except PlanError as error:
        raise PlanError(error.problems, str(plan)) from error
