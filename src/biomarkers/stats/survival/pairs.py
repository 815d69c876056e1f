"""Pairs of subjects that are ordered one way in time and another in the marker."""

import numpy as np

from biomarkers.stats.survival.follow_up import Floats, Whole


def sums_over_later(rank: Whole, marker: Floats, weights: Floats) -> Floats:
    """Sum weights over later subjects with a smaller marker; those with an equal one count half.

    Parameters
    ----------
    rank
        Of the time of each subject, (N,): later is larger, and equal ranks are not later.
    marker
        (N,)
    weights
        Of each subject, (N,).

    Returns
    -------
    sums
        For each subject, over those of a larger rank, (N,).

    Notes
    -----
    Ranks are split at their highest bit, then each half at the next, and so on: two ranks
    differ first in exactly one bit, so every pair is met once. log₂ N sorts instead of N² pairs.

    """
    _, rank = np.unique(rank, return_inverse=True)
    _, place = np.unique(marker, return_inverse=True)
    sums = np.zeros(len(rank))
    for bit in range(int(rank.max()).bit_length()):
        block, later = rank >> (bit + 1), (rank >> bit) & 1 == 1
        # Within a block, in the order of the marker: the weight of the later half up to here.
        key = block * (place.max() + 1) + place
        order = np.argsort(key, kind="stable")
        carried = np.where(later, weights, 0.0)[order].cumsum()
        carried = np.concatenate([[0.0], carried])
        sorted_key = key[order]
        floor = carried[np.searchsorted(sorted_key, block * (place.max() + 1), side="left")]
        below = carried[np.searchsorted(sorted_key, key, side="left")]
        up_to = carried[np.searchsorted(sorted_key, key, side="right")]
        sums += np.where(later, 0.0, (below + up_to) / 2 - floor)
    return sums
