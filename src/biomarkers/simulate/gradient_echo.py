"""Spoiled gradient echoes in the steady state, single (Ernst) and in pairs (actual flip angle)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray


@dataclass(frozen=True)
class GradientEcho:
    """Settings of a spoiled gradient echo; times in s, angle in degrees."""

    tr: float
    flip: float
    te: float
    averages: int = 1

    def sidecar(self) -> dict[str, Any]:
        """Return the settings under their BIDS keys."""
        return {
            "PulseSequenceType": "spoiled gradient echo",
            "SpoilingState": True,
            "MRAcquisitionType": "3D",
            "FlipAngle": self.flip,
            "RepetitionTimeExcitation": self.tr,
            "EchoTime": self.te,
        }


def steady_state(r1: npt.ArrayLike, echo: GradientEcho, *, b1: npt.ArrayLike) -> FloatArray:
    """Return the signal for a full magnetisation of 1.

    Parameters
    ----------
    r1
        Longitudinal relaxation rate, 1/s.
    echo
        Settings; its echo time is not looked at.
    b1
        Actual over nominal flip angle, of a shape that goes with `r1`.

    References
    ----------
    Ernst RR, Anderson WA. Rev Sci Instrum 1966;37:93-102. doi:10.1063/1.1719961

    """
    rest = np.exp(-echo.tr * np.asarray(r1, dtype=float))
    angle = np.radians(echo.flip) * np.asarray(b1, dtype=float)
    # sin a (1 - E1) / (1 - E1 cos a)
    return np.asarray(np.sin(angle) * (1.0 - rest) / (1.0 - rest * np.cos(angle)))


def actual_flip_angle(
    r1: npt.ArrayLike, pair: tuple[GradientEcho, GradientEcho], *, b1: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the steady-state signals of two interleaved echoes for a full magnetisation of 1.

    Parameters
    ----------
    r1
        Longitudinal relaxation rate, 1/s.
    pair
        Settings, the shorter repetition time first; the angle is that of the first.
    b1
        Actual over nominal flip angle, of a shape that goes with `r1`.

    References
    ----------
    Yarnykh VL. Magn Reson Med 2007;57:192-200. doi:10.1002/mrm.21120

    """
    first, second = (np.exp(-echo.tr * np.asarray(r1, dtype=float)) for echo in pair)
    angle = np.radians(pair[0].flip) * np.asarray(b1, dtype=float)
    cosine = np.cos(angle)
    share = np.sin(angle) / (1.0 - first * second * cosine**2)
    return (
        np.asarray(share * (1.0 - second + (1.0 - first) * second * cosine)),
        np.asarray(share * (1.0 - first + (1.0 - second) * first * cosine)),
    )
