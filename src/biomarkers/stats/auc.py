"""The area under the ROC curve and its variance, from ranks."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def placements(values: Floats, others: Floats) -> Floats:
    """Return for each of `values` the share of `others` below it, ties counting half.

    O((m + n) log n). The mean over positives of their placements among the negatives is the AUC.
    """
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    return (below + up_to) / (2 * len(others))


def area(positives: Floats, negatives: Floats) -> float:
    """Return the probability that a positive exceeds a negative, ties counting half."""
    return float(placements(np.sort(positives), negatives).mean())


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
