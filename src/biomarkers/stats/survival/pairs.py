"""Pairs of subjects that are ordered one way in time and another in the marker."""

import numpy as np

from biomarkers.stats.survival.follow_up import Bools, Floats, Whole


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
    by_marker = np.argsort(marker, kind="stable")
    sums = np.zeros(len(rank))
    for bit in range(int(rank.max()).bit_length()):
        # Within a block, in the order of the marker: the weight of the later half up to here.
        order = by_marker[np.argsort(rank[by_marker] >> (bit + 1), kind="stable")]
        later = (rank[order] >> bit) & 1 == 1
        carried = np.concatenate([[0.0], np.where(later, weights[order], 0.0).cumsum()])
        new_block = np.diff(rank[order] >> (bit + 1)) != 0
        start, _ = _runs(new_block)
        first, last = _runs(new_block | (marker[order][1:] != marker[order][:-1]))
        smaller = (carried[first] + carried[last]) / 2 - carried[start]
        sums[order] += np.where(later, 0.0, smaller)
    return sums


def _runs(changes: Bools) -> tuple[Whole, Whole]:
    """Return where the run of each element starts and ends, given whether the next one differs."""
    edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(changes) + 1]])
    run = np.concatenate([[0], np.cumsum(changes)])
    return edges[run], edges[run + 1]
