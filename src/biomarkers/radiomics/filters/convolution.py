"""Filters by convolution: mean (S60F), Laplacian of Gaussian (L6PA), Laws (JTXT), Gabor (Q88H)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.arrays import FloatArray
from biomarkers.radiomics.filters.boundaries import NDIMAGE, Boundary, padded
from biomarkers.radiomics.filters.rotations import rotated
from biomarkers.radiomics.fourier import convolved

# Gaussians are cut off at so many standard deviations.
_TRUNCATE = 4.0
_GABOR_TRUNCATE = 5.0

# Of length 5 and 3: level, edge, spot, wave, ripple; each divided by its norm.
LAWS = {
    "l5": (1.0, 4.0, 6.0, 4.0, 1.0),
    "e5": (-1.0, -2.0, 0.0, 2.0, 1.0),
    "s5": (-1.0, 0.0, 2.0, 0.0, -1.0),
    "w5": (-1.0, 2.0, 0.0, -2.0, 1.0),
    "r5": (1.0, -4.0, 6.0, -4.0, 1.0),
    "l3": (1.0, 2.0, 1.0),
    "e3": (-1.0, 0.0, 1.0),
    "s3": (-1.0, 2.0, -1.0),
}


@dataclass(frozen=True)
class Mean:
    """The mean of a cube (in plane a square) of `support` voxels."""

    support: int
    boundary: Boundary = "mirror"

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm."""
        return (self.support // 2 + 1) * max(spacing)

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response, in plane or in space."""
        size = (1 if planar else self.support, self.support, self.support)
        return np.asarray(ndimage.uniform_filter(volume, size, mode=NDIMAGE[self.boundary]))


@dataclass(frozen=True)
class LaplacianOfGaussian:
    """The Laplacian of a Gaussian of standard deviation `sigma`, mm, cut off at 4 of them.

    Derivatives are by voxels: of D axes, -(D - k^2 / s^2) / s^2 times the Gaussian.
    """

    sigma: float
    boundary: Boundary = "mirror"

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm."""
        return _TRUNCATE * self.sigma + max(spacing)

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response, in plane or in space."""
        axes = (1, 2) if planar else (0, 1, 2)
        sigma = [self.sigma / spacing[axis] for axis in axes]
        mode = NDIMAGE[self.boundary]
        terms = []
        for axis in axes:
            orders = [2 if each == axis else 0 for each in axes]
            terms.append(
                ndimage.gaussian_filter(
                    volume, sigma, orders, mode=mode, truncate=_TRUNCATE, axes=axes
                )
            )
        return np.asarray(np.sum(terms, axis=0))


@dataclass(frozen=True)
class Laws:
    """A product of Laws' kernels, the first along x, then y, then z.

    `energy` is the distance within which absolute responses are averaged, in voxels, 0 for the
    response itself; `rotate` takes the highest response of all rotations by right angles.
    """

    kernels: tuple[str, ...]
    energy: int = 0
    rotate: bool = False
    boundary: Boundary = "mirror"

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm."""
        return (3 + self.energy) * max(spacing)

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response, in plane or in space."""
        x_first = [np.array(LAWS[name]) / np.linalg.norm(LAWS[name]) for name in self.kernels]
        responses = (
            separable(volume, each, self.boundary) for each in rotated(x_first, self.rotate)
        )
        response = reduce(np.maximum, responses)
        if self.energy:
            size = 2 * self.energy + 1
            window = (1 if planar else size, size, size)
            response = ndimage.uniform_filter(np.abs(response), window, mode=NDIMAGE[self.boundary])
        return np.asarray(response)


def separable(volume: FloatArray, x_first: Iterable[FloatArray], boundary: str) -> FloatArray:
    """Return a volume convolved with a kernel along x, then along y and, if there is one, z."""
    for axis, kernel in zip((2, 1, 0), x_first, strict=False):
        volume = ndimage.convolve1d(volume, kernel, axis=axis, mode=NDIMAGE[boundary])
    return volume


@dataclass(frozen=True)
class Gabor:
    """The modulus of a wave of `wavelength`, mm, under a Gaussian of `sigma`, mm, by slice.

    The wave goes along x turned by `angle`, degrees, towards y (clockwise on a screen); `ratio` is
    that of the Gaussian's width along the wave to that across. With `rotate` responses are averaged
    over all multiples of `angle`, and in space over slices of all three axes.
    """

    sigma: float
    wavelength: float
    angle: float
    ratio: float = 1.0
    rotate: bool = False
    boundary: Boundary = "mirror"

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm."""
        return _GABOR_TRUNCATE * self.sigma / min(1.0, self.ratio) + max(spacing)

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response of slices."""
        if not self.rotate:
            return self._in_slices(volume, spacing[1:], self.angle)
        angles = np.arange(0.0, 360.0, self.angle) if self.angle else np.zeros(1)
        responses = []
        for first in (0,) if planar else (0, 1, 2):
            turned = np.moveaxis(volume, first, 0)
            edges = [edge for axis, edge in enumerate(spacing) if axis != first]
            for angle in angles:
                response = self._in_slices(turned, (edges[0], edges[1]), float(angle))
                responses.append(np.moveaxis(response, 0, first))
        return np.asarray(np.mean(responses, axis=0))

    def _in_slices(self, volume: FloatArray, edges: tuple[float, ...], angle: float) -> FloatArray:
        kernel = self._kernel(edges, math.radians(angle))
        width = (0, kernel.shape[0] // 2, kernel.shape[1] // 2)
        wide = padded(volume, width, self.boundary)
        response = np.abs(convolved(wide, kernel, (1, 2)))
        height, breadth = volume.shape[1:]
        part = response[:, width[1] : width[1] + height, width[2] : width[2] + breadth]
        return np.asarray(part, dtype=np.float64)

    def _kernel(self, edges: tuple[float, ...], angle: float) -> npt.NDArray[np.complex128]:
        """Return exp(-(a^2 + ratio^2 b^2) / (2 sigma^2) + 2 pi i a / wavelength), (y, x)."""
        far = _GABOR_TRUNCATE * self.sigma / min(1.0, self.ratio)
        y, x = (edge * np.arange(-int(far / edge), int(far / edge) + 1) for edge in edges)
        y, x = np.meshgrid(y, x, indexing="ij")
        along = x * math.cos(angle) + y * math.sin(angle)
        across = y * math.cos(angle) - x * math.sin(angle)
        spread = (along**2 + self.ratio**2 * across**2) / (2.0 * self.sigma**2)
        return np.asarray(np.exp(-spread + 2j * math.pi * along / self.wavelength))
