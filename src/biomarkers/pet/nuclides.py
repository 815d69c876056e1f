"""Nuclides that emit positrons: their half-lives, and what corrects frames for their decay."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.timing import FloatArray, Frames

_MIN, _HOUR, _DAY = 60.0, 3600.0, 86400.0
# Scanners take the start of a frame, its middle or its mean activity, and round what they write.
_ROUNDING = 0.01


@dataclass(frozen=True)
class Nuclide:
    """A radioactive nuclide.

    Parameters
    ----------
    name
        Element and mass number, `F18`.
    half_life
        s.

    Examples
    --------
    >>> from biomarkers.pet import nuclide
    >>> fluorine = nuclide("F18")
    >>> print(f"{fluorine.half_life / 60:.1f} min, {fluorine.decay_constant:.3e} 1/s")
    109.8 min, 1.052e-04 1/s

    """

    name: str
    half_life: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.half_life) and self.half_life > 0.0):
            raise InputError(f"{self.name}: half-life is {self.half_life}; expected seconds")

    @property
    def decay_constant(self) -> float:
        """Share that decays in a small time, over that time: ln 2 / half-life, 1/s."""
        return math.log(2.0) / self.half_life


# ICRP Publication 107, Nuclear Decay Data for Dosimetric Calculations, Ann ICRP 2008;38(3); as in
# the package radioactivedecay (data set icrp107_ame2020_nubase2020).
NUCLIDES: Mapping[str, Nuclide] = MappingProxyType(
    {
        name: Nuclide(name, half_life)
        for name, half_life in {
            "C11": 20.39 * _MIN,
            "N13": 9.965 * _MIN,
            "O15": 122.24,
            "F18": 109.77 * _MIN,
            "K38": 7.636 * _MIN,
            "Sc43": 3.891 * _HOUR,
            "Sc44": 3.97 * _HOUR,
            "Ti45": 184.8 * _MIN,
            "Mn52": 5.591 * _DAY,
            "Fe52": 8.275 * _HOUR,
            "Co55": 17.53 * _HOUR,
            "Cu60": 23.7 * _MIN,
            "Cu61": 3.333 * _HOUR,
            "Cu62": 9.673 * _MIN,
            "Cu64": 12.700 * _HOUR,
            "Ga66": 9.49 * _HOUR,
            "Ga68": 67.71 * _MIN,
            "Ge68": 270.95 * _DAY,
            "As72": 26.0 * _HOUR,
            "As74": 17.77 * _DAY,
            "Br75": 96.7 * _MIN,
            "Br76": 16.2 * _HOUR,
            "Rb82": 1.273 * _MIN,
            "Y86": 14.74 * _HOUR,
            "Zr89": 78.41 * _HOUR,
            "Tc94m": 52.0 * _MIN,
            "I120": 81.6 * _MIN,
            "I122": 3.63 * _MIN,
            "I124": 4.1760 * _DAY,
            "Tb152": 17.5 * _HOUR,
        }.items()
    }
)

_NAME = re.compile(r"([A-Z][a-z]?)(\d+m?)|(\d+m?)([A-Z][a-z]?)")


def nuclide(name: str) -> Nuclide:
    """Return a nuclide by name.

    Parameters
    ----------
    name
        `F18`, `F-18`, `18F`, `[18F]`, `^18^F`.

    Raises
    ------
    InputError
        If the nuclide is not in the table.

    Examples
    --------
    >>> from biomarkers.pet import nuclide
    >>> nuclide("[18F]").half_life
    6586.2

    """
    text = re.sub(r"[\[\]^\s_-]", "", str(name))
    match = _NAME.fullmatch(text)
    key = (match[1] or match[4]) + (match[2] or match[3]) if match else ""
    if key in NUCLIDES:
        return NUCLIDES[key]
    raise InputError(
        f"unknown nuclide {name!r}; known are {', '.join(NUCLIDES)} (another one: "
        "pet.Nuclide(name, half_life))"
    )


def correction_factors(frames: Frames, nuclide: Nuclide, *, to: float = 0.0) -> FloatArray:
    """Return what corrects frames for decay to a time, (T,).

    A frame counts decays all along, so the decay within it matters too: λd / (1 − exp(−λd)) for a
    frame of d seconds, exact for activity that but for decay is constant in the frame.

    Parameters
    ----------
    frames
        When counts were collected, s.
    nuclide
        What decays.
    to
        The time to correct to, s, on the clock of the frames.

    Examples
    --------
    A frame at injection, and one that starts a half-life later:

    >>> from biomarkers.pet import correction_factors, nuclide
    >>> from biomarkers.timing import Frames
    >>> fluorine = nuclide("F18")
    >>> correction_factors(Frames([0.0, fluorine.half_life], [60.0, 60.0]), fluorine).round(3)
    array([1.003, 2.006])

    """
    rate = nuclide.decay_constant
    within = rate * frames.duration
    # exp(−x) averaged over a frame is (1 − exp(−x)) / x; 1 for an instant.
    mean = np.where(within > 0.0, -np.expm1(-within) / np.where(within > 0.0, within, 1.0), 1.0)
    return np.asarray(np.exp(rate * (frames.start - to)) / mean)


def agree_with(factors: npt.ArrayLike, frames: Frames, nuclide: Nuclide, *, to: float) -> bool:
    """Tell whether factors that a scanner used can have corrected the frames to a time.

    Conventions differ, but each lies between what the start and the end of a frame ask for.
    """
    rate, used = nuclide.decay_constant, np.asarray(factors, dtype=float)
    low, high = np.exp(rate * (frames.start - to)), np.exp(rate * (frames.end - to))
    return bool(((used >= low * (1.0 - _ROUNDING)) & (used <= high * (1.0 + _ROUNDING))).all())
