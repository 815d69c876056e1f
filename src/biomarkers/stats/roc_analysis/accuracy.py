"""How often a given cut-off is right: sensitivity, specificity, predictive values.

Statsmodels has intervals of proportions, none of predictive values at another prevalence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL, check_level, proportion_interval
from biomarkers.stats.ranks import reaches
from biomarkers.stats.roc_analysis.classes import Direction, left_out_text, two_classes
from biomarkers.stats.shown import Shown

Proportion = Literal["wilson", "exact"]

# As statsmodels calls them.
_INTERVALS: Mapping[str, str] = MappingProxyType({"wilson": "wilson", "exact": "beta"})


@dataclass(frozen=True, eq=False)
class Accuracy(Shown):
    """What calling subjects positive beyond a threshold is worth.

    Parameters
    ----------
    threshold, direction
        Positive is `higher` or `lower` than the threshold.
    prevalence
        The share of positives that the predictive values hold for.
    measures
        `measure, estimate, low, high, count, total`; predictive values at a stated prevalence
        are no counts.
    left_out
        Subjects without a marker or an outcome.

    Examples
    --------
    >>> from biomarkers import stats
    >>> marker, outcome = [5.0, 4.0, 3.0, 1.0, 2.0, 1.0], [1, 1, 1, 1, 0, 0]
    >>> result = stats.accuracy(marker, outcome, threshold=2.5)
    >>> result.measures[["measure", "count", "total"]].head(2).to_numpy().tolist()
    [['sensitivity', 3, 4], ['specificity', 2, 2]]

    """

    shows = "measures"

    threshold: float
    direction: str
    prevalence: float
    measures: pd.DataFrame
    left_out: int

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        parts = [
            f"{row['measure']} {row['estimate']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
            for row in self.measures.iloc[:2].to_dict("records")
        ]
        return (
            f"Positive if {self.direction} than {self.threshold:.4g}: {', '.join(parts)}."
            f"{left_out_text(self.left_out)}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw each measure with its interval."""
        label = f"Share ({LEVEL:.0%} interval)"
        forest_plot(axes, self.measures, label, names=self.measures["measure"], none=None)
        axes.set_xlim(-0.02, 1.02)


def accuracy(
    marker: ArrayLike,
    outcome: ArrayLike,
    *,
    threshold: float,
    positive: object = 1,
    direction: Direction = "auto",
    prevalence: float | None = None,
    ci: Proportion = "wilson",
    level: float = LEVEL,
) -> Accuracy:
    """Count how often a cut-off fixed beforehand is right.

    For a cut-off chosen on the same subjects these figures flatter; see `cutoff`.

    Parameters
    ----------
    marker, outcome, positive, direction
        As for `roc`.
    threshold
        Positive is what lies beyond it; the threshold itself is not.
    prevalence
        The share of positives predictive values are wanted for; None: as in these subjects,
        which is right only if they were not sampled by outcome.
    ci
        `wilson` or `exact` (Clopper–Pearson).
    level
        Confidence level.

    Raises
    ------
    InputError
        As `roc`, or if the threshold is NaN, or the prevalence not above 0 and below 1.

    Examples
    --------
    >>> from biomarkers import stats
    >>> marker, outcome = [5.0, 4.0, 3.0, 1.0, 2.0, 1.0], [1, 1, 1, 1, 0, 0]
    >>> measures = stats.accuracy(marker, outcome, threshold=2.5).measures
    >>> measures[["measure", "estimate"]].head(2).round(3).to_numpy().tolist()
    [['sensitivity', 0.75], ['specificity', 1.0]]

    """
    check_level(level)
    check_choice("ci", ci, _INTERVALS)
    if np.isnan(threshold):
        raise InputError("threshold: found nan, expected a number")
    if prevalence is not None and not 0 < prevalence < 1:
        raise InputError(f"prevalence: found {prevalence:g}, expected more than 0, less than 1")
    classes = two_classes(marker, outcome, positive=positive, direction=direction)
    # The threshold itself is not beyond it, nor is what rounding puts there.
    hits, alarms = (
        int((~reaches(classes.sign * threshold, values)).sum()) for values in classes[:2]
    )
    m, n = len(classes.positives), len(classes.negatives)
    rows = [
        ("sensitivity", hits, m),
        ("specificity", n - alarms, n),
        ("accuracy", hits + n - alarms, m + n),
        ("ppv", hits, hits + alarms),
        ("npv", n - alarms, m - hits + n - alarms),
    ]
    table = pd.DataFrame(rows, columns=["measure", "count", "total"])
    low, high = proportion_interval(
        table["count"], table["total"], method=_INTERVALS[ci], level=level
    )
    with np.errstate(invalid="ignore"):
        table = table.assign(estimate=table["count"] / table["total"], low=low, high=high)
    if prevalence is not None:
        table = pd.concat([table.iloc[:2], _predictive(table, prevalence)], ignore_index=True)
    return Accuracy(
        threshold=threshold,
        direction=classes.direction,
        prevalence=m / (m + n) if prevalence is None else prevalence,
        measures=table[["measure", "estimate", "low", "high", "count", "total"]],
        left_out=classes.left_out,
    )


def _predictive(rates: pd.DataFrame, prevalence: float) -> pd.DataFrame:
    """Return the predictive values at a prevalence, through the likelihood ratios.

    The ratio of two proportions has the interval of Donner & Zou 2012 (MOVER-R,
    doi:10.1177/0962280210383082) from the intervals of the two.
    """
    sensitivity, specificity = (
        rates.loc[place, ["estimate", "low", "high"]].to_numpy(dtype=float) for place in (0, 1)
    )
    odds = prevalence / (1 - prevalence)
    with np.errstate(divide="ignore", invalid="ignore"):
        true_alarm = odds * _ratio(sensitivity, _complement(specificity))
        true_clear = _ratio(specificity, _complement(sensitivity)) / odds
        shares = [1 / (1 + 1 / values) for values in (true_alarm, true_clear)]
    table = pd.DataFrame(shares, columns=["estimate", "low", "high"])
    return table.assign(measure=["ppv", "npv"])


def _complement(share: Floats) -> Floats:
    return 1 - share[[0, 2, 1]]


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """Return the ratio of two proportions, each given as estimate, low, high; and its limits."""
    (a, a_low, a_high), (b, b_low, b_high) = top, bottom
    low = a * b - np.sqrt((a * b) ** 2 - a_low * b_high * (2 * a - a_low) * (2 * b - b_high))
    high = a * b + np.sqrt((a * b) ** 2 - a_high * b_low * (2 * a - a_high) * (2 * b - b_low))
    # A denominator that may be 0 leaves the ratio without an upper limit.
    bounded = b_low > 0
    return np.array(
        [
            a / b,
            low / (b_high * (2 * b - b_high)),
            high / (b_low * (2 * b - b_low)) if bounded else np.inf,
        ]
    )
