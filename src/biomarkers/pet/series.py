"""Other values for the voxels of a scan, all else kept."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.pet.scan import Scan

FloatArray = npt.NDArray[np.float64]


def decay_corrected(scan: Scan) -> Scan:
    """Return the scan with its decay corrected, to the start of injection if it was not yet.

    A correction to another time is left: blood is commonly corrected to the same one.
    """
    return scan if scan.decay_corrected_to is not None else scan.decay_corrected()


def finite_series(scan: Scan) -> FloatArray:
    """Return the activity (x, y, z, T), kBq/mL; `InputError` if a voxel has no value."""
    series = scan.series
    if not np.isfinite(series).all():
        voxel = tuple(int(index) for index in np.argwhere(~np.isfinite(series))[0])
        raise InputError(
            f"{scan.source}: no value at voxel {voxel[:3]} of frame {voxel[3]}; fill it, or crop "
            "the image, first"
        )
    return series


def with_series(scan: Scan, series: FloatArray, how: str) -> Scan:
    """Return the scan with other activity (x, y, z, T); `how` it came about goes to its source."""
    data = series.reshape(scan.image.shape)
    image = scan.image.with_data(data, source=f"{scan.source}, {how}", unit=scan.image.unit)
    return replace(scan, image=image)
