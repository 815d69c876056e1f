"""What the missing might have been at worst: bounds without assumptions, and a declared failure.

Only ranks matter to an AUC, so a missing value is placed below or above every measured one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.ranks import ranks_of
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.roc_analysis.classes import Direction, classes_with_gaps, orientation
from biomarkers.stats.shown import OneRow


def placed(values: Floats, below: Bools, above: Bools) -> Floats:
    """Return the ranks of values, with some subjects below and some above all of them.

    Parameters
    ----------
    values
        One per subject; NaN where missing, and left so if neither below nor above.
    below, above
        Which of the missing to place.

    """
    known = ~np.isnan(values)
    ranks = np.full(len(values), np.nan)
    ranks[known] = ranks_of(values[known])
    ranks[below & ~known] = 0.0
    ranks[above & ~known] = known.sum() + 1.0
    return ranks


def against(values: Floats, positive: Bools, *, higher: bool) -> Floats:
    """Place the missing as badly as can be for positives being higher (or lower)."""
    return placed(values, positive if higher else ~positive, ~positive if higher else positive)


@dataclass(frozen=True, eq=False)
class AucBounds(OneRow):
    """Between which values the AUC lies, whatever the missing values are.

    Parameters
    ----------
    auc
        Of the measured subjects; NaN if a class was not measured at all.
    lowest, highest
        With every missing value at its worst and at its best.
    direction
        `higher` or `lower`: what positives show.
    measured, missing
        Numbers of positives and negatives, `(positive, negative)`.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.auc_bounds([3.0, 4.0, float("nan"), 1.0, 2.0], [1, 1, 1, 0, 0])
    >>> result.measured, result.missing, result.direction
    ((2, 2), (1, 0), 'higher')

    """

    auc: float
    lowest: float
    highest: float
    direction: str
    measured: tuple[int, int]
    missing: tuple[int, int]

    @property
    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        positive, negative = self.missing
        return super().table.assign(missing_positive=positive, missing_negative=negative)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"{sum(self.missing)} of {sum(self.missing) + sum(self.measured)} subjects lack the "
            f"marker; whatever theirs are, the AUC lies between {self.lowest:.3f} and "
            f"{self.highest:.3f} ({self.auc:.3f} in those measured)."
        )

    def draw(self, axes: Axes) -> None:
        """Draw the AUC and its bounds."""
        bounds = pd.DataFrame(
            {"estimate": [self.auc], "low": [self.lowest], "high": [self.highest]}
        )
        forest_plot(axes, bounds, "AUC, and its bounds", none=0.5)
        axes.set_xlim(0, 1.02)


def auc_bounds(
    marker: ArrayLike,
    outcome: ArrayLike,
    *,
    positive: object = 1,
    direction: Direction = "auto",
) -> AucBounds:
    """Bound the AUC of all subjects, measured or not, without any assumption.

    Parameters
    ----------
    marker
        One value per subject, NaN where it is missing.
    outcome, positive, direction
        As for `roc`; `auto` looks at the measured.

    Raises
    ------
    InputError
        As `roc`; if a class was not measured at all, and the direction is `auto`.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.auc_bounds([3.0, 4.0, float("nan"), 1.0, 2.0], [1, 1, 1, 0, 0])
    >>> round(result.lowest, 3), round(result.highest, 3)  # 4 or 6 of 6 pairs
    (0.667, 1.0)

    """
    values, truth = classes_with_gaps(marker, outcome, positive=positive)
    known = ~np.isnan(values)
    sizes = [(int((rows & truth).sum()), int((rows & ~truth).sum())) for rows in (known, ~known)]
    if min(sizes[0]) == 0 and direction == "auto":
        raise InputError("nobody of a class was measured; declare the direction")
    if min(sizes[0]):
        sign = orientation(values[known], truth[known], direction)
        auc = area(sign * values[known & truth], sign * values[known & ~truth])
    else:
        sign, auc = (1 if direction == "higher" else -1), float("nan")
    worst, best = (against(sign * values, truth, higher=side) for side in (True, False))
    return AucBounds(
        auc=auc,
        lowest=area(worst[truth], worst[~truth]),
        highest=area(best[truth], best[~truth]),
        direction="higher" if sign > 0 else "lower",
        measured=sizes[0],
        missing=sizes[1],
    )
