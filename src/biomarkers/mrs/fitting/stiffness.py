"""How stiff a baseline the data ask for: Akaike's criterion over a range of stiffnesses."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.mrs.fitting.engine import Problem, State
from biomarkers.mrs.fitting.nonnegative import nonnegative

CANDIDATES = 20


def residuals(problem: Problem, state: State, stiffnesses: FloatArray) -> FloatArray:
    """Return the residual sum of squares of each stiffness, parameters kept, (S,)."""
    baseline = problem.design.baseline
    rows = np.concatenate([state.spectra, problem.data[None]])
    flat = rows.reshape(len(rows), -1)
    plain, on_shapes = flat @ flat.T, rows @ baseline.shapes
    by_shape = np.einsum("ack,bck->kab", on_shapes, on_shapes)
    coupling = problem.coupling
    sums, active = [], state.active
    for stiffness in stiffnesses:
        shares = baseline.shares(stiffness)
        left = plain - np.tensordot(shares, by_shape, axes=1)
        gram = left[:-1, :-1] + coupling
        amplitudes = nonnegative(gram, left[:-1, -1], active)
        active = amplitudes > 0.0
        # What the data keep after the baseline took its share twice: of the misfit itself.
        off = np.append(-amplitudes, 1.0)
        misfit = plain - np.tensordot(shares * (2.0 - shares), by_shape, axes=1)
        sums.append(float(off @ misfit @ off))
    return np.asarray(sums)


def choose(problem: Problem, state: State) -> float:
    """Return the stiffness of least Akaike criterion, n log(RSS) + 2 k.

    The n samples, of real and imaginary part and not zero-filled, are independent, so that a
    dimension costs what Akaike derived; ABfit, of zero-filled real parts, has to charge more
    (Wilson, Magn Reson Med 2021;85:13. doi:10.1002/mrm.28385).

    Parameters
    ----------
    problem, state
        A fit; its parameters are kept, its amplitudes solved for anew.

    """
    baseline = problem.design.baseline
    candidates = baseline.candidates(CANDIDATES)
    if candidates.size == 1:
        return float(candidates[0])
    dimensions = np.array([2.0 * baseline.shares(each).sum() for each in candidates])
    sums = residuals(problem, state, candidates)
    criterion = (
        problem.data.size * np.log(np.maximum(sums, np.finfo(float).tiny)) + 2.0 * dimensions
    )
    return float(candidates[np.argmin(criterion)])
