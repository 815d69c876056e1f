"""What callers give to a statistic: choices, columns and samples, checked."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats


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
    except (TypeError, ValueError) as error:
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
