"""Confidence limits from the profile likelihood of a Cox model."""

import numpy as np
from scipy import optimize, stats

from biomarkers.stats.survival.cox_search import Optimum, maximise
from biomarkers.stats.survival.partial_likelihood import PartialLikelihood

# Standard errors away from the estimate beyond which a limit is called infinite.
_FAR = 2.0**7


def profile_limits(
    likelihood: PartialLikelihood, best: Optimum, index: int, *, level: float, penalised: bool
) -> tuple[float, float, float]:
    """Return where the profile of one coefficient has fallen by half a χ² quantile.

    Parameters
    ----------
    likelihood, best
        And its optimum.
    index
        The coefficient.
    level
        Confidence level.
    penalised
        Whether Firth's penalty is part of the likelihood.

    Returns
    -------
    low, high, p_value
        The limits, infinite where the profile never falls so far; and the likelihood-ratio
        p-value that the coefficient is 0.

    """
    free = np.arange(len(best.beta)) != index
    drop = float(stats.chi2.ppf(level, 1)) / 2

    def fallen(value: float) -> float:
        start = best.beta.copy()
        start[index] = value
        return best.value - maximise(likelihood, start, penalised=penalised, free=free).value

    middle = float(best.beta[index])
    unit = 1 / np.sqrt(best.information[index, index])

    def limit(side: int) -> float:
        near, reach = middle, unit
        while reach <= _FAR * unit:
            far = middle + side * reach
            if fallen(far) > drop:
                root = optimize.brentq(lambda value: fallen(value) - drop, near, far, xtol=1e-8)
                return float(root)
            near, reach = far, 2 * reach
        return side * np.inf

    return limit(-1), limit(1), float(stats.chi2.sf(2 * fallen(0.0), 1))
