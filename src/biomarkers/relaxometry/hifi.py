"""T1, M0 and B1 together from variable flip angles and an inversion-prepared train."""

import numpy as np
import numpy.typing as npt

from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.relaxometry._sequences import Combined, Echoes
from biomarkers.relaxometry.engine import fit_sequence, fitted_b1, t1_map
from biomarkers.relaxometry.maps import T1Map
from biomarkers.relaxometry.problem import (
    B1_BOUNDS,
    T1_BOUNDS,
    Bounds,
    check_bounds,
    check_voxels,
)
from biomarkers.relaxometry.spgr import checked_flip
from biomarkers.relaxometry.train import InversionTrain, b1_below_right_angle


def t1_hifi(  # noqa: PLR0913  (the settings of two scans, each with its own name)
    spgr: npt.ArrayLike,
    prepared: npt.ArrayLike,
    *,
    flip_deg: npt.ArrayLike,
    tr: float,
    train: InversionTrain,
    b1: npt.ArrayLike | None = None,
    t1_bounds: Bounds = T1_BOUNDS,
    b1_bounds: Bounds = B1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    """Fit T1, M0 and B1 to spoiled gradient echoes with and without inversion.

    The fitted field is as noisy as T1. As it varies slowly, smooth it (`smooth_b1`), which its
    author does too, and fit once more with it as `b1`.

    The prepared signal is the exact steady state of `train`; the published one, M0 sin α
    [1 - (1 - cos θ) exp(-TI/T1) + exp(-TR/T1)] with θ the inversion, takes a train to leave
    nothing behind.

    Parameters
    ----------
    spgr
        Spoiled gradient echoes in their steady state, (..., n_flip).
    prepared
        Inversion-prepared ones of the same receiver gain, echo time and voxels, (..., n_ti).
    flip_deg
        Nominal flip angles of `spgr`, (n_flip,), degrees.
    tr
        Repetition time of `spgr`, s.
    train
        The sequence of `prepared`; its pulses scale with B1 like those of `spgr`. Magnitudes get
        their signs from the fit, unless ``train.signed``.
    b1
        Actual over nominal flip angle, broadcast to the voxels; fitted if not given.
    t1_bounds, b1_bounds
        Least and greatest T1, s, and fitted B1; beyond them a voxel is flagged.
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
        If shapes do not fit, signals are too few or a setting is not physical.

    References
    ----------
    Deoni SCL. J Magn Reson Imaging 2007;26:1106-1111. doi:10.1002/jmri.21130

    """
    flip, repetition = checked_flip(flip_deg), positive_number("tr", tr, "s")
    if flip.ndim != 1:
        raise InputError(f"flip_deg is {flip_deg!r}; expected a list of angles")
    first, second = np.asarray(spgr), np.asarray(prepared)
    if first.shape[:-1] != second.shape[:-1]:
        raise InputError(
            f"spgr {first.shape} and prepared {second.shape} must be of the same voxels"
        )
    check_voxels(first, flip.size, "flip angles")
    check_voxels(second, train.ti.size, "samples of the train")
    field = b1_below_right_angle(check_bounds("b1_bounds", b1_bounds), train)
    both = np.concatenate([first, second], axis=-1)
    voxels = check_voxels(both, both.shape[-1], "signals", b1=b1, noise=noise, mask=mask)
    fits = fit_sequence(
        Combined(Echoes(flip, repetition), train.compiled()),
        voxels,
        t1_bounds=t1_bounds,
        second=fitted_b1(field) if b1 is None else None,
        turn=flip.size + train.turn(),
        magnitude=not train.signed,
    )
    settings = {
        "FlipAngle": np.asarray(flip_deg, dtype=float).tolist(),
        "RepetitionTime": repetition,
    }
    return t1_map(
        "flip angles and inversion-prepared train",
        fits,
        voxels,
        settings={**settings, **train.settings},
        fitted_b1=b1 is None,
    )
