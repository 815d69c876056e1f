"""Ratios of metabolites and their intervals, from the joint covariance of amplitudes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from biomarkers.arrays import FloatArray
from biomarkers.mrs.names import COMBINED, canonical_name


class Ratio(NamedTuple):
    """A ratio, its standard error and its interval."""

    value: float
    se: float
    low: float
    high: float


def weights(name: str, signals: Sequence[str]) -> FloatArray | None:
    """Return which signals a name sums, (M,): those of its parts that there are; None if none.

    Examples
    --------
    >>> from biomarkers.mrs.fitting.ratios import weights
    >>> weights("tCr", ("NAA", "Cr", "PCr"))
    array([0., 1., 1.])

    """
    name = canonical_name(name)
    parts = COMBINED.get(name, (name,))
    if name not in signals and not set(parts) & set(signals):
        return None
    wanted = (name,) if name in signals else parts
    return np.array([float(signal in wanted) for signal in signals])


def names_of(signals: Sequence[str]) -> tuple[str, ...]:
    """Return the names of signals, and after them the combined ones of which a part is there."""
    combined = (name for name in COMBINED if name not in signals)
    return (*signals, *(name for name in combined if weights(name, signals) is not None))


def ratio(
    above: FloatArray,
    below: FloatArray,
    amplitudes: FloatArray,
    covariance: FloatArray,
    *,
    level: float = 0.95,
    model_se: float = 0.0,
) -> Ratio:
    """Return the ratio of two sums of amplitudes.

    The standard error is that of the linearised ratio; the interval is Fieller's (Q J Pharm
    Pharmacol 1944;17:117), which holds where the denominator is weak too, and has no end where
    that cannot be told from 0. No end lies below 0, for no amplitude does.

    Parameters
    ----------
    above, below
        Weights of the amplitudes, (M,).
    amplitudes, covariance
        (M,) and (M, M).
    level
        Coverage of the interval.
    model_se
        Further error of the ratio, of the model; widens the interval in quadrature.

    Returns
    -------
    Ratio
        NaN where the denominator is 0; ends NaN where the interval has none.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs.fitting.ratios import ratio
    >>> one, other = np.eye(2)
    >>> ratio(one, other, np.array([2.0, 4.0]), np.diag([0.04, 0.01]))[:2]
    (0.5, 0.05153882032022076)

    """
    top, bottom = float(above @ amplitudes), float(below @ amplitudes)
    if bottom <= 0.0:
        return Ratio(np.nan, np.nan, np.nan, np.nan)
    value = top / bottom
    off = above - value * below
    se = float(np.sqrt(np.maximum(off @ covariance @ off, 0.0))) / bottom
    low, high = _fieller(above, below, amplitudes, covariance, float(ndtri(0.5 * (1.0 + level))))
    reach = float(ndtri(0.5 * (1.0 + level))) * model_se
    low = value - float(np.hypot(value - low, reach))
    high = value + float(np.hypot(high - value, reach))
    return Ratio(value, se, float(np.maximum(low, 0.0)), high)


def _fieller(
    above: FloatArray, below: FloatArray, amplitudes: FloatArray, covariance: FloatArray, z: float
) -> tuple[float, float]:
    """Return the roots r of (top - r bottom)^2 = z^2 var(top - r bottom)."""
    top, bottom = float(above @ amplitudes), float(below @ amplitudes)
    squared = z * z
    a = bottom**2 - squared * float(below @ covariance @ below)
    b = top * bottom - squared * float(above @ covariance @ below)
    c = top**2 - squared * float(above @ covariance @ above)
    if a <= 0.0:
        return np.nan, np.nan
    half = np.sqrt(max(b * b - a * c, 0.0))
    return float((b - half) / a), float((b + half) / a)
