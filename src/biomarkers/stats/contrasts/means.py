"""Student's and Welch's tests of mean changes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.shown import Shown, new_axes, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeanTest(Shown):
    """A mean, or a difference of two, against 0.

    Parameters
    ----------
    estimate, low, high
        The mean or difference and its t interval.
    se, t, df, p_value
        Standard error, statistic, degrees of freedom and the two-sided p.
    n, left_out
        Subjects used, and those with a missing value.

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

    @property
    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        return pd.DataFrame([vars(self)])

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        lost = f", {self.left_out} left out for a missing value" if self.left_out else ""
        return (
            f"Mean {self.estimate:.4g} ({self.low:.4g} to {self.high:.4g}), "
            f"{p_text(self.p_value)} (n = {self.n}{lost})."
        )

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draw the estimate and its interval."""
        axes = new_axes(axes)
        reach = [[self.estimate - self.low], [self.high - self.estimate]]
        axes.errorbar([self.estimate], [0], xerr=reach, marker="o", capsize=3)
        axes.axvline(0, color="0.6", linewidth=1)
        axes.set(xlabel="Mean", yticks=[])
        return axes


def mean_change(changes: ArrayLike, *, level: float = LEVEL) -> MeanTest:
    """Test whether the mean change of one group is 0, by paired t.

    Take log ratios, not percent: +100 % and −50 % undo each other.

    Parameters
    ----------
    changes
        One per subject; NaN is left out.
    level
        Confidence level.

    Raises
    ------
    InputError
        If fewer than two changes are known, or they do not vary.

    """
    check_level(level)
    values = _known(changes, "changes")
    variance = float(values.var(ddof=1)) / len(values)
    lost = np.size(np.asarray(changes)) - len(values)
    return _judged(float(values.mean()), variance, len(values) - 1, level, (len(values), lost))


def mean_difference(first: ArrayLike, second: ArrayLike, *, level: float = LEVEL) -> MeanTest:
    """Test whether two groups have the same mean, second minus first, by Welch's t.

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
    check_level(level)
    a, b = _known(first, "first"), _known(second, "second")
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    spread = float(np.sum(parts**2 / [len(a) - 1, len(b) - 1]))
    df = float(parts.sum() ** 2 / spread) if spread > 0 else np.nan
    lost = np.size(np.asarray(first)) + np.size(np.asarray(second)) - len(a) - len(b)
    difference = float(b.mean() - a.mean())
    return _judged(difference, float(parts.sum()), df, level, (len(a) + len(b), lost))


def _known(values: ArrayLike, name: str) -> Floats:
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: expected numbers ({error})") from error
    known: Floats = numbers[~np.isnan(numbers)]
    if numbers.ndim != 1 or len(known) < 2 or np.isinf(known).any():
        raise InputError(f"{name}: expected two or more finite numbers; found {known.tolist()[:5]}")
    return known


def _judged(
    estimate: float, variance: float, df: float, level: float, counts: tuple[int, int]
) -> MeanTest:
    if variance <= 0:
        raise InputError("the values do not vary; there is no test")
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    t = estimate / error
    return MeanTest(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        se=error,
        t=t,
        df=df,
        p_value=float(2 * stats.t.sf(abs(t), df)),
        n=counts[0],
        left_out=counts[1],
    )
