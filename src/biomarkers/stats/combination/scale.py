"""The scale of markers within a training set."""

import numpy as np

from biomarkers.stats.arrays import Floats


def training_scale(values: Floats, weights: Floats) -> Floats:
    """Return the standard deviation of each marker in each training set.

    1 stands for a marker that does not vary there, which no penalty then lets matter.

    Parameters
    ----------
    values
        Subjects × markers, centred: their mean is near 0.
    weights
        Sets × subjects.

    Returns
    -------
    array (sets, markers)

    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    mean = shares @ values
    variance = shares @ values**2 - mean**2
    flat = variance <= 1e-12 * (shares @ values**2)
    return np.sqrt(np.where(flat, 1.0, variance))
