"""The signal of a spoiled gradient echo in its steady state."""

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers, as_numbers_alike, positive_number
from biomarkers.errors import InputError
from biomarkers.ranges import check_possible

FloatArray = npt.NDArray[np.float64]


def spgr_signal(
    m0: npt.ArrayLike,
    t1: npt.ArrayLike,
    *,
    tr: float,
    flip_deg: npt.ArrayLike,
    b1: npt.ArrayLike = 1.0,
) -> FloatArray:
    r"""Return the steady-state signal of a spoiled gradient echo.

    .. math:: S = M_0 \sin α \frac{1 - E_1}{1 - E_1 \cos α}, \quad E_1 = e^{-TR/T_1}

    Parameters
    ----------
    m0
        Signal of full magnetisation with T2* decay in it, any shape.
    t1
        Longitudinal relaxation time, s; broadcasts with `m0`.
    tr
        Repetition time, s.
    flip_deg
        Nominal flip angle, degrees: one, or a vector (n_flip,).
    b1
        Actual over nominal flip angle; broadcasts with `m0`.

    Returns
    -------
    ndarray
        Signal in the unit of `m0`, shape of `m0` × `t1` × `b1` broadcast, then that of `flip_deg`.

    Raises
    ------
    InputError
        If `tr` or a flip angle is not positive.

    References
    ----------
    Ernst RR, Anderson WA. Rev Sci Instrum 1966;37:93. doi:10.1063/1.1719961

    Examples
    --------
    The signal is largest at the Ernst angle, cos α = exp(-TR/T1):

    >>> import numpy as np
    >>> from biomarkers.relaxometry import spgr_signal
    >>> angles = np.arange(1.0, 30.0)
    >>> signal = spgr_signal(1000.0, 1.4, flip_deg=angles, tr=0.015)
    >>> print(angles[signal.argmax()], np.degrees(np.arccos(np.exp(-0.015 / 1.4))).round(1))
    8.0 8.4

    """
    flip = checked_flip(flip_deg)
    positive_number("tr", tr, "s")
    m0, t1, b1 = as_numbers_alike(m0=m0, t1=t1, b1=b1)
    after = m0.shape + (1,) * flip.ndim
    angle = b1.reshape(after) * flip
    recovered = -np.expm1(-tr / t1).reshape(after)
    # 1 - E1 cos α, written so that nothing cancels when TR is much shorter than T1.
    rest = recovered + (1.0 - recovered) * 2.0 * np.sin(0.5 * angle) ** 2
    return np.asarray(m0.reshape(after) * np.sin(angle) * recovered / rest)


def checked_flip(flip_deg: npt.ArrayLike) -> FloatArray:
    """Return flip angles in radians; `InputError` unless each lies between 0 and 180 degrees."""
    flip = as_numbers("flip_deg", flip_deg)
    if not ((flip > 0) & (flip < 180)).all():
        raise InputError(f"flip_deg is {flip_deg!r}; expected angles between 0 and 180 degrees")
    check_possible("flip_deg", np.max(flip, initial=0.0), source="flip_deg")
    return np.asarray(np.radians(flip))
