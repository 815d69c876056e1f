"""What corrects frames for radioactive decay."""

import numpy as np
import numpy.typing as npt

from biomarkers.pet.nuclides import Nuclide
from biomarkers.timing import Frames

FloatArray = npt.NDArray[np.float64]

# Scanners take the start of a frame, its middle or its mean activity, and round what they write.
_ROUNDING = 0.01


def correction_factors(frames: Frames, nuclide: Nuclide, *, to: float = 0.0) -> FloatArray:
    """Return what corrects frames for decay to a time, (T,).

    A frame counts decays all along, so the decay within it matters too: λd / (1 − exp(−λd)) for a
    frame of d seconds, exact for activity that but for decay is constant in the frame.

    Parameters
    ----------
    frames
        When counts were collected, s.
    nuclide
        What decays.
    to
        The time to correct to, s, on the clock of the frames.

    """
    rate = nuclide.decay_constant
    within = rate * frames.duration
    # exp(−x) averaged over a frame is (1 − exp(−x)) / x; 1 for an instant.
    mean = np.where(within > 0.0, -np.expm1(-within) / np.where(within > 0.0, within, 1.0), 1.0)
    return np.asarray(np.exp(rate * (frames.start - to)) / mean)


def agree_with(factors: npt.ArrayLike, frames: Frames, nuclide: Nuclide, *, to: float) -> bool:
    """Tell whether factors that a scanner used can have corrected the frames to a time.

    Conventions differ, but each lies between what the start and the end of a frame ask for.
    """
    rate, used = nuclide.decay_constant, np.asarray(factors, dtype=float)
    low, high = np.exp(rate * (frames.start - to)), np.exp(rate * (frames.end - to))
    return bool(((used >= low * (1.0 - _ROUNDING)) & (used <= high * (1.0 + _ROUNDING))).all())
