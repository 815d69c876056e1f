"""What a scanner makes of a signal: noise in two channels, and whole numbers in a file."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray

# What a scanner stores for the signal of a full magnetisation.
SCALE = 30000.0


def received(signal: npt.ArrayLike, *, noise: float, rng: np.random.Generator) -> FloatArray:
    """Return the magnitude of a signal in complex noise, in whole numbers as scanners store.

    Parameters
    ----------
    signal
        Of any shape; 1 is that of a full magnetisation.
    noise
        Standard deviation in each channel, on the same scale.
    rng
        Random numbers.

    """
    clean = np.asarray(signal, dtype=float)
    real, imaginary = rng.normal(0.0, noise, (2, *clean.shape))
    return np.asarray(np.rint(SCALE * np.hypot(clean + real, imaginary)))
