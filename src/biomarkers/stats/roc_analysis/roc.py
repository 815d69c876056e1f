"""The ROC curve of one marker: area, interval, curve.

Neither scipy nor statsmodels has ROC curves.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, draw_roc
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL, check_level, check_share, newcombe_interval
from biomarkers.stats.roc_analysis.auc import delong_variance, structural_components
from biomarkers.stats.roc_analysis.classes import (
    Direction,
    left_out_text,
    two_classes,
)
from biomarkers.stats.roc_analysis.curves import make_sample, observed_curve
from biomarkers.stats.shown import OneRow

Interval = Literal["newcombe", "delong", "bootstrap"]


@dataclass(frozen=True, eq=False)
class Roc(OneRow):
    """How well one marker separates positives from negatives.

    Parameters
    ----------
    auc, auc_low, auc_high
        Area under the curve and its confidence interval.
    variance
        DeLong's variance of the area; NaN with fewer than two subjects in a class.
    direction
        `higher` or `lower`: what positives show.
    ci, level
        Kind and level of the interval.
    positives, negatives
        The values behind it, ascending; times −1 where the direction is `lower`.
    left_out
        Subjects without a marker or an outcome.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> result.auc, result.direction, len(result.positives)  # 3 of 4 pairs
    (0.75, 'higher', 2)

    """

    columns = (
        "auc", "auc_low", "auc_high", "variance", "direction", "n_positive", "n_negative",
        "left_out",
    )  # fmt: skip

    auc: float
    auc_low: float
    auc_high: float
    variance: float
    direction: str
    ci: str
    level: float
    positives: Floats = field(repr=False)
    negatives: Floats = field(repr=False)
    left_out: int = field(default=0, kw_only=True)

    @property
    def n_positive(self) -> int:
        """Positives with a marker."""
        return len(self.positives)

    @property
    def n_negative(self) -> int:
        """Negatives with a marker."""
        return len(self.negatives)

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Every step, from calling everyone positive to calling no one.

        `threshold, sensitivity, specificity`: positive is above (direction `lower`: below) the
        threshold, which lies half way between two observed values.
        """
        return observed_curve(self.positives, self.negatives).table(self.direction)

    def sensitivity_at(self, specificity: float) -> float:
        """Return the sensitivity at a specificity, straight between the steps of the curve.

        Examples
        --------
        >>> from biomarkers import stats
        >>> result = stats.roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        >>> result.sensitivity_at(1.0), result.sensitivity_at(0.5)
        (0.0, 0.5)

        """
        check_share(specificity, "specificity")
        return float(np.interp(specificity, self.curve["specificity"], self.curve["sensitivity"]))

    def specificity_at(self, sensitivity: float) -> float:
        """Return the specificity at a sensitivity, straight between the steps of the curve.

        Examples
        --------
        >>> from biomarkers import stats
        >>> result = stats.roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
        >>> result.specificity_at(1.0), result.specificity_at(0.5)
        (0.0, 0.5)

        """
        check_share(sensitivity, "sensitivity")
        steps = self.curve.iloc[::-1]
        return float(np.interp(sensitivity, steps["sensitivity"], steps["specificity"]))

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"AUC {self.auc:.3f} ({self.level:.0%} {self.ci} interval {self.auc_low:.3f} to "
            f"{self.auc_high:.3f}): {self.direction} in {self.n_positive} positives than in "
            f"{self.n_negative} negatives.{self._caution}{left_out_text(self.left_out)}"
        )

    @property
    def _caution(self) -> str:
        if self.ci == "newcombe" or self.auc_high > self.auc_low:
            return ""
        return (
            f" No variance was seen, so the {self.ci} interval says nothing about other subjects; "
            "take ci='newcombe'."
        )

    def draw(self, axes: Axes) -> None:
        """Draw sensitivity against 1 − specificity."""
        draw_roc(axes, self.curve)
        axes.set_title(f"AUC {self.auc:.2f} ({self.auc_low:.2f} to {self.auc_high:.2f})")


def roc(
    marker: ArrayLike,
    outcome: ArrayLike,
    *,
    positive: object = 1,
    direction: Direction = "auto",
    ci: Interval = "newcombe",
    level: float = LEVEL,
    draws: int = 2000,
    seed: int = 1,
) -> Roc:
    """Return the ROC curve of a marker, with the area under it.

    Parameters
    ----------
    marker
        One value per subject; subjects with NaN are left out.
    outcome
        One value per subject, of two kinds; blank (NaN, None, "") is left out.
    positive
        The outcome that counts as positive.
    direction
        `higher`: positives have the higher values; `lower`; `auto`: whichever makes AUC ≥ ½.
    ci
        `newcombe`: score interval, also right in small samples; `delong`: Wald; `bootstrap`:
        percentiles of resamples stratified by class. The last two are for comparison.
    level
        Confidence level.
    draws, seed
        Resamples of the bootstrap, and their seed.

    Raises
    ------
    InputError
        If lengths differ, a marker is no number, or the outcomes are not two.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.roc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])  # positives win 3 of 4 pairs
    >>> result.auc
    0.75

    """
    check_level(level)
    check_choice("ci", ci, get_args(Interval))
    classes = two_classes(marker, outcome, positive=positive, direction=direction)
    positives, negatives = np.sort(classes.positives), np.sort(classes.negatives)
    parts = structural_components(positives, negatives)
    auc, variance = float(parts[0].mean()), delong_variance(*parts)
    if ci == "newcombe":
        low, high = newcombe_interval(auc, len(positives), len(negatives), level=level)
    elif ci == "delong":
        half = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance)
        low, high = np.clip([auc - half, auc + half], 0, 1)
    else:
        resampled, _ = make_sample(positives, negatives).resampled(draws, seed=seed)
        low, high = np.quantile(resampled.area(), [(1 - level) / 2, (1 + level) / 2])
    return Roc(
        auc=auc,
        auc_low=float(low),
        auc_high=float(high),
        variance=variance,
        direction=classes.direction,
        ci=ci,
        level=level,
        positives=positives,
        negatives=negatives,
        left_out=classes.left_out,
    )
