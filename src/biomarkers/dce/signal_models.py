"""The signal that a concentration, or a T1, makes."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers, as_numbers_alike, positive_number
from biomarkers.dce.inversion import per_voxel
from biomarkers.dce.sequence import TurboFlash, checked_decay
from biomarkers.relaxometry import spgr_signal


def concentration_to_signal(  # noqa: PLR0913  (as `concentration`)
    concentration: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    tr: float,
    flip_deg: float,
    r1: float,
    m0: npt.ArrayLike = 1.0,
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
) -> FloatArray:
    """Return the signal of a concentration: the inverse of `concentration`.

    Parameters
    ----------
    concentration
        (..., T), mM.
    t10, tr, flip_deg, r1, b1, te, r2s
        As in `concentration`.
    m0
        Signal of full magnetisation; broadcasts to the voxels (...).

    Returns
    -------
    ndarray
        Signal in the unit of `m0`, (..., T).

    Examples
    --------
    >>> from biomarkers import dce
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([0.0, 0.0, 1.0], m0=1000.0, **how)
    >>> print(signal.round(1), dce.concentration(signal, baseline=(0, 2), **how).round(3))
    [ 24.6  24.6 113. ] [0. 0. 1.]

    """
    values = as_numbers("concentration", concentration)
    positive_number("r1", r1, "1/(s mM)")
    voxels = values.shape[:-1]
    before = per_voxel("t10", t10, voxels)[..., None]
    field = per_voxel("b1", 1.0 if b1 is None else b1, voxels)[..., None]
    size = np.broadcast_to(np.asarray(m0, dtype=float), voxels)[..., None]
    t1 = 1.0 / (1.0 / before + r1 * values)
    signal = spgr_signal(size, t1, tr=tr, flip_deg=flip_deg, b1=field)
    return np.asarray(signal * np.exp(-checked_decay(te, r2s) * values))


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

    Examples
    --------
    Without a train before the centre of k-space, the signal is what has recovered since saturation:

    >>> import numpy as np
    >>> from biomarkers.dce import turboflash_signal
    >>> train = {"prep_time": 0.5, "tr": 0.0025, "flip_deg": 10.0, "pulses_to_centre": 0}
    >>> recovered = 1000.0 * (1 - np.exp(-0.5 / 1.4)) * np.sin(np.radians(10.0))
    >>> print(turboflash_signal(1000.0, 1.4, **train).round(2), recovered.round(2))
    52.15 52.15

    """
    m0, t1, field = as_numbers_alike(m0=m0, t1=t1, b1=b1)
    train = TurboFlash(
        prep_time=prep_time, tr=tr, flip_deg=flip_deg, pulses_to_centre=pulses_to_centre
    )
    angle = train.angle(per_voxel("b1", field, field.shape))
    level = train.level(1.0 / t1[..., None], angle)
    return np.asarray(m0 * (np.sin(angle) * level)[..., 0])
