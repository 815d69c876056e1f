"""B1 and T1 of a session, computed from signal, with errors where the images tell them.

Noise of the echoes differs from voxel to voxel. B1 is smoothed, so its error, and what it makes of
T1, is much the same for neighbours: a region averages it out only where it is wider than that.
"""

from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.estimates import Estimates
from biomarkers.images import Image, read_image
from biomarkers.quantities import QUANTITIES
from biomarkers.relaxometry import afi_map, b1_smoothing_fwhm, t1_vfa
from biomarkers.study.acquisition import Source, flip_angle, repetition_time
from biomarkers.study.maps import ParameterMap, parted_errors, paths
from biomarkers.study.settings import COMPUTED


def b1_map(pair: tuple[Source, ...]) -> ParameterMap:
    """Compute the transmit field from an actual-flip-angle pair, shorter TR first.

    Both signals are smoothed over a small part of the wavelength, which the field strength in
    the sidecar (`MagneticFieldStrength`) tells; without it the map is left as the voxels give it,
    and its error is not known. Nor is it where voxels are too large for smoothing to show noise.
    """
    images = [read_image(source.file.path) for source in pair]
    tr1, tr2 = (repetition_time(source) for source in pair)
    fwhm, smoothing = 0.0, None
    if "MagneticFieldStrength" in pair[0].sidecar.values:
        fwhm = b1_smoothing_fwhm(pair[0].sidecar.number("MagneticFieldStrength"))
        smoothing = {"voxel_size": images[0].voxel_size, "fwhm_mm": fwhm}
    settings = {"flip_deg": flip_angle(pair[0]), "tr1": tr1, "tr2": tr2}
    b1 = afi_map(images[0].data, images[1].data, **settings, smoothing=smoothing)
    said = {"method": b1.model, **settings, "smoothing_fwhm_mm": round(fwhm, 3)}
    return _parted("B1", b1, images[0], paths(pair), said, fwhm)


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
    ).with_pooled_noise()
    settings = {
        "method": "variable flip angle, nonlinear least squares",
        "flip_deg": flip_deg,
        "tr": tr,
        "b1": b1.origin if b1 else "not corrected",
        "errors_include": fit.settings["ErrorsInclude"],
    }
    inputs = paths(series) + (b1.inputs if b1 else ())
    fwhm = b1.shared_fwhm_mm if b1 else np.inf
    return _parted("T1", fit, images[0], inputs, settings, fwhm)


def _parted(
    name: str,
    found: Estimates,
    like: Image,
    inputs: tuple[Path, ...],
    settings: dict[str, Any],
    fwhm: float,
) -> ParameterMap:
    """Return a map with its errors parted into voxels' own and those of their neighbourhood."""
    image = like.with_data(
        found[name], source=f"{name} by {found.model}", unit=QUANTITIES[name].unit
    )
    return ParameterMap(
        name,
        image,
        COMPUTED,
        found.flags,
        inputs,
        settings,
        shared_fwhm_mm=fwhm if name in found.shared else np.inf,
        **parted_errors(found, name),
    )
