"""The results of an analysis, and how they lie on disk.

`stats` fills a `Results`, `report` reads one; neither knows the other. Every table is a CSV in
the results folder, and `earliest.json` and `analysis.json` hold what is not a table, so that
another program, or a reader in ten years, needs none of this code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.errors import FileError
from biomarkers.files import read_json, require_file, require_folder, write_json
from biomarkers.table import write_table

# Every table and its columns, in order. Text columns are listed so that a subject 007 or a
# visit 0 comes back as it was written.
TABLES: Mapping[str, tuple[str, ...]] = {
    # One row per biomarker, region and follow-up visit: the test.
    "separation": (
        "biomarker", "region", "visit", "n_positive", "n_negative", "direction",
        "auc", "auc_low", "auc_high", "p_value", "p_adjusted", "separates",
    ),
    # One row per subject, visit, biomarker and region that was measured.
    "changes": (
        "subject", "group", "positive", "biomarker", "region", "visit", "day",
        "value", "baseline_value", "change", "unit",
    ),
    # Mean change per outcome class and visit, with a t interval (percent: of the log ratio).
    "class_means": (
        "biomarker", "region", "visit", "positive", "n", "mean", "low", "high",
    ),
    # One row per subject, visit, biomarker and region: was it measured, and if not, why not.
    # status: measured | missing | gone | no_baseline | no_change | failed_qc | excluded
    "attendance": (
        "subject", "group", "positive", "biomarker", "region", "visit", "status",
    ),
    # One row per test with missing changes and analysis: what if they had been measured?
    # analysis: measured | gone_worst | weighted | imputed | worst_case | best_case
    "sensitivity": (
        "biomarker", "region", "visit", "missing_positive", "missing_negative", "analysis",
        "auc", "auc_low", "auc_high", "p_adjusted", "separates", "shift",
    ),
    # Measurements the plan's visits left out: reason: unclaimed_day | nearer_measurement
    "unused": ("subject", "day", "biomarker", "region", "value", "reason"),
    # Why measurements have no value, or one in doubt, as the table says: how many, and whose.
    "reasons": ("biomarker", "region", "reason", "measurements", "without_value", "subjects"),
    # Exclusions, with the number of rows each one removed.
    "exclusions": ("subject", "day", "region", "biomarker", "reason", "by", "rows"),
    # Notes of the analysis: topic is a slug, text a sentence.
    "notes": ("topic", "text"),
}  # fmt: skip

_TEXT = (
    "biomarker", "region", "visit", "direction", "subject", "group", "unit", "status", "reason",
    "by", "topic", "text", "analysis",
)  # fmt: skip
_TRUTH = ("separates", "positive")


@dataclass(frozen=True, eq=False)
class Results:
    """What an analysis found.

    Parameters
    ----------
    tables
        By name, as in `TABLES`.
    earliest
        One entry per biomarker and region: `biomarker, region, visit, direction, p_adjusted,
        auc, auc_low, auc_high`; `visit` is None (and the rest too) if none separates.
    analysis
        Plan as it ran, left-out biomarkers, counts, versions, inputs with their hashes.

    """

    tables: Mapping[str, pd.DataFrame]
    earliest: list[dict[str, Any]]
    analysis: Mapping[str, Any] = field(default_factory=dict)

    @property
    def separation(self) -> pd.DataFrame:
        """The test of every visit; see `TABLES`."""
        return self.tables["separation"]

    @property
    def compared(self) -> tuple[int, int]:
        """How many subjects have a change at a visit, of how many the study is about.

        Who has no outcome or was never measured belongs to the study; who the plan ignores does
        not.
        """
        rows, counts = self.tables["attendance"], self.analysis.get("counts", {})
        baseline = self.analysis.get("plan", {}).get("baseline")
        used = rows[(rows["status"] == "measured") & (rows["visit"] != baseline)]
        lost = sum(counts.get(name, 0) for name in ("unknown", "unlisted", "unmeasured"))
        return used["subject"].nunique(), rows["subject"].nunique() + lost

    @property
    def compared_text(self) -> str:
        """What a headline adds where subjects could not be compared; empty if all could."""
        used, everyone = self.compared
        return f" Only {used} of {everyone} subjects could be compared." if used < everyone else ""

    def save(self, folder: Path | str) -> Path:
        """Write every table as CSV and the rest as JSON into `folder`; return it."""
        folder = Path(folder)
        for name, columns in TABLES.items():
            write_table(self.tables[name][list(columns)], folder / f"{name}.csv")
        write_json(folder / "earliest.json", self.earliest)
        write_json(folder / "analysis.json", dict(self.analysis))
        return folder


def load_results(folder: Path | str) -> Results:
    """Read results back from the folder `Results.save` wrote.

    Raises
    ------
    FileError
        If the folder or one of its files is missing or lacks a column.

    """
    folder = require_folder(folder, "a results folder, as `biomarkers analyse` writes it")
    return Results(
        tables={name: _load(folder / f"{name}.csv", columns) for name, columns in TABLES.items()},
        earliest=read_json(folder / "earliest.json", "the earliest visits"),
        analysis=read_json(folder / "analysis.json", "the settings of the analysis"),
    )


def _load(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    require_file(path, "a results table")
    # Only what `write_table` writes for nothing is nothing: a group may be called None.
    table = pd.read_csv(
        path, dtype=dict.fromkeys(_TEXT, str), keep_default_na=False, na_values=["n/a"]
    )
    missing = [name for name in columns if name not in table]
    if missing:
        raise FileError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(map(str, table))}"
        )
    text = [name for name in columns if name in _TEXT]
    table[text] = table[text].fillna("")
    truth = [name for name in columns if name in _TRUTH]
    return table.astype(dict.fromkeys(truth, bool))
