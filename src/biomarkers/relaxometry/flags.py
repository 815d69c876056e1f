"""Why a voxel has no relaxation time."""

from enum import IntFlag


class RelaxationFlag(IntFlag):
    """Why a voxel has no value; 0 is nothing."""

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
