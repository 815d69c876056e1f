"""A data frame as a table in words: headings by column, intervals put together, numbers set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from biomarkers.report.blocks import Table, table
from biomarkers.report.view import records
from biomarkers.report.words import (
    ABSENT,
    capitalised,
    decimal,
    interval,
    is_number,
    p_value,
    significant,
    thousands,
)

LEVEL = "95 % CI"
LABELS = {
    "auc": "AUC", "pr_auc": "PR-AUC", "brier": "Brier score", "p_value": "p", "sd": "SD",
    "p_adjusted": "adjusted p", "brier_reference": "Brier score of the prevalence",
    "ppv": "PPV", "npv": "NPV", "chosen": "Reaches the model", "same_sign": "Same sign",
    "importance": "Importance", "within": "Within the site", "left_out": "Site left out",
    "made": "How it was made", "positive_mean": "Mean, positives",
    "negative_mean": "Mean, negatives", "training_mean": "Mean in training",
    "training_sd": "SD in training", "training_missing": "Missing in training",
    "shift": "Shift (SD of training)", "over": "Gain over", "horizon": "Time of the AUC",
}  # fmt: skip
_SHARES = ("missing", "training_missing", "chosen", "prevalence", "share", "same_sign")
_MEASURED = ("mean", "sd", "low", "high", "positive_mean", "negative_mean", "training_mean",
             "training_sd", "horizon")  # fmt: skip
_FINE = ("importance", "net_benefit", "brier", "brier_reference")
_COUNTS = ("cases", "subjects", "positives", "events")
_MEAN_COUNTS = ("true_positives", "false_negatives", "true_negatives", "false_positives")
_SET: Mapping[str, Callable[[float], str]] = {
    **dict.fromkeys(_SHARES, lambda value: f"{100 * value:.0f} %"),
    **dict.fromkeys(_MEASURED, significant),
    **dict.fromkeys(_FINE, lambda value: decimal(value, 3)),
    **dict.fromkeys(_COUNTS, lambda value: thousands(round(value))),
    **dict.fromkeys(_MEAN_COUNTS, lambda value: decimal(value, 1)),
    "sign": lambda value: {1: "+", -1: "−"}.get(int(value), ABSENT),
}


def frame_table(
    name: str, caption: str, frame: pd.DataFrame, *, permutations: int = 0,
    bounds: str = LEVEL, marks: Sequence[int] = (), folded: bool | None = None, places: int = 2,
) -> Markup:  # fmt: skip
    """Return a data frame as a table of the page.

    `x_low` and `x_high` become one column beside `x`, and `low` and `high` one called `bounds`.

    Parameters
    ----------
    name, caption
        Its `id`, and what stands over it.
    frame
        Any; its columns are set by their names, unknown ones by what they hold.
    permutations
        Behind its p-values, where these are counted.
    bounds
        Heading of the column of `low` and `high`.
    marks
        Places of rows that stand out.
    folded
        As for `blocks.table`.
    places
        Decimals of what is not known by its column.

    """
    how = _How(permutations, bounds, places)
    columns = [_column(each, frame, how) for each in map(str, frame)]
    kept = [column for column in columns if column is not None]
    rows = [[cell(row) for _, cell in kept] for row in records(frame)]
    content = Table(name, caption, [title for title, _ in kept], [("", rows)],
                    frozenset((0, place) for place in marks), words=True)  # fmt: skip
    return table(content, folded=folded)


def label(column: str) -> str:
    """Return what a column is called in a heading."""
    return LABELS.get(column, capitalised(column.replace("_", " ")))


_Row = Mapping[str, Any]


@dataclass(frozen=True)
class _How:
    permutations: int
    bounds: str
    places: int


def _column(name: str, frame: pd.DataFrame, how: _How) -> tuple[str, Callable[[_Row], str]] | None:
    """Return the heading of a column and what sets its cells; None where another holds it."""
    ends = [name.removesuffix("low").removesuffix("high") + end for end in ("low", "high")]
    if name in ends and set(ends) <= set(frame):
        if name == ends[1]:
            return None
        title, of = (how.bounds, _interval) if ends[0] == "low" else (LEVEL, _limits)
        return f"#{title}", lambda row: of(row[ends[0]], row[ends[1]])
    title = label(name)
    if not pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_bool_dtype(frame[name]):
        return title, lambda row: _words(row[name])
    return f"#{title}", lambda row: _set_number(name, row[name], how)


def _set_number(column: str, value: Any, how: _How) -> str:
    """Return a number as its column wants it set."""
    if not is_number(value):
        return ABSENT
    if column in _SET:
        return _SET[column](float(value))
    if column.startswith("mean "):
        return significant(float(value))
    if column.startswith("p_"):
        return p_value(float(value), how.permutations)
    if isinstance(value, int):
        return thousands(value)
    return decimal(float(value), how.places)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ABSENT if pd.isna(value) else str(value)


def _limits(low: Any, high: Any) -> str:
    """Return the interval of a figure, with a word between its ends where it reaches below 0."""
    if not (is_number(low) and is_number(high)) or low >= 0:
        return interval(low, high)
    return f"{decimal(low, 2)} to {decimal(high, 2)}"


def _interval(low: Any, high: Any) -> str:
    """Return an interval; one that may reach below 0 is told with a word between its ends."""
    if not (is_number(low) and is_number(high)) or (low >= 0 and high <= 1):
        return interval(low, high)
    ends = [decimal(each, 2) if abs(each) <= 1 else significant(each) for each in (low, high)]
    return (" to " if low < 0 else "–").join(ends)
