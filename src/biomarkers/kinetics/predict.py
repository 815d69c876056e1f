"""Model curves from amplitudes and rates, by exact convolution."""

from typing import TYPE_CHECKING

import numpy as np

from biomarkers.kinetics._blocks import predict_block
from biomarkers.kinetics.convolution import sampling_of
from biomarkers.timing import FloatArray, Frames

if TYPE_CHECKING:
    from biomarkers.kinetics.setup import Setup


def predict_curves(
    setup: "Setup", frames: Frames, amplitudes: FloatArray, unknowns: FloatArray
) -> FloatArray:
    """Curves (V, T) at every frame, those of weight 0 too.

    Parameters
    ----------
    amplitudes
        (V, p), 1/s or a fraction.
    unknowns
        (V, q + 1): u of each rate, and the delay, s.

    """
    sampling = sampling_of(frames.start, frames.duration)
    exact = setup.exact._replace(**sampling._asdict(), root_weights=np.ones(len(frames)))
    out = np.full((len(amplitudes), len(frames)), np.nan)
    known = np.isfinite(amplitudes).all(axis=1) & np.isfinite(unknowns).all(axis=1)
    found = np.empty((int(known.sum()), len(frames)))
    predict_block(exact, amplitudes[known], unknowns[known], found)
    out[known] = found
    return out
