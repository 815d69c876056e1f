"""What compiled fits of T1 leave of each voxel."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

FITTED, AT_BOUND, BELOW_NOISE, NOT_FITTED = 0, 1, 2, 3


class Estimates(NamedTuple):
    """What a block leaves per voxel."""

    x: FloatArray  # (V, 2): log T1 and B1
    error: FloatArray  # (V, 2): of x
    amplitude: FloatArray  # (V, p)
    rss: FloatArray  # (V,): least squares, before the noise floor is allowed for
    code: npt.NDArray[np.int8]  # (V,)


def no_estimates(count: int, amplitudes: int) -> Estimates:
    """Return the estimates of voxels of which nothing is known yet."""
    return Estimates(
        np.full((count, 2), np.nan),
        np.full((count, 2), np.nan),
        np.full((count, amplitudes), np.nan),
        np.full(count, np.nan),
        np.full(count, NOT_FITTED, dtype=np.int8),
    )
