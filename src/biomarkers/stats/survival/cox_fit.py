"""Where the partial likelihood of a Cox model is largest, and the limits of its profile.

Statsmodels' `PHReg` has no profile of its likelihood.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.survival.partial_likelihood import PartialLikelihood, Point

_STEPS = 60
# Coefficients are per standard deviation of their covariate.
_SMALL_STEP = 1e-7
_LONG_STEP = 1e-3
_SMALL_GAIN = 1e-9
# Of the gain that the slope promises.
_KEPT = 0.25
# Standard errors away from the estimate beyond which a profile limit is called infinite.
_FAR = 2.0**7


@dataclass(frozen=True, eq=False)
class Optimum(Point):
    """A maximum.

    Parameters
    ----------
    converged
        Whether the last step was small.
    monotone
        Coefficients along which the likelihood rises without end, (P,).

    """

    converged: bool
    monotone: Bools


def maximise(likelihood: PartialLikelihood, start: Floats, *, free: Bools | None = None) -> Optimum:
    """Climb by Newton's steps, halved where they overshoot.

    Parameters
    ----------
    likelihood
        Of covariates with a standard deviation of 1.
    start
        Coefficients to start from, (P,).
    free
        Coefficients to be changed; None: all.

    Notes
    -----
    Where a combination of covariates orders the events perfectly, the likelihood has no maximum:
    it gains next to nothing any more, while the steps stay long. That is what `monotone` tells.

    """
    free = np.ones(len(start), dtype=bool) if free is None else free
    here = likelihood.at(start)
    step = np.zeros(len(start))
    for _ in range(_STEPS):
        step = _newton(here, free)
        if np.abs(step).max() < _SMALL_STEP or abs(step @ here.score) < _SMALL_GAIN / 1e5:
            break
        here, moved = _climbed(likelihood, here, step)
        if not moved:
            break
    monotone = np.abs(step) > _LONG_STEP
    if abs(step @ here.score) > _SMALL_GAIN:
        monotone[:] = False
    converged = bool(abs(step @ here.score) < _SMALL_GAIN) and not monotone.any()
    return Optimum(**vars(here), converged=converged, monotone=monotone)


def _newton(here: Point, free: Bools) -> Floats:
    step = np.zeros(len(here.beta))
    if free.any():
        inside = np.ix_(free, free)
        step[free] = linalg.lstsq(here.information[inside], here.score[free])[0]
    return step


def _climbed(likelihood: PartialLikelihood, here: Point, step: Floats) -> tuple[Point, bool]:
    """Return the place after a step that gains enough, and whether there is one.

    Half of the gain that the slope promises is what a good step keeps. The penalty is curved too,
    of which Newton's step knows nothing: one that keeps less than a quarter went too far.
    """
    promised, noise = float(step @ here.score), 1e-12 * abs(here.value)
    for halving in range(30):
        share = 0.5**halving
        there = likelihood.at(here.beta + share * step)
        if there.value >= here.value + _KEPT * share * promised - noise:
            return there, True
    return here, False


def profile_limits(
    likelihood: PartialLikelihood, best: Optimum, index: int, *, level: float
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
        return best.value - maximise(likelihood, start, free=free).value

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
