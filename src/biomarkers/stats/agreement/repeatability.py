"""How much a biomarker differs when nothing has changed, and which changes are therefore real.

Raunig et al. 2015 (doi:10.1177/0962280214537344), as the QIBA profiles use it.

Statsmodels' `anova_lm` has the mean square within subjects, but no interval of it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.stats.agreement.pairs import Scale, named_figures, on_scale
from biomarkers.stats.agreement.replicates import squares_within
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.inputs import aligned, numbers
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.shown import OneRow

# Two measurements of an unchanged subject differ by less in 95 of 100; QIBA writes 1.96.
_REACH = 1.96 * np.sqrt(2)


@dataclass(frozen=True, eq=False)
class Repeatability(OneRow):
    """Within-subject spread and the change that exceeds it.

    Parameters
    ----------
    scale
        `absolute`, or `log_ratio`: the spread grows with the value, everything is in logarithms.
    wsd, wsd_low, wsd_high
        Within-subject standard deviation and its chi-square interval.
    rc, rc_low, rc_high
        Repeatability coefficient, 1.96·√2·wSD, and its interval.
    df
        Degrees of freedom: replicates beyond the first of each subject.
    subjects, mean
        Number of subjects, and the mean of their means (of the logarithms' means, turned back).

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.repeatability([1.00, 1.04, 1.20, 1.16], ["01", "01", "02", "02"])
    >>> round(result.wsd, 4), round(result.rc, 4)  # of the difference 0.04: over √2, times 1.96
    (0.0283, 0.0784)

    """

    scale: str
    wsd: float
    wsd_low: float
    wsd_high: float
    rc: float
    rc_low: float
    rc_high: float
    df: int
    subjects: int
    mean: float

    @property
    def percent_limits(self) -> tuple[float, float]:
        """The change in percent that exceeds chance, down and up; NaN on the absolute scale.

        Examples
        --------
        >>> from biomarkers import stats
        >>> values = [0.10, 0.12, 0.20, 0.24]  # Ktrans of two rats, 20 % apart
        >>> ktrans = stats.repeatability(values, ["01", "01", "02", "02"], scale="log_ratio")
        >>> down, up = ktrans.percent_limits  # 1.2 to the power of ∓1.96
        >>> round(down, 1), round(up, 1)
        (-30.0, 43.0)

        """
        if self.scale == "absolute":
            return float("nan"), float("nan")
        return float(100 * np.expm1(-self.rc)), float(100 * np.expm1(self.rc))

    @property
    def coefficient_of_variation(self) -> float:
        """The within-subject standard deviation relative to the mean.

        Examples
        --------
        >>> from biomarkers import stats
        >>> adc = stats.repeatability([1.00, 1.04, 1.20, 1.16], ["01", "01", "02", "02"])
        >>> print(f"{adc.coefficient_of_variation:.2%}")  # 0.0283 of 1.1
        2.57%

        """
        if self.scale == "absolute":
            return self.wsd / self.mean
        return float(np.sqrt(np.expm1(self.wsd**2)))

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        if self.scale == "absolute":
            return (
                f"A change of more than {self.rc:.4g} ({self.rc_low:.4g} to {self.rc_high:.4g}) "
                "exceeds repeatability."
            )
        down, up = self.percent_limits
        return f"A change below {down:.1f} % or above +{up:.1f} % exceeds repeatability."

    def classify(self, changes: ArrayLike) -> NDArray[np.str_]:
        """Say which changes are real: `lower`, `within` or `higher`; empty where unknown.

        Parameters
        ----------
        changes
            On the scale of this result: absolute changes or log ratios.

        Examples
        --------
        >>> from biomarkers import stats
        >>> adc = stats.repeatability([1.00, 1.04, 1.20, 1.16], ["01", "01", "02", "02"])
        >>> adc.classify([-0.10, 0.05, 0.20]).tolist()  # the coefficient is 0.078
        ['lower', 'within', 'higher']

        """
        values = as_numbers("changes", changes)
        return np.select(
            [values < -self.rc, values > self.rc, np.isnan(values)],
            ["lower", "higher", ""],
            default="within",
        )

    def draw(self, axes: Axes) -> None:
        """Draw the repeatability coefficient and its interval."""
        limits = pd.DataFrame([{"estimate": self.rc, "low": self.rc_low, "high": self.rc_high}])
        forest_plot(axes, limits, f"Repeatability coefficient ({self.scale})", none=None)


def repeatability(
    values: ArrayLike, subjects: ArrayLike, *, scale: Scale = "absolute", level: float = LEVEL
) -> Repeatability:
    """Estimate the repeatability of a biomarker from repeated measurements.

    Parameters
    ----------
    values
        Measurements of subjects who have not changed between them; NaN is left out.
    subjects
        Whose each measurement is. Subjects measured once tell nothing and are left out.
    scale
        `absolute`, or `log_ratio` where the spread is in proportion to the value.
    level
        Confidence level.

    Raises
    ------
    InputError
        If lengths differ, nobody was measured twice, or a logarithm of 0 or less is wanted.

    Examples
    --------
    >>> from biomarkers import stats
    >>> values, rats = [1.00, 1.04, 1.20, 1.16], ["01", "01", "02", "02"]  # ADC, scanned twice
    >>> result = stats.repeatability(values, rats)
    >>> round(result.wsd, 4)  # √(mean of 0.04²/2)
    0.0283

    """
    check_level(level)
    rows = _replicates(values, subjects)
    rows = rows.assign(value=on_scale(rows["value"].to_numpy(), scale))
    squares, df = squares_within(rows, "value")
    tail = (1 - level) / 2
    limits = np.sqrt(squares / stats.chi2.ppf([1 - tail, tail], df))
    means = rows.groupby("subject", sort=False)["value"].mean()
    mean = float(means.mean())
    return Repeatability(
        scale=scale,
        **named_figures(("wsd", "rc"), np.outer([1.0, _REACH], [np.sqrt(squares / df), *limits])),
        df=df,
        subjects=len(means),
        mean=mean if scale == "absolute" else float(np.exp(mean)),
    )


def _replicates(values: ArrayLike, subjects: ArrayLike) -> pd.DataFrame:
    values, subjects = aligned({"values": values, "subjects": subjects})
    known, names = numbers(values, "values"), np.asarray(subjects, dtype=object)
    if any(isinstance(name, complex) for name in names.ravel()):
        raise InputError("subjects are complex numbers; expected names")
    if names.ndim != 1 or len(known) != len(names):
        raise InputError(
            f"found {len(known)} values of {names.size} subjects; expected a number and a subject "
            "per measurement"
        )
    rows = pd.DataFrame({"value": known, "subject": names})
    rows = rows.dropna()
    rows = rows[rows.groupby("subject")["value"].transform("size") > 1]
    if rows.empty:
        raise InputError("nobody was measured twice; expected replicates of the same subject")
    return rows
