"""How large a difference between two groups is, without its unit: the first minus the second.

Scipy has no effect sizes, and its `nctdtrinc` gives the non-centrality within 1e-6 to 6e-3 only.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.contrasts.pooled_scale import scale_nodes
from biomarkers.stats.drawing import Axes, draw_samples, with_interval
from biomarkers.stats.inputs import check_choice, sample
from biomarkers.stats.intervals import LEVEL, check_level, newcombe_interval
from biomarkers.stats.ranks import merge_ties
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.shown import OneRow


@dataclass(frozen=True)
class EffectSize(OneRow):
    """An effect size with its confidence interval.

    Parameters
    ----------
    name
        Which one, in words.
    estimate, low, high
        Positive where the first group has the higher values.
    interval
        How the interval was made, in words.
    level
        Confidence level.
    n_first, n_second
        Group sizes.
    samples
        The values of each group.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.cliffs_delta([3.0, 4.0, 5.0], [1.0, 2.0, 3.0])
    >>> result.name, round(result.estimate, 3), (result.n_first, result.n_second)  # 8.5 of 9 pairs
    ("Cliff's δ", 0.889, (3, 3))

    """

    name: str
    estimate: float
    low: float
    high: float
    interval: str
    level: float
    n_first: int
    n_second: int
    samples: tuple[Floats, ...] = field(default=(), repr=False, compare=False)

    @property
    def headline(self) -> str:
        """The effect size in one sentence."""
        return (
            f"{self.name} {self.estimate:.3f} ({self.level:.0%} {self.interval} interval "
            f"{self.low:.3f} to {self.high:.3f}), {self.n_first} against {self.n_second}."
        )

    def draw(self, axes: Axes) -> None:
        """Draw every value, and the mean of each group with its interval."""
        draw_samples(axes, self.samples)
        axes.set_title(f"{self.name} {with_interval(self.estimate, self.low, self.high)}")


def hedges_g(
    first: ArrayLike,
    second: ArrayLike,
    *,
    interval: Literal["noncentral", "large_sample"] = "noncentral",
    level: float = LEVEL,
) -> EffectSize:
    """Return the standardised mean difference, corrected for small samples.

    g = J·(mean₁ − mean₂)/s with the pooled standard deviation s and the exact factor J that
    removes the bias, about 1 − 3/(4·df − 1).

    Parameters
    ----------
    first, second
        Independent measurements of two groups; NaN is left out.
    interval
        `noncentral`: from the non-central t distribution, exact for the difference in standard
        deviations under normality, times J; `large_sample`: g ± z·√(1/n₁ + 1/n₂ + g²/(2(n₁ + n₂))).
    level
        Confidence level.

    Raises
    ------
    InputError
        If a group has fewer than two values, or nothing varies.

    References
    ----------
    Hedges, J Educ Stat 1981;6:107. Hedges and Olkin, Statistical Methods for Meta-Analysis
    (1985), ch. 5. Cumming and Finch, Educ Psychol Meas 2001;61:532.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.hedges_g([3.0, 4.0, 5.0], [1.0, 2.0, 3.0])
    >>> round(result.estimate, 2)  # 2 standard deviations, times about 1 - 3/(4·4 - 1)
    1.6

    """
    a, b = (sample(*group, least=2)[0] for group in _named(first, second))
    check_level(level)
    check_choice("interval", interval, ("noncentral", "large_sample"))
    df = a.size + b.size - 2
    spread = math.sqrt((a.var(ddof=1) * (a.size - 1) + b.var(ddof=1) * (b.size - 1)) / df)
    if spread == 0:
        raise InputError("neither group varies: the difference has no standard deviation to scale")
    unbias = math.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2)
    d = float(a.mean() - b.mean()) / spread
    root = math.sqrt(1 / a.size + 1 / b.size)
    if interval == "noncentral":
        low, high = (unbias * root * limit for limit in _noncentral_limits(d / root, df, level))
    else:
        z = float(stats.norm.ppf(0.5 + level / 2))
        half = z * math.sqrt(root**2 + (unbias * d) ** 2 / (2 * (a.size + b.size)))
        low, high = unbias * d - half, unbias * d + half
    return EffectSize(
        name="Hedges' g",
        estimate=unbias * d,
        low=low,
        high=high,
        interval={"noncentral": "noncentral t", "large_sample": "large-sample"}[interval],
        level=level,
        n_first=a.size,
        n_second=b.size,
        samples=(a, b),
    )


def cliffs_delta(first: ArrayLike, second: ArrayLike, *, level: float = LEVEL) -> EffectSize:
    """Return how much more often the first group is above the second than below.

    δ = P(first > second) − P(first < second) = 2·AUC − 1, from −1 to 1; needs no normality. Its
    interval is Newcombe's score interval of the AUC, which keeps its level in small samples
    and stays within −1 and 1.

    Parameters
    ----------
    first, second
        Independent measurements of two groups; NaN is left out.
    level
        Confidence level.

    Raises
    ------
    InputError
        If a group is empty.

    References
    ----------
    Cliff, Psychol Bull 1993;114:494. Newcombe, Stat Med 2006;25:559.

    Examples
    --------
    >>> from biomarkers import stats
    >>> round(stats.cliffs_delta([2.0, 4.0], [1.0, 3.0]).estimate, 3)  # above in 3 of 4 pairs
    0.5

    """
    a, b = (sample(*group, least=1)[0] for group in _named(first, second))
    check_level(level)
    a, b = np.split(merge_ties(np.concatenate([a, b])), [a.size])
    auc = area(a, b)
    low, high = newcombe_interval(auc, a.size, b.size, level=level)
    return EffectSize(
        name="Cliff's δ",
        estimate=2 * auc - 1,
        low=2 * float(low) - 1,
        high=2 * float(high) - 1,
        interval="Newcombe score",
        level=level,
        n_first=a.size,
        n_second=b.size,
        samples=(a, b),
    )


def _named(first: ArrayLike, second: ArrayLike) -> tuple[tuple[ArrayLike, str], ...]:
    return (first, "first group"), (second, "second group")


def _noncentral_limits(t: float, df: int, level: float) -> tuple[float, float]:
    """Return the non-centralities for which `t` lies at either edge of the middle `level`."""
    s, weight = scale_nodes(df)

    def limit(below: float) -> float:
        # P(T < t) = E[Φ(t·s − δ)] falls from 1 to 0 between these δ.
        reach = (min(t * s) - 10, max(t * s) + 10)
        return float(
            optimize.brentq(lambda delta: weight @ special.ndtr(t * s - delta) - below, *reach)
        )

    return limit(0.5 + level / 2), limit(0.5 - level / 2)
