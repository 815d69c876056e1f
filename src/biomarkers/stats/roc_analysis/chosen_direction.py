"""The AUC of a marker whose direction was taken from the data, less what that flatters it."""

import numpy as np

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.intervals import mean_of_known
from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.roc_analysis.classes import Direction, orientation
from biomarkers.stats.roc_analysis.resampled import resampled_areas


def corrected_area(
    values: Floats, positive: Bools, *, direction: Direction, draws: int = 1000, seed: int = 1
) -> float:
    """Return the AUC to be expected in new subjects.

    A direction that was declared beforehand flatters nobody: the AUC itself. One taken from the
    data is taken again in each bootstrap resample; the optimism is the mean, over resamples, of
    the AUC there less that in all subjects, both in the direction of the resample (Harrell, Lee &
    Mark 1996, as for `logistic`).

    Parameters
    ----------
    values, positive
        A value per subject, NaN where missing, and its class.
    direction
        As for `roc`.
    draws, seed
        Resamples, stratified by class, and their seed.

    """
    known = ~np.isnan(values)
    column, truth = values[known], positive[known]
    sign = orientation(column, truth, direction)
    (everyone,) = resampled_areas(column[:, None], truth, np.ones((1, len(truth))))[0]
    found = everyone if sign > 0 else 1 - everyone
    if direction != "auto":
        return float(found)
    weights = drawn_weights(truth, draws=draws, seed=seed)
    areas = resampled_areas(column[:, None], truth, weights)[:, 0]
    optimism = np.where(areas >= 0.5, areas - everyone, everyone - areas)
    return float(np.clip(found - mean_of_known(optimism), 0, 1))
