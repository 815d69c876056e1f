"""Rows that look like one measurement: what tells them apart, and the mean of those that may."""

import pandas as pd

from biomarkers.table.columns import KEY
from biomarkers.table.roles import Roles
from biomarkers.table.sheets import cell_text

_IDENTIFYING = ("subject", "day", "date", "week", "region", "biomarker", "lesion")
_MOST_LABELS = 50


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
    text = frame.map(cell_text)
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


def mean_of_replicates(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return one row for each measurement: the mean of its values, missing ones left out.

    What holds for one value only (`se`, `n`, `qc`, `reason`) stays where a measurement stands once.
    """
    keys = list(KEY)
    if not table.duplicated(keys).any():
        return table, []
    first = table.drop_duplicates(keys).drop(columns="value")
    grouped = table.groupby(keys, sort=False)["value"]
    values = grouped.mean().rename("value").reset_index()
    merged = first.reset_index(names="row").merge(values, on=keys).set_index("row")
    repeated = merged.set_index(keys).index.isin(grouped.size()[grouped.size() > 1].index)
    for name in ("se", "n"):
        if name in merged:
            merged.loc[repeated, name] = float("nan")
    sizes = grouped.size()
    guess = f"{int((sizes > 1).sum())} measurements are means of {sizes[sizes > 1].min()}"
    most = sizes.max()
    guess += f" to {most} values each." if most > sizes[sizes > 1].min() else " values each."
    merged.index.name = None
    return merged[list(table.columns)], [guess]
