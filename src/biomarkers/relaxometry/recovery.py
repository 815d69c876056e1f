"""T1 from the recovery after an inversion or a saturation."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.estimates import noted
from biomarkers.ranges import check_possible
from biomarkers.relaxometry._sequences import Recovery
from biomarkers.relaxometry.engine import fit_sequence, t1_map
from biomarkers.relaxometry.maps import T1Map
from biomarkers.relaxometry.problem import (
    T1_BOUNDS,
    Bounds,
    FloatArray,
    check_times,
    check_voxels,
)


@noted
def t1_inversion_recovery(
    signal: npt.ArrayLike,
    *,
    ti: npt.ArrayLike,
    tr: float | None = None,
    efficiency: float | Literal["fitted"] = "fitted",
    signed: bool = False,
    t1_bounds: Bounds = T1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    r"""Fit T1 to signals after inversion, each read out by 90 degrees.

    .. math:: S = M_0 [(1 - e^{-TI/T_1}) + κ (e^{-TR/T_1} - e^{-TI/T_1})]

    is the steady state of inversion (efficiency κ), TI, 90°, TR - TI. It is linear in M0 and κ M0;
    fitting both, T1 is right whatever TR, pulse angles and readout are, as they all only change
    the level and the height of one exponential.

    Parameters
    ----------
    signal
        (..., n_ti), any unit.
    ti
        Inversion times, (n_ti,), s.
    tr
        Time between inversions, s; None if magnetisation recovers fully. Of a spin echo give
        TR - TE: the refocusing pulse turns over what had recovered since the excitation.
    efficiency
        Of the inversion: 1 if perfect, or "fitted".
    signed
        Whether signals carry their sign. Magnitudes get it from the fit: signals before a certain
        time are negative, the time being the one that leaves the smallest residual.
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
        `.t1` (s) and `.m0`, with `efficiency` where it was fitted (with the other pulse angles as
        stated); errors are in `.se`, flags in `.reasons`.

    Raises
    ------
    InputError
        If shapes do not fit, inversion times are too few or a setting is not physical.

    References
    ----------
    Barral JK et al. Magn Reson Med 2010;64:1057-1067. doi:10.1002/mrm.22497

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import t1_inversion_recovery
    >>> ti = np.array([0.05, 0.2, 0.5, 1.0, 2.0, 4.0])
    >>> signal = abs(1000.0 * (1 - 1.9 * np.exp(-ti / 1.4)))  # magnitudes of an imperfect inversion
    >>> t1 = t1_inversion_recovery(signal, ti=ti)
    >>> print(f"T1 {t1.t1:.3f} s, efficiency {t1['efficiency']:.2f}")
    T1 1.400 s, efficiency 0.90

    """
    times = check_times("ti", ti)
    fitted = efficiency == "fitted"
    turned = 1.0 if fitted else _checked(efficiency, 0.0, 1.0)
    sequence = Recovery(times, _repetition(tr, times), turned)
    voxels = check_voxels(signal, times.size, "inversion times", noise=noise, mask=mask)
    order = np.argsort(times, kind="stable").astype(np.int64)
    fits = fit_sequence(
        sequence,
        voxels,
        t1_bounds=t1_bounds,
        amplitudes=2 if fitted else 1,
        turn=order[:0] if signed else order,
        magnitude=not signed,
    )
    settings = {"InversionTime": times.tolist(), "RepetitionTime": tr, "Efficiency": efficiency}
    return t1_map("inversion recovery", fits, voxels, settings=settings)


@noted
def t1_saturation_recovery(
    signal: npt.ArrayLike,
    *,
    delay: npt.ArrayLike,
    efficiency: float | Literal["fitted"] = 1.0,
    t1_bounds: Bounds = T1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    r"""Fit T1 to signals after saturation.

    .. math:: S = M_0 (1 - η e^{-t/T_1})

    With η fitted, T1 is right whatever the saturation leaves and however the readout weighs the
    magnetisation, if both are the same at every delay. A spin echo at several repetition times is
    saturation recovery with TR - TE as delay.

    Parameters
    ----------
    signal
        (..., n_delay), any unit.
    delay
        Times from saturation to readout, (n_delay,), s.
    efficiency
        η: 1 if saturation is complete, or "fitted".
    t1_bounds
        Shortest and longest T1 looked for, s; beyond them a voxel is flagged.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels. Signals are then
        magnitudes with Rician noise, fitted by their likelihood, which the noise floor does not
        bias; standard errors come from the noise.
    mask
        Voxels to fit; all if not given. The others are NaN and not converged.

    Returns
    -------
    T1Map
        `.t1` (s) and `.m0`, with `efficiency` where it was fitted; errors are in `.se`, flags in
        `.reasons`.

    Raises
    ------
    InputError
        If shapes do not fit, delays are too few or a setting is not physical.

    References
    ----------
    Pykett IL, Mansfield P. Phys Med Biol 1978;23:961-967.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import t1_saturation_recovery
    >>> delay = np.array([0.1, 0.3, 0.8, 1.5, 3.0, 6.0])
    >>> t1 = t1_saturation_recovery(1000.0 * (1 - np.exp(-delay / 1.4)), delay=delay)
    >>> print(f"T1 {t1.t1:.3f} s, M0 {t1.m0:.0f}")
    T1 1.400 s, M0 1000

    """
    times = check_times("delay", delay)
    fitted = efficiency == "fitted"
    # A preparation that leaves 1 - efficiency is an inversion by efficiency - 1.
    turned = 0.0 if fitted else _checked(efficiency, 0.5, 1.5) - 1.0
    voxels = check_voxels(signal, times.size, "delays", noise=noise, mask=mask)
    fits = fit_sequence(
        Recovery(times, np.inf, turned),
        voxels,
        t1_bounds=t1_bounds,
        amplitudes=2 if fitted else 1,
    )
    if fitted:
        fits.amplitude[:, 0] += fits.amplitude[:, 1]
    settings = {"Delay": times.tolist(), "Efficiency": efficiency}
    return t1_map("saturation recovery", fits, voxels, settings=settings)


def _repetition(tr: float | None, times: FloatArray) -> float:
    if tr is None:
        return float(np.inf)
    repetition = positive_number("tr", tr, "s")
    check_possible("recovery", repetition, source="tr")
    if repetition < times.max(initial=0.0):
        raise InputError(f"tr is {tr} s, shorter than the longest inversion time {times.max()} s")
    return repetition


def _checked(efficiency: float | str, low: float, high: float) -> float:
    """Return an efficiency from `low` to `high`, and above 0."""
    if isinstance(efficiency, str) or not (efficiency > 0.0 and low <= efficiency <= high):
        span = f"between {low:g} and {high:g}" if low else f"above 0, up to {high:g}"
        raise InputError(f"efficiency is {efficiency!r}; expected 'fitted' or a number {span}")
    return float(efficiency)
