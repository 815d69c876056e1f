"""Signal to concentration of contrast agent and back, for a spoiled gradient echo."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.arrival import Baseline, baseline_before_arrival, checked_baseline
from biomarkers.errors import InputError
from biomarkers.relaxometry import spgr_signal
from biomarkers.relaxometry.spgr import checked_flip, require_positive

FloatArray = npt.NDArray[np.float64]


def concentration(
    signal: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    tr: float,
    flip_deg: float,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
) -> FloatArray:
    """Convert signal to concentration, exactly for a spoiled gradient echo.

    The signal before contrast and T1 there give the full magnetisation; with it every later
    signal gives its own T1, and the change of 1/T1 over the relaxivity is the concentration.
    The decay with T2* is taken as unchanged.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    tr
        Repetition time, s.
    flip_deg
        Nominal flip angle, degrees.
    r1
        Relaxivity of the agent, 1/(s·mM).
    baseline
        Half-open sample indices of the signal before contrast, or `auto`: one baseline for all
        curves, as `baseline_before_arrival` finds it.
    b1
        Actual over nominal flip angle; broadcasts to the voxels; 1 if not given.

    Returns
    -------
    ndarray
        Concentration, mM, (..., T). NaN where there is none: in whole voxels without T1, B1 or
        baseline signal, and at samples that no T1 explains (as bright as full magnetisation or
        more: saturated; or negative).

    Raises
    ------
    InputError
        If shapes do not fit or a setting is not physical.

    References
    ----------
    Schabel MC, Parker DL. Phys Med Biol 2008;53:2345. doi:10.1088/0031-9155/53/9/010

    """
    values = np.asarray(signal, dtype=float)
    if values.ndim == 0:
        raise InputError("signal needs time as its last axis; found a single number")
    window = baseline_before_arrival(values) if baseline == "auto" else baseline
    ratio, _ = enhancement(values, checked_baseline(window, values.shape[-1]))
    return from_enhancement(ratio, t10=t10, tr=tr, flip_deg=flip_deg, r1=r1, b1=b1)


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


def from_enhancement(
    ratio: FloatArray,
    *,
    t10: npt.ArrayLike,
    tr: float,
    flip_deg: float,
    r1: float,
    b1: npt.ArrayLike | None,
) -> FloatArray:
    """Return the concentration, mM, of signal over baseline; the rest is as in `concentration`."""
    require_positive("tr", tr, "s")
    require_positive("r1", r1, "1/(s mM)")
    voxels = ratio.shape[:-1]
    angle = float(checked_flip(flip_deg)) * _per_voxel("b1", 1.0 if b1 is None else b1, voxels)
    rate = tr / _per_voxel("t10", t10, voxels)
    # 1 - cos α and 1 - E1, each without cancellation where α or TR/T1 is small.
    versine, recovered = 2.0 * np.sin(0.5 * angle) ** 2, -np.expm1(-rate)
    # Share of the signal that there would be if magnetisation recovered in full between pulses.
    share = ratio * (recovered / (recovered + (1.0 - recovered) * versine))[..., None]
    drop = share * versine[..., None]
    drop /= 1.0 - share + drop
    possible = (share < 1.0) & (drop > 0.0)
    relaxed = -np.log1p(-np.where(possible, drop, np.nan)) / tr
    return np.asarray((relaxed - rate[..., None] / tr) / r1)


def concentration_to_signal(
    concentration: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    tr: float,
    flip_deg: float,
    r1: float,
    m0: npt.ArrayLike = 1.0,
    b1: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return the signal of a concentration: the inverse of `concentration`.

    Parameters
    ----------
    concentration
        (..., T), mM.
    t10, tr, flip_deg, r1, b1
        As in `concentration`.
    m0
        Signal of full magnetisation; broadcasts to the voxels (...).

    Returns
    -------
    ndarray
        Signal in the unit of `m0`, (..., T).

    """
    values = np.asarray(concentration, dtype=float)
    require_positive("r1", r1, "1/(s mM)")
    voxels = values.shape[:-1]
    before = _per_voxel("t10", t10, voxels)[..., None]
    field = _per_voxel("b1", 1.0 if b1 is None else b1, voxels)[..., None]
    size = np.broadcast_to(np.asarray(m0, dtype=float), voxels)[..., None]
    return spgr_signal(size, 1.0 / (1.0 / before + r1 * values), tr=tr, flip_deg=flip_deg, b1=field)


def _per_voxel(name: str, value: npt.ArrayLike, voxels: tuple[int, ...]) -> FloatArray:
    """Return a positive quantity for every voxel, NaN where it is not positive and finite."""
    given = np.asarray(value, dtype=float)
    try:
        every = np.broadcast_to(given, voxels)
    except ValueError as error:
        raise InputError(f"{name} of shape {given.shape} does not fit voxels {voxels}") from error
    return np.where(np.isfinite(every) & (every > 0), every, np.nan)
