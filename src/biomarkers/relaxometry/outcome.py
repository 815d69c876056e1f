"""What compiled fits leave of each voxel, and why some have no value."""

from enum import IntFlag
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class RelaxationFlag(IntFlag):
    """Why a voxel has no value; 0 is nothing.

    Examples
    --------
    Why a voxel has no T1:

    >>> import numpy as np
    >>> from biomarkers.relaxometry import RelaxationFlag, t1_vfa
    >>> t1 = t1_vfa([[30.0, 20.0], [0.0, 0.0]], flip_deg=[5.0, 20.0], tr=0.015)
    >>> print(t1.reasons.has(RelaxationFlag.NO_SIGNAL))
    [False  True]

    """

    NO_SIGNAL = 1
    """A signal, or B1, is missing or none that can be fitted."""
    NOT_CONVERGED = 2
    """The fit did not come to rest, or not at a positive signal."""
    AT_BOUND = 4
    """The value, or a fitted B1, would lie outside its bounds."""
    NOT_IDENTIFIABLE = 8
    """Twice the standard error is no less than the value, or no value explains the signals."""
    BELOW_NOISE = 16
    """Fewer signals than unknowns exceed the level above which one voxel of mere noise in twenty
    has one (3.1 times the noise for 6 signals)."""


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
