"""Comparison of two ROC curves, paired or unpaired.

Neither scipy nor statsmodels compares ROC curves.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.drawing import Axes, draw_roc, with_interval
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.labels import canonical_order, drawn_weights
from biomarkers.stats.roc_analysis.auc import delong_variance, structural_components
from biomarkers.stats.roc_analysis.classes import (
    Direction,
    left_out_text,
    markers_of,
    orientation,
    two_classes,
)
from biomarkers.stats.roc_analysis.curves import make_sample, observed_curve
from biomarkers.stats.roc_analysis.resampled import resampled_areas
from biomarkers.stats.roc_analysis.whole_curves import paired_curves, unpaired_curves
from biomarkers.stats.shown import OneRow, p_text

Method = Literal["delong", "bootstrap", "venkatraman"]

# How a sentence names the test.
_TESTS = {
    "delong": "DeLong",
    "bootstrap": "bootstrap",
    "venkatraman": "whole curves, Venkatraman",
}


@dataclass(frozen=True)
class Resampling:
    """A test of `compare_roc` by resampling, and how it is drawn.

    Parameters
    ----------
    method
        `bootstrap` or `venkatraman`.
    draws, seed
        Resamples or permutations, and the seed that makes them the same ones every time.

    Examples
    --------
    >>> from biomarkers import stats
    >>> outcome = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> ktrans, adc = [8, 7, 6, 4, 5, 3, 2, 1], [8, 2, 5, 4, 7, 1, 6, 3]
    >>> whole_curves = stats.Resampling("venkatraman", draws=99)
    >>> result = stats.compare_roc(ktrans, adc, outcome, method=whole_curves)
    >>> result.method, result.permutations
    ('venkatraman', 99)

    """

    method: Method
    draws: int = 2000
    seed: int = 1


@dataclass(frozen=True, eq=False)
class RocComparison(OneRow):
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
    method
        `delong`, `bootstrap` or `venkatraman`.
    distance
        Of the whole curves, as Venkatraman's test has it; then p is that of the distance, z is
        NaN and the interval is DeLong's. NaN for the others.
    left_out
        Subjects without a marker or an outcome.
    permutations
        Behind the p-value; 0: it is from a distribution.
    curves
        The steps of both curves, `threshold, sensitivity, specificity`; a higher threshold is
        one more in favour of a positive.

    Examples
    --------
    >>> from biomarkers import stats
    >>> outcome = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> ktrans, adc = [8, 7, 6, 4, 5, 3, 2, 1], [8, 2, 5, 4, 7, 1, 6, 3]
    >>> result = stats.compare_roc(ktrans, adc, outcome)
    >>> result.auc_a, result.auc_b, result.method  # 15 and 9 of 16 pairs
    (0.9375, 0.5625, 'delong')

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
    method: str = "delong"
    distance: float = math.nan
    left_out: int = 0
    permutations: int = 0
    curves: tuple[pd.DataFrame, ...] = field(default=(), repr=False)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"AUC {self.auc_a:.3f} against {self.auc_b:.3f}: difference {self.difference:.3f} "
            f"({self.low:.3f} to {self.high:.3f}), {p_text(self.p_value, self.permutations)} "
            f"({_TESTS[self.method]})."
            f"{self._caution}{left_out_text(self.left_out)}"
        )

    @property
    def _caution(self) -> str:
        if self.standard_error > 0 or self.method == "venkatraman":
            return ""
        return " No variance was seen: this says nothing about other subjects."

    def draw(self, axes: Axes) -> None:
        """Draw both curves, with the difference of their areas above."""
        for name, auc, curve in zip("ab", (self.auc_a, self.auc_b), self.curves, strict=True):
            draw_roc(axes, curve, label=f"marker {name}: AUC {auc:.2f}")
        axes.legend(loc="lower right")
        axes.set_title(
            f"Difference {with_interval(self.difference, self.low, self.high)}, "
            f"{p_text(self.p_value, self.permutations)}"
        )


def compare_roc(
    marker_a: ArrayLike,
    marker_b: ArrayLike,
    outcome: ArrayLike | tuple[ArrayLike, ArrayLike],
    *,
    paired: bool = True,
    positive: object = 1,
    direction: Direction = "auto",
    method: Method | Resampling = "delong",
    level: float = LEVEL,
) -> RocComparison:
    """Compare two markers by the areas under their curves, or by the whole curves.

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
    method
        `delong`; `bootstrap`: the difference over its standard deviation in resamples stratified
        by class; `venkatraman`: a permutation test of the whole curves, which sees curves that
        cross with equal areas. The last two draw 2000 times with seed 1, or as a `Resampling`
        says.
    level
        Confidence level of the interval of the difference.

    Notes
    -----
    Paired: DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595, normal. Unpaired: the
    variances add, and the t distribution has Welch–Satterthwaite degrees of freedom, as in
    pROC. Where no variance is seen, as between two perfect markers, the limits are NaN; z is 0
    and p 1 if the areas are equal, as in pROC, and else NaN too.

    Raises
    ------
    InputError
        As `roc`, if unpaired without a pair of outcomes, or if the method is unknown.

    Examples
    --------
    >>> from biomarkers import stats
    >>> outcome = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> ktrans = [8, 7, 6, 4, 5, 3, 2, 1]  # 15 of 16 pairs are in order
    >>> adc = [8, 2, 5, 4, 7, 1, 6, 3]  # and 9
    >>> stats.compare_roc(ktrans, adc, outcome).difference
    0.375

    """
    check_level(level)
    test = Resampling(method) if isinstance(method, str) else method
    check_choice("method", test.method, _TESTS)
    if test.draws < 2:
        raise InputError(f"draws: found {test.draws}, expected 2 or more")
    if paired:
        known = cast("ArrayLike", outcome)
        markers, truth = markers_of([marker_a, marker_b], known, positive=positive)
        values = markers * [[orientation(marker, truth, direction)] for marker in markers]
        design = _paired(values, truth, test)
        samples = [(row[truth], row[~truth]) for row in values]
        left_out = np.size(np.asarray(marker_a)) - len(truth)
    else:
        studies = [
            two_classes(marker, theirs, positive=positive, direction=direction)
            for marker, theirs in zip((marker_a, marker_b), _two(outcome), strict=True)
        ]
        samples = [study[:2] for study in studies]
        design = _unpaired(samples, test)
        left_out = sum(study.left_out for study in studies)
    curves = tuple(observed_curve(*sample).table("higher") for sample in samples)
    compared = _compared(design, test, level)
    return replace(compared, method=test.method, left_out=left_out, curves=curves)


def _two(outcome: object) -> Sequence[ArrayLike]:
    if isinstance(outcome, tuple | list) and len(outcome) == 2 and all(map(np.ndim, outcome)):
        return outcome
    raise InputError(
        "outcome: expected two, (of the subjects of marker_a, of those of marker_b), as the "
        "subjects are unpaired; of the same subjects take paired=True"
    )


class _Design(NamedTuple):
    """What the tests need of two markers, measured in the same subjects or not.

    DeLong's components of each; the variance of the difference of their areas and its degrees of
    freedom; areas in resamples; and the test of the whole curves.
    """

    components: list[tuple[Floats, Floats]]
    delong: tuple[float, float]
    draws: Callable[[], Sequence[Floats]]
    curves: Callable[..., tuple[float, float]]


def _paired(values: Floats, truth: Bools, test: Resampling) -> _Design:
    first, second = (structural_components(row[truth], row[~truth]) for row in values)
    variance = delong_variance(first[0] - second[0], first[1] - second[1])

    def draws() -> Sequence[Floats]:
        order = canonical_order(truth, *values)
        weights = drawn_weights(truth[order], draws=test.draws, seed=test.seed)
        return list(resampled_areas(values.T[order], truth[order], weights).T)

    curves = partial(paired_curves, values[0], values[1], truth)
    return _Design([first, second], (variance, math.inf), draws, curves)


def _unpaired(studies: list[tuple[Floats, Floats]], test: Resampling) -> _Design:
    components = [structural_components(*study) for study in studies]

    def draws() -> Sequence[Floats]:
        return [
            make_sample(*study).resampled(test.draws, seed=test.seed + place)[0].area()
            for place, study in enumerate(studies)
        ]

    return _Design(components, _added(*components), draws, partial(unpaired_curves, *studies))


def _compared(design: _Design, test: Resampling, level: float) -> RocComparison:
    areas = [float(by_positive.mean()) for by_positive, _ in design.components]
    if test.method == "bootstrap":
        first, second = design.draws()
        return _comparison(areas, float(np.var(first - second, ddof=1)), math.inf, level)
    comparison = _comparison(areas, *design.delong, level)
    if test.method == "delong":
        return comparison
    distance, p_value = design.curves(permutations=test.draws, seed=test.seed)
    return replace(
        comparison, z=math.nan, df=math.nan, distance=distance, p_value=p_value,
        permutations=test.draws,
    )  # fmt: skip


def _added(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[float, float]:
    """Return the variance of the difference of independent areas, and its degrees of freedom."""
    variances = [delong_variance(*components) for components in (first, second)]
    freedoms = [sum(map(len, components)) - 1 for components in (first, second)]
    spread = sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))
    variance = sum(variances)
    return variance, variance**2 / spread if spread > 0 else math.inf


def _comparison(areas: Sequence[float], variance: float, df: float, level: float) -> RocComparison:
    difference, error = areas[0] - areas[1], math.sqrt(variance)
    if error > 0:
        z, half = difference / error, float(stats.t.ppf((1 + level) / 2, df)) * error
    else:
        z, half = (0.0 if difference == 0 else math.nan), math.nan
    return RocComparison(
        auc_a=areas[0],
        auc_b=areas[1],
        difference=difference,
        low=max(difference - half, -1.0),
        high=min(difference + half, 1.0),
        standard_error=error,
        z=z,
        df=df,
        p_value=float(2 * stats.t.sf(abs(z), df)),
    )
