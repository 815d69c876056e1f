"""The arterial input as measured in the images."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.concentration import concentration
from biomarkers.dce.sequence import PulseSequence
from biomarkers.errors import InputError
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import Baseline

BoolArray = npt.NDArray[np.bool_]


def measured_input(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    artery: BoolArray,
    *,
    t10_blood: float,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    hct: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
    sequence: PulseSequence | None = None,
) -> Input:
    """Take the input from the voxels of an artery: the mean of their concentrations.

    Parameters
    ----------
    signal4d
        Dynamic series (..., T), any unit.
    time
        When each sample was taken, (T,), s.
    artery
        Voxels of the artery, (...).
    t10_blood
        T1 of blood before contrast, s. It is given because inflow makes it unmeasurable with a
        gradient echo.
    tr, flip_deg, r1
        As in `concentration`.
    hct
        Haematocrit; plasma carries the agent, so its concentration is blood's over 1 - hct.
    baseline, b1, te, r2s, sequence
        As in `concentration`; `auto` looks at the artery alone, where the agent arrives first.
        T2* matters most in an artery, whose peak it hides.

    Returns
    -------
    kinetics.Input
        Concentration in blood and plasma, mM. Voxels that saturate are left out.

    Raises
    ------
    InputError
        If shapes or settings do not fit, the artery has no voxel, or every voxel saturates.

    """
    series = np.asarray(signal4d, dtype=float)
    chosen = np.asarray(artery, dtype=bool)
    if chosen.shape != series.shape[:-1]:
        raise InputError(f"artery of shape {chosen.shape} does not fit a series {series.shape}")
    if not chosen.any():
        raise InputError("the artery has no voxel; check the label it was taken from")
    field = None if b1 is None else np.broadcast_to(np.asarray(b1, dtype=float), chosen.shape)
    curves = concentration(
        series[chosen],
        t10=t10_blood,
        tr=tr,
        flip_deg=flip_deg,
        r1=r1,
        baseline=baseline,
        b1=None if field is None else field[chosen],
        te=te,
        r2s=r2s,
        sequence=sequence,
    )
    sound = np.isfinite(curves).all(axis=1)
    if not sound.any():
        raise InputError(
            f"all {sound.size} voxels of the artery have samples that no concentration explains "
            "(saturated, or without baseline signal); check t10_blood and flip_deg, or draw the "
            "artery elsewhere"
        )
    return Input(np.asarray(time, dtype=float), blood=curves[sound].mean(axis=0), hct=hct)
