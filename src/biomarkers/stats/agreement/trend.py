"""Limits of agreement that move with the size of what is measured.

Neither scipy nor statsmodels has limits that move; scipy fits the lines, not those of resamples.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.stats.agreement.pairs import left_out_text, matched
from biomarkers.stats.agreement.replicates import Z
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.labels import canonical_order
from biomarkers.stats.shown import Shown, p_text

Spread = Literal["linear", "constant"]

# A normal deviation's mean absolute size is √(2/π) of its standard deviation.
_FROM_ABSOLUTE = float(np.sqrt(np.pi / 2))
_POINTS = 50  # of the drawn lines


@dataclass(frozen=True, eq=False)
class RegressionLimits(Shown):
    """Bias and limits of agreement as straight lines over the mean of the two measurements.

    Parameters
    ----------
    lines
        `line` (bias, spread), `intercept, slope, slope_low, slope_high, p_value`; `spread` is
        the standard deviation of differences, and p is that of no slope.
    pairs
        Means and differences, `mean, difference`.
    resampled
        Bootstrap draws of intercept and slope of bias and spread, shape (draws, 4).
    level
        Of the intervals.
    left_out
        Pairs that lacked a measurement.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import stats
    >>> mean = np.arange(1.0, 9.0)
    >>> difference = 0.1 * mean + 0.1 * np.tile([1.0, -1.0, -1.0, 1.0], 2)  # the bias grows by 0.1
    >>> first, second = mean - difference / 2, mean + difference / 2
    >>> result = stats.regression_limits(first, second, spread="constant", draws=200)
    >>> result.lines[["line", "slope"]].round(3).to_numpy().tolist()
    [['bias', 0.1], ['spread', 0.0]]

    """

    shows = "lines"

    lines: pd.DataFrame
    pairs: pd.DataFrame
    resampled: Floats
    level: float
    left_out: int

    def at(self, mean: ArrayLike) -> pd.DataFrame:
        """Return bias and limits at some means.

        Returns
        -------
        DataFrame
            `mean, bias, lower, upper`, each figure with `_low` and `_high` (bootstrap); NaN where
            the line of the spread is below 0.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import stats
        >>> mean = np.arange(1.0, 9.0)
        >>> difference = 0.1 * mean + 0.1 * np.tile([1.0, -1.0, -1.0, 1.0], 2)
        >>> first, second = mean - difference / 2, mean + difference / 2
        >>> limits = stats.regression_limits(first, second, spread="constant", draws=200)
        >>> limits.at([2.0, 8.0])["bias"].round(3).tolist()  # a tenth of the mean
        [0.2, 0.8]

        """
        means = np.atleast_1d(as_numbers("mean", mean))
        if means.ndim > 1:
            raise InputError(f"mean has shape {means.shape}; expected a list")
        table = {"mean": means}
        tails = [(1 - self.level) / 2, (1 + self.level) / 2]
        drawn = _limits(self.resampled, means)
        fitted = self.lines[["intercept", "slope"]].to_numpy().reshape(1, 4)
        for name, values in _limits(fitted, means).items():
            low, high = np.quantile(drawn[name], tails, axis=0)
            known = ~np.isnan(values[0])
            table[name] = values[0]
            table[f"{name}_low"] = np.where(known, low, np.nan)
            table[f"{name}_high"] = np.where(known, high, np.nan)
        return pd.DataFrame(table)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        bias, spread = self.lines.to_dict("records")
        moving = (
            "the spread is taken as constant"
            if spread["slope"] == 0
            else f"their spread by {spread['slope']:.3g} ({p_text(spread['p_value'])})"
        )
        return (
            f"Per unit of the mean, differences change by {bias['slope']:.3g} "
            f"({p_text(bias['p_value'])}), {moving}.{left_out_text(self.left_out)}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw each difference against its mean, with the lines and their intervals."""
        axes.plot(self.pairs["mean"], self.pairs["difference"], "o")
        means = self.pairs["mean"]
        lines = self.at(np.linspace(means.min(), means.max(), _POINTS))
        for name, style in (("bias", "-"), ("lower", "--"), ("upper", "--")):
            axes.plot(lines["mean"], lines[name], style, color="0.4")
            axes.fill_between(
                lines["mean"], lines[f"{name}_low"], lines[f"{name}_high"],
                color="0.4", alpha=0.12, linewidth=0,
            )  # fmt: skip
        axes.set(xlabel="Mean of the two", ylabel="Second − first")


def regression_limits(
    first: ArrayLike,
    second: ArrayLike,
    *,
    spread: Spread = "linear",
    level: float = LEVEL,
    draws: int = 2000,
    seed: int = 1,
) -> RegressionLimits:
    """Fit limits of agreement where bias or spread depends on the size of what is measured.

    Differences are regressed on means; absolute residuals, times √(π/2), again on means. The
    limits lie 1.96 of that spread around the bias. Bland & Altman 1999, section 3.2,
    doi:10.1177/096228029900800204.

    Parameters
    ----------
    first, second
        One value per subject each; subjects lacking one are left out.
    spread
        `linear`, or `constant`: the residual standard deviation, where the spread shows no slope.
    level
        Confidence level.
    draws, seed
        Bootstrap resamples of subjects, for the intervals of the limits, and their seed.

    Raises
    ------
    InputError
        If lengths differ, fewer than five pairs are left, all means are alike, or `spread` is
        unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import stats
    >>> mean = np.linspace(10.0, 100.0, 40)  # volumes by two readers, mm^3, 10 % apart
    >>> difference = 0.1 * mean * np.tile([1.0, -1.0, -1.0, 1.0], 10)
    >>> first, second = mean - difference / 2, mean + difference / 2
    >>> lines = stats.regression_limits(first, second, draws=200).lines
    >>> lines[["line", "slope"]].round(3).to_numpy().tolist()  # spread: 0.1·√(π/2)
    [['bias', 0.001], ['spread', 0.125]]

    """
    check_level(level)
    check_choice("spread", spread, ("linear", "constant"))
    a, b, left_out = matched(first, second, least=5)
    order = canonical_order(a, b)
    a, b = a[order], b[order]
    means, differences = (a + b) / 2, b - a
    if np.ptp(means) == 0:
        raise InputError("every pair has the same mean; there is no trend to fit")
    random = np.random.default_rng(seed)
    rows = random.integers(len(means), size=(draws, len(means)))
    rows = rows[np.ptp(means[rows], axis=1) > 0]
    bias = stats.linregress(means, differences)
    residual = np.abs(differences - bias.intercept - bias.slope * means)
    growth = stats.linregress(means, _FROM_ABSOLUTE * residual)
    lines = _fitted(means[None], differences[None], spread)[0]
    reach = float(stats.t.ppf((1 + level) / 2, len(means) - 2))
    parts = []
    for line, fit, (intercept, slope) in zip(
        ("bias", "spread"), (bias, growth), lines.reshape(2, 2), strict=True
    ):
        flat = line == "spread" and spread == "constant"
        half = np.nan if flat else reach * fit.stderr
        p_value = np.nan if flat else fit.pvalue
        parts.append((line, intercept, slope, slope - half, slope + half, p_value))
    columns = ["line", "intercept", "slope", "slope_low", "slope_high", "p_value"]
    return RegressionLimits(
        lines=pd.DataFrame(parts, columns=columns),
        pairs=pd.DataFrame({"mean": means, "difference": differences}),
        resampled=_fitted(means[rows], differences[rows], spread),
        level=level,
        left_out=left_out,
    )


def _fitted(means: Floats, differences: Floats, spread: Spread) -> Floats:
    """Return intercept and slope of bias and of spread, for each row of samples."""
    intercept, slope = _line(means, differences)
    residual = differences - intercept[:, None] - slope[:, None] * means
    if spread == "linear":
        return np.stack([intercept, slope, *_line(means, _FROM_ABSOLUTE * np.abs(residual))], 1)
    sd = np.sqrt((residual**2).sum(axis=1) / (means.shape[1] - 2))
    return np.stack([intercept, slope, sd, np.zeros_like(sd)], 1)


def _line(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    x_mean, y_mean = x.mean(axis=1), y.mean(axis=1)
    centred = x - x_mean[:, None]
    slope = (centred * y).sum(axis=1) / (centred**2).sum(axis=1)
    return y_mean - slope * x_mean, slope


def _limits(lines: Floats, means: Floats) -> dict[str, Floats]:
    """Return bias and limits, lines × means; a spread below 0 counts as none (one line: NaN)."""
    bias = lines[:, :1] + lines[:, 1:2] * means
    sd = lines[:, 2:3] + lines[:, 3:4] * means
    sd = np.where(sd < 0, np.nan if len(lines) == 1 else 0.0, sd)
    return {"bias": bias, "lower": bias - Z * sd, "upper": bias + Z * sd}
