"""Signal over its baseline, whatever the sequence."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics.arrival import Baseline, baseline_before_arrival, checked_baseline

FloatArray = npt.NDArray[np.float64]


def signal_ratio(signal: npt.ArrayLike, baseline: Baseline | Literal["auto"]) -> FloatArray:
    """Return signal over its mean before contrast, (..., T), with the baseline found or given."""
    values = np.asarray(signal, dtype=float)
    if values.ndim == 0:
        raise InputError("signal needs time as its last axis; found a single number")
    window = baseline_before_arrival(values) if baseline == "auto" else baseline
    return enhancement(values, checked_baseline(window, values.shape[-1]))[0]


def enhancement(signal: FloatArray, baseline: slice) -> tuple[FloatArray, FloatArray]:
    """Return signal over its mean before contrast, and the relative standard error of that mean.

    Parameters
    ----------
    signal
        (..., T).
    baseline
        Samples before contrast.

    Returns
    -------
    ratio : ndarray
        (..., T); NaN in voxels without baseline signal.
    error : ndarray
        (...); 0 where the baseline is a single sample, whose scatter is not known.

    """
    samples = signal[..., baseline]
    mean = samples.mean(axis=-1)
    mean = np.where(mean > 0, mean, np.nan)
    count = samples.shape[-1]
    spread = samples.std(axis=-1, ddof=1) if count > 1 else np.zeros(mean.shape)
    return signal / mean[..., None], np.asarray(spread / np.sqrt(count) / mean)
