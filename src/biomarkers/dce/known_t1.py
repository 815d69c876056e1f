"""T1 of the voxels of a series, from a number, a map or a fit."""

import numpy as np
import numpy.typing as npt

from biomarkers.images.voxels import of_chosen
from biomarkers.relaxometry import T1Map

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def t1_of(t10: npt.ArrayLike | T1Map, chosen: BoolArray) -> tuple[FloatArray, FloatArray | None]:
    """Return T1 of the chosen voxels, s, and its standard error if that is known at all.

    A flagged voxel has no T1; one whose error is unknown counts as sure.
    """
    if not isinstance(t10, T1Map):
        return of_chosen("t10", t10, chosen), None
    value = of_chosen("t10", np.where(t10.flags, np.nan, t10.t1), chosen)
    return value, np.nan_to_num(of_chosen("t10", t10.se["T1"], chosen))
