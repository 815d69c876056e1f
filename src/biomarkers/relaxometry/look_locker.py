"""T1 from a train of pulses after inversion (Look and Locker)."""

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry._sequences import Bent
from biomarkers.relaxometry._voxel_fits import VoxelFits
from biomarkers.relaxometry.engine import Second, fit_sequence, t1_map
from biomarkers.relaxometry.maps import T1Map
from biomarkers.relaxometry.problem import T1_BOUNDS, Bounds, check_voxels
from biomarkers.relaxometry.train import InversionTrain

_STEEPEST = 89.9  # degrees
_LEAST_BEND, _BENDS = 0.02, 16  # 1/s, and how many starts from it up


def t1_look_locker(
    signal: npt.ArrayLike,
    *,
    train: InversionTrain,
    b1: npt.ArrayLike | None = None,
    t1_bounds: Bounds = T1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    r"""Fit T1 to signals of a train of small pulses after inversion.

    The pulses make the recovery look faster (T1*) and end lower. Where B1 is not known, it is
    fitted, which is the correction of the apparent T1:

    .. math::
        S = A - B e^{-t/T_1^*}, \quad T_1 = T_1^* (B/A - 1), \quad
        1/T_1^* = 1/T_1 - \ln(\cos α) / TR

    in its exact form for pulses of any interval, first pulse, efficiency and repetition. Where
    pulses hardly bend the curve it says little of B1, which with M0 is NaN if no bend at all fits
    best; T1 is known all the same, better if B1 is given.

    Parameters
    ----------
    signal
        (..., n), any unit. Magnitudes get their signs from the fit, unless ``train.signed``.
    train
        The sequence.
    b1
        Actual over nominal flip angle, broadcast to the voxels; fitted if not given.
    t1_bounds
        Shortest and longest T1 looked for, s; beyond them a voxel is flagged.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels. Magnitudes are
        then fitted by their Rician likelihood, which the noise floor does not bias; standard
        errors come from the noise.
    mask
        Voxels to fit; all if not given. The others are NaN and not converged.

    Returns
    -------
    T1Map
        `.t1` (s), `.se` (s), `.m0`, flags, and `.b1` with `.b1_se` where it was fitted.

    Raises
    ------
    InputError
        If shapes do not fit, signals are too few, a setting is not physical, or B1 is to be
        fitted although ``train.efficiency`` depends on it.

    References
    ----------
    Look DC, Locker DR. Rev Sci Instrum 1970;41:250-251. doi:10.1063/1.1684482
    Deichmann R, Haase A. J Magn Reson 1992;96:608-612. doi:10.1016/0022-2364(92)90347-A

    """
    if b1 is None and train.efficiency is None:
        # Both signs of an error of the inversion look alike, and T1 makes up for either.
        raise InputError("a train whose inversion scales with B1 cannot tell B1; give b1")
    voxels = check_voxels(signal, train.ti.size, "samples", b1=b1, noise=noise, mask=mask)
    sequence = train.compiled()
    fits = fit_sequence(
        sequence if b1 is not None else Bent(sequence),
        voxels,
        t1_bounds=t1_bounds,
        second=_bend(train.tr) if b1 is None else None,
        turn=train.turn(),
        magnitude=not train.signed,
    )
    if b1 is None:
        _bend_to_angle(fits, train)
    return t1_map("Look-Locker", fits, voxels, settings=train.settings, fitted_b1=b1 is None)


def _bend(tr: float) -> Second:
    """Describe how much pulses speed recovery up: from nothing to what 89.9 degrees do."""
    most = -float(np.log(np.cos(np.radians(_STEEPEST)))) / tr
    return Second((0.0, most), np.geomspace(_LEAST_BEND, most, _BENDS), may_rest=True)


def _bend_to_angle(fits: VoxelFits, train: InversionTrain) -> None:
    """Turn a fitted bend into B1, and the amplitude into M0; neither is known without a bend."""
    nominal, bend = np.radians(train.flip_deg), fits.x[:, 1]
    cosine, sine = np.exp(-train.tr * bend), np.sqrt(-np.expm1(-2.0 * train.tr * bend))
    fits.amplitude[:, 0] /= sine
    fits.x[:, 1] = np.arccos(cosine) / nominal
    fits.error[:, 1] *= train.tr * cosine / sine / nominal
