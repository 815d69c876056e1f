"""Macromolecules and lipids where a basis holds none: bands of Gaussian lines.

Positions, widths, protons, what they may deviate by, and how their amplitudes go together are the
defaults of LCModel 6.3 (Provencher; manual, section 11.7, and its source, blocks CHSIMU and
CHRATO, now public domain).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

# Above it, the narrower lines for small animals and high field hold (LCModel's HIFMM), MHz.
HIGH_FIELD_MHZ = 190.0
# Lines narrow in ppm from 3 T on; LCModel's widths at high field over those of below.
SOURCE = "LCModel 6.3 (CHSIMU, CHRATO)"


@dataclass(frozen=True)
class Band:
    """One macromolecule or lipid.

    Parameters
    ----------
    name
        As LCModel calls it.
    lines
        Of each line: chemical shift (ppm), full width at half maximum (ppm), protons.
    shift_sd
        Standard deviation of its shift, ppm.
    width_sd
        Standard deviation of its width, ppm.

    """

    name: str
    lines: tuple[tuple[float, float, float], ...]
    shift_sd: float
    width_sd: float


@dataclass(frozen=True)
class Coupling:
    """What the amplitude of one band is expected to be relative to the sum of others."""

    name: str
    others: tuple[str, ...]
    ratio: float
    sd: float


_LIPIDS_13 = ("Lip13a", "Lip13b")
BANDS = (
    Band("MM09", ((0.91, 0.17, 3.0),), 0.02, 0.015),
    Band("MM12", ((1.21, 0.20, 2.0),), 0.01, 0.02),
    Band("MM14", ((1.43, 0.20, 2.0),), 0.02, 0.02),
    Band("MM17", ((1.67, 0.17, 2.0),), 0.03, 0.02),
    Band(
        "MM20",
        ((2.08, 0.18, 1.33), (2.25, 0.23, 0.33), (1.95, 0.18, 0.33), (3.0, 0.23, 0.4)),
        0.005,
        0.01,
    ),
    Band("Lip09", ((0.89, 0.19, 3.0),), 0.02, 0.035),
    Band("Lip13a", ((1.28, 0.20, 2.0),), 0.01, 0.035),
    Band("Lip13b", ((1.28, 0.09, 2.0),), 0.01, 0.035),
    Band("Lip20", ((2.04, 0.20, 1.33), (2.25, 0.20, 0.67), (2.8, 0.25, 0.87)), 0.005, 0.025),
)
HIGH_FIELD_BANDS = (
    Band("MM09", ((0.91, 0.06, 3.0),), 0.02, 0.01),
    Band("MM12", ((1.21, 0.07, 2.0),), 0.01, 0.02),
    Band("MM14", ((1.43, 0.07, 2.0),), 0.02, 0.02),
    Band("MM17", ((1.67, 0.06, 2.0),), 0.03, 0.02),
    Band(
        "MM20",
        ((2.08, 0.06, 1.33), (2.25, 0.08, 0.33), (1.95, 0.06, 0.33), (3.0, 0.08, 0.4)),
        0.005,
        0.01,
    ),
    Band("Lip09", ((0.89, 0.07, 3.0),), 0.02, 0.02),
    Band("Lip13a", ((1.28, 0.07, 2.0),), 0.01, 0.02),
    Band("Lip13b", ((1.28, 0.03, 2.0),), 0.01, 0.02),
    Band("Lip20", ((2.04, 0.07, 1.33), (2.25, 0.07, 0.67), (2.8, 0.09, 0.87)), 0.005, 0.02),
)
COUPLINGS = (
    Coupling("MM12", ("MM09",), 0.3, 0.1),
    Coupling("MM14", ("MM09",), 0.75, 0.45),
    Coupling("MM17", ("MM09",), 0.375, 0.3),
    Coupling("MM20", ("MM09",), 1.5, 0.375),
    Coupling("Lip09", _LIPIDS_13, 0.267, 0.1),
    Coupling("Lip20", _LIPIDS_13, 0.15, 0.07),
)


def bands_for(
    frequency_mhz: float, *, macromolecules: bool, lipids: bool, present: Sequence[str] = ()
) -> tuple[Band, ...]:
    """Return the bands of a field strength that are wanted and not present already."""
    table = HIGH_FIELD_BANDS if frequency_mhz > HIGH_FIELD_MHZ else BANDS
    wanted = [band for band in table if (lipids if band.name.startswith("Lip") else macromolecules)]
    return tuple(band for band in wanted if band.name not in present)


def band_signal(
    band: Band, time: FloatArray, frequency_mhz: float, ppm_reference: float
) -> ComplexArray:
    """Return the signal of a band, (T,), of as much as one proton of a metabolite per proton.

    A Gaussian line of full width w (Hz) decays with exp(-(pi w t)^2 / (4 ln 2)).
    """
    signal = np.zeros(time.size, dtype=np.complex128)
    for shift, width, protons in band.lines:
        turn = 2j * np.pi * (shift - ppm_reference) * frequency_mhz
        decay = (np.pi * width * frequency_mhz) ** 2 / (4.0 * np.log(2.0))
        signal += protons * np.exp(turn * time - decay * time**2)
    return signal
