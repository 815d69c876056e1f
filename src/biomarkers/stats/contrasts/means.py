"""Student's and Welch's tests of mean changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, draw_samples, with_interval
from biomarkers.stats.inputs import sample
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.shown import OneRow, p_text


@dataclass(frozen=True, eq=False)
class MeanTest(OneRow):
    """A mean, or a difference of two, against 0.

    Parameters
    ----------
    estimate, low, high
        The mean or difference and its t interval.
    se, t, df, p_value
        Standard error, statistic, degrees of freedom and the two-sided p.
    n, left_out
        Subjects used, and those with a missing value.
    samples
        The changes, or the values of each group.

    """

    estimate: float
    low: float
    high: float
    se: float
    t: float
    df: float
    p_value: float
    n: int
    left_out: int
    samples: tuple[Floats, ...] = field(default=(), repr=False, compare=False)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        lost = f", {self.left_out} left out for a missing value" if self.left_out else ""
        return (
            f"Mean {self.estimate:.4g} ({self.low:.4g} to {self.high:.4g}), "
            f"{p_text(self.p_value)} (n = {self.n}{lost})."
        )

    def draw(self, axes: Axes) -> None:
        """Draw every value, and the mean of each group with its interval."""
        draw_samples(axes, self.samples)
        what = "Mean" if len(self.samples) == 1 else "Difference"
        axes.set_title(
            f"{what} {with_interval(self.estimate, self.low, self.high)}, {p_text(self.p_value)}"
        )


def mean_change(changes: ArrayLike, *, level: float = LEVEL) -> MeanTest:
    """Test whether the mean change of one group is 0, by paired t (as R's `t.test(changes)`).

    Take log ratios, not percent: +100 % and −50 % undo each other.

    Parameters
    ----------
    changes
        One per subject, later minus earlier; NaN is left out.
    level
        Confidence level.

    Raises
    ------
    InputError
        If fewer than two changes are known, or they do not vary.

    """
    values, lost = sample(changes, "changes", least=2)
    test = partial(stats.ttest_1samp, popmean=0)
    return _mean_test(test, values.mean(), [values], level, lost)


def mean_difference(first: ArrayLike, second: ArrayLike, *, level: float = LEVEL) -> MeanTest:
    """Test whether two groups have the same mean by Welch's t (as R's `t.test(first, second)`).

    The estimate is the mean of the first group minus that of the second.

    Parameters
    ----------
    first, second
        Values of each group; NaN is left out.
    level
        Confidence level.

    Raises
    ------
    InputError
        If fewer than two values of a group are known, or none of them vary.

    """
    (a, lost_a), (b, lost_b) = sample(first, "first", least=2), sample(second, "second", least=2)
    test = partial(stats.ttest_ind, equal_var=False)
    return _mean_test(test, a.mean() - b.mean(), [a, b], level, lost_a + lost_b)


def _mean_test(
    test: Callable[..., Any], estimate: float, groups: list[Floats], level: float, left_out: int
) -> MeanTest:
    check_level(level)
    se = float(np.hypot.reduce([stats.sem(values) for values in groups]))
    if se == 0:
        raise InputError("the values do not vary; there is no test")
    tested = test(*groups)
    low, high = tested.confidence_interval(level)
    return MeanTest(
        estimate=float(estimate),
        low=float(low),
        high=float(high),
        se=se,
        t=float(tested.statistic),
        df=float(tested.df),
        p_value=float(tested.pvalue),
        n=sum(map(len, groups)),
        left_out=left_out,
        samples=tuple(groups),
    )
