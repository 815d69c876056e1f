"""Areas of many tests under many resamples at once.

A resample is a weight per subject. Walking up the values of a test once, all resamples abreast,
counts for each the pairs won: no pair is formed, and no matrix.

Scipy's `bootstrap` forms every resample; it has no weights.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.roc_analysis.auc import FLOOR

# Single precision counts pairs exactly up to 2^24 and is twice as fast.
Counts = NDArray[np.float32]


def resampled_areas(values: Floats, positive: Bools, weights: Floats) -> Floats:
    """Return the AUC of every test under every weighting of the subjects.

    Parameters
    ----------
    values
        Subjects × tests; NaN where not measured.
    positive
        The class of each subject.
    weights
        Resamples × subjects: how often each was drawn.

    Returns
    -------
    array (resamples, tests)
        NaN where no measured subject of a class was drawn.

    """
    areas = np.empty((values.shape[1], len(weights)))
    abreast = np.ascontiguousarray(weights.T, dtype=np.float32)
    for row, column in zip(areas, values.T, strict=True):
        won, below, product = np.zeros((3, len(weights)), dtype=np.float32)
        for x, y in _levels(column, positive, abreast):
            if x is not None:
                won += np.multiply(x, below, out=product)
            if y is not None:
                below += y
            if x is not None and y is not None:
                won += x * y / 2
        total = weights @ (positive & ~np.isnan(column))
        with np.errstate(divide="ignore", invalid="ignore"):
            # Weights that are no whole numbers round, so that 1 may be exceeded.
            row[:] = np.clip(won / (total * below), 0, 1)
    return areas.T


def resampled_errors(values: Floats, positive: Bools, weights: Floats) -> Floats:
    """Return DeLong's standard error of every area, floored as in `maxt`; see the areas."""
    errors = np.empty((values.shape[1], len(weights)))
    abreast = np.ascontiguousarray(weights.T, dtype=np.float32)
    for row, column in zip(errors, values.T, strict=True):
        row[:] = _error(column, positive, abreast)
    return errors.T


def _error(column: Floats, positive: Bools, abreast: Counts) -> Floats:
    # Positives and negatives so far, and each class's wins (losses) and their squares.
    m, n, wins, square_wins, losses, square_losses = np.zeros((6, abreast.shape[1]))
    for x, y in _levels(column, positive, abreast):
        level_x, level_y = (0.0 if part is None else part for part in (x, y))
        if x is not None:
            beaten = n + level_y / 2
            wins += x * beaten
            square_wins += x * beaten**2
        if y is not None:
            under = m + level_x / 2
            losses += y * under
            square_losses += y * under**2
        m, n = m + level_x, n + level_y
    with np.errstate(divide="ignore", invalid="ignore"):
        null = (m + n + 1) / (12 * m * n)
        delong = (square_wins / m - (wins / m) ** 2) / (n**2 * (m - 1))
        delong += (square_losses / n - (losses / n) ** 2) / (m**2 * (n - 1))
        delong = np.where((m > 1) & (n > 1), delong, null)
        return np.asarray(np.sqrt(np.maximum(delong, FLOOR**2 * null)))


def _levels(
    column: Floats, positive: Bools, abreast: Counts
) -> Iterator[tuple[Counts | None, Counts | None]]:
    """Give for each distinct value, ascending, the weight of its positives and negatives."""
    measured = np.flatnonzero(~np.isnan(column))
    order = measured[np.argsort(column[measured], kind="stable")]
    ordered = column[order]
    ends = [*(np.flatnonzero(ordered[1:] > ordered[:-1]) + 1), len(order)]
    start = 0
    for end in ends:
        level, start = order[start:end], end
        if len(level) == 1:
            alone = abreast[level[0]]
            yield (alone, None) if positive[level[0]] else (None, alone)
        elif len(level):
            x, y = level[positive[level]], level[~positive[level]]
            yield (
                abreast[x].sum(axis=0) if len(x) else None,
                abreast[y].sum(axis=0) if len(y) else None,
            )
