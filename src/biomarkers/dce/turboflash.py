"""Signal to concentration and back for turboFLASH after a saturation pulse."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce._weighting import SaturationRecovery, to_concentration
from biomarkers.dce.concentration import checked_decay, per_voxel, signal_ratio
from biomarkers.errors import InputError
from biomarkers.kinetics.arrival import Baseline
from biomarkers.relaxometry.spgr import checked_flip, require_positive

FloatArray = npt.NDArray[np.float64]


def concentration_turboflash(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    prep_time: float,
    tr: float,
    flip_deg: float,
    pulses_to_centre: int,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
) -> FloatArray:
    """Convert signal to concentration, exactly for saturation-recovery turboFLASH.

    Every image follows its own saturation pulse, which has to leave no magnetisation; a train
    of small pulses then reads it, and contrast is that of the pulse at the centre of k-space.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    prep_time
        From saturation to the first pulse of the train, s.
    tr
        From pulse to pulse, s.
    flip_deg
        Nominal flip angle of the train, degrees, up to 90.
    pulses_to_centre
        Pulses of the train before the one at the centre of k-space: 0 for centric order, half
        of the phase-encoding steps for linear order.
    r1, baseline, te, r2s
        As in `concentration`.
    b1
        Actual over nominal flip angle of the train; broadcasts to the voxels. Saturation is
        taken as complete all the same.

    Returns
    -------
    ndarray
        Concentration, mM, (..., T); NaN where there is none, as in `concentration`.

    Raises
    ------
    InputError
        If shapes do not fit or a setting is not physical.

    References
    ----------
    Larsson HBW et al. Magn Reson Med 1996;35:716. doi:10.1002/mrm.1910350513

    """
    ratio = signal_ratio(signal, baseline)
    require_positive("r1", r1, "1/(s mM)")
    voxels = ratio.shape[:-1]
    train = _train(prep_time, tr, pulses_to_centre, _angle(flip_deg, b1, voxels))
    before = 1.0 / per_voxel("t10", t10, voxels)[..., None]
    return to_concentration(train, ratio, before=before, r1=r1, decay=checked_decay(te, r2s))


def turboflash_signal(
    m0: npt.ArrayLike,
    t1: npt.ArrayLike,
    *,
    prep_time: float,
    tr: float,
    flip_deg: float,
    pulses_to_centre: int,
    b1: npt.ArrayLike = 1.0,
) -> FloatArray:
    """Return the signal of saturation-recovery turboFLASH at the centre of k-space.

    Parameters
    ----------
    m0
        Signal of full magnetisation with T2* decay in it, any shape.
    t1
        Longitudinal relaxation time, s; broadcasts with `m0`.
    prep_time, tr, flip_deg, pulses_to_centre, b1
        As in `concentration_turboflash`; `b1` broadcasts with `m0`.

    Returns
    -------
    ndarray
        Signal in the unit of `m0`.

    """
    m0, t1, field = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (m0, t1, b1)))
    angle = _angle(flip_deg, field, field.shape)[..., 0]
    level = _train(prep_time, tr, pulses_to_centre, angle).level(1.0 / t1)
    return np.asarray(m0 * np.sin(angle) * level)


def _angle(flip_deg: float, b1: npt.ArrayLike | None, voxels: tuple[int, ...]) -> FloatArray:
    """Return the actual angle of every voxel, (..., 1), rad; NaN above 90 degrees."""
    flip = float(checked_flip(flip_deg))
    if flip > 0.5 * np.pi:
        raise InputError(f"flip_deg is {flip_deg:g}; expected up to 90 degrees in a pulse train")
    angle = flip * per_voxel("b1", 1.0 if b1 is None else b1, voxels)[..., None]
    return np.where(angle <= 0.5 * np.pi, angle, np.nan)


def _train(prep_time: float, tr: float, pulses: int, angle: FloatArray) -> SaturationRecovery:
    require_positive("prep_time", prep_time, "s")
    require_positive("tr", tr, "s")
    if not (isinstance(pulses, int | np.integer) and pulses >= 0):
        raise InputError(f"pulses_to_centre is {pulses!r}; expected a whole number, 0 or more")
    return SaturationRecovery(prep_time, tr, int(pulses), angle)
