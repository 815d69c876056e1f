"""Two classes of subjects from loose arrays: who counts, who is positive, which way is up."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from biomarkers.errors import InputError
from biomarkers.plan import DIRECTIONS
from biomarkers.plan import level as text_level
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.inputs import aligned, check_choice
from biomarkers.stats.outcome_words import is_spelling_of, says_unknown
from biomarkers.stats.ranks import merge_ties
from biomarkers.stats.roc_analysis.auc import area

Direction = Literal["higher", "lower", "auto"]


class Classes(NamedTuple):
    """A marker's values in two classes, times `sign`, so that positives lie higher."""

    positives: Floats
    negatives: Floats
    sign: int
    left_out: int

    @property
    def direction(self) -> str:
        """What positives show: `higher` or `lower` values."""
        return "higher" if self.sign > 0 else "lower"


def two_classes(
    marker: ArrayLike, outcome: ArrayLike, *, positive: object, direction: Direction
) -> Classes:
    """Return the classes of the subjects that have both; see `markers_of` and `orientation`."""
    (values,), truth = markers_of([marker], outcome, positive=positive)
    return turned(values, truth, direction, left_out=np.size(np.asarray(marker)) - len(truth))


def turned(values: Floats, truth: Bools, direction: Direction, *, left_out: int = 0) -> Classes:
    """Part a marker into its classes, the positives higher."""
    sign = orientation(values, truth, direction)
    return Classes(sign * values[truth], sign * values[~truth], sign, left_out)


def markers_of(
    markers: list[ArrayLike], outcome: ArrayLike, *, positive: object = 1
) -> tuple[Floats, Bools]:
    """Return the markers and the truth of the subjects that have all of them.

    Parameters
    ----------
    markers
        Each with one value per subject; subjects with NaN in any are left out. Pandas objects
        go by their labels (`aligned`), arrays by position.
    outcome
        One value per subject, of two kinds; blank (NaN, None, "") is left out.
    positive
        The outcome that counts as positive. True is 1; 1, 1.0 and "1" are one.

    Returns
    -------
    markers : array (markers, subjects)
        Values equal but for rounding are equal (`merge_ties`).
    truth : array (subjects,)

    Raises
    ------
    InputError
        If lengths or labels differ, a marker is no number, or the outcomes are not two.

    """
    *markers, outcome = aligned(
        {f"marker {place}": one for place, one in enumerate(markers, 1)} | {"outcome": outcome}
    )
    try:
        columns = [np.asarray(marker, dtype=float) for marker in markers]
        codes, names = pd.factorize(pd.Series(outcome))
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"expected a marker of numbers and an outcome, one of each per subject ({error})"
        ) from error
    shapes = [column.shape for column in (*columns, codes)]
    if len(set(shapes)) != 1:
        raise InputError(f"found shapes {shapes[:-1]} of marker and {shapes[-1]} of outcome")
    values = np.stack(columns)
    # A blank has the code −1: the last of the kinds.
    kinds = np.array([*(_kind(value) for value in names), ""])
    known = ~np.isnan(values).any(axis=0) & (kinds != "")[codes]
    _check_kinds(kinds[np.unique(codes[known])], _kind(positive))
    return merge_ties(values[:, known]), (kinds == _kind(positive))[codes[known]]


def classes_with_gaps(
    marker: ArrayLike, outcome: ArrayLike, *, positive: object = 1
) -> tuple[Floats, Bools]:
    """Return the marker, NaN where missing, and the truth of the subjects with an outcome.

    Raises
    ------
    InputError
        As `markers_of`.

    """
    marker, outcome = aligned({"marker": marker, "outcome": outcome})
    try:
        values = np.asarray(marker, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"expected a marker of numbers ({error})") from error
    missing = np.isnan(values)
    (filled, gaps), truth = markers_of(
        [np.where(missing, 0.0, values), missing], outcome, positive=positive
    )
    return np.where(gaps == 1, np.nan, filled), truth


def left_out_text(count: int, without: str = "a marker or an outcome") -> str:
    """Return what a headline adds where subjects were left out; empty if none was."""
    if not count:
        return ""
    who = "1 subject was" if count == 1 else f"{count} subjects were"
    return f" {who} left out, without {without}."


def _check_kinds(kinds: NDArray[np.str_], positive: str) -> None:
    levels = sorted(set(kinds))
    if len(levels) != 2 or positive not in levels:
        raise InputError(
            f"outcome: found {', '.join(levels) or 'nothing'} among subjects with a marker; "
            f"expected two kinds, one of them {positive}"
        )

    (other,) = set(levels) - {positive}
    if is_spelling_of(other, positive) or says_unknown(other):
        raise InputError(
            f"outcome: found {other} beside {positive}, which is no negative but another spelling, "
            "or no outcome at all; write it alike, or leave it blank"
        )


def _kind(value: object) -> str:
    """Write an outcome as text that compares the way people mean it."""
    return str(int(value)) if isinstance(value, bool | np.bool) else text_level(value)


def orientation(values: Floats, truth: Bools, direction: Direction) -> int:
    """Return 1 if positives have the higher values, −1 if the lower; `auto` looks.

    Raises
    ------
    InputError
        If the direction is unknown.

    """
    check_choice("direction", direction, DIRECTIONS)
    if direction == "auto":
        return 1 if area(values[truth], values[~truth]) >= 0.5 else -1
    return 1 if direction == "higher" else -1
