"""Where a constant describes a curve better than the model does, by more than its noise.

A model that can only rise leaves a curve that falls at zero, with residuals as large as the fall.
That is no estimate of zero. A curve that is flat within its noise, however, is: to take it away
where noise lies below zero, and keep it where noise lies above, would raise the mean of a region
in which nothing happens.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, ndtri

from biomarkers.errors import InputError
from biomarkers.estimates import Chosen
from biomarkers.timing import FloatArray

BoolArray = npt.NDArray[np.bool_]

SURE = 0.999  # how sure one must be that a constant describes a curve better than the model
_FEWEST = 4  # samples that tell their noise


@dataclass(frozen=True, eq=False)
class Noise:
    """What is known of the noise of curves, in their unit; numbers, or one for each curve (...).

    Parameters
    ----------
    sample
        Standard deviation of a sample.
    shared
        Standard deviation of what all samples of a curve have in common: of a baseline of n
        samples that was taken off, ``sample / sqrt(n)``. None: as large as that of one sample.

    Examples
    --------
    A flat curve is an estimate of zero, if its noise is known to be that large:

    >>> import numpy as np
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> flat = 0.01 * np.random.default_rng(1).standard_normal(len(curve)) - 0.002
    >>> noise = kinetics.Noise(sample=0.01, shared=0.002)
    >>> fit = kinetics.MODELS["patlak"].fit(flat, curve.time, aif, noise=noise)
    >>> print(f"Ktrans {fit['Ktrans']:.3f} 1/min")
    Ktrans 0.000 1/min

    """

    sample: npt.ArrayLike
    shared: npt.ArrayLike | None = None

    def of(self, chosen: Chosen) -> FloatArray:
        """Return both for the curves that are fitted, (2, V); `InputError` if one is none.

        Examples
        --------
        Of a baseline of 25 samples, for three curves:

        >>> from biomarkers.estimates import Chosen
        >>> from biomarkers.kinetics import Noise
        >>> Noise(0.05, shared=0.05 / 25**0.5).of(Chosen.of(None, (3,))).round(3)
        array([[0.05, 0.05, 0.05],
               [0.01, 0.01, 0.01]])

        """
        both = (self.sample, self.sample if self.shared is None else self.shared)
        known = np.array([chosen.take("noise", each) for each in both])
        if (known < 0).any():
            raise InputError(f"noise is {known[known < 0][0]:g}; expected 0 or more")
        return known


def beyond_noise(
    curves: FloatArray, weights: FloatArray, rss: FloatArray, noise: FloatArray | None
) -> BoolArray:
    """Where the residuals of curves are larger than their noise can be, (V,).

    Parameters
    ----------
    curves, weights
        (V, T) and (T,), weights above 0.
    rss
        Weighted sums of squared residuals, (V,).
    noise
        (2, V), see `Noise`. None: from the curves' second differences, which neither a level nor
        a slope enters; a baseline of one sample is allowed for.

    """
    points, mean = len(weights), weights.mean()
    if noise is None and points < _FEWEST:
        return np.ones(len(curves), dtype=bool)
    if noise is None:
        variance = 1.0 / weights
        bent = np.diff(curves, 2) ** 2 / (variance[:-2] + 4.0 * variance[1:-1] + variance[2:])
        sample = shared = bent.mean(axis=1)
    else:
        sample, shared = mean * noise**2
    # chdtri has the upper tail, ndtri the lower one
    limit = float(chdtri(points, 1.0 - SURE)) * sample
    limit += points * float(ndtri(0.5 + 0.5 * SURE)) ** 2 * shared
    return np.asarray(~(rss <= limit))
