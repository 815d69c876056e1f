"""Intravoxel incoherent motion (IVIM): diffusion of tissue, and flow in its capillaries."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.dwi._curves import TwoPools
from biomarkers.dwi._fit import Fits
from biomarkers.dwi._starts import start_two_pools
from biomarkers.dwi.engine import (
    PER_MM2,
    BitArray,
    DiffusionMap,
    Method,
    Problem,
    fit_series,
    series_of,
)
from biomarkers.dwi.gradients import check_bvalues, shells
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag, noted

_FEWEST = 4
# Coefficients looked for, mm^2/s, and how many between them are tried as a start.
_SLOWEST, _FASTEST, _TRIED = 1e-5, 1.0, 40


@noted
def ivim(
    signal: npt.ArrayLike,
    bvals: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    method: Method = "nonlinear",
    noise: npt.ArrayLike | None = None,
) -> DiffusionMap:
    r"""Fit the fraction of the signal that flows, and the coefficients of both parts.

    .. math::
        S(b) = S_0 \left( (1 - f) e^{-b D} + f e^{-b D^*} \right)

    All four numbers at once, from the best of a grid of starts.

    Parameters
    ----------
    signal, bvals, mask, noise
        As of `dwi.adc`; four b-values at least, several of them below 100 s/mm^2. Volumes of one
        b-value in several directions count as repeats.
    method
        `nonlinear` or `rician`.

    Returns
    -------
    DiffusionMap
        `f`, `D` and `Dstar` (D*, mm^2/s), with their `se`; `S0`. A negative f is kept, and flagged.
        A coefficient of which twice the error is no less than the value is not determined and NaN;
        where one runs to the bounds of 1e-5 and 1 mm^2/s the data tell no two pools, and all three
        are NaN. Voxels mostly do so below a signal-to-noise ratio of 50: fit the mean curve of a
        region then.

    Raises
    ------
    InputError
        As `dwi.adc`, with fewer than four b-values, or for `loglinear`.

    References
    ----------
    Le Bihan D et al. Radiology 1988;168:497. doi:10.1148/radiology.168.2.3393671

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import ivim
    >>> b = np.array([0.0, 10, 20, 40, 80, 150, 300, 500, 800])
    >>> signal = 0.85 * np.exp(-b * 0.9e-3) + 0.15 * np.exp(-b * 0.02)
    >>> fit = ivim(signal, b)
    >>> [round(float(fit[name]), 5) for name in ("f", "D", "Dstar")]
    [0.15, 0.0009, 0.02]

    """
    series = series_of(signal)
    b = check_bvalues(bvals, series.shape[-1])
    distinct = len(shells(b)[0])
    if distinct < _FEWEST:
        raise InputError(f"bvals holds {distinct} b-values; IVIM needs {_FEWEST} different ones")
    if method == "loglinear":
        raise InputError("two pools have no straight line; use method='nonlinear' or 'rician'")
    rates = np.geomspace(_SLOWEST, _FASTEST, _TRIED) / PER_MM2
    scaled = PER_MM2 * b
    ends = np.log([rates[0], rates[-1]])
    bounds = np.array([[-np.inf, -np.inf, ends[0], ends[0]], [np.inf, np.inf, ends[1], ends[1]]])

    def start(rows: FloatArray, out: Fits) -> None:
        start_two_pools(rows, rates, scaled, out)

    return fit_series(
        Problem(
            "intravoxel incoherent motion",
            TwoPools(scaled),
            4,
            ("f", "D", "Dstar", "S0"),
            _coefficients,
            start,
            bounds,
        ),
        series,
        mask=mask,
        method=method,
        noise=noise,
        settings={"BValues": b.tolist()},
    )


def _coefficients(x: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, BitArray]:
    # The slower pool is tissue, whichever of the two the fit began with.
    turned = x[:, 2] > x[:, 3]
    f = np.where(turned, 1.0 - x[:, 1], x[:, 1])
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    rates = PER_MM2 * np.exp(x[:, 2:])
    spread = rates**2 * variance[:, 2:]
    order = np.where(turned[:, None], [1, 0], [0, 1])
    rates, spread = (np.take_along_axis(each, order, axis=1) for each in (rates, spread))
    values = np.column_stack([f, rates, x[:, 0]])
    variances = np.column_stack([variance[:, 1], spread, np.full(len(x), np.nan)])
    return values, variances, _judged(values, variances)


def _judged(values: FloatArray, variances: FloatArray) -> BitArray:
    """Return what is to be said, and drop what the data do not determine."""
    rates = values[:, 1:3]
    at_bound = ((rates < 1.001 * _SLOWEST) | (rates > 0.999 * _FASTEST)).any(axis=1)
    unclear = 2.0 * np.sqrt(variances[:, 1:3]) >= rates
    negative = values[:, 0] < 0.0
    rates[unclear] = np.nan
    values[at_bound, :3] = np.nan
    said = np.where(negative & ~at_bound, FitFlag.NEGATIVE, 0) | np.where(
        unclear.any(axis=1) | at_bound, FitFlag.NOT_IDENTIFIABLE, 0
    )
    return (said | np.where(at_bound, FitFlag.AT_BOUND, 0)).astype(np.uint16)
