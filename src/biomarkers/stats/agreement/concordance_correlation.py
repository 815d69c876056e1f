"""How closely two measurements follow the line of identity.

Neither scipy nor statsmodels has Lin's coefficient.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.results.drawing import REFERENCE
from biomarkers.stats.agreement.pairs import left_out_text, matched
from biomarkers.stats.drawing import Axes
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.shown import OneRow


@dataclass(frozen=True, eq=False)
class ConcordanceCorrelation(OneRow):
    """Lin's concordance correlation coefficient and what it is made of.

    Parameters
    ----------
    ccc, ccc_low, ccc_high
        The coefficient, precision times accuracy, and its interval by Fisher's z.
    precision
        Pearson's correlation.
    accuracy
        Bias correction, 1 if the best line is that of identity.
    scale_shift, location_shift
        Ratio of standard deviations, second over first; difference of means, second minus first,
        over the geometric mean of the standard deviations.
    pairs
        The measurements, `first, second`.
    left_out
        Pairs that lacked a measurement.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.concordance_correlation([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0])
    >>> round(result.precision, 3), round(result.accuracy, 3)  # on a line, not that of identity
    (1.0, 0.714)
    >>> round(result.location_shift, 3)  # 1, in standard deviations of √1.25
    0.894

    """

    ccc: float
    ccc_low: float
    ccc_high: float
    precision: float
    accuracy: float
    scale_shift: float
    location_shift: float
    pairs: pd.DataFrame
    left_out: int

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"Concordance correlation {self.ccc:.3f} ({self.ccc_low:.3f} to {self.ccc_high:.3f}): "
            f"precision {self.precision:.3f}, accuracy {self.accuracy:.3f}."
            f"{left_out_text(self.left_out)}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw the pairs and the line of identity."""
        axes.plot(self.pairs["first"], self.pairs["second"], "o")
        ends = [self.pairs.min().min(), self.pairs.max().max()]
        axes.plot(ends, ends, **REFERENCE)
        axes.set(xlabel="First", ylabel="Second", aspect="equal")


def concordance_correlation(
    first: ArrayLike, second: ArrayLike, *, level: float = LEVEL
) -> ConcordanceCorrelation:
    """Return Lin's concordance correlation coefficient of two measurements.

    Lin 1989, doi:10.2307/2532051, variances over n; standard error as corrected in Lin 2000,
    Biometrics 56:324.

    Parameters
    ----------
    first, second
        One value per subject each; subjects lacking one are left out.
    level
        Confidence level.

    Raises
    ------
    InputError
        If lengths differ, fewer than three pairs are left, or a measurement does not vary.

    Examples
    --------
    >>> from biomarkers import stats
    >>> first = [1.0, 2.0, 3.0, 4.0, 5.0]
    >>> second = [2.0, 3.0, 4.0, 5.0, 6.0]  # 1 more: 2·2/(2 + 2 + 1²)
    >>> round(stats.concordance_correlation(first, second).ccc, 3)
    0.8

    """
    check_level(level)
    a, b, left_out = matched(first, second, least=3)
    for name, values in (("first", a), ("second", b)):
        if np.ptp(values) == 0:
            raise InputError(f"{name}: every value is {values[0]:g}; agreement needs a range")
    sd_a, sd_b = float(a.std()), float(b.std())
    covariance = float(np.mean((a - a.mean()) * (b - b.mean())))
    shift = float(b.mean() - a.mean())
    if not 0 < sd_a * sd_b * min(sd_a, sd_b) ** 2 < np.inf or not np.isfinite(covariance):
        raise InputError("the values are too large or too small for their squares to be numbers")
    ccc = 2 * covariance / (sd_a**2 + sd_b**2 + shift**2)
    accuracy = 2 * sd_a * sd_b / (sd_a**2 + sd_b**2 + shift**2)
    precision, location = covariance / (sd_a * sd_b), shift / np.sqrt(sd_a * sd_b)
    low, high = _interval(ccc, precision, location, len(a), level)
    return ConcordanceCorrelation(
        ccc=ccc,
        ccc_low=low,
        ccc_high=high,
        precision=precision,
        accuracy=accuracy,
        scale_shift=sd_b / sd_a,
        location_shift=float(location),
        pairs=pd.DataFrame({"first": a, "second": b}),
        left_out=left_out,
    )


def _interval(
    ccc: float, precision: float, location: float, count: int, level: float
) -> tuple[float, float]:
    # At perfect agreement no spread can be seen; without any correlation the formula has none.
    if abs(ccc) >= 1 - 1e-15 or precision == 0 or count < 4:
        return float("nan"), float("nan")
    c, r, u = ccc, precision, location
    variance = (
        (1 - r**2) * c**2 * (1 - c**2) / r**2
        + 2 * c**3 * (1 - c) * u**2 / r
        - c**4 * u**4 / (2 * r**2)
    ) / (count - 2)
    error = np.sqrt(max(variance, 0.0)) / (1 - c**2)
    half = float(stats.norm.ppf((1 + level) / 2)) * error
    return float(np.tanh(np.arctanh(c) - half)), float(np.tanh(np.arctanh(c) + half))
