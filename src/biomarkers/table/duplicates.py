"""Rows that look like one measurement: what tells them apart, and the mean of those that may."""

import pandas as pd

from biomarkers.table.columns import KEY
from biomarkers.table.roles import Roles
from biomarkers.table.sheets import as_text

_IDENTIFYING = ("subject", "day", "date", "week", "region", "biomarker", "lesion")
_MOST_LABELS = 50
REPLICATE = "replicate"


def what_tells_apart(frame: pd.DataFrame, roles: Roles) -> tuple[str, ...]:
    """Return advice on rows of one subject, day, region and biomarker; none if there are none.

    Parameters
    ----------
    frame
        The table as it stands in the file.
    roles
        Of its columns.

    """
    keys = [roles.columns[role] for role in _IDENTIFYING if role in roles]
    text = as_text(frame)
    if not keys or not text.duplicated(keys).any():
        return ()
    free = [name for name in roles.labels if name in frame]
    free += [str(name) for name in frame.columns if name not in {*keys, *free, *roles.taken()}]
    telling = [
        name for name in free
        if _few(text[name]) and not text.duplicated([*keys, name]).any()
    ]  # fmt: skip
    mean = "--replicates mean, if they are readings of one thing: their mean is analysed"
    if not telling:
        return (f"Several rows of one measurement: say {mean}.",)
    name = telling[0]
    return (
        f"Column {name} tells these rows apart; say what it is:",
        f"  --columns lesion={name}, if one subject has several lesions: one biomarker, clustered "
        "by subject;",
        f"  --columns region={name}, if each is a region of its own, tested by itself;",
        f"  {mean}.",
    )


def _few(column: "pd.Series[str]") -> bool:
    """Tell whether a column can hold labels: whole numbers or words, not many of them."""
    fractions = column.str.contains(r"\d[.,]\d", regex=True)
    return bool((column != "").all() and column.nunique() <= _MOST_LABELS and not fractions.any())


def mean_of_replicates(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each measurement: the mean of its values, missing ones left out.

    What holds for one value only (`se`, `n`) stays where a measurement stands once; the rest is
    that of the first row.

    Parameters
    ----------
    table
        Checked, but for rows of one measurement; `replicate` says which is which, if it is there.

    Returns
    -------
    DataFrame
        `attrs["replicates"]` holds the values that were averaged, with `replicate`, and
        `attrs["guesses"]` says how many they were.

    """
    keys = list(KEY)
    labelled = table if REPLICATE in table else table.assign(replicate=_numbers(table))
    means = table.groupby(keys, sort=False)["value"].mean()
    first = ~table.duplicated(keys)
    repeated = table.duplicated(keys, keep=False)
    averaged = table[first].drop(columns=REPLICATE, errors="ignore").assign(value=means.to_numpy())
    for name in (each for each in ("se", "n") if each in averaged):
        averaged[name] = averaged[name].mask(repeated[first].to_numpy())
    values = labelled.loc[repeated.to_numpy(), [*keys, "value", REPLICATE]]
    if len(values):
        many = len(values.drop_duplicates(keys))
        averaged.attrs["guesses"] = (f"{len(values)} values became {many} means of replicates.",)
        averaged.attrs["replicates"] = values.reset_index(drop=True)
    return averaged


def _numbers(table: pd.DataFrame) -> "pd.Series[str]":
    return (table.groupby(list(KEY), sort=False).cumcount() + 1).astype(str)
