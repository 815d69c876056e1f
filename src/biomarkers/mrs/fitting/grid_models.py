"""What the model adds to the errors of a grid: alternatives fitted in some voxels, for all."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.estimates import Chosen, in_chunks
from biomarkers.mrs.fitting.alternatives import alternatives_of
from biomarkers.mrs.fitting.pipeline import Solution
from biomarkers.mrs.fitting.setup import Setup

# One voxel of so many is fitted under other models; the median of so many of these around it
# is a voxel's error, for that of a single one is as noisy as its spectrum.
_ONE_OF, _AROUND = 3, 3


def model_errors(
    setup: Setup,
    solutions: Sequence[Solution],
    chosen: Chosen,
    weights: Mapping[str, tuple[FloatArray, FloatArray | None]],
) -> dict[str, FloatArray]:
    """Return the relative errors that come of the model, by name, (V,).

    Parameters
    ----------
    setup, solutions
        Of the fits, one for each voxel.
    chosen
        The voxels, (V).
    weights
        Of the amplitudes, by name: above, and below or None, (M,).

    """
    place = np.stack(np.unravel_index(chosen.index, chosen.shape), axis=-1).astype(float)
    tried = scattered(place, -(-len(solutions) // _ONE_OF))
    errors = np.full((len(tried), len(weights)), np.nan)

    def work(part: slice) -> None:
        for k in range(*part.indices(len(tried))):
            errors[k] = _relative(setup, solutions[tried[k]], weights)

    in_chunks(work, len(tried), size=1)
    distance = np.linalg.norm(place[:, None] - place[tried], axis=-1)
    around = np.argsort(distance, axis=1, kind="stable")[:, :_AROUND]
    with warnings.catch_warnings():  # of a metabolite that none of them has
        warnings.simplefilter("ignore", RuntimeWarning)
        shared = np.nanmedian(errors[around], axis=1)
    return dict(zip(weights, shared.T, strict=True))


def scattered(place: FloatArray, count: int) -> IntArray:
    """Return the indices of so many places, (N, 3), each as far as can be from those before."""
    chosen = [0]
    distance = np.linalg.norm(place - place[0], axis=-1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(place - place[chosen[-1]], axis=-1))
    return np.array(chosen)


def _relative(
    setup: Setup,
    solution: Solution,
    weights: Mapping[str, tuple[FloatArray, FloatArray | None]],
) -> FloatArray:
    """Return the relative errors of a voxel, (N,); NaN where there is nothing."""
    alternatives = alternatives_of(setup, solution)
    amplitudes = alternatives.chosen.amplitudes
    tops = np.array([above @ amplitudes for above, _ in weights.values()])
    bottoms = np.array(
        [1.0 if below is None else below @ amplitudes for _, below in weights.values()]
    )
    spread = np.array([alternatives.spread(*each) for each in weights.values()])
    known = (tops > 0.0) & (bottoms > 0.0)
    return np.asarray(spread * bottoms / np.where(known, tops, np.nan))
