"""T1 from trains of pulses after inversion: Look-Locker, and combined with flip angles."""

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers, positive_number
from biomarkers.errors import InputError
from biomarkers.estimates import noted
from biomarkers.ranges import check_possible
from biomarkers.relaxometry._sequences import Bent, Combined, Echoes
from biomarkers.relaxometry.engine import Second, fit_sequence, t1_map
from biomarkers.relaxometry.maps import T1Map
from biomarkers.relaxometry.outcome import VoxelFits
from biomarkers.relaxometry.problem import B1_BOUNDS, T1_BOUNDS, Bounds, check_voxels
from biomarkers.relaxometry.spgr import checked_flip
from biomarkers.relaxometry.train import InversionTrain

_STEEPEST = 89.9  # degrees
_LEAST_BEND, _BENDS = 0.02, 16  # 1/s, and how many starts from it up
_FIELDS = 16  # starts of B1


@noted
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
        `.t1` and `.m0`, with `B1` where it was fitted; errors in `.se`, flags in `.reasons`.

    Raises
    ------
    InputError
        If shapes do not fit, signals are too few, a setting is not physical, or B1 is to be
        fitted although ``train.efficiency`` depends on it.

    References
    ----------
    Look DC, Locker DR. Rev Sci Instrum 1970;41:250-251. doi:10.1063/1.1684482
    Deichmann R, Haase A. J Magn Reson 1992;96:608-612. doi:10.1016/0022-2364(92)90347-A

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import InversionTrain, t1_look_locker, train_signal
    >>> train = InversionTrain(0.015, tr=0.05, flip_deg=8.0, pulse=np.arange(1, 41))
    >>> signal = abs(train_signal(1000.0, 1.4, train, b1=0.9))
    >>> t1 = t1_look_locker(signal, train=train)
    >>> print(f"T1 {t1.t1:.3f} s, B1 {t1['B1']:.2f}")
    T1 1.400 s, B1 0.90

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


def _field(flip_deg: float) -> Second:
    """Describe a B1 that is fitted, and keeps the pulses of a train below 90 degrees."""
    bounds = B1_BOUNDS[0], min(B1_BOUNDS[1], _STEEPEST / flip_deg)
    return Second(bounds, np.linspace(*bounds, _FIELDS), may_rest=False)


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


@noted
def t1_hifi(  # noqa: PLR0913  (the settings of two scans, each with its own name)
    spgr: npt.ArrayLike,
    prepared: npt.ArrayLike,
    *,
    flip_deg: npt.ArrayLike,
    tr: float,
    train: InversionTrain,
    b1: npt.ArrayLike | None = None,
    t1_bounds: Bounds = T1_BOUNDS,
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
    t1_bounds
        Shortest and longest T1 looked for, s; beyond them, or where B1 fits beyond `B1_BOUNDS`, a
        voxel is flagged.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels. Magnitudes are
        then fitted by their Rician likelihood, which the noise floor does not bias; standard
        errors come from the noise.
    mask
        Voxels to fit; all if not given. The others are NaN and not converged.

    Returns
    -------
    T1Map
        `.t1` and `.m0`, with `B1` where it was fitted; errors in `.se`, flags in `.reasons`.

    Raises
    ------
    InputError
        If shapes do not fit, signals are too few or a setting is not physical.

    References
    ----------
    Deoni SCL. J Magn Reson Imaging 2007;26:1106-1111. doi:10.1002/jmri.21130

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import InversionTrain, spgr_signal, t1_hifi, train_signal
    >>> angles = [3.0, 8.0, 18.0]
    >>> train = InversionTrain([0.25, 0.5], tr=0.005, flip_deg=5.0, pulses=64, cycle=2.0)
    >>> plain = spgr_signal(1000.0, 1.4, flip_deg=angles, tr=0.005, b1=0.9)
    >>> prepared = abs(train_signal(1000.0, 1.4, train, b1=0.9))
    >>> t1 = t1_hifi(plain, prepared, flip_deg=angles, tr=0.005, train=train)
    >>> print(f"T1 {t1.t1:.3f} s, B1 {t1['B1']:.2f}")
    T1 1.400 s, B1 0.90

    """
    flip, repetition = checked_flip(flip_deg), positive_number("tr", tr, "s")
    if flip.ndim != 1:
        raise InputError(f"flip_deg is {flip_deg!r}; expected a list of angles")
    check_possible("tr", repetition, source="tr")
    first, second = as_numbers("spgr", spgr), as_numbers("prepared", prepared)
    if first.shape[:-1] != second.shape[:-1]:
        raise InputError(
            f"spgr {first.shape} and prepared {second.shape} must be of the same voxels"
        )
    check_voxels(first, flip.size, "flip angles")
    check_voxels(second, train.ti.size, "samples of the train")
    both = np.concatenate([first, second], axis=-1)
    voxels = check_voxels(both, both.shape[-1], "signals", b1=b1, noise=noise, mask=mask)
    fits = fit_sequence(
        Combined(Echoes(flip, repetition), train.compiled()),
        voxels,
        t1_bounds=t1_bounds,
        second=_field(train.flip_deg) if b1 is None else None,
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
