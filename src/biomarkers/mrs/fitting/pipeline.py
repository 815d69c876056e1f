"""From a spectrum to amplitudes: starts, stiffness of the baseline, the fit, its errors."""

from dataclasses import dataclass, replace

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs.fitting.alignment import Aligned, moved
from biomarkers.mrs.fitting.design import PER_GROUP, Design
from biomarkers.mrs.fitting.engine import STEPS, WORTH, Problem, State, search
from biomarkers.mrs.fitting.inference import Uncertainty, fitted, residual, uncertainty
from biomarkers.mrs.fitting.starts import WIDTHS_HZ, start
from biomarkers.mrs.fitting.stiffness import choose

# Flexibility of the baseline while its own is not known yet, effective dimensions per ppm.
_FIRST_PER_PPM = 1.0
# Steps after which the better of the starts shows.
_FIRST_STEPS = 4
# Variances of noise closer than this need no second fit.
_SAME_VARIANCE = 0.2


@dataclass(frozen=True, eq=False)
class Solution:
    """A spectrum that is fitted.

    Parameters
    ----------
    problem, state
        What was fitted, and where the search ended.
    scale
        What the data were divided by.
    placed
        The signal that was fitted.

    """

    problem: Problem
    state: State
    scale: float
    placed: Aligned

    @property
    def errors(self) -> Uncertainty:
        """Of the amplitudes."""
        return uncertainty(self.problem, self.state)

    @property
    def unit(self) -> float:
        """What amplitudes are multiplied by to be those of the signals given."""
        return self.scale / self.problem.design.scale


def scaled(data: ComplexArray) -> tuple[FloatArray, float]:
    """Return real and imaginary part, (2, N), of unit mean power, and what they were divided by."""
    scale = float(np.sqrt(np.mean(np.abs(data) ** 2)))
    return np.stack([data.real, data.imag]) / scale, scale


def solve(
    design: Design, placed: Aligned, noise: float, *, stiffness: float | None = None
) -> Solution:
    """Fit a spectrum.

    Groups alone are fitted first, from several widths, with a stiff baseline, and the signal is
    moved by the shift that is found, so that the window holds the same of every spectrum. Then
    the baseline's stiffness is chosen, then all is fitted; then it is chosen once more.

    Parameters
    ----------
    design
        Of the fit.
    placed
        The signal, near to where the basis is.
    noise
        Standard deviation of real or imaginary part of a sample of the spectrum.
    stiffness
        Of the baseline, where that is known.

    """
    plain, baseline = design.without_deviations(), design.baseline
    first = baseline.stiffness_for(_FIRST_PER_PPM * baseline.width_ppm)
    data, scale = scaled(plain.window.spectra(placed.signal))
    problem = Problem(plain, data, first, (noise / scale) ** 2)
    starts = (start(plain, placed.guess, width) for width in WIDTHS_HZ)
    state = min((search(problem, each, steps=_FIRST_STEPS) for each in starts), key=_cost)
    placed = moved(plain, placed, float(state.parameters[2]))
    data, scale = scaled(plain.window.spectra(placed.signal))
    begin = state.parameters.copy()
    begin[2] = 0.0
    problem = replace(problem, data=data, variance=(noise / scale) ** 2)
    state = search(problem, begin, near=state)
    problem = replace(
        problem, variance=variance_of(problem, state), coupled=references_of(plain, state)
    )
    solution = Solution(problem, state, scale, placed)
    if stiffness is not None:
        problem = replace(problem, stiffness=stiffness)
        return refine(replace(solution, problem=problem), design)
    for _ in range(2):
        best = choose(solution.problem, solution.state)
        if solution.problem.design is design and np.isclose(best, solution.problem.stiffness):
            break
        problem = replace(solution.problem, stiffness=best)
        solution = refine(replace(solution, problem=problem), design)
    return solution


def _cost(state: State) -> float:
    return state.cost


def refine(
    solution: Solution, design: Design, *, steps: int = STEPS, worth: float = WORTH
) -> Solution:
    """Return the fit of a design from where the fit of another, or of its groups, ended.

    Parameters
    ----------
    solution
        The other fit.
    design
        With the same window.
    steps, worth
        The most that are taken at a time, and what each has to promise; as in `search`.

    """
    old, state = solution.problem.design, solution.state
    begin = carried(state.parameters, old, design)
    problem = replace(solution.problem, design=design)
    if len(design.couplings) != len(old.couplings):
        problem = replace(problem, coupled=None)
    near = state if design.names == old.names else None
    for _ in range(2):
        near = state = search(problem, begin, near=near, steps=steps, worth=worth)
        variance, begin = variance_of(problem, state), state.parameters
        settled = abs(variance / problem.variance - 1.0) < _SAME_VARIANCE
        if settled and (problem.coupled is not None or not design.couplings.size):
            break
        problem = replace(problem, variance=variance)
        if problem.coupled is None:
            problem = replace(problem, coupled=references_of(design, state))
    return replace(solution, problem=problem, state=state)


def phase_between(problem: Problem, state: State) -> float:
    """Return by which phase, rad, data are turned against the signals of a similar spectrum."""
    signals = fitted(state)
    turned = np.stack([-signals[1], signals[0]])
    along = problem.products(np.stack([signals, turned]), problem.data[None])[:, 0]
    return float(np.arctan2(along[1], along[0]))


def carried(parameters: FloatArray, old: Design, new: Design) -> FloatArray:
    """Return the parameters of one design, (P,), as far as another has them; else their means."""
    begin = new.mean.copy()
    begin[:2] = parameters[:2]
    for at, name in enumerate(new.groups):
        if name in old.groups:
            there = 2 + PER_GROUP * old.groups.index(name)
            here = 2 + PER_GROUP * at
            begin[here : here + PER_GROUP] = parameters[there : there + PER_GROUP]
    if old.deviations and new.deviations:
        shared = [name for name in new.names if name in old.names]
        own = parameters[old.own :].reshape(2, -1)[:, [old.names.index(name) for name in shared]]
        begin[new.own :].reshape(2, -1)[:, [new.names.index(name) for name in shared]] = own
    return begin


def variance_of(problem: Problem, state: State) -> float:
    """Return the variance of the residual, parameters counted roughly."""
    shares = problem.design.baseline.shares(problem.stiffness)
    used = 2.0 * float(shares.sum()) + int(state.active.sum()) + problem.design.own
    misfit = residual(problem, state)
    return max(float(np.sum(misfit**2)) / max(misfit.size - used, 1.0), np.finfo(float).tiny)


def references_of(design: Design, state: State) -> FloatArray:
    """Return the amplitudes that couplings of bands are relative to, (C,)."""
    rows, amplitudes = design.couplings, state.amplitudes
    if not rows.size:
        return np.zeros(0)
    first, others = np.maximum(rows, 0.0), np.maximum(-rows, 0.0)
    ratio = others.max(axis=1) / first.max(axis=1)
    summed = (others > 0.0) @ amplitudes
    return np.asarray(np.maximum(summed, (first > 0.0) @ amplitudes / ratio))
