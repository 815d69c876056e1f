"""Exclusions: who, when, what, why, by whom. They remove rows and are shown in the report."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.cells import cell_numbers, read_cells
from biomarkers.table.columns import BLANKS, CLUSTER
from biomarkers.table.spelling import same_but_spelling

COLUMNS = ("subject", "day", "region", "biomarker", "reason", "by")
_ALIASES = {
    "participant_id": "subject", "who": "subject", "when": "day", "what": "biomarker",
    "why": "reason", "by whom": "by", "by_whom": "by", "by-whom": "by",
}  # fmt: skip


def read_exclusions(path: Path | str) -> pd.DataFrame:
    """Read `exclusions.tsv` (or CSV, Excel).

    Parameters
    ----------
    path
        Columns `subject` (who), `day` (when; blank: every day), `biomarker` (what; blank: every
        one; `ADC` covers `ADC_p90`), `reason` (why), `by` (by whom) and, if wanted, `region`
        (blank: every one). The words in brackets are accepted as column names.

    Returns
    -------
    DataFrame
        The columns above; a blank `day` is NaN, other blanks are empty strings.

    Raises
    ------
    TableError
        If a column is missing, or a row lacks subject, reason or by, or its day is no number.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import read_exclusions
    >>> rows = pd.DataFrame({"who": ["01", "02"], "when": [3, None], "what": ["ADC", None],
    ...                      "why": ["motion", "wrong dose"], "by": "reader A"})
    >>> rows.to_csv("exclusions.csv", index=False)
    >>> read_exclusions("exclusions.csv")[["subject", "day", "biomarker"]].to_numpy().tolist()
    [['01', 3.0, 'ADC'], ['02', nan, '']]

    """
    cells = read_cells(path, "a table of exclusions").rename(columns=_ALIASES)
    if "region" not in cells:
        cells = cells.assign(region="")
    missing = [name for name in COLUMNS if name not in cells]
    if missing:
        raise TableError(
            [
                f"no column {', '.join(missing)}; expected {', '.join(COLUMNS)}; "
                f"found {', '.join(cells.columns)}"
            ],
            str(path),
        )
    listed = cells[list(COLUMNS)].copy()
    listed = listed.where(~listed.isin(BLANKS), "")
    problems = [
        f"row {row}, column {name}: found nothing, expected {expected}"
        for name, expected in (("subject", "who"), ("reason", "why"), ("by", "by whom"))
        for row in listed.index[listed[name] == ""]
    ]
    days = cell_numbers(listed["day"])
    problems += [
        f"row {row}, column day: found {listed['day'].loc[row]!r}, expected a number or nothing"
        for row in listed.index[~np.isfinite(days) & (listed["day"] != "")]
    ]
    if problems:
        raise TableError(problems, str(path))
    return listed.assign(day=days, subject=listed["subject"].str.removeprefix("sub-"))


def apply_exclusions(
    table: pd.DataFrame, exclusions: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the excluded rows out of a measurement table.

    Parameters
    ----------
    table
        Checked measurements.
    exclusions
        As from `read_exclusions`; without a `region`, every one.

    Raises
    ------
    TableError
        If an excluded subject is there, but spelled in another way.

    Returns
    -------
    kept : DataFrame
        The rows no exclusion names.
    applied : DataFrame
        The exclusions with `rows`, the number of measurements each one removed. An exclusion
        of 0 rows names nothing that was measured: most likely a slip of the pen.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import sample_data
    >>> from biomarkers.table import apply_exclusions
    >>> exclusions = pd.DataFrame({"subject": ["01"], "day": [3.0], "biomarker": ["Ktrans"],
    ...                            "reason": ["motion"], "by": ["reader A"]})
    >>> kept, applied = apply_exclusions(sample_data.measurements(), exclusions)
    >>> len(kept), applied["rows"].tolist()
    (95, [1])

    """
    if "region" not in exclusions:
        exclusions = exclusions.assign(region="")
    names = {*table["subject"], *table.get(CLUSTER, ())}
    misspelled = same_but_spelling(exclusions["subject"], sorted(names))
    if misspelled:
        raise TableError(
            [f"subject {name!r} is {there!r} in the table" for name, there in misspelled],
            "exclusions",
        )
    gone = pd.Series(data=False, index=table.index)
    counts = []
    for hit in excluded_rows(table, exclusions):
        counts.append(int(hit.sum()))
        gone |= hit
    return table[~gone], exclusions.assign(rows=counts)


def excluded_rows(table: pd.DataFrame, exclusions: pd.DataFrame) -> Iterator["pd.Series[bool]"]:
    """Yield for each exclusion which rows of the table it names.

    A subject with several lesions, each of them a subject of the analysis (`individual` says whose
    it is), is named whole by its own name.
    """
    for subject, day, region, biomarker in zip(
        *(exclusions[name] for name in ("subject", "day", "region", "biomarker")), strict=True
    ):
        hit = table["subject"] == subject
        if CLUSTER in table:
            hit |= table[CLUSTER] == subject
        if not math.isnan(day):
            hit &= table["day"] == day
        if region:
            hit &= table["region"] == region
        if biomarker:
            name = table["biomarker"]
            hit &= (name == biomarker) | name.str.startswith(f"{biomarker}_")
        yield hit
