"""From a measurement table on disk to results and a report on disk."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from biomarkers import __version__, stats
from biomarkers.files import require_writable, sha256
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
    beside = Path(measurements).with_name(EXCLUSIONS)
    excluded = exclusions or (beside if beside.exists() else None)
    inputs = {"measurements": measurements, "participants": participants, "plan": plan}
    if excluded:
        inputs["exclusions"] = excluded
    results = stats.analyse(
        read_measurements(measurements),
        read_participants(participants),
        read_plan(plan),
        exclusions=read_exclusions(excluded) if excluded else None,
    )
    results = replace(results, analysis={**results.analysis, **_provenance(inputs)})
    folder = results.save(out / RESULTS)
    report = write_report(results, out / REPORT, qc=Path(qc) if qc else None)
    return Analysed(results, folder, report)


def _provenance(inputs: Mapping[str, Path | str]) -> dict[str, Any]:
    """Return what a reader needs to repeat the analysis: input digests and versions."""
    libraries = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib")
    return {
        "inputs": [
            {"role": role, "file": Path(path).name, "sha256": sha256(path)}
            for role, path in inputs.items()
        ],
        "versions": {
            "biomarkers": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in libraries},
        },
    }
