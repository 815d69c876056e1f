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

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.mean_change([-0.5, -0.3, -0.4, -0.4])
    >>> round(result.estimate, 3), result.df, result.n
    (-0.4, 3.0, 4)

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

    Examples
    --------
    >>> from biomarkers import stats
    >>> # Hours of sleep gained by a drug over another: Student 1908, t = 4.06.
    >>> result = stats.mean_change([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    >>> round(result.estimate, 2), round(result.t, 2)
    (1.58, 4.06)

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

    Examples
    --------
    >>> from biomarkers import stats
    >>> # Student's sleep data, as `t.test(extra ~ group)` of R: t = -1.86, df 17.8, p 0.079.
    >>> first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    >>> second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    >>> result = stats.mean_difference(first, second)
    >>> round(result.t, 2), round(result.df, 1), round(result.p_value, 3)
    (-1.86, 17.8, 0.079)

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
