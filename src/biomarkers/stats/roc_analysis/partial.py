"""The area under a part of the ROC curve, where a test must be specific (or sensitive)."""

from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.drawing import Axes, draw_roc
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL
from biomarkers.stats.roc_analysis.classes import Direction, left_out_text, two_classes
from biomarkers.stats.roc_analysis.curves import Focus, make_sample
from biomarkers.stats.shown import OneRow


@dataclass(frozen=True, eq=False)
class PartialAuc(OneRow):
    """The area under a part of the ROC curve.

    Parameters
    ----------
    area, area_low, area_high
        The part's area and its 95 % bootstrap interval.
    standardised
        McClish's correction (doi:10.1177/0272989X8900900307): ½ for a useless marker, 1 for a
        perfect one; NaN for an area below that of a useless marker.
    low, high, focus
        The range, and of what.
    left_out
        Subjects without a marker or an outcome.
    curve
        Every step of the curve, `threshold, sensitivity, specificity`.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.partial_auc([4.0, 3.0, 2.0, 1.0], [1, 1, 0, 0], draws=50)
    >>> result.low, result.high, round(result.standardised, 3)  # a perfect marker
    (0.9, 1.0, 1.0)

    """

    area: float
    area_low: float
    area_high: float
    standardised: float
    low: float
    high: float
    focus: str
    left_out: int
    curve: pd.DataFrame = field(repr=False)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"Partial AUC over {self.focus} {self.low:g} to {self.high:g}: {self.area:.4f} "
            f"({self.area_low:.4f} to {self.area_high:.4f}), standardised {self.standardised:.3f}."
            f"{left_out_text(self.left_out)}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw the curve, and shade the part that was asked for."""
        draw_roc(axes, self.curve)
        if self.focus == "specificity":
            axes.axvspan(1 - self.high, 1 - self.low, color="0.5", alpha=0.2, linewidth=0)
        else:
            axes.axhspan(self.low, self.high, color="0.5", alpha=0.2, linewidth=0)
        axes.set_title(f"Partial AUC {self.area:.3f} ({self.area_low:.3f} to {self.area_high:.3f})")


def partial_auc(
    marker: ArrayLike,
    outcome: ArrayLike,
    *,
    between: tuple[float, float] = (0.9, 1.0),
    focus: Focus = "specificity",
    positive: object = 1,
    direction: Direction = "auto",
    draws: int = 2000,
    seed: int = 1,
) -> PartialAuc:
    """Return the area under the part of the curve where specificity (or sensitivity) is high.

    Parameters
    ----------
    marker, outcome, positive, direction
        As for `roc`.
    between
        The range, in either order.
    focus
        What the range is of: `specificity` or `sensitivity`.
    draws, seed
        Bootstrap resamples, stratified by class, and their seed.

    Raises
    ------
    InputError
        As `roc`, or if the range or the focus makes no sense.

    Examples
    --------
    >>> from biomarkers import stats
    >>> marker, outcome = [4.0, 3.0, 2.0, 1.0], [1, 1, 0, 0]
    >>> round(stats.partial_auc(marker, outcome, between=(0.8, 1.0), draws=50).area, 3)  # all of it
    0.2

    """
    low, high = sorted(between)
    if not 0 <= low < high <= 1:
        raise InputError(f"between: found {between}, expected two different values in 0 to 1")
    check_choice("focus", focus, get_args(Focus))
    classes = two_classes(marker, outcome, positive=positive, direction=direction)
    sample = make_sample(classes.positives, classes.negatives)
    area = float(sample.observed().partial_area(low, high, focus=focus))
    resampled, _ = sample.resampled(draws, seed=seed)
    limits = np.quantile(
        resampled.partial_area(low, high, focus=focus), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    )
    useless, perfect = _useless_and_perfect(low, high)
    corrected = (1 + (area - useless) / (perfect - useless)) / 2
    return PartialAuc(
        area=area,
        area_low=float(limits[0]),
        area_high=float(limits[1]),
        standardised=corrected if area >= useless else float("nan"),
        low=low,
        high=high,
        focus=focus,
        left_out=classes.left_out,
        curve=sample.observed().table(classes.direction),
    )


def _useless_and_perfect(low: float, high: float) -> tuple[float, float]:
    """Return the least area that is better than chance, and the greatest there is."""
    return ((1 - low) ** 2 - (1 - high) ** 2) / 2, high - low
