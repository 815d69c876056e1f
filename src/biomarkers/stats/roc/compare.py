"""Which of two markers tells positives from negatives better."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.intervals import LEVEL
from biomarkers.stats.roc.auc import delong_variance, structural_components
from biomarkers.stats.roc.classes import Direction, markers_of, orientation, two_classes
from biomarkers.stats.shown import Shown, new_axes, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocComparison(Shown):
    """The difference between the areas of two markers.

    Parameters
    ----------
    auc_a, auc_b
        Areas under the two curves.
    difference, low, high
        auc_a − auc_b and its confidence interval.
    standard_error
        Of the difference.
    z, df, p_value
        Test statistic, its degrees of freedom (∞: normal) and the two-sided p-value.

    """

    auc_a: float
    auc_b: float
    difference: float
    low: float
    high: float
    standard_error: float
    z: float
    df: float
    p_value: float

    @property
    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        names = (
            "auc_a", "auc_b", "difference", "low", "high", "standard_error", "z", "df", "p_value",
        )  # fmt: skip
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"AUC {self.auc_a:.3f} against {self.auc_b:.3f}: difference {self.difference:.3f} "
            f"({self.low:.3f} to {self.high:.3f}), {p_text(self.p_value)}."
        )

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draw the difference and its interval."""
        axes = new_axes(axes)
        reach = [[self.difference - self.low], [self.high - self.difference]]
        axes.errorbar([self.difference], [0], xerr=reach, marker="o", capsize=3)
        axes.axvline(0, color="0.6", linewidth=1)
        axes.set(xlabel="Difference of AUC (95 % interval)", yticks=[])
        return axes


def compare_roc(
    marker_a: ArrayLike,
    marker_b: ArrayLike,
    outcome: ArrayLike | tuple[ArrayLike, ArrayLike],
    *,
    paired: bool = True,
    positive: object = 1,
    direction: Direction = "auto",
    level: float = LEVEL,
) -> RocComparison:
    """Compare the areas of two markers by DeLong's test.

    Parameters
    ----------
    marker_a, marker_b
        One value per subject. Paired: of the same subjects; those without both are left out.
    outcome
        One value per subject; unpaired: a pair, the outcomes of each marker's subjects.
    paired
        Whether both markers were measured in the same subjects.
    positive, direction
        As for `roc`; a direction of `auto` is found for each marker by itself, which lifts the
        AUC of a useless one above ½: declare it where it is known.
    level
        Confidence level of the interval of the difference.

    Notes
    -----
    Paired: DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595, normal. Unpaired: the
    variances add, and the t distribution has Welch–Satterthwaite degrees of freedom, as in
    pROC. Two perfect markers have no variance to be compared by: p is NaN, or 1 where the
    markers rank everyone alike.

    Raises
    ------
    InputError
        As `roc`, or if unpaired without a pair of outcomes.

    """
    if paired:
        known = cast("ArrayLike", outcome)
        markers, truth = markers_of([marker_a, marker_b], known, positive=positive)
        first, second = (_components(values, truth, direction) for values in markers)
        variance = delong_variance(first[0] - second[0], first[1] - second[1])
        df = math.inf
    else:
        if not isinstance(outcome, tuple) or len(outcome) != 2:
            raise InputError("outcome: expected a pair of outcomes, as the subjects are unpaired")
        first, second = (
            _components(*two_classes(marker, theirs, positive=positive), direction)
            for marker, theirs in zip((marker_a, marker_b), outcome, strict=True)
        )
        variance, df = _added(first, second)
    return _comparison((float(first[0].mean()), float(second[0].mean())), variance, df, level)


def _components(
    values: Floats, truth: NDArray[np.bool_], direction: Direction
) -> tuple[Floats, Floats]:
    sign = orientation(values, truth, direction)
    return structural_components(sign * values[truth], sign * values[~truth])


def _added(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[float, float]:
    """Return the variance of the difference of independent areas, and its degrees of freedom."""
    variances = [delong_variance(*components) for components in (first, second)]
    freedoms = [sum(map(len, components)) - 1 for components in (first, second)]
    spread = sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))
    variance = sum(variances)
    return variance, variance**2 / spread if spread > 0 else math.inf


def _comparison(
    areas: tuple[float, float], variance: float, df: float, level: float
) -> RocComparison:
    difference, error = areas[0] - areas[1], math.sqrt(variance)
    z = difference / error if error > 0 else math.nan
    half = float(stats.t.ppf((1 + level) / 2, df)) * error
    alike = error == 0 and difference == 0
    return RocComparison(
        auc_a=areas[0],
        auc_b=areas[1],
        difference=difference,
        low=difference - half,
        high=difference + half,
        standard_error=error,
        z=z,
        df=df,
        p_value=1.0 if alike else float(2 * stats.t.sf(abs(z), df)),
    )
