"""How stiff a baseline the data ask for: Akaike's criterion over a range of stiffnesses."""

import numpy as np
import numpy.typing as npt

from biomarkers.mrs.fitting.engine import Problem, State
from biomarkers.mrs.fitting.nonnegative import nonnegative

FloatArray = npt.NDArray[np.float64]

# What a real dimension of the baseline costs in Akaike's criterion: 1 as derived. In ABfit it is 5
# for one of the real part of a spectrum zero-filled to twice its length, whose n samples are those
# of the real and the imaginary part here, where a baseline has two (Wilson 2021.
# doi:10.1002/mrm.28385). Cheaper ones follow the metabolites.
AIC_FACTOR = 2.5
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
    """Return the stiffness of least Akaike criterion, log(RSS) + 2 c k / n.

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
    criterion = np.log(sums) + 2.0 * AIC_FACTOR * dimensions / problem.data.size
    return float(candidates[np.argmin(criterion)])
