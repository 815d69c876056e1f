"""Pairs of measurements: who has both, on which scale."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import aligned, check_choice, numbers

Scale = Literal["absolute", "log_ratio"]

_ENDS = ("", "_low", "_high")


def matched(first: ArrayLike, second: ArrayLike, *, least: int) -> tuple[Floats, Floats, int]:
    """Return both measurements of those who have both, and how many have not.

    Raises
    ------
    InputError
        If lengths differ or fewer than `least` pairs are left.

    """
    first, second = aligned({"first": first, "second": second})
    a, b = numbers(first, "first"), numbers(second, "second")
    if a.shape != b.shape:
        raise InputError(f"found {len(a)} first and {len(b)} second measurements; expected pairs")
    known = ~np.isnan(a) & ~np.isnan(b)
    if known.sum() < least:
        raise InputError(f"found {int(known.sum())} pairs; expected {least} or more")
    return a[known], b[known], int((~known).sum())


def on_scale(values: Floats, scale: Scale) -> Floats:
    """Return values, or their logarithms; NaN stays.

    Raises
    ------
    InputError
        If the scale is unknown, or a logarithm of 0 or less is wanted.

    """
    check_choice("scale", scale, ("absolute", "log_ratio"))
    if scale == "absolute":
        return values
    if (values <= 0).any():
        raise InputError(f"found the value {np.nanmin(values):g}; a log ratio needs above 0")
    return np.asarray(np.log(values))


def named_figures(names: Sequence[str], figures: ArrayLike) -> dict[str, float]:
    """Return rows of estimate, low and high as `name`, `name_low` and `name_high`."""
    keys = [f"{name}{end}" for name in names for end in _ENDS]
    return dict(zip(keys, np.ravel(figures).tolist(), strict=True))


def figure_table(result: object, names: Sequence[str], column: str) -> pd.DataFrame:
    """Return the named figures of a result, a row each: `column, estimate, low, high`."""
    rows = [(name, *(getattr(result, f"{name}{end}") for end in _ENDS)) for name in names]
    return pd.DataFrame(rows, columns=[column, "estimate", "low", "high"])


def left_out_text(count: int) -> str:
    """Return what a headline adds where pairs were incomplete; empty if none was."""
    if not count:
        return ""
    return f" {count} incomplete {'pair was' if count == 1 else 'pairs were'} left out."
