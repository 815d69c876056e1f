"""Concentration by relative enhancement: an approximation, and declared as one."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.checks import positive_number
from biomarkers.dce.conversion import enhancement
from biomarkers.dce.sequence import per_voxel
from biomarkers.estimates import checked_series
from biomarkers.kinetics.arrival import Baseline, baseline_before_arrival, checked_baseline

FloatArray = npt.NDArray[np.float64]


def concentration_relative(
    signal: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
) -> FloatArray:
    """Approximate concentration by relative enhancement, ``(S/S0 - 1) / (r1 T10)``.

    It takes signal as proportional to 1/T1. A spoiled gradient echo comes near that while TR is
    far below T1 and the flip angle far above the Ernst angle; beyond that it says too little, and
    at low flip angles far too little. Use `concentration` where TR and flip angle are known.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    r1, baseline
        As in `concentration`.

    Returns
    -------
    ndarray
        Concentration, mM, (..., T); NaN in voxels without T1 or baseline signal. Saturation
        cannot be told and has a number.

    References
    ----------
    Ingrisch M, Sourbron S. J Pharmacokinet Pharmacodyn 2013;40:281.
    doi:10.1007/s10928-013-9315-3

    """
    positive_number("r1", r1, "1/(s mM)")
    values = checked_series(signal)
    window = baseline_before_arrival(values) if baseline == "auto" else baseline
    ratio, _ = enhancement(values, checked_baseline(window, values.shape[-1]))
    scale = r1 * per_voxel("t10", t10, ratio.shape[:-1])[..., None]
    return np.asarray((ratio - 1.0) / scale)
