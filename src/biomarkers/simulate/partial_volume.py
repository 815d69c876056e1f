"""Voxels that hold several tissues: a fine grid is averaged into the coarse one of a scan."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.images import Image

Value = TypeVar("Value", bound=np.generic)


def block_mean(fine: npt.NDArray[np.generic], factors: tuple[int, ...]) -> FloatArray:
    """Return the mean over blocks of voxels.

    Parameters
    ----------
    fine
        (x, y, z), (x, y, z, time) or, of a slice, (x, y), each of x, y and z a multiple of its
        factor.
    factors
        Fine voxels per coarse one along x, y and z, or along x and y.

    """
    count = len(factors)
    split = [(size // factor, factor) for size, factor in zip(fine.shape, factors, strict=False)]
    blocks = fine.reshape(*(part for pair in split for part in pair), *fine.shape[count:])
    return np.asarray(blocks.mean(axis=tuple(range(1, 2 * count, 2)), dtype=float))


def centred_grid(shape: tuple[int, int, int], voxel_mm: tuple[float, float, float]) -> Image:
    """Return an empty image whose middle is the origin."""
    affine = np.diag([*voxel_mm, 1.0])
    affine[:3, 3] = [-0.5 * (n - 1) * edge for n, edge in zip(shape, voxel_mm, strict=True)]
    return Image(np.zeros(shape), affine, "grid of a simulated scan")


def centres(
    shape: tuple[int, int, int], voxel_mm: tuple[float, float, float]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return x, y and z of every voxel centre, mm, each (x, y, z); the middle is 0."""
    axes = (
        edge * (np.arange(size) - 0.5 * (size - 1))
        for size, edge in zip(shape, voxel_mm, strict=True)
    )
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return x, y, z


@dataclass(frozen=True, eq=False)
class Samples:
    """Where a signal is computed: all fine voxels of a mixed voxel, one of an even one.

    Parameters
    ----------
    shape
        Of the coarse grid.
    voxel
        Coarse voxel of each sample, flat and rising, (samples,).
    fine
        Fine voxel of each sample, flat, (samples,).
    weight
        Share of the coarse voxel, (samples,).

    """

    shape: tuple[int, ...]
    voxel: npt.NDArray[np.intp]
    fine: npt.NDArray[np.intp]
    weight: FloatArray

    def take(self, fine: npt.NDArray[Value]) -> npt.NDArray[Value]:
        """Return the values of a fine map at the samples, (samples,)."""
        return fine.reshape(-1)[self.fine]

    def mean(self, values: FloatArray) -> FloatArray:
        """Return the mean of values (samples, ...) over coarse voxels, (x, y, z, ...).

        It is 0 where there are no samples.
        """
        tail = values.shape[1:]
        voxels, first = np.unique(self.voxel, return_index=True)
        weighted = values * self.weight.reshape(-1, *(1 for _ in tail))
        image = np.zeros((int(np.prod(self.shape)), *tail))
        image[voxels] = np.add.reduceat(weighted, first, axis=0)
        return image.reshape(*self.shape, *tail)


def sample(
    maps: Iterable[FloatArray], inside: npt.NDArray[np.bool_], factors: tuple[int, int, int]
) -> Samples:
    """Return where to compute a signal.

    Parameters
    ----------
    maps
        What a voxel has to have alike in all its parts to be even, fine (x, y, z).
    inside
        Where there is a signal at all, fine (x, y, z); a voxel without any is left out.
    factors
        Fine voxels per coarse one along x, y and z.

    """
    numbers = _blocks(np.arange(inside.size).reshape(inside.shape), factors)
    even = np.ones(len(numbers), dtype=bool)
    for each in maps:
        parts = each.reshape(-1)[numbers]
        even &= parts.max(axis=1) == parts.min(axis=1)
    lit = inside.reshape(-1)[numbers].any(axis=1)
    size = numbers.shape[1]
    whole, mixed = np.flatnonzero(lit & even), np.flatnonzero(lit & ~even)
    voxel = np.concatenate([whole, np.repeat(mixed, size)])
    fine = np.concatenate([numbers[whole, size // 2], numbers[mixed].ravel()])
    weight = np.concatenate([np.ones(len(whole)), np.full(size * len(mixed), 1.0 / size)])
    order = np.argsort(voxel, kind="stable")
    shape = tuple(size // factor for size, factor in zip(inside.shape, factors, strict=True))
    return Samples(shape, voxel[order], fine[order], weight[order])


def _blocks(fine: npt.NDArray[np.intp], factors: tuple[int, int, int]) -> npt.NDArray[np.intp]:
    """Return the fine values of every coarse voxel, (voxels, fine voxels in one)."""
    split = [(size // factor, factor) for size, factor in zip(fine.shape, factors, strict=True)]
    blocks = fine.reshape(*(part for pair in split for part in pair)).transpose(0, 2, 4, 1, 3, 5)
    return blocks.reshape(-1, int(np.prod(factors)))
