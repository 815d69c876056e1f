"""B1 and T1 of a session, computed from signal, with errors where the images tell them.

Noise of the echoes differs from voxel to voxel. B1 is smoothed, so its error, and what it makes of
T1, is much the same for neighbours: a region averages it out only where it is wider than that.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import special

from biomarkers.images import read_image
from biomarkers.relaxometry import (
    T1Map,
    b1_afi,
    b1_afi_se,
    b1_smoothing_fwhm,
    smooth_pair,
    smoothed_noise,
    t1_vfa,
)
from biomarkers.study.acquisition import Source, flip_angle, repetition_time
from biomarkers.study.maps import ParameterMap, paths
from biomarkers.study.settings import COMPUTED

FloatArray = npt.NDArray[np.float64]


def b1_map(pair: tuple[Source, ...]) -> ParameterMap:
    """Compute the transmit field from an actual-flip-angle pair, shorter TR first.

    Both signals are smoothed over a small part of the wavelength, which the field strength in
    the sidecar (`MagneticFieldStrength`) tells; without it the map is left as the voxels give it,
    and its error is not known. Nor is it where voxels are too large for smoothing to show noise.
    """
    images = [read_image(source.file.path) for source in pair]
    signals = images[0].data, images[1].data
    tr1, tr2 = (repetition_time(source) for source in pair)
    settings = {"flip_deg": flip_angle(pair[0]), "tr1": tr1, "tr2": tr2}
    fwhm, noise = 0.0, None
    if "MagneticFieldStrength" in pair[0].sidecar.values:
        fwhm = b1_smoothing_fwhm(pair[0].sidecar.number("MagneticFieldStrength"))
        size, rough = images[0].voxel_size, signals
        signals = smooth_pair(*rough, voxel_size=size, fwhm_mm=fwhm)
        noise = smoothed_noise(rough, signals, voxel_size=size, fwhm_mm=fwhm)
    b1 = b1_afi(*signals, **settings)
    image = images[0].with_data(b1, source="B1 from AFI")
    said = {"method": "actual flip-angle imaging", **settings, "smoothing_fwhm_mm": round(fwhm, 3)}
    found = ParameterMap("B1", image, COMPUTED, None, paths(pair), said)
    if noise is None or not np.isfinite(noise).any():
        return found
    # The error is proportional to the noise, which may be nothing.
    error = noise * b1_afi_se(*signals, **settings, noise=1.0)
    return replace(found, se=np.zeros(b1.shape), shared_se=error / b1, shared_fwhm_mm=fwhm)


def t1_map(series: tuple[Source, ...], b1: ParameterMap | None) -> ParameterMap:
    """Compute T1 from a variable-flip-angle series, corrected by a B1 map on the same grid.

    Its errors are those of the residuals, and of B1 where those are known.
    """
    images = [read_image(source.file.path) for source in series]
    flip_deg = [flip_angle(source) for source in series]
    tr = repetition_time(series[0])
    field = b1.values("") if b1 else None
    fit = t1_vfa(
        np.stack([image.data for image in images], axis=-1),
        flip_deg=flip_deg,
        tr=tr,
        b1=field,
        b1_se=np.asarray(b1.shared_se) * field if b1 and b1.se is not None else None,
    )
    own, of_b1 = parted_errors(fit)
    settings = {
        "method": "variable flip angle, nonlinear least squares",
        "flip_deg": flip_deg,
        "tr": tr,
        "b1": b1.origin if b1 else "not corrected",
        "errors_include": ["residuals", "B1"] if fit.se_of_b1 is not None else ["residuals"],
    }
    return ParameterMap(
        "T1",
        images[0].with_data(fit.t1, source="T1 from VFA", unit="s"),
        COMPUTED,
        fit.flags,
        paths(series) + (b1.inputs if b1 else ()),
        settings,
        se=own,
        shared_se=of_b1 / fit.t1,
        shared_fwhm_mm=b1.shared_fwhm_mm if b1 else np.inf,
    )


def parted_errors(fit: T1Map) -> tuple[FloatArray, FloatArray]:
    """Return the standard errors of T1 from noise, and from B1 (0 where not known at all), s.

    A few residuals tell little of the noise of a voxel, those of all voxels much: the noise is
    taken to be the same everywhere, its variance as the median over the voxels. Each counts by the
    square of its M0, so that air, whose magnitudes scatter less, does not.
    """
    of_b1 = np.zeros(fit.t1.shape) if fit.se_of_b1 is None else fit.se_of_b1
    own = np.sqrt(np.maximum(fit.se**2 - of_b1**2, 0.0))
    spread = fit.residual_sd
    known = np.isfinite(spread)
    if not known.any():
        return own, of_b1
    usual = 2.0 * special.gammaincinv(0.5 * fit.freedom, 0.5) / fit.freedom  # median of chi squared
    middle = np.quantile(spread[known] ** 2, 0.5, weights=fit.m0[known] ** 2, method="inverted_cdf")
    noise = np.sqrt(middle / usual)
    return own * np.divide(noise, spread, out=np.ones(own.shape), where=spread > 0), of_b1
