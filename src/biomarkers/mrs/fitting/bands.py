"""Macromolecules and lipids where a basis holds none: bands of Gaussian lines.

Macromolecules: positions, protons, and how amplitudes go together are those of human brain at 7 T
by Bell et al., Magn Reson Med 2024 (spectra of Povazan et al. 2015,
https://zenodo.org/records/3906754), with their widths above 190 MHz; below, widths are those that
LCModel 6.3 expects (Provencher; CHSIMU of its source, which is public). Lipids, and by how much
bands may deviate, are LCModel's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray

# Above it, narrower lines hold (LCModel's HIFMM), MHz.
HIGH_FIELD_MHZ = 190.0
SOURCE = "macromolecules of Bell 2024, lipids and widths of LCModel 6.3"


@dataclass(frozen=True)
class Band:
    """One macromolecule or lipid.

    Parameters
    ----------
    name
        As LCModel calls it.
    lines
        Of each line: chemical shift (ppm), full width at half maximum (ppm), amplitude.
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


MACROMOLECULES = (
    Band("MM09", ((0.95, 0.17, 3.0),), 0.02, 0.015),
    Band("MM12", ((1.235, 0.20, 3.0),), 0.01, 0.02),
    Band("MM14", ((1.427, 0.20, 3.0),), 0.02, 0.02),
    Band("MM17", ((1.705, 0.17, 2.0),), 0.03, 0.02),
    Band("MM20", ((2.07, 0.18, 2.0),), 0.005, 0.01),
    Band("MM22", ((2.295, 0.20, 2.0),), 0.02, 0.02),
    Band("MM30", ((3.03, 0.20, 2.0),), 0.02, 0.02),
    Band("MM32", ((3.24, 0.20, 2.0),), 0.02, 0.02),
    Band("MM40", ((3.98, 0.37, 2.0),), 0.02, 0.02),
)
_HIGH_FIELD_HZ = (32.0, 23.0, 26.0, 31.0, 38.0, 32.0, 26.0, 48.0, 109.0)  # at 297 MHz
HIGH_FIELD_MACROMOLECULES = tuple(
    replace(band, lines=((band.lines[0][0], hz / 297.0, band.lines[0][2]),))
    for band, hz in zip(MACROMOLECULES, _HIGH_FIELD_HZ, strict=True)
)
LIPIDS = (
    Band("Lip09", ((0.89, 0.19, 3.0),), 0.02, 0.035),
    Band("Lip13a", ((1.28, 0.20, 2.0),), 0.01, 0.035),
    Band("Lip13b", ((1.28, 0.09, 2.0),), 0.01, 0.035),
    Band("Lip20", ((2.04, 0.20, 1.33), (2.25, 0.20, 0.67), (2.8, 0.25, 0.87)), 0.005, 0.025),
)
HIGH_FIELD_LIPIDS = (
    Band("Lip09", ((0.89, 0.07, 3.0),), 0.02, 0.02),
    Band("Lip13a", ((1.28, 0.07, 2.0),), 0.01, 0.02),
    Band("Lip13b", ((1.28, 0.03, 2.0),), 0.01, 0.02),
    Band("Lip20", ((2.04, 0.07, 1.33), (2.25, 0.07, 0.67), (2.8, 0.09, 0.87)), 0.005, 0.02),
)
NAMES = tuple(band.name for band in (*MACROMOLECULES, *LIPIDS))
_FIRST, _LIPIDS_13 = ("MM09",), ("Lip13a", "Lip13b")
COUPLINGS = (
    Coupling("MM12", _FIRST, 0.41, 0.16),
    Coupling("MM14", _FIRST, 0.98, 0.67),
    Coupling("MM17", _FIRST, 1.185, 1.10),
    Coupling("MM20", _FIRST, 2.53, 0.81),
    Coupling("MM22", _FIRST, 2.00, 0.17),
    Coupling("MM30", _FIRST, 1.30, 0.32),
    Coupling("MM32", _FIRST, 0.10, 0.22),
    Coupling("MM40", _FIRST, 2.33, 0.72),
    Coupling("Lip09", _LIPIDS_13, 0.267, 0.1),
    Coupling("Lip20", _LIPIDS_13, 0.15, 0.07),
)


def bands_for(
    frequency_mhz: float, *, macromolecules: bool, lipids: bool, present: Sequence[str] = ()
) -> tuple[Band, ...]:
    """Return the bands of a field strength that are wanted and not present already."""
    high = frequency_mhz > HIGH_FIELD_MHZ
    wanted: tuple[Band, ...] = ()
    if macromolecules:
        wanted += HIGH_FIELD_MACROMOLECULES if high else MACROMOLECULES
    if lipids:
        wanted += HIGH_FIELD_LIPIDS if high else LIPIDS
    return tuple(band for band in wanted if band.name not in present)


def band_signal(
    band: Band, time: FloatArray, frequency_mhz: float, ppm_reference: float
) -> ComplexArray:
    """Return the signal of a band, (T,), of lines of the amplitudes of its table.

    A Gaussian line of full width w (Hz) decays with exp(-(pi w t)^2 / (4 ln 2)).
    """
    signal = np.zeros(time.size, dtype=np.complex128)
    for shift, width, amplitude in band.lines:
        turn = 2j * np.pi * (shift - ppm_reference) * frequency_mhz
        decay = (np.pi * width * frequency_mhz) ** 2 / (4.0 * np.log(2.0))
        signal += amplitude * np.exp(turn * time - decay * time**2)
    return signal
