"""Who the subjects were: every column of participants, and each shown biomarker at baseline."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import level
from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.groups import group_names, treatment_groups
from biomarkers.stats.analyses.tested import of_series
from biomarkers.stats.arrays import Bools
from biomarkers.stats.contrasts.balance import standardised_difference
from biomarkers.stats.longitudinal.design import levels_of
from biomarkers.stats.planned_analysis.findings import Findings
from biomarkers.table.cells import cell_numbers
from biomarkers.table.columns import BLANKS

# Numbers of so few values are codes of categories.
_FEWEST = 3
# Words of more levels than this are remarks or names.
_MOST = 12


def run(findings: Findings, settings: None) -> Contribution:
    """Describe everybody, each outcome class, and each treatment group."""
    columns = _columns(findings)
    rows = [
        row for name, values in _variables(findings) for row in _described(name, values, columns)
    ]
    methods = {
        "call": "mean and standard deviation, median and quartiles, counts; "
        "stats.contrasts.balance.standardised_difference of positives against negatives",
        "references": ["Austin 2009"],
    }
    table = pd.DataFrame(rows, columns=list(FURTHER["table1"]))
    return Contribution({"table1": table}, methods=methods)


def _columns(findings: Findings) -> dict[str, Bools]:
    """Return who belongs in each column, of the subjects in the order of the outcome."""
    positive = findings.outcome.positive
    columns = {
        "all": np.ones(len(positive), dtype=bool),
        "positive": positive.to_numpy(dtype=bool),
        "negative": ~positive.to_numpy(dtype=bool),
    }
    groups = treatment_groups(findings).reindex(positive.index)
    columns |= {name: (groups == name).to_numpy() for name in group_names(findings)}
    return columns


def _variables(findings: Findings) -> Iterator[tuple[str, pd.Series]]:
    """Give each variable by name, subjects in the order of the outcome; blanks are NaN."""
    subjects = findings.outcome.positive.index
    table = findings.participants.set_index("subject").reindex(subjects)
    for name in table.columns.drop(findings.plan.outcome):
        values = table[name].where(~table[name].astype(str).str.strip().isin(BLANKS))
        if values.notna().any():
            yield str(name), values
    changes = findings.tables["changes"]
    first = changes[changes["visit"] == findings.plan.baseline]
    for biomarker, region in findings.shown:
        mine = of_series(first, (biomarker, region)).set_index("subject")
        unit = next(iter(mine["unit"]), "")
        label = f"{biomarker}, {region}{f', {unit}' if unit else ''}"
        yield f"{label} (visit {findings.plan.baseline})", mine["value"].reindex(subjects)


def _described(
    name: str, values: pd.Series, columns: Mapping[str, Bools]
) -> Iterator[dict[str, Any]]:
    numbers = cell_numbers(values)
    if numbers.notna().sum() == values.notna().sum() and numbers.nunique() >= _FEWEST:
        yield from _of_numbers(name, numbers, columns)
    elif values.nunique() <= _MOST:
        yield from _of_words(name, values.dropna().map(level).reindex(values.index), columns)


def _of_numbers(
    name: str, numbers: "pd.Series[float]", columns: Mapping[str, Bools]
) -> Iterator[dict[str, Any]]:
    difference = _difference(numbers, columns)
    for column, mine in columns.items():
        values = numbers[mine].dropna()
        q1, median, q3 = values.quantile([0.25, 0.5, 0.75])
        yield {
            "variable": name, "level": "", "column": column,
            "n": len(values), "missing": int(mine.sum()) - len(values),
            "mean": values.mean(), "sd": values.std(), "median": median, "q1": q1, "q3": q3,
            "smd": difference,
        }  # fmt: skip


def _of_words(
    name: str, words: "pd.Series[str]", columns: Mapping[str, Bools]
) -> Iterator[dict[str, Any]]:
    for word in levels_of(words.dropna()):
        has = (words == word).astype(float).where(words.notna())
        difference = _difference(has, columns)
        for column, mine in columns.items():
            known = has[mine].dropna()
            yield {
                "variable": name, "level": word, "column": column,
                "n": len(known), "missing": int(mine.sum()) - len(known),
                "count": int(known.sum()),
                "percent": 100 * known.mean() if len(known) else np.nan,
                "smd": difference,
            }  # fmt: skip


def _difference(numbers: "pd.Series[float]", columns: Mapping[str, Bools]) -> float:
    positives, negatives = (
        np.asarray(numbers[columns[side]].dropna(), dtype=float)
        for side in ("positive", "negative")
    )
    return standardised_difference(positives, negatives)


TABLE1 = Analysis("table1", run)
