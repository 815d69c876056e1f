"""What compiled fits of T1 leave of each voxel."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.relaxometry.flags import RelaxationFlag

FloatArray = npt.NDArray[np.float64]

# As plain numbers, for compiled code.
FITTED = 0
NO_SIGNAL = int(RelaxationFlag.NO_SIGNAL)
NOT_CONVERGED = int(RelaxationFlag.NOT_CONVERGED)
AT_BOUND = int(RelaxationFlag.AT_BOUND)
BELOW_NOISE = int(RelaxationFlag.BELOW_NOISE)


class VoxelFits(NamedTuple):
    """What a block leaves per voxel."""

    x: FloatArray  # (V, 2): log T1 and B1
    error: FloatArray  # (V, 2): of x
    amplitude: FloatArray  # (V, p): the last is M0
    rss: FloatArray  # (V,): least squares, before the noise floor is allowed for
    reasons: npt.NDArray[np.uint16]  # (V,): `RelaxationFlag`


def no_fits(count: int, amplitudes: int) -> VoxelFits:
    """Return the fits of voxels of which nothing is known yet."""
    return VoxelFits(
        np.full((count, 2), np.nan),
        np.full((count, 2), np.nan),
        np.full((count, amplitudes), np.nan),
        np.full(count, np.nan),
        np.full(count, NO_SIGNAL, dtype=np.uint16),
    )
