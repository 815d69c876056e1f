"""Categorical variables and the order of their levels."""

import re
from typing import Any

import numpy as np
import pandas as pd


def as_levels(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a categorical column: in its own order, else by the numbers in it.

    2 comes before 10, and VIS2 before VIS10.
    """
    return column.astype(pd.CategoricalDtype(levels_of(column), ordered=True))


def levels_of(column: "pd.Series[Any]") -> list[Any]:
    """Return the levels that occur, in order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.remove_unused_categories().cat.categories)
    return sorted(column.unique(), key=_natural)


def _natural(value: object) -> tuple[tuple[bool, float, str], ...]:
    if isinstance(value, int | float | np.number):
        return ((False, float(value), ""),)
    parts = re.findall(r"\d+\.?\d*|\D+", str(value))
    return tuple((False, float(p), "") if p[0].isdigit() else (True, 0.0, p) for p in parts)
