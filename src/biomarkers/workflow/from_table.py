"""From a measurement table on disk to results and a report on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from biomarkers import stats
from biomarkers.errors import PlanError
from biomarkers.files import require_file, require_writable, sha256
from biomarkers.plan import read_plan
from biomarkers.report import write_report
from biomarkers.results import Results
from biomarkers.table import read_exclusions, read_measurements, read_participants

REPORT, RESULTS, EXCLUSIONS = "report.html", "results", "exclusions.tsv"


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

    """

    results: Results
    folder: Path
    report: Path


def analyse(
    measurements: Path | str,
    out: Path | str,
    *,
    participants: Path | str,
    plan: Path | str,
    exclusions: Path | str | None = None,
    qc: Path | str | None = None,
) -> Analysed:
    """Analyse a measurement table and write results and report.

    Parameters
    ----------
    measurements
        The table: long or wide; CSV, TSV or Excel.
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
    results = _analysed(
        read_measurements(measurements),
        read_participants(participants),
        plan,
        read_exclusions(excluded) if excluded else None,
    )
    results = replace(results, analysis={**results.analysis, "inputs": _digests(inputs)})
    folder = results.save(out / RESULTS)
    report = write_report(results, out / REPORT, qc=Path(qc) if qc else None)
    return Analysed(results, folder, report)


def _analysed(
    measurements: pd.DataFrame,
    participants: pd.DataFrame,
    plan: Path | str,
    exclusions: pd.DataFrame | None,
) -> Results:
    """Analyse by the plan of a file; what the data make impossible is named as its problem."""
    wanted = read_plan(plan)
    try:
        return stats.analyse(measurements, participants, wanted, exclusions=exclusions)
    except PlanError as error:
        raise PlanError(error.problems, str(plan)) from error


def _digests(inputs: Mapping[str, Path | str]) -> list[dict[str, str]]:
    """Return what a reader needs to know the inputs again."""
    return [
        {"role": role, "file": Path(path).name, "sha256": sha256(path)}
        for role, path in inputs.items()
    ]
