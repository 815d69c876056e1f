"""When the scanner looked: frames with a start and a duration, or instants."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frames:
    """Consecutive acquisition frames, in seconds.

    Parameters
    ----------
    start
        Start of each frame, shape (T,), s; strictly increasing.
    duration
        Length of each frame, shape (T,), s; 0 marks an instant.

    Raises
    ------
    InputError
        If the shapes differ, a value is not finite, starts do not increase, a duration is
        negative, or frames overlap by more than rounding (1 ms).

    Examples
    --------
    >>> from biomarkers.timing import Frames
    >>> Frames([0.0, 10.0], [10.0, 20.0]).mid
    array([ 5., 20.])

    """

    start: FloatArray
    duration: FloatArray

    def __post_init__(self) -> None:
        start = np.array(as_numbers("start", self.start))
        duration = np.array(as_numbers("duration", self.duration))
        _check(start, duration)
        start.setflags(write=False)
        duration.setflags(write=False)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "duration", duration)

    @classmethod
    def instants(cls, time: npt.ArrayLike) -> "Frames":
        """Frames of no duration at `time` (T,), s: how a dynamic MRI series is sampled.

        Examples
        --------
        >>> from biomarkers.timing import Frames
        >>> times = Frames.instants([0.0, 1.5, 3.0])
        >>> times.are_instants, times.mid.tolist()
        (True, [0.0, 1.5, 3.0])

        """
        start = as_numbers("time", time)
        return cls(start, np.zeros_like(start))

    @property
    def end(self) -> FloatArray:
        """End of each frame, s."""
        return self.start + self.duration

    @property
    def mid(self) -> FloatArray:
        """Middle of each frame, s."""
        return self.start + 0.5 * self.duration

    @property
    def are_instants(self) -> bool:
        """Whether no frame has a duration."""
        return not bool(self.duration.any())

    def __len__(self) -> int:
        return len(self.start)


def _check(start: FloatArray, duration: FloatArray) -> None:
    if start.ndim != 1 or start.size == 0 or start.shape != duration.shape:
        raise InputError(
            "frames: start and duration must be two vectors of one length, found shapes "
            f"{start.shape} and {duration.shape}"
        )
    if not (np.isfinite(start).all() and np.isfinite(duration).all()):
        raise InputError("frames: start and duration must be finite (s)")
    if (duration < 0).any():
        row = int(np.argmax(duration < 0))
        raise InputError(f"frames: frame {row} lasts {duration[row]:g} s; expected 0 or more")
    if (np.diff(start) <= 0).any():
        row = int(np.argmax(np.diff(start) <= 0)) + 1
        raise InputError(
            f"frames: frame {row} starts at {start[row]:g} s, not after frame {row - 1} "
            f"({start[row - 1]:g} s)"
        )
    overlap = (start + duration)[:-1] - start[1:]
    if (overlap > 1e-3).any():
        row = int(np.argmax(overlap > 1e-3))
        raise InputError(
            f"frames: frame {row} ends at {start[row] + duration[row]:g} s, after frame {row + 1} "
            f"starts ({start[row + 1]:g} s)"
        )
