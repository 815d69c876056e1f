"""Parameter maps: read where given, computed from signal where not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.images import Image, read_image
from biomarkers.relaxometry import b1_afi, b1_smoothing_fwhm, smooth_pair, t1_vfa
from biomarkers.study.acquisition import Source, flip_angle, repetition_time
from biomarkers.study.settings import COMPUTED, GIVEN
from biomarkers.study.sources import GivenMap
from biomarkers.units import conversion_factor

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ParameterMap:
    """A map to measure.

    Parameters
    ----------
    biomarker
        Name in the measurement table.
    image
        Values and unit.
    origin
        `computed` here or `given`.
    flags
        Voxels whose value is not to be trusted; None if the map has no such record.
    inputs
        Files it came from.
    settings
        How it was computed.
    se
        Standard error of each voxel's value, independent of its neighbours'; None if not known.
    shared_se
        Relative standard error that all voxels share.

    """

    biomarker: str
    image: Image
    origin: str
    flags: BoolArray | None = None
    inputs: tuple[Path, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    se: FloatArray | None = None
    shared_se: float = 0.0

    @property
    def sound(self) -> BoolArray:
        """Voxels whose fit can be trusted; of a map without flags, those that have a value.

        A sound fit may still say that a parameter cannot be known, as ve where nothing leaks.
        """
        if self.flags is not None:
            return np.logical_not(self.flags)
        return np.asarray(np.isfinite(np.asarray(self.image.data, dtype=float)))

    def values(self, unit: str) -> FloatArray:
        """Return the values in another unit.

        Raises
        ------
        InputError
            If the unit of the map cannot be converted.

        """
        return np.asarray(self.image.data, dtype=float) * conversion_factor(self.image.unit, unit)


def given_map(given: GivenMap) -> ParameterMap:
    """Read a map as it is."""
    path = given.source.file.path
    return ParameterMap(given.biomarker, read_image(path, unit=given.unit), GIVEN, inputs=(path,))


def b1_map(pair: tuple[Source, ...]) -> ParameterMap:
    """Compute the transmit field from an actual-flip-angle pair, shorter TR first.

    Both signals are smoothed over a small part of the wavelength, which the field strength in
    the sidecar (`MagneticFieldStrength`) tells; without it the map is left as the voxels give it.
    """
    images = [read_image(source.file.path) for source in pair]
    signals = [image.data for image in images]
    flip_deg = flip_angle(pair[0])
    tr1, tr2 = (repetition_time(source) for source in pair)
    settings = {
        "method": "actual flip-angle imaging",
        "flip_deg": flip_deg,
        "tr1": tr1,
        "tr2": tr2,
        "smoothing_fwhm_mm": 0.0,
    }
    if "MagneticFieldStrength" in pair[0].sidecar.values:
        fwhm = b1_smoothing_fwhm(pair[0].sidecar.number("MagneticFieldStrength"))
        settings["smoothing_fwhm_mm"] = round(fwhm, 3)
        signals = [*smooth_pair(*signals, voxel_size=images[0].voxel_size, fwhm_mm=fwhm)]
    values = b1_afi(*signals, flip_deg=flip_deg, tr1=tr1, tr2=tr2)
    image = images[0].with_data(values, source="B1 from AFI")
    return ParameterMap("B1", image, COMPUTED, None, paths(pair), settings)


def t1_map(series: tuple[Source, ...], b1: ParameterMap | None) -> ParameterMap:
    """Compute T1 from a variable-flip-angle series, corrected by a B1 map on the same grid."""
    images = [read_image(source.file.path) for source in series]
    flip_deg = [flip_angle(source) for source in series]
    tr = repetition_time(series[0])
    fit = t1_vfa(
        np.stack([image.data for image in images], axis=-1),
        flip_deg=flip_deg,
        tr=tr,
        b1=b1.values("") if b1 else None,
    )
    settings = {
        "method": "variable flip angle, nonlinear least squares",
        "flip_deg": flip_deg,
        "tr": tr,
        "b1": b1.origin if b1 else "not corrected",
    }
    return ParameterMap(
        "T1",
        images[0].with_data(fit.t1, source="T1 from VFA", unit="s"),
        COMPUTED,
        fit.flags,
        paths(series) + (b1.inputs if b1 else ()),
        settings,
    )


def paths(sources: tuple[Source, ...]) -> tuple[Path, ...]:
    """Return the files of images."""
    return tuple(source.file.path for source in sources)
