"""Exact rank tests: two groups, and change in one.

Scipy's `mannwhitneyu` and `wilcoxon` are exact with ties or zeros only in samples of a dozen.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats, Whole
from biomarkers.stats.drawing import Axes, draw_samples
from biomarkers.stats.inputs import sample
from biomarkers.stats.ranks import ranks_of
from biomarkers.stats.shown import OneRow, p_text

# Beyond this many additions the normal approximation stands in; it is then accurate.
_MOST_WORK = 5e8


@dataclass(frozen=True, eq=False)
class RankTest(OneRow):
    """A rank test.

    Parameters
    ----------
    name
        Which.
    statistic
        Rank-sum test: Mann and Whitney's count of the first group's wins, ties half. Signed-rank
        test: the sum of the positive ranks, zeros dropped.
    z
        The sum in standard errors of its permutation distribution.
    p_value
        Two-sided, from the exact permutation distribution; asymptotic in samples too large.
    p_asymptotic
        From the normal distribution.
    exact
        Whether `p_value` is exact.
    n, left_out
        Subjects used, and those with a missing value.
    samples
        The values of each group, or the changes.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.rank_sum_test([4.0, 5.0, 6.0], [1.0, 2.0, 3.0])
    >>> result.statistic, result.exact  # all 9 pairs
    (9.0, True)

    """

    name: str
    statistic: float
    z: float
    p_value: float
    p_asymptotic: float
    exact: bool
    n: int
    left_out: int
    samples: tuple[Floats, ...] = field(default=(), repr=False, compare=False)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        how = "exact" if self.exact else "asymptotic"
        lost = f", {self.left_out} left out for a missing value" if self.left_out else ""
        return f"{self.name}, {how}: z = {self.z:.2f}, {p_text(self.p_value)} (n = {self.n}{lost})."

    def draw(self, axes: Axes) -> None:
        """Draw the values that were ranked."""
        draw_samples(axes, self.samples, centre="median")
        axes.set_title(p_text(self.p_value))


def rank_sum_test(first: ArrayLike, second: ArrayLike) -> RankTest:
    """Compare two groups by the sum of ranks (Wilcoxon, Mann and Whitney).

    The distribution of mid-ranks over all ways to divide the subjects is exact with ties too
    (shift algorithm; Streitberg & Röhmel 1986).

    Parameters
    ----------
    first, second
        Values of each group; NaN is left out.

    Raises
    ------
    InputError
        If a group has no value.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.rank_sum_test([4.0, 5.0, 6.0], [1.0, 2.0, 3.0])
    >>> round(result.p_value, 3)  # 2 of the 20 ways to divide six subjects
    0.1

    """
    (a, lost_a), (b, lost_b) = (
        sample(values, name, least=1, finite=False)
        for values, name in ((first, "first"), (second, "second"))
    )
    doubled = np.rint(2 * ranks_of(np.concatenate([a, b]))).astype(np.intp)
    count, total = len(a), len(a) + len(b)
    ranks, observed = doubled / 2, doubled[: len(a)].sum() / 2
    mean = count * (total + 1) / 2
    spread = float(np.sum((ranks - (total + 1) / 2) ** 2))
    sd = np.sqrt(count * len(b) * spread / (total * (total - 1))) if total > 1 else 0.0
    exact = len(doubled) * count * doubled.sum() <= _MOST_WORK
    counts = _of_subsets(doubled, count) if exact else None
    return _test(
        "Wilcoxon rank-sum test",
        observed - count * (count + 1) / 2,
        (observed, mean, float(sd)),
        counts,
        n=total,
        left_out=lost_a + lost_b,
        samples=(a, b),
    )


def signed_rank_test(changes: ArrayLike) -> RankTest:
    """Test whether changes of one group are symmetric about 0 (Wilcoxon's signed ranks).

    Zeros are ranked and then lose their rank (Pratt 1959); the asymptotic p drops them first.

    Parameters
    ----------
    changes
        One per subject; NaN is left out.

    Raises
    ------
    InputError
        If no change is other than 0.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.signed_rank_test([0.1, 0.2, 0.4, 0.3, 0.6])
    >>> round(result.p_value, 4)  # 2 of the 32 ways to give signs
    0.0625

    """
    values, lost = sample(changes, "changes", least=0, finite=False)
    moved = values[values != 0]
    if not len(moved):
        raise InputError("found no change other than 0; there is nothing to rank")
    doubled = np.rint(2 * ranks_of(np.abs(values))[values != 0]).astype(np.intp)
    exact = len(doubled) * doubled.sum() <= _MOST_WORK
    ranks = ranks_of(np.abs(moved))
    test = _test(
        "Wilcoxon signed-rank test",
        ranks[moved > 0].sum(),
        (float(doubled[moved > 0].sum() / 2), doubled.sum() / 4, np.sqrt((doubled**2).sum()) / 4),
        _of_signs(doubled) if exact else None,
        n=len(values),
        left_out=lost,
        samples=(values,),
    )
    # Signed ranks in place of the changes: scipy ranks by the values themselves.
    asymptotic = float(stats.wilcoxon(ranks * np.sign(moved), method="approx").pvalue)
    p_value = test.p_value if exact else asymptotic
    return replace(test, p_asymptotic=asymptotic, p_value=p_value)


def _of_subsets(scores: Whole, size: int) -> Floats:
    """Return how many subsets of `size` scores have each sum."""
    counts = np.zeros((size + 1, int(scores.sum()) + 1))
    counts[0, 0] = 1
    for score in scores:
        counts[1:, score:] += counts[:-1, : counts.shape[1] - score]
    return np.asarray(counts[size])


def _of_signs(scores: Whole) -> Floats:
    """Return how many choices of signs give each sum of positive scores."""
    counts = np.zeros(int(scores.sum()) + 1)
    counts[0] = 1
    for score in scores:
        counts[score:] += counts[: len(counts) - score].copy()
    return counts


def _test(
    name: str,
    statistic: float,
    moments: tuple[float, float, float],
    counts: Floats | None,
    *,
    n: int,
    left_out: int,
    samples: tuple[Floats, ...],
) -> RankTest:
    """Judge a sum of ranks; `counts` is its distribution over doubled sums."""
    observed, mean, sd = moments
    z = (observed - mean) / sd if sd > 0 else 0.0
    asymptotic = float(2 * stats.norm.sf(abs(z)))
    p_value = asymptotic
    if counts is not None:
        apart = np.abs(np.arange(len(counts)) - 2 * mean)
        p_value = float(counts[apart >= abs(2 * observed - 2 * mean) - 1e-9].sum() / counts.sum())
    return RankTest(
        name=name,
        statistic=float(statistic),
        z=float(z),
        p_value=p_value,
        p_asymptotic=asymptotic,
        exact=counts is not None,
        n=n,
        left_out=left_out,
        samples=samples,
    )
