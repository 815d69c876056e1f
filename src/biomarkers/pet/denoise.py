"""Less noise in dynamic images, for maps: by what the frames share, or by similar patches."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.pet.nuclides import correction_factors
from biomarkers.pet.point_spread import Width, blurred
from biomarkers.pet.scan import Scan

# Radius, in voxels, of the surroundings that are compared, and of where similar ones are sought.
PATCH, SEARCH = 1, 3


def denoise_hypr(scan: Scan, *, fwhm_mm: Width) -> Scan:
    """Denoise with the composite of all frames (HYPR-LR).

    The composite, the sum of what was counted in all frames, has the detail; each frame, smoothed,
    says how much: ``composite * smooth(frame) / smooth(composite)``. Right where all voxels within
    the kernel share a time course.

    Parameters
    ----------
    scan
        Dynamic scan.
    fwhm_mm
        Width of the Gaussian kernel, full width at half maximum, mm.

    Returns
    -------
    Scan
        Denoised; 0 where the smoothed composite is not above zero.

    Raises
    ------
    InputError
        If there is one frame only, a voxel has no value, or the width is not above 0.

    References
    ----------
    Christian BT, Vandehey NT, Floberg JM, Mistretta CA. J Nucl Med 2010;51:1147.
    doi:10.2967/jnumed.109.073999

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> series = 100.0 + 5.0 * np.random.default_rng(1).standard_normal((16, 16, 16, 6))
    >>> frames = Frames(300.0 * np.arange(6), np.full(6, 300.0))
    >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> left = pet.denoise_hypr(scan, fwhm_mm=4.0).series
    >>> print(f"noise {scan.series.std():.1f}, then {left.std():.1f}")
    noise 5.0, then 2.1

    """
    series = _dynamic(scan)
    composite = np.average(series, axis=-1, weights=_counting(scan))
    size = scan.image.voxel_size
    smooth = blurred(composite, size, fwhm_mm)
    enough = smooth > 0
    detail = np.where(enough, composite / np.where(enough, smooth, 1.0), 0.0)
    out = np.empty_like(series)
    for frame in range(series.shape[-1]):
        out[..., frame] = detail * blurred(series[..., frame], size, fwhm_mm)
    return scan.with_series(out, "denoised (HYPR-LR)")


def denoise_nlm(scan: Scan, *, sigma: npt.ArrayLike | None = None) -> Scan:
    """Denoise each frame by non-local means: voxels of similar surroundings are averaged.

    Parameters
    ----------
    scan
        One frame or several.
    sigma
        Standard deviation of the noise in each frame, (T,) or one value, kBq/mL; None: estimated
        frame by frame from the finest detail.

    Returns
    -------
    Scan
        Denoised.

    Raises
    ------
    InputError
        If a voxel has no value, or `sigma` does not fit.

    References
    ----------
    Coupé P et al. IEEE Trans Med Imaging 2008;27:425. doi:10.1109/TMI.2007.906087 (as in dipy)

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> series = 100.0 + 5.0 * np.random.default_rng(1).standard_normal((16, 16, 16, 6))
    >>> frames = Frames(300.0 * np.arange(6), np.full(6, 300.0))
    >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> left = pet.denoise_nlm(scan, sigma=5.0).series
    >>> print(f"noise {scan.series.std():.1f}, then {left.std():.1f}")
    noise 5.0, then 1.0

    """
    from dipy.denoise.nlmeans import nlmeans  # noqa: PLC0415
    from dipy.denoise.noise_estimate import estimate_sigma  # noqa: PLC0415  (slow to import)

    series = scan.finite_series()
    count = series.shape[-1]
    noise = np.asarray(estimate_sigma(series, N=0) if sigma is None else sigma, dtype=float)
    if noise.shape not in ((), (count,)) or not (np.isfinite(noise).all() and (noise >= 0).all()):
        raise InputError(
            f"sigma of shape {noise.shape}; expected one value, or one per {count} frames"
        )
    noise = np.broadcast_to(noise, (count,))
    out = series.copy()
    for frame in np.flatnonzero(noise > 0):
        out[..., frame] = nlmeans(
            series[..., frame],
            sigma=float(noise[frame]),
            patch_radius=PATCH,
            block_radius=SEARCH,
            rician=False,
        )
    return scan.with_series(out, "denoised (non-local means)")


def _counting(scan: Scan) -> FloatArray:
    """Return what turns each frame as shown into what was counted in it, (T,), up to a factor.

    Correction for decay raises the noise of late frames, which would rule the composite.
    """
    length = scan.frames.duration
    length = length if length.all() else np.ones_like(length)
    if scan.decay_corrected_to is None:
        return length
    return length / correction_factors(scan.frames, scan.nuclide)


def _dynamic(scan: Scan) -> FloatArray:
    series = scan.finite_series()
    if series.shape[-1] < 2:
        raise InputError(f"{scan.source}: one frame; a composite needs several")
    return series
