"""Bland and Altman's limits of agreement: how far two measurements of the same thing differ.

Statsmodels' `mean_diff_plot` draws the limits, but has no intervals, ratios or repeated pairs.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.stats.agreement.pairs import (
    Scale,
    figure_table,
    left_out_text,
    matched,
    named_figures,
    on_scale,
)
from biomarkers.stats.agreement.replicates import Truth, Z, repeated_differences
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL, check_level, mean_interval
from biomarkers.stats.shown import Shown

Interval = Literal["exact", "approximate"]

_FIGURES = ("bias", "lower", "upper")


@dataclass(frozen=True, eq=False)
class Agreement(Shown):
    """Bias and limits of agreement between two measurements.

    Parameters
    ----------
    bias, bias_low, bias_high
        Mean difference, second minus first, and its interval.
    lower, lower_low, lower_high, upper, upper_low, upper_high
        The limits that hold 95 % of differences, each with its interval.
    pairs
        Means and differences, `mean, difference` (and `subject` of replicates).
    scale
        `absolute`, or `log_ratio`: every figure is a logarithm of a ratio; see `ratios`.
    left_out
        Pairs that lacked a measurement.

    Examples
    --------
    >>> from biomarkers import stats
    >>> before, after = [10.0, 12.0, 14.0, 16.0], [11.0, 12.0, 15.0, 16.0]
    >>> result = stats.limits_of_agreement(before, after)
    >>> result.bias  # of the differences 1, 0, 1, 0
    0.5
    >>> round(result.upper - result.bias, 3)  # 1.96/√3
    1.132

    """

    bias: float
    bias_low: float
    bias_high: float
    lower: float
    lower_low: float
    lower_high: float
    upper: float
    upper_low: float
    upper_high: float
    pairs: pd.DataFrame
    scale: str = "absolute"
    left_out: int = 0

    @property
    def table(self) -> pd.DataFrame:
        """Bias and limits: `figure, estimate, low, high`."""
        return figure_table(self, _FIGURES, "figure")

    @property
    def ratios(self) -> pd.DataFrame:
        """The table as ratios, second over first; NaN on the absolute scale.

        Examples
        --------
        >>> from biomarkers import stats
        >>> first, second = [10.0, 20.0, 30.0, 40.0], [11.0, 22.0, 33.0, 46.0]
        >>> result = stats.limits_of_agreement(first, second, scale="log_ratio")
        >>> result.ratios.round(3)
          figure  estimate    low   high
        0   bias     1.112  1.074  1.152
        1  lower     1.065  0.937  1.092
        2  upper     1.162  1.133  1.320
        >>> round((1.1**3 * 1.15) ** 0.25, 3)  # the geometric mean ratio
        1.112

        """
        figures = self.table.set_index("figure")
        if self.scale == "absolute":
            figures[:] = np.nan
        return pd.DataFrame(np.exp(figures)).reset_index()

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        shown = (self.ratios if self.scale == "log_ratio" else self.table).set_index("figure")
        bias, lower, upper = (shown.loc[name] for name in ("bias", "lower", "upper"))
        verb = "is the first times" if self.scale == "log_ratio" else "differs by"
        kind = "ratios" if self.scale == "log_ratio" else "differences"
        return (
            f"The second measurement {verb} {bias['estimate']:.4g} ({bias['low']:.4g} to "
            f"{bias['high']:.4g}); 95 % of {kind} lie between {lower['estimate']:.4g} and "
            f"{upper['estimate']:.4g}.{left_out_text(self.left_out)}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw each difference against its mean, with bias, limits and their intervals."""
        axes.plot(self.pairs["mean"], self.pairs["difference"], "o")
        for row, style in zip(self.table.to_dict("records"), ("-", "--", "--"), strict=True):
            axes.axhline(row["estimate"], linestyle=style, color="0.4")
            axes.axhspan(row["low"], row["high"], color="0.4", alpha=0.12, linewidth=0)
        ratio = self.scale == "log_ratio"
        axes.set(
            xlabel="Geometric mean of the two" if ratio else "Mean of the two",
            ylabel="log(second / first)" if ratio else "Second − first",
        )


def limits_of_agreement(
    first: ArrayLike,
    second: ArrayLike,
    *,
    subjects: ArrayLike | None = None,
    truth: Truth = "varies",
    scale: Scale = "absolute",
    interval: Interval = "exact",
    level: float = LEVEL,
) -> Agreement:
    """Compare two measurements of the same subjects.

    Parameters
    ----------
    first, second
        One value per row each; rows lacking one are left out.
    subjects
        Whose each row is, where subjects were measured repeatedly; None: one row per subject.
    truth
        Of repeated measurements: `varies`, a row holds two measurements of one moment and the
        rows of a subject differ in truth; `constant`, every row of a subject repeats the same
        measurement, the two columns need not belong together, and gaps are no loss.
    scale
        `absolute`, or `log_ratio` where differences grow in proportion to the value.
    interval
        Of the limits, with one row per subject: `exact` (noncentral t) or `approximate` (Bland
        and Altman's). With repeated rows it is Zou's, which recovers it from the variances.
    level
        Confidence level of bias and limits.

    Raises
    ------
    InputError
        If lengths differ, fewer than two pairs (of repeated rows: two subjects, one of them with
        replicates) are left, or a choice is unknown.

    References
    ----------
    Bland & Altman 1999, doi:10.1177/096228029900800204, and 2007,
    doi:10.1080/10543400701329422. Carkeet 2015, doi:10.1097/OPX.0000000000000513. Zou 2013,
    doi:10.1177/0962280211402548.

    Examples
    --------
    >>> from biomarkers import stats
    >>> # Peak flow by two meters, l/min: Bland & Altman 1986, Lancet i:307, table I.
    >>> wright = [494, 395, 516, 434, 476, 557, 413, 442, 650,
    ...           433, 417, 656, 267, 478, 178, 423, 427]
    >>> mini = [512, 430, 520, 428, 500, 600, 364, 380, 658,
    ...         445, 432, 626, 260, 477, 259, 350, 451]
    >>> result = stats.limits_of_agreement(mini, wright)
    >>> round(result.bias, 1)  # as on page 308
    -2.1
    >>> round((result.upper - result.bias) / 1.96, 1)  # their standard deviation, 38.8
    38.8

    """
    check_level(level)
    check_choice("interval", interval, ("exact", "approximate"))
    if subjects is not None:
        figures, pairs, left_out = repeated_differences(
            first, second, subjects, truth=truth, scale=scale, level=level
        )
    else:
        a, b, left_out = matched(first, second, least=2)
        a, b = on_scale(a, scale), on_scale(b, scale)
        pairs = pd.DataFrame({"mean": (a + b) / 2, "difference": b - a})
        reaches = (_exact if interval == "exact" else _approximate)(len(pairs), level)
        figures = _figures(b - a, reaches, level)
    if scale == "log_ratio":
        pairs["mean"] = np.exp(pairs["mean"])
    values = named_figures(_FIGURES, figures)
    return Agreement(**values, pairs=pairs, scale=scale, left_out=left_out)


def _figures(difference: Floats, reaches: Floats, level: float) -> Floats:
    """Return bias, lower and upper limit (rows), each with its interval."""
    bias, low, high = mean_interval(difference, level=level)
    spread = float(difference.std(ddof=1))
    limits = bias + spread * np.array([[-Z, *(-reaches[::-1])], [Z, *reaches]])
    return np.vstack([[bias, low, high], limits])


def _exact(count: int, level: float) -> Floats:
    """Return how many standard deviations from the mean the upper limit may truly lie.

    Carkeet's one-sided tolerance factors: quantiles of noncentral t over √n.
    """
    tails = [(1 - level) / 2, (1 + level) / 2]
    root = np.sqrt(count)
    return np.asarray(stats.nct.ppf(tails, count - 1, Z * root) / root)


def _approximate(count: int, level: float) -> Floats:
    error = np.sqrt(1 / count + Z**2 / (2 * (count - 1)))
    half = stats.t.ppf((1 + level) / 2, count - 1) * error
    return np.array([Z - half, Z + half])
