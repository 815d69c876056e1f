"""Wavelets: separable (25BO) by PyWavelets' coefficients, and Simoncelli's (PRT7), undecimated."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import fft

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.radiomics.filters.boundaries import Boundary
from biomarkers.radiomics.filters.convolution import separable
from biomarkers.radiomics.filters.rotations import rotated


def coefficients(family: str) -> tuple[FloatArray, FloatArray]:
    """Return the low- and the high-pass filter of a wavelet, each of an odd number of taps.

    Raises
    ------
    InputError
        If there is no such wavelet, or no PyWavelets to ask.

    """
    pywt = load_extra("pywt", f"wavelet {family}")
    if family not in pywt.wavelist(kind="discrete"):
        raise InputError(
            f"wavelet {family!r} is not known; expected one of PyWavelets' discrete ones, "
            "such as haar, db3, sym4 or coif1"
        )
    wavelet = pywt.Wavelet(family)
    low, high = np.array(wavelet.dec_lo), np.array(wavelet.dec_hi)
    if low.size % 2 == 0:  # the middle is that of the taps with a 0 behind them
        low, high = np.append(low, 0.0), np.append(high, 0.0)
    return low, high


@dataclass(frozen=True)
class Separable:
    """A sub-band of a separable wavelet transform without decimation.

    `band` says along x, then y, then z, whether the low (`l`) or the high pass (`h`) is taken, at
    the last of `level` levels; `rotate` averages over all rotations by right angles.
    """

    family: str
    band: str
    level: int = 1
    rotate: bool = False
    boundary: Boundary = "mirror"

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm."""
        taps = coefficients(self.family)[0].size
        return float((taps // 2 + 1) * (2**self.level - 1) * max(spacing))

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response, in plane or in space."""
        low, high = coefficients(self.family)
        kernels = [high if letter == "h" else low for letter in self.band]
        turned = rotated(kernels, self.rotate)
        return np.asarray(np.mean([self._cascade(volume, each, low) for each in turned], axis=0))

    def _cascade(
        self, volume: FloatArray, kernels: list[FloatArray], low: FloatArray
    ) -> FloatArray:
        """Return the response of the last level, those before it being low passes."""
        for level in range(1, self.level):
            before = [_with_holes(low, level)] * len(kernels)
            volume = separable(volume, before, self.boundary)
        last = [_with_holes(each, self.level) for each in kernels]
        return separable(volume, last, self.boundary)


def _with_holes(kernel: FloatArray, level: int) -> FloatArray:
    """Return a kernel whose taps are 2^(level - 1) voxels apart."""
    step = 2 ** (level - 1)
    wide = np.zeros((kernel.size - 1) * step + 1)
    wide[::step] = kernel
    return wide


@dataclass(frozen=True)
class Simoncelli:
    """The band of a level of Simoncelli's wavelet, level 1 being the finest.

    It is a function of the frequency f alone, whose highest is F = 2^(1 - level) of Nyquist's:
    cos(pi / 2 log2(2 f / F)) between F / 4 and F. Applied to the transform of the whole image,
    which it takes to be periodic.
    """

    level: int

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm: as far as the image goes."""
        return math.inf

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response, in plane or in space."""
        axes = (1, 2) if planar else (0, 1, 2)
        parts = [2.0 * fft.fftfreq(volume.shape[axis]) for axis in axes]
        squares = np.meshgrid(*(part**2 for part in parts), indexing="ij", sparse=True)
        frequency = np.sqrt(np.sum(np.broadcast_arrays(*squares), axis=0))
        highest = 2.0 ** (1 - self.level)
        band = (frequency > highest / 4.0) & (frequency < highest)
        gain = np.zeros(frequency.shape)
        gain[band] = np.cos(0.5 * np.pi * np.log2(2.0 * frequency[band] / highest))
        return np.asarray(fft.ifftn(fft.fftn(volume, axes=axes) * gain, axes=axes).real)
