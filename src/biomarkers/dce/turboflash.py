"""Signal to concentration and back for turboFLASH after a saturation pulse."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.concentration import concentration
from biomarkers.dce.sequence import TurboFlash, per_voxel
from biomarkers.kinetics.arrival import Baseline

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

    The same as `concentration` with ``sequence=TurboFlash(...)``, see there.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    prep_time, tr, flip_deg, pulses_to_centre, te, r2s
        As in `TurboFlash`.
    r1, baseline
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
    train = TurboFlash(
        prep_time=prep_time,
        tr=tr,
        flip_deg=flip_deg,
        pulses_to_centre=pulses_to_centre,
        te=te,
        r2s=r2s,
    )
    return concentration(signal, t10=t10, r1=r1, baseline=baseline, b1=b1, sequence=train)


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
    train = TurboFlash(
        prep_time=prep_time, tr=tr, flip_deg=flip_deg, pulses_to_centre=pulses_to_centre
    ).weighting(per_voxel("b1", field, field.shape))
    level = train.level(1.0 / t1[..., None])
    return np.asarray(m0 * (np.sin(train.angle) * level)[..., 0])
