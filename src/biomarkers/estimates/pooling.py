"""The noise that voxels have in common, from what each leaves over."""

import numpy as np
from scipy import special

from biomarkers.arrays import FloatArray


def pooled_sd(spread: FloatArray, weights: FloatArray, freedom: float) -> float:
    """Return the noise of voxels that share it; NaN where nothing is known of it.

    A few residuals tell little of the noise of a voxel, those of all voxels much: its variance is
    taken as the median over the voxels, which those that a model does not describe hardly move.

    Parameters
    ----------
    spread
        Standard deviation of the residuals of each voxel; NaN does not count.
    weights
        How much each counts.
    freedom
        Degrees of freedom behind each.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import pooled_sd
    >>> residuals = np.random.RandomState(0).normal(0.0, 5.0, (4000, 6))
    >>> spread = residuals.std(axis=1, ddof=1)
    >>> print(f"{pooled_sd(spread, np.ones(4000), freedom=5):.1f}")  # 5 was drawn
    5.0

    """
    known = np.isfinite(spread)
    if not known.any():
        return float("nan")
    # The median of chi squared, over its degrees of freedom.
    usual = 2.0 * special.gammaincinv(0.5 * freedom, 0.5) / freedom
    middle = np.quantile(spread[known] ** 2, 0.5, weights=weights[known], method="inverted_cdf")
    return float(np.sqrt(middle / usual))
