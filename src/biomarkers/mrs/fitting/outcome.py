"""Why a spectrum, or a metabolite in it, is not to be trusted."""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np


class SpectrumFlag(IntFlag):
    """What is to be said of the fit of a spectrum; 0 is nothing.

    Examples
    --------
    >>> from biomarkers.mrs import SpectrumFlag
    >>> flags = SpectrumFlag.LOW_SNR | SpectrumFlag.SHIFTED
    >>> int(flags), SpectrumFlag.LOW_SNR in flags, SpectrumFlag.CONJUGATED in flags
    (36, True, False)

    """

    NO_SIGNAL = 1
    """A sample has no value, or the signal is zero throughout."""
    NOT_CONVERGED = 2
    """The search did not come to rest."""
    LOW_SNR = 4
    """The peak that stands for the spectrum does not stand out of the noise."""
    BROAD_LINES = 8
    """Lines are too broad to tell metabolites apart."""
    CONJUGATED = 16
    """The signal was mirrored in frequency, and was turned back."""
    SHIFTED = 32
    """The spectrum lay more than 0.05 ppm off the basis, and was moved back."""
    RESIDUAL_NOT_NOISE = 64
    """What is left unexplained is not white: the model lacks something."""
    AT_BOUND = 128
    """A shift, a phase or a width ended at the end of what is allowed."""


# Of values that are there and sound.
REMARKS = (
    SpectrumFlag.CONJUGATED
    | SpectrumFlag.SHIFTED
    | SpectrumFlag.RESIDUAL_NOT_NOISE
    | SpectrumFlag.AT_BOUND
)


@dataclass(frozen=True)
class Quality:
    """From where on a spectrum or a metabolite is flagged; nothing is left out for it.

    Parameters
    ----------
    fwhm_ppm
        Widest lines, ppm; what widths mean is discussed by Wilson et al., Magn Reson Med
        2019;82:527. doi:10.1002/mrm.27742
    snr
        Lowest ratio of a peak's height to the standard deviation of noise (as Kreis et al., NMR
        Biomed 2021;34:e4347, define it).
    peak
        Metabolite whose peak it is; the tallest where it is empty or not in the basis, for a
        tumour may have no NAA.
    crlb_percent
        Largest relative bound of a metabolite, %: Bonny & Pages, Magn Reson Med 2019.
        doi:10.1002/mrm.27415
    crlb_absolute
        Bound of a ratio below which a large relative one is not flagged, so that a low level that
        is known well stays (Kreis, Magn Reson Med 2016;75:15. doi:10.1002/mrm.25568).
    white
        Smallest p-value of a residual taken for noise.

    Examples
    --------
    >>> from biomarkers.mrs import Quality
    >>> strict = Quality(crlb_percent=10.0, snr=5.0, peak="Cr")
    >>> Quality().of_ratio(0.5, 0.07), strict.of_ratio(0.5, 0.07)  # a bound of 14 %
    ('', 'crlb above 10 %')

    """

    fwhm_ppm: float = 0.1
    snr: float = 3.0
    peak: str = ""
    crlb_percent: float = 20.0
    crlb_absolute: float = 0.0
    white: float = 0.001

    def of_ratio(self, value: float, se: float) -> str:
        """Return in words what is to be said of a ratio; empty for nothing.

        Examples
        --------
        >>> from biomarkers.mrs import Quality
        >>> [Quality().of_ratio(ratio, 0.05) for ratio in (1.5, 0.1, 0.0)]
        ['', 'crlb above 20 %', 'at zero']

        """
        if not np.isfinite(value):
            return "not identifiable"
        if value <= 0.0:
            return "at zero"
        if 100.0 * se > self.crlb_percent * value and se > self.crlb_absolute:
            return f"crlb above {self.crlb_percent:g} %"
        return ""
