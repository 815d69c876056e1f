"""What callers give to a statistic: choices, columns and samples, checked."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.table.cells import cell_numbers
from biomarkers.table.columns import BLANKS
from biomarkers.table.events import event_flag


def check_choice(name: str, given: object, choices: Iterable[str]) -> None:
    """Refuse what is not one of the choices."""
    known = list(choices)
    if given not in known:
        raise InputError(f"{name}: found {given!r}, expected {' | '.join(known)}")


def require_columns(table: pd.DataFrame, names: Iterable[str], of: str = "the table") -> None:
    """Refuse a table without one of the columns; `of` says which table."""
    absent = [name for name in dict.fromkeys(names) if name not in table]
    if absent:
        there = ", ".join(map(str, table.columns))
        raise InputError(f"{of}: no column {', '.join(absent)}; found {there}")


def numbers(values: ArrayLike, name: str, *, finite: bool = True) -> Floats:
    """Return one row of floats, NaN where a value is missing.

    Parameters
    ----------
    values
        As given.
    name
        What the message calls them.
    finite
        Whether infinite values are refused.

    Raises
    ------
    InputError
        If they are no numbers, infinite, or not in one row.

    """
    try:
        row = np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name}: expected numbers ({error})") from error
    if row.ndim != 1:
        raise InputError(f"{name}: found shape {row.shape}, expected one row of numbers")
    if finite and np.isinf(row).any():
        raise InputError(f"{name}: found an infinite value, expected finite numbers")
    return row


def sample(values: ArrayLike, name: str, *, least: int, finite: bool = True) -> tuple[Floats, int]:
    """Return the values that are known, at least so many, and how many are not.

    Raises
    ------
    InputError
        As `numbers`, or if fewer are known.

    """
    row = numbers(values, name, finite=finite)
    known = row[~np.isnan(row)]
    if len(known) < least:
        raise InputError(f"{name} has {len(known)} values, expected {least} or more")
    return known, len(row) - len(known)


def aligned(given: Mapping[str, Any]) -> list[Any]:
    """Return what belongs to the same subjects, by the labels it carries.

    Parameters
    ----------
    given
        By the name that a message calls it. Arrays and lists go by position. Of several pandas
        objects the first says the order; another with the same labels is put in it.

    Raises
    ------
    InputError
        If two pandas objects have different labels, or the same in another order with one twice.

    """
    labelled = [name for name, one in given.items() if isinstance(one, pd.Series | pd.DataFrame)]
    if len(labelled) < 2:
        return list(given.values())
    index, rest = given[labelled[0]].index, labelled[1:]
    return [
        _as_labelled(one, index, f"{name} and {labelled[0]}") if name in rest else one
        for name, one in given.items()
    ]


def _as_labelled(one: Any, index: pd.Index, names: str) -> Any:
    if one.index.equals(index):
        return one
    differing = [*one.index.symmetric_difference(index)[:3]]
    if differing or len(one.index) != len(index):
        shown = ", ".join(map(repr, differing)) or f"{len(one.index)} and {len(index)} rows"
        raise InputError(
            f"{names} are labelled differently ({shown}); give both the labels of the same "
            "subjects, or arrays (`.to_numpy()`), which go by position"
        )
    if not (index.is_unique and one.index.is_unique):
        raise InputError(
            f"{names} have the same labels in another order, and some twice; expected each label "
            "once, or arrays (`.to_numpy()`), which go by position"
        )
    return one.loc[index]


def one_table(columns: pd.DataFrame | Mapping[str, ArrayLike], what: str) -> pd.DataFrame:
    """Return columns as one table, by label where they carry any; `what` they are called."""
    if isinstance(columns, pd.DataFrame):
        return columns
    same = aligned({f"{what}: {name}": column for name, column in columns.items()})
    try:
        return pd.DataFrame(dict(zip(columns, same, strict=True)))
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}: expected columns all as long ({error})") from error


def numeric(table: pd.DataFrame, name: str, *, finite: bool = True) -> "pd.Series[float]":
    """Return a column as numbers, finite unless told otherwise; blanks are NaN."""
    column = table[name]
    numbers = cell_numbers(column)
    doubtful = column[~np.isfinite(numbers) if finite else numbers.isna()]
    strange = doubtful[~doubtful.map(_is_blank).astype(bool)]
    if len(strange):
        text = _as_written(strange.iloc[0])
        raise InputError(f"row {strange.index[0]}, column {name}: found {text}, expected a number")
    return numbers


def time_values(table: pd.DataFrame, time: str) -> "pd.Series[float]":
    """Return times of 0 or more; missing ones are NaN."""
    times = numeric(table, time)
    if (times < 0).any():
        raise InputError(f"{time}: found {times.min():g}, expected 0 or more")
    return times


def event_flags(table: pd.DataFrame, event: str | None) -> "pd.Series[float]":
    """Return 1 for the event, 0 for none, NaN where it is not known; without a column, all 1."""
    if event is None:
        return pd.Series(1.0, index=table.index)
    known = table[event]
    known = known.astype(float) if known.dtype == np.float16 else known  # no index has it
    meaning = {value: event_flag(value) for value in known.unique()}
    strange = [v for v, flag in meaning.items() if flag is None and not _is_blank(v)]
    if strange:
        raise InputError(
            f"{event}: found {_as_written(strange[0])}, expected 1 or 0, true or false, "
            "yes or no, dead or alive"
        )
    return known.map(meaning).astype(float)


def _is_blank(value: Any) -> bool:
    return bool(pd.isna(value)) or str(value).strip() in BLANKS


def _as_written(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
