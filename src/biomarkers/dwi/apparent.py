"""The apparent diffusion coefficient (ADC)."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.dwi._curves import Exponent
from biomarkers.dwi.engine import (
    PER_MM2,
    BitArray,
    DiffusionMap,
    Method,
    Problem,
    fit_series,
    series_of,
)
from biomarkers.dwi.gradients import check_bvalues, check_gradients, directions
from biomarkers.dwi.tensors import TRACE, require_determined, tensor_columns
from biomarkers.estimates import FitFlag, noted


@noted
def adc(
    signal: npt.ArrayLike,
    bvals: npt.ArrayLike,
    *,
    bvecs: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
    method: Method = "nonlinear",
    noise: npt.ArrayLike | None = None,
) -> DiffusionMap:
    r"""Fit the apparent diffusion coefficient: one exponential decay.

    .. math::
        S(b) = S_0 e^{-b \, ADC}

    Without gradients one coefficient describes every volume, as trace-weighted images and tissue
    without direction ask for. With them each direction decays by itself, and the ADC is the mean
    over the directions measured, or that of the diffusion tensor where they determine one.

    Parameters
    ----------
    signal
        Magnitudes, (..., n), any unit; an image, or an array.
    bvals
        b-value of each volume, (n,), s/mm^2, in any order; 0 need not be the first of them.
    bvecs
        Direction of each volume's gradient, (n, 3) or (3, n), of unit length.
    mask
        Voxels to fit, (...); all if not given. The others are NaN.
    method
        `loglinear`: straight line through the logarithms, each weighted by the square of the
        fitted signal. `nonlinear`: least squares. `rician`: maximum of the Rician likelihood, which
        the noise floor of magnitudes does not bias.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels, for `rician`. Not
        given, it is estimated from what the fits leave over, one for all voxels (where they are
        fewer than 16, for each its own): give a map where coils make it vary.

    Returns
    -------
    DiffusionMap
        `ADC` (mm^2/s) with its `se`; `S0`, the signal at b = 0; `.flags` where a value is not to
        be trusted (a negative one is kept, and flagged), and `.reasons` why.

    Raises
    ------
    InputError
        If shapes do not fit, there are fewer than two b-values, they look like another unit
        (s/m^2, ms/um^2), or gradients are not of unit length.

    References
    ----------
    Le Bihan D et al. Radiology 1986;161:401. doi:10.1148/radiology.161.2.3763909
    Veraart J et al. NeuroImage 2013;81:335. doi:10.1016/j.neuroimage.2013.05.028 (weights)
    Sijbers J et al. IEEE Trans Med Imaging 1998;17:357. doi:10.1109/42.712125 (Rician noise)

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import adc
    >>> b = np.array([0.0, 200, 400, 600, 800, 1000])
    >>> fit = adc(100 * np.exp(-b * 0.8e-3), b)
    >>> round(float(fit["ADC"]), 6)
    0.0008

    """
    series = series_of(signal)
    b = check_bvalues(bvals, series.shape[-1])
    decays, share = _decays(b, None if bvecs is None else check_gradients(bvecs, b))
    design = np.column_stack([np.ones(b.size), decays])
    require_determined(design, "a volume without weighting, or two b-values in each direction")

    def derive(x: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, BitArray]:
        value = PER_MM2 * x[:, 1:] @ share
        variance = PER_MM2**2 * (share @ (covariance[:, 1:, 1:] @ share).T)
        reasons = np.where(value < 0.0, FitFlag.NEGATIVE, 0).astype(np.uint16)
        s0 = np.exp(x[:, 0])
        return np.stack([value, s0], 1), np.stack([variance, np.full(s0.shape, np.nan)], 1), reasons

    return fit_series(
        Problem(
            "apparent diffusion coefficient",
            Exponent(design),
            design.shape[1],
            ("ADC", "S0"),
            derive,
        ),
        series,
        mask=mask,
        method=method,
        noise=noise,
        settings={"BValues": b.tolist()},
    )


def _decays(b: FloatArray, gradients: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Return how log S answers to each diffusivity, (n, k), and what share of the ADC each is."""
    if gradients is None or not gradients.any():
        return -PER_MM2 * b[:, None], np.ones(1)
    tensor = tensor_columns(b, gradients)
    if np.linalg.matrix_rank(np.column_stack([np.ones(b.size), tensor])) > len(TRACE):
        return tensor, TRACE
    which = directions(gradients)
    count = int(which.max()) + 1
    share = np.full(count, 1.0 / count)
    # A volume that is hardly weighted has no direction: it decays by the mean.
    along = np.where(which[:, None] < 0, share, which[:, None] == np.arange(count))
    return -PER_MM2 * b[:, None] * along, share
