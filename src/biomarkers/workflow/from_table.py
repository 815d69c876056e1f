"""From a measurement table on disk to results and a report on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from biomarkers import stats
from biomarkers.errors import PlanError
from biomarkers.files import require_file, require_writable, sha256
from biomarkers.plan import Plan, read_plan
from biomarkers.report import write_report
from biomarkers.results import Results
from biomarkers.workflow.reading import EXCLUSIONS, Reading, read_tables

REPORT, RESULTS = "report.html", "results"


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

    Raises
    ------
    InputError
        If any of the files cannot be used; nothing is written then.

    """
    out = require_writable(out)
    measurements = require_file(measurements, "a measurement table (CSV, TSV or Excel)")
    beside = measurements.with_name(EXCLUSIONS)
    excluded = exclusions or (beside if beside.exists() else None)
    inputs = {"measurements": measurements, "participants": participants, "plan": plan}
    if excluded:
        inputs["exclusions"] = excluded
    wanted = read_plan(plan)
    wanted = replace(wanted, table=wanted.table.changed(table or {}))
    reading = read_tables(measurements, participants, excluded, wanted.table)
    results = _analysed(reading, reading.planned(wanted), plan)
    more = {"inputs": _digests(inputs), "reading": reading.record(wanted.table)}
    results = replace(results, analysis={**results.analysis, **more})
    folder = results.save(out / RESULTS)
    report = write_report(results, out / REPORT, qc=Path(qc) if qc else None)
    return Analysed(results, folder, report, reading.sentences())


def _analysed(reading: Reading, wanted: Plan, plan: Path | str) -> Results:
    """Analyse by the plan of a file; what the data make impossible is named as its problem."""
    try:
        return stats.analyse(
            reading.measurements, reading.participants, wanted, exclusions=reading.exclusions
        )
    except PlanError as error:
        raise PlanError(error.problems, str(plan)) from error


def _digests(inputs: Mapping[str, Path | str]) -> list[dict[str, str]]:
    """Return what a reader needs to know the inputs again."""
    return [
        {"role": role, "file": Path(path).name, "sha256": sha256(path)}
        for role, path in inputs.items()
    ]
