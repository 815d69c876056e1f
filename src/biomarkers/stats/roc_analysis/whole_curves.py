"""Whether two ROC curves are the same everywhere, not only in their area.

Two curves with equal areas may cross. Venkatraman & Begg 1996, doi:10.1093/biomet/83.4.835
(paired); Venkatraman 2000, doi:10.1111/j.0006-341X.2000.01134.x (unpaired).
"""

import numpy as np

from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.labels import canonical_order
from biomarkers.stats.ranks import ranks_of


def paired_curves(
    first: Floats, second: Floats, truth: Bools, *, permutations: int, seed: int
) -> tuple[float, float]:
    """Return the distance between two curves of the same subjects, and its permutation p.

    At each rank as threshold the numbers of errors are compared; the distance is the sum of
    their differences. If the curves are the same, the ranks of a subject can be exchanged; they
    are, in subjects taken at random, and ranked again.

    Parameters
    ----------
    first, second
        Markers, higher in positives.
    truth
        The class of each subject.
    permutations, seed
        Number of exchanges, and their seed.

    """
    random = np.random.default_rng(seed)
    # The distance breaks ties by the order of the subjects, as pROC does. The test breaks them at
    # random, lest p hang on that order; its first draw exchanges nobody.
    places = np.stack([_places(first), _places(second)]).astype(float)
    distance = float(_error_distance(places[:, None], truth)[0])
    order = canonical_order(truth, first, second)
    ranks = np.stack([ranks_of(first[order]), ranks_of(second[order])])
    exchanged = random.random((permutations + 1, len(truth))) < 0.5
    exchanged[0] = False
    both = np.stack([np.where(exchanged, *ranks[::-1]), np.where(exchanged, *ranks)])
    drawn = _error_distance(both + random.uniform(-0.2, 0.2, both.shape), truth[order])
    return distance, _p_value(float(drawn[0]), drawn[1:])


def _places(values: Floats) -> Whole:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def _error_distance(ranks: Floats, truth: Bools) -> Floats:
    """Return Σ|errors of one − errors of the other| over thresholds; ranks (2, draws, subjects)."""
    missed = np.cumsum(truth[np.argsort(ranks, axis=-1, kind="stable")], axis=-1)
    # Errors at threshold k: positives up to k and negatives above, k apart from twice the former.
    return np.asarray(2.0 * np.abs(missed[0] - missed[1]).sum(axis=-1))


def unpaired_curves(
    first: tuple[Floats, Floats],
    second: tuple[Floats, Floats],
    *,
    permutations: int,
    seed: int,
) -> tuple[float, float]:
    """Return the area between two curves of different subjects, and its permutation p.

    A threshold is placed by how many it calls negative, in a mixture of the classes that is the
    same for both; the distance is that of the errors there, integrated. If the curves are the
    same, subjects of a class are exchangeable between studies once each marker is written as
    its place in that mixture.

    Parameters
    ----------
    first, second
        Positives and negatives of each study, higher in positives.
    permutations, seed
        Number of exchanges, and their seed.

    """
    random = np.random.default_rng(seed)
    sizes = [len(first[0]), len(second[0])], [len(first[1]), len(second[1])]
    share = sum(sizes[0]) / (sum(sizes[0]) + sum(sizes[1]))
    observed = _area_between(first, second, share)
    places = [_mixture_places((np.sort(x), np.sort(y)), share) for x, y in (first, second)]
    positives, negatives = (np.concatenate(parts) for parts in zip(*places, strict=True))
    drawn = np.empty(permutations)
    for draw in range(permutations):
        x = random.permutation(positives + random.uniform(0, 1e-9, len(positives)))
        y = random.permutation(negatives + random.uniform(0, 1e-9, len(negatives)))
        m, n = sizes[0][0], sizes[1][0]
        drawn[draw] = _area_between((x[:m], y[:n]), (x[m:], y[n:]), share)
    return observed, _p_value(observed, drawn)


def _mixture_places(study: tuple[Floats, Floats], share: float) -> tuple[Floats, Floats]:
    """Write values as their place in the mixture of the study's classes, 0 to 1."""
    x, y = (np.sort(part) for part in study)

    def place(values: Floats) -> Floats:
        below = [
            (np.searchsorted(part, values, "left") + np.searchsorted(part, values, "right"))
            / (2 * len(part))
            for part in (x, y)
        ]
        return share * below[0] + (1 - share) * below[1]

    return place(study[0]), place(study[1])


def _area_between(
    first: tuple[Floats, Floats], second: tuple[Floats, Floats], share: float
) -> float:
    (p, at_p), (q, at_q) = (_errors(study, share) for study in (first, second))
    grid = np.union1d(p, q)
    apart = np.abs(np.interp(grid, p, at_p) - np.interp(grid, q, at_q))
    return float(np.trapezoid(apart, grid))


def _errors(study: tuple[Floats, Floats], share: float) -> tuple[Floats, Floats]:
    """Return the share called negative and the share of errors at every threshold."""
    x, y = study
    order = np.argsort(np.concatenate([x, y]), kind="stable")
    positive = order < len(x)
    missed = np.concatenate([[0], np.cumsum(positive) / len(x)])
    cleared = np.concatenate([[0], np.cumsum(~positive) / len(y)])
    return share * missed + (1 - share) * cleared, share * missed + (1 - share) * (1 - cleared)


def _p_value(observed: float, drawn: Floats) -> float:
    """Return (b + 1)/(B + 1), counting distances equal but for rounding as reached."""
    return float(((drawn >= observed * (1 - 1e-9)).sum() + 1) / (len(drawn) + 1))
