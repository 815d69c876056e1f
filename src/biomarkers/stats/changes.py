"""Change from baseline: absolute, percent, or log ratio; and its mean in each class."""

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import CHANGES
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import mean_interval
from biomarkers.stats.ranks import merge_ties, rounding
from biomarkers.table import COLUMNS, check_measurements

_SERIES = ["subject", "biomarker", "region"]
_ADDED = ("baseline_value", "change", "change_flag")


def change(table: pd.DataFrame, *, baseline: float = 0, kind: str = "log_ratio") -> pd.DataFrame:
    """Return the table with each measurement's change from baseline.

    Parameters
    ----------
    table
        Measurements, long.
    baseline
        The day changes are counted from.
    kind
        `absolute`, `percent` or `log_ratio` (natural logarithm); see `express`.

    Returns
    -------
    DataFrame
        The rows and columns of `table`, with `baseline_value`, `change` and `change_flag`, which
        take the place of columns of those names. A change that cannot be known is NaN, and the
        flag says why: `no_value`, `no_baseline`, or `no_ratio` (to a baseline of 0 or below, or
        of a value below 0); elsewhere it is empty.

    Raises
    ------
    TableError
        If the table breaks the rules of its columns.
    InputError
        If `kind` is unknown, or a biomarker of the table was never measured at baseline.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table = sample_data.measurements()
    >>> table = table.drop(index=3)  # rat 01, first volume: nothing to compare later ones with
    >>> changed = stats.change(table, kind="percent")
    >>> columns = ["day", "biomarker", "value", "change", "change_flag"]
    >>> print(changed[columns].head(4).round(3).to_string(index=False))
     day biomarker  value  change change_flag
     0.0    Ktrans  0.151   0.000
     3.0    Ktrans  0.093 -38.609
    10.0    Ktrans  0.071 -52.914
     3.0    volume 83.800     NaN no_baseline

    """
    table = check_measurements(table).drop(columns=list(_ADDED), errors="ignore")
    check_choice("kind", kind, CHANGES)
    first = table[(table["day"] == baseline) & table["value"].notna()]
    never = sorted(set(table["biomarker"]) - set(first["biomarker"]))
    if never:
        raise InputError(f"nobody has {', '.join(never)} at baseline (day {baseline:g})")
    table = with_baseline(table, first)
    value, base = table["value"].to_numpy(), table["baseline_value"].to_numpy()
    changes = np.full(len(table), np.nan)
    for rows in table.groupby(_SERIES[1:], sort=False).indices.values():
        changes[rows] = express(value[rows], base[rows], kind)
    reasons = [np.isnan(value), np.isnan(base), np.isnan(changes)]
    flags = np.select(reasons, ["no_value", "no_baseline", "no_ratio"], default="")
    return table.assign(change=changes, change_flag=flags)


def require_one_region(rows: pd.DataFrame, biomarker: str, table: pd.DataFrame) -> None:
    """Refuse a biomarker without a row, or with rows of several regions."""
    if rows.empty:
        measured = ", ".join(sorted(set(table["biomarker"])))
        raise InputError(f"{biomarker!r} is not in the measurements; found {measured}")
    regions = rows["region"].unique()
    if len(regions) > 1:
        raise InputError(f"{biomarker}: found regions {', '.join(regions)}; select one")


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return checked measurements without the columns of the user's own.

    One of those may be called `visit` or `positive`, like what an analysis adds.
    """
    table = check_measurements(table)
    table = table[[name for name in COLUMNS if name in table]]
    # What reading left there (replicates, a table) would make pandas compare tables.
    table.attrs = {}
    return table


def with_baseline(table: pd.DataFrame, first: pd.DataFrame) -> pd.DataFrame:
    """Return `table` with the value of `first` of the same subject, biomarker and region."""
    values = first.set_index(_SERIES)["value"].rename("baseline_value")
    return table.join(values, on=_SERIES)


def express(value: Floats, baseline: Floats, kind: str) -> Floats:
    """Return the change of `value` from `baseline`.

    A value of 0 is the strongest decrease there is, −100 % and a log ratio of −∞: it keeps its
    rank. A ratio to a baseline of 0 or below, or of a value below 0, says nothing: NaN. Changes
    that are equal but for rounding are equal (`ranks`).
    """
    if kind == "absolute":
        return merge_ties(value - baseline, rounding(value, baseline))
    known = (baseline > 0) & (value >= 0)
    ratio: Floats = np.divide(value, baseline, out=np.full(value.shape, np.nan), where=known)
    if kind == "percent":
        return merge_ties(100.0 * (ratio - 1.0), 100 * rounding(ratio, 1.0))
    with np.errstate(divide="ignore"):
        logs = np.log(ratio)
    return merge_ties(logs, rounding(logs, 1.0))


def class_means(
    changes: pd.DataFrame, kinds: dict[str, str], *, of: str = "positive"
) -> pd.DataFrame:
    """Return the mean change of each class at each visit, with its 95 % t interval.

    Parameters
    ----------
    changes
        Rows with `biomarker`, `region`, `visit`, `change`, and the class.
    kinds
        The kind of change by biomarker. Percent changes are averaged as log ratios and the mean
        and its limits turned back, because +100 % and −50 % undo each other.
    of
        Column of the class: `positive`, or `group` for the means of treatment groups.

    Returns
    -------
    DataFrame
        `biomarker, region, visit`, the class, `n, mean, low, high`; NaN where a tumour gone to 0
        leaves the mean of logarithms undefined.

    """
    keys = ["biomarker", "region", "visit", of]
    known = changes.dropna(subset=["change"])
    number = known.groupby(keys, sort=False).ngroup().to_numpy()
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    parts = np.split(known["change"].to_numpy(dtype=float)[order], starts[1:])
    names = known[keys].iloc[order[starts]].itertuples(index=False, name=None)
    rows = []
    for key, values in zip(names, parts, strict=False):  # without a row there is one empty part
        percent = kinds[str(key[0])] == "percent"
        estimate = _mean_percent(values) if percent else mean_interval(values)
        rows.append((*key, len(values), *estimate))
    return pd.DataFrame(rows, columns=[*keys, "n", "mean", "low", "high"])


def _mean_percent(percent: Floats) -> tuple[float, float, float]:
    with np.errstate(divide="ignore"):
        logs = mean_interval(np.log1p(percent / 100))
    mean, low, high = (100 * float(np.expm1(limit)) for limit in logs)
    return mean, low, high
