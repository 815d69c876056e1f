"""The line between two methods that both err: Deming, and Passing and Bablok.

Scipy's orthogonal distance regression has no jackknife interval; neither library has the latter.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.results.drawing import REFERENCE
from biomarkers.stats.agreement.pairs import figure_table, left_out_text, matched, named_figures
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.ranks import merge_ties, rounding
from biomarkers.stats.shown import Shown


@dataclass(frozen=True, eq=False)
class MethodLine(Shown):
    """Second measurement = intercept + slope × first.

    Parameters
    ----------
    method
        `Deming` or `Passing-Bablok`.
    slope, slope_low, slope_high
        1 where there is no proportional bias.
    intercept, intercept_low, intercept_high
        0 where there is no constant bias.
    pairs
        The measurements, `first, second`.
    left_out
        Pairs that lacked a measurement.

    Examples
    --------
    >>> from biomarkers import stats
    >>> line = stats.deming([1.0, 2.0, 3.0, 4.0, 5.0], [2.1, 3.9, 6.1, 7.9, 10.0])
    >>> line.method, round(line.slope, 2), round(line.intercept, 2)
    ('Deming', 1.98, 0.06)

    """

    method: str
    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    pairs: pd.DataFrame
    left_out: int

    @property
    def table(self) -> pd.DataFrame:
        """Slope and intercept: `term, estimate, low, high`."""
        return figure_table(self, ("slope", "intercept"), "term")

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"{self.method}: second = {self.intercept:.4g} ({self.intercept_low:.4g} to "
            f"{self.intercept_high:.4g}) + {self.slope:.4g} ({self.slope_low:.4g} to "
            f"{self.slope_high:.4g}) × first.{left_out_text(self.left_out)}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw the pairs, the line, and that of identity."""
        axes.plot(self.pairs["first"], self.pairs["second"], "o")
        ends = np.array([self.pairs["first"].min(), self.pairs["first"].max()])
        axes.plot(ends, ends, linestyle=":", label="identity", **REFERENCE)
        axes.plot(ends, self.intercept + self.slope * ends, color="C1", label="fitted")
        axes.legend(loc="upper left")
        axes.set(xlabel="First", ylabel="Second")


def deming(
    first: ArrayLike, second: ArrayLike, *, variance_ratio: float = 1.0, level: float = LEVEL
) -> MethodLine:
    """Fit a line where both measurements err, normally and alike over their range.

    Interval by jackknife and t with n − 2 degrees of freedom: Linnet 1990,
    doi:10.1002/sim.4780091210.

    Parameters
    ----------
    first, second
        One value per subject each; subjects lacking one are left out.
    variance_ratio
        Error variance of the second measurement over that of the first; 1 is orthogonal.
    level
        Confidence level.

    Raises
    ------
    InputError
        If lengths differ, fewer than four pairs are left, the ratio is not above 0, or the two
        are not correlated.

    Examples
    --------
    >>> from biomarkers import stats
    >>> # NCSS manual, chapter 303, example 1: slope 1.0012, intercept -0.0897.
    >>> x = [7.0, 8.3, 10.5, 9.0, 5.1, 8.2, 10.2, 10.3, 7.1, 5.9]
    >>> y = [7.9, 8.2, 9.6, 9.0, 6.5, 7.3, 10.2, 10.6, 6.3, 5.2]
    >>> line = stats.deming(x, y, variance_ratio=0.25)
    >>> round(line.slope, 4), round(line.intercept, 4)
    (1.0012, -0.0897)

    """
    check_level(level)
    if not variance_ratio > 0:
        raise InputError(f"variance_ratio: found {variance_ratio:g}, expected above 0")
    a, b, left_out = matched(first, second, least=4)
    line = _deming(np.ones((1, len(a))), a, b, variance_ratio)[0]
    without = _deming(1 - np.eye(len(a)), a, b, variance_ratio)
    pseudo = len(a) * line - (len(a) - 1) * without
    if not np.isfinite(pseudo).all():
        raise InputError("the two measurements do not rise and fall together; there is no line")
    half = stats.t.ppf((1 + level) / 2, len(a) - 2) * pseudo.std(axis=0, ddof=1) / np.sqrt(len(a))
    return _line("Deming", np.transpose([line, line - half, line + half]), (a, b), left_out)


def _line(
    method: str, figures: ArrayLike, pairs: tuple[Floats, Floats], left_out: int
) -> MethodLine:
    """Name the figures: rows slope, intercept; columns estimate, low, high."""
    values = named_figures(("slope", "intercept"), figures)
    data = pd.DataFrame(dict(zip(("first", "second"), pairs, strict=True)))
    return MethodLine(method=method, **values, pairs=data, left_out=left_out)


def _deming(weights: Floats, a: Floats, b: Floats, ratio: float) -> Floats:
    """Return slope and intercept for each row of weights, shape (rows, 2)."""
    total = weights.sum(axis=1)
    mean_a, mean_b = weights @ a / total, weights @ b / total
    da, db = a - mean_a[:, None], b - mean_b[:, None]
    aa, bb, ab = ((weights * p * q).sum(axis=1) for p, q in ((da, da), (db, db), (da, db)))
    steep = bb - ratio * aa
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (steep + np.sqrt(steep**2 + 4 * ratio * ab**2)) / (2 * ab)
    return np.stack([slope, mean_b - slope * mean_a], axis=1)


def passing_bablok(first: ArrayLike, second: ArrayLike, *, level: float = LEVEL) -> MethodLine:
    """Fit a line by ranks of the slopes between all pairs of subjects: robust against outliers.

    Passing & Bablok 1983, doi:10.1515/cclm.1983.21.11.709. For methods that measure the same
    on the same scale (slope near 1).

    Parameters
    ----------
    first, second
        One value per subject each; subjects lacking one are left out.
    level
        Confidence level.

    Raises
    ------
    InputError
        If lengths differ, fewer than five pairs are left, the measurements do not rise together,
        or there are too few for the level.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import stats
    >>> first = np.array([0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5])  # ADC of two scanners
    >>> second = 0.05 + 1.1 * first
    >>> second[0] = 1.6  # one went wrong
    >>> line = stats.passing_bablok(first, second)
    >>> round(line.slope, 2), round(line.intercept, 2)
    (1.1, 0.05)

    """
    check_level(level)
    a, b, left_out = matched(first, second, least=5)
    count, slopes = len(a), _pairwise_slopes(merge_ties(a), merge_ties(b))
    offset, size = int((slopes < -1).sum()), len(slopes)
    if offset * 2 >= size:
        raise InputError("the two measurements do not rise together; expected a slope near 1")
    slope = float(
        (slopes[(size - 1) // 2 + offset] + slopes[min(size // 2 + offset, size - 1)]) / 2
    )
    reach = stats.norm.ppf((1 + level) / 2) * np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    first_rank = round((size - reach) / 2)
    low_at, high_at = first_rank - 1 + offset, size - first_rank + offset
    if low_at < 0 or high_at >= size:
        raise InputError(f"{count} pairs are too few for an interval at level {level:g}")
    low, high = float(slopes[low_at]), float(slopes[high_at])
    intercept, at_high, at_low = (float(np.median(b - s * a)) for s in (slope, high, low))
    figures = [[slope, low, high], [intercept, at_high, at_low]]
    return _line("Passing-Bablok", figures, (a, b), left_out)


def _pairwise_slopes(a: Floats, b: Floats) -> Floats:
    """Return the slopes between all pairs, ascending, but those of equal pairs and of −1."""
    i, j = np.triu_indices(len(a), 1)
    run, rise = a[j] - a[i], b[j] - b[i]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = rise / run
        noise = rounding(b[j], b[i]) / np.abs(run) + rounding(a[j], a[i]) / np.abs(run)
    slopes[(run == 0) & (rise != 0)] = np.inf
    return np.sort(slopes[~np.isnan(slopes) & ~(np.abs(slopes + 1) <= noise)])
