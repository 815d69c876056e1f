"""How two groups differ in what they were like to begin with, in standard deviations.

Statsmodels has no standardised difference of shares.
"""

import numpy as np

from biomarkers.stats.arrays import Floats


def standardised_difference(first: Floats, second: Floats) -> float:
    """Return the difference of two means in standard deviations, those of both groups pooled.

    The root of the mean of the two variances, as for the balance of groups (Austin 2009,
    doi:10.1002/sim.3697); unlike a test, it does not hang on how many subjects there are.

    Parameters
    ----------
    first, second
        Values of each group, without NaN. Those that have a property are 1, the others 0: their
        variance is then that of the share, p(1 − p).

    Returns
    -------
    float
        NaN with fewer than two values in a group, or none that differ.

    """
    if min(len(first), len(second)) < 2:
        return float("nan")
    shares = all(np.isin(values, (0.0, 1.0)).all() for values in (first, second))
    spread = np.sqrt(sum(values.var(ddof=0 if shares else 1) for values in (first, second)) / 2)
    return float((first.mean() - second.mean()) / spread) if spread > 0 else float("nan")
