"""Denoising of a diffusion-weighted series before it is fitted, by DIPY."""

from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask
from biomarkers.dwi.engine import series_of
from biomarkers.errors import InputError
from biomarkers.images.kinds import as_image, like_given

_RADIUS = 2  # voxels


def denoise(signal: Any, *, mask: npt.ArrayLike | None = None) -> Any:
    """Drop what random matrices explain of the components of 5 × 5 × 5 voxels (MP-PCA).

    Fewer along an axis that has not as many.

    What a fit then leaves over is no longer the noise: standard errors come out too small, and the
    Rician floor stays. The median of a region hardly gains, as it averages noise already.

    Parameters
    ----------
    signal
        Magnitudes, (x, y, z, n); an image (ours or of nibabel), or an array.
    mask
        Voxels to work on, (x, y, z); all if not given.

    Returns
    -------
    image or ndarray
        Of the same kind; 0 outside the mask.

    Raises
    ------
    InputError
        If the series is not 4-D, or the mask does not fit.

    References
    ----------
    Veraart J et al. NeuroImage 2016;142:394. doi:10.1016/j.neuroimage.2016.08.016

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import denoise
    >>> b, noise = np.linspace(0, 1000, 20), np.random.RandomState(0).normal(0, 3, (5, 5, 5, 20))
    >>> truth = 100 * np.exp(-b * np.linspace(0.6e-3, 1.2e-3, 125).reshape(5, 5, 5, 1))
    >>> left = denoise(truth + noise) - truth
    >>> bool(left.std() < 0.4 * noise.std())
    True

    """
    from dipy.denoise.localpca import mppca  # noqa: PLC0415  (slow to import)

    series = series_of(signal)
    if series.ndim != 4:
        raise InputError(f"signal has shape {series.shape}; denoising needs (x, y, z, volumes)")
    inside = None if mask is None else as_mask("mask", mask, series.shape[:3])
    reach = np.minimum(_RADIUS, (np.array(series.shape[:3]) - 1) // 2)
    double = np.asarray(series, dtype=float)  # else it computes in single precision
    values = np.asarray(mppca(double, mask=inside, patch_radius=reach), dtype=float)
    if isinstance(signal, np.ndarray):
        return values
    image = as_image("signal", signal)
    return like_given(signal, image.with_data(values, source=f"{image.source}, denoised"))
