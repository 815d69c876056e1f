"""The area under the ROC curve and its variance, from ranks.

Statsmodels' `rank_compare_2indep` has the area, without components, other markers or clusters.
"""

import numpy as np

from biomarkers.stats.arrays import Floats, Whole

# Smallest standard error a DeLong-studentised AUC is divided by, as a fraction of its standard
# error under the null. Without a floor, perfect separation divides by zero; with a low one, the
# heavy tail of small samples costs power; with a high one, equal groups lose. Floors of .25 and
# .5 decide alike, .75 and more find the true visit less often with equal groups and a little more
# often with unequal ones (benchmarks/results/earliest_floor.csv).
FLOOR = 0.5


def placements(values: Floats, others: Floats) -> Floats:
    """Return for each of `values` the share of `others` below it, ties counting half.

    O((m + n) log n). The mean over positives of their placements among the negatives is the AUC.
    """
    return _doubled_wins(values, others) / (2 * len(others))


def area(positives: Floats, negatives: Floats) -> float:
    """Return the probability that a positive exceeds a negative, ties counting half."""
    # Whole counts: ½ is ½ exactly, whatever the order.
    return float(_doubled_wins(positives, negatives).sum() / (2 * len(positives) * len(negatives)))


def _doubled_wins(values: Floats, others: Floats) -> Whole:
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, side="left")
    return np.asarray(below + np.searchsorted(ordered, values, side="right"))


def structural_components(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    """Return DeLong's V10 (one per positive) and V01 (one per negative), in the order given.

    DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595.
    """
    return placements(positives, negatives), 1 - placements(negatives, positives)


def delong_variance(by_positive: Floats, by_negative: Floats) -> float:
    """Return DeLong's variance of the AUC from its structural components.

    NaN with fewer than two subjects in a class, where no spread can be seen.
    """
    if min(len(by_positive), len(by_negative)) < 2:
        return float("nan")
    return float(
        by_positive.var(ddof=1) / len(by_positive) + by_negative.var(ddof=1) / len(by_negative)
    )


def obuchowski_variance(parts: tuple[Floats, Floats], members: tuple[Whole, Whole]) -> float:
    """Return the variance of the AUC of clustered subjects (lesions of patients).

    Obuchowski 1997, doi:10.2307/2533958. NaN if a class comes from a single cluster.

    Parameters
    ----------
    parts
        Structural components of positives and negatives.
    members
        The cluster of each of them, a number.

    """
    auc = parts[0].mean()
    clusters = int(max(member.max() for member in members)) + 1
    sums, own = [], []
    for part, member in zip(parts, members, strict=True):
        sums.append(np.bincount(member, weights=part - auc, minlength=clusters) / len(part))
        own.append(len(np.unique(member)))
    if min(own) < 2:
        return float("nan")
    everyone = len(np.unique(np.concatenate(members)))
    together = everyone / (everyone - 1) * np.sum(sums[0] * sums[1])
    alone = sum(count / (count - 1) * np.sum(s**2) for count, s in zip(own, sums, strict=True))
    return float(alone + 2 * together)


def design_effect(parts: tuple[Floats, Floats], members: tuple[Whole, Whole]) -> float:
    """Return how many clustered subjects inform as much as one independent one; at least 1.

    The ratio of Obuchowski's variance to DeLong's. Where that cannot be seen, at perfect
    separation or with a class of a single cluster, a whole cluster counts as one.
    """
    clustered, independent = obuchowski_variance(parts, members), delong_variance(*parts)
    if independent > 0 and clustered >= 0:
        return max(clustered / independent, 1.0)
    everyone = np.concatenate(members)
    return len(everyone) / len(np.unique(everyone))
