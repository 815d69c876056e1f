"""Convolution by Fourier transform, for `scipy.signal`, which has it, takes long to import."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

from biomarkers.arrays import ComplexArray, FloatArray


def convolved(
    volume: FloatArray, kernel: FloatArray | ComplexArray, axes: Sequence[int]
) -> npt.NDArray[np.generic]:
    """Return a volume convolved with a kernel along axes, of the volume's shape, 0 beyond it.

    The kernel has as many axes as `axes`, of odd lengths; its middle is its origin.
    """
    shape = [
        fft.next_fast_len(volume.shape[axis] + n - 1)
        for axis, n in zip(axes, kernel.shape, strict=True)
    ]
    both: Any = (fft.fftn, fft.ifftn) if np.iscomplexobj(kernel) else (fft.rfftn, fft.irfftn)
    forward, back = both
    spectrum = forward(volume, shape, axes) * _along(forward(kernel, shape), volume.ndim, axes)
    product = back(spectrum, shape, axes)
    part = [slice(None)] * volume.ndim
    for axis, n in zip(axes, kernel.shape, strict=True):
        part[axis] = slice(n // 2, n // 2 + volume.shape[axis])
    return np.asarray(product[tuple(part)])


def _along(spectrum: ComplexArray, ndim: int, axes: Sequence[int]) -> ComplexArray:
    """Return a spectrum with axes of length 1 where the volume is not transformed."""
    return np.expand_dims(spectrum, [axis for axis in range(ndim) if axis not in axes])
