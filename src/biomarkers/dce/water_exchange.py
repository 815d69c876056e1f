"""Water that crosses cell membranes at a finite rate: shutter speed, and its slow limit.

The agent stays outside cells, so it relaxes the water inside only as fast as that water comes
out. Two pools of water, extracellular (interstitium and plasma together) and intracellular,
exchange under the pulses of a spoiled gradient echo. Volume fractions are taken as water
fractions and both pools as having the tissue's T1 before contrast; exchange without delay is then
exactly the fast limit that `concentration` assumes.
"""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.relaxometry.spgr import checked_flip

Array = npt.NDArray[np.inexact]
Lifetime = float | tuple[float, float]


def two_pool_signal(
    concentration: npt.ArrayLike,
    *,
    extracellular: npt.ArrayLike,
    lifetime: npt.ArrayLike,
    t10: npt.ArrayLike,
    tr: float,
    flip_deg: float,
    r1: float,
    b1: npt.ArrayLike = 1.0,
) -> FloatArray:
    """Return the steady-state signal of tissue whose cells exchange water at a finite rate.

    Parameters
    ----------
    concentration
        Of the agent in tissue, mM, (..., T).
    extracellular
        Volume fraction the agent has entered or can enter, ve + vp, above 0 and up to 1; (...).
    lifetime
        Mean lifetime of a water molecule in a cell, s; 0 is the fast limit, infinity the slow
        one; (...).
    t10, b1
        T1 before contrast, s, and actual over nominal flip angle; (...).
    tr, flip_deg, r1
        As in `concentration`.

    Returns
    -------
    ndarray
        Signal over that of full magnetisation, (..., T).

    Raises
    ------
    InputError
        If a setting is not physical.

    References
    ----------
    Landis CS, Li X, Telang FW, et al. Magn Reson Med 1999;42:467. Spencer RGS, Fishbein KW.
    J Magn Reson 2000;142:120 (exchange under pulses). Buckley DL. Magn Reson Med 2019;81:976.

    Examples
    --------
    Slow exchange hides contrast agent from the water in cells:

    >>> from biomarkers.dce import two_pool_signal
    >>> how = {"extracellular": 0.3, "t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> for lifetime in (0.0, 0.5, float("inf")):
    ...     print(lifetime, two_pool_signal([0.0, 1.0], lifetime=lifetime, **how).round(4))
    0.0 [0.0246 0.113 ]
    0.5 [0.0246 0.0851]
    inf [0.0246 0.072 ]

    """
    positive_number("tr", tr, "s")
    positive_number("r1", r1, "1/(s mM)")
    outside, life, before, field = (
        np.asarray(each, dtype=float)[..., None] for each in (extracellular, lifetime, t10, b1)
    )
    if not ((outside > 0) & (outside <= 1)).all() or not (life >= 0).all():
        raise InputError(
            "extracellular must be above 0 and up to 1, and lifetime 0 s or more; found "
            f"{outside.min():g} to {outside.max():g} and from {life.min():g} s"
        )
    angle = float(checked_flip(flip_deg)) * field
    with np.errstate(divide="ignore"):
        leaving = 1.0 / life
    agent = np.asarray(concentration, dtype=float)
    rest = 1.0 / before
    if np.isinf(leaving).all():
        share = _recovered(rest + r1 * agent, tr, np.cos(angle))
    else:
        leaving = np.minimum(leaving, 1e9)  # beyond the fast limit to rounding
        share = exchanging(agent, outside, leaving, rest, (tr, r1, np.cos(angle)))
    return np.asarray(np.sin(angle) * share)


def exchanging(
    agent: Array,
    outside: Array,
    leaving: Array,
    rest: Array,
    scan: tuple[float, float, Array],
) -> Array:
    """Return the share of full magnetisation in the steady state; arguments broadcast.

    The steady state is a function of the matrix of relaxation and exchange, f(A) applied to the
    equilibrium, with f(x) that of one pool of relaxation rate x. For two pools f(A) is a line
    through its two eigenvalues, and as exchange conserves water, only the mean relaxation rate
    enters besides them. Works in complex numbers, too: no absolute values or comparisons.
    """
    tr, r1, cosine = scan
    fast = rest + r1 * agent / outside
    mean = rest + r1 * agent
    entering = leaving * (1.0 - outside) / outside
    half = 0.5 * (fast + entering - rest - leaving)
    gap = np.sqrt(half * half + entering * leaving + 1e-30)
    larger = 0.5 * (fast + entering + rest + leaving) + gap
    smaller = (fast * rest + fast * leaving + rest * entering) / larger
    weight = (mean - smaller) / (2.0 * gap)
    slow_part = _recovered(smaller, tr, cosine)
    return np.asarray(slow_part + weight * (_recovered(larger, tr, cosine) - slow_part))


def _recovered(rate: Array, tr: float, cosine: Array) -> Array:
    decayed = np.exp(-tr * rate)
    return np.asarray((1.0 - decayed) / (1.0 - cosine * decayed))
