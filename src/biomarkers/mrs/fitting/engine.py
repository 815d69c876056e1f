"""Variable projection: amplitudes and baseline are solved for, the rest by Levenberg-Marquardt.

Golub & Pereyra, SIAM J Numer Anal 1973;10:413, with the Jacobian of Kaufman, BIT 1975;15:49, and
non-negative amplitudes. The baseline is taken out of every inner product beforehand: what a
share s_k of shape u_k leaves of <x, y> is <x, y> - sum_k s_k <x, u_k><u_k, y>.
"""

from dataclasses import dataclass, replace

import numpy as np

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray
from biomarkers.mrs.fitting.design import PER_GROUP, Design
from biomarkers.mrs.fitting.nonnegative import nonnegative

# A step that promises less than this share of the noise's variance, 0.03 standard errors, is not
# worth taking.
WORTH = 1e-3
_ROUNDING = 1e-13
_DAMPING = 1e-3
STEPS = 60
_ATTEMPTS = 12


@dataclass(frozen=True, eq=False)
class Problem:
    """A spectrum to be fitted, and how stiff its baseline is.

    Parameters
    ----------
    design
        What does not depend on the data.
    data
        Real and imaginary part of the window, (2, N).
    stiffness
        Of the baseline.
    variance
        Of the noise of each sample, by which priors count.
    coupled
        Amplitudes that couplings are relative to, (C,); None, or 0, for no coupling.

    """

    design: Design
    data: FloatArray
    stiffness: float
    variance: float
    coupled: FloatArray | None = None

    @property
    def coupling(self) -> FloatArray:
        """What couplings add to the products of signals, (M, M)."""
        rows = self.design.couplings
        if self.coupled is None or not rows.size:
            return np.zeros((rows.shape[1], rows.shape[1]))
        known = self.coupled > 0.0
        rows = rows[known] / self.coupled[known, None]
        return np.asarray(self.variance * (rows.T @ rows))

    def products(self, rows: FloatArray, others: FloatArray) -> FloatArray:
        """Return inner products, (A, B), of rows (A, 2, N) and others less the baseline's share."""
        baseline = self.design.baseline
        plain = rows.reshape(len(rows), -1) @ others.reshape(len(others), -1).T
        if not baseline.roughness.size:
            return np.asarray(plain)
        shares = baseline.shares(self.stiffness)
        taken_of = np.flatnonzero(shares)
        shapes = baseline.shapes[:, taken_of]
        on_rows = rows @ shapes
        on_others = on_rows if others is rows else others @ shapes
        on_rows = on_rows * shares[taken_of]
        taken = on_rows.reshape(len(rows), -1) @ on_others.reshape(len(others), -1).T
        return np.asarray(plain - taken)


@dataclass(frozen=True, eq=False)
class State:
    """Where the search is.

    Parameters
    ----------
    parameters
        (P,).
    amplitudes
        (M,), none below 0.
    spectra
        Of the signals with these parameters, real and imaginary part, (M, 2, N).
    damped
        The signals themselves with these parameters, (M, T).
    gram
        Inner products of the spectra, with couplings, (M, M).
    cost
        Sum of squares, with priors.

    """

    parameters: FloatArray
    amplitudes: FloatArray
    spectra: FloatArray
    damped: ComplexArray
    gram: FloatArray
    cost: float
    converged: bool = False

    @property
    def active(self) -> BoolArray:
        """Which amplitudes are above 0, (M,)."""
        return self.amplitudes > 0.0

    def at_bound(self, design: Design) -> bool:
        """Tell whether a phase, a shift, or a width above 0, is at the end of what is allowed."""
        at_low = (self.parameters <= design.low) & (design.low < 0.0)
        return bool(np.any(at_low | (self.parameters >= design.high)))


def search(
    problem: Problem,
    start: FloatArray,
    *,
    near: State | None = None,
    steps: int = STEPS,
    worth: float = WORTH,
) -> State:
    """Return the best parameters near a start, (P,).

    Parameters
    ----------
    problem
        What is fitted.
    start
        Parameters, (P,).
    near
        A state whose amplitudes are thought to be similar.
    steps
        The most that are taken.
    worth
        Share of the noise's variance that a step has to promise.

    """
    design = problem.design
    state = evaluate(problem, np.clip(start, design.low, design.high), near)
    damping = _DAMPING
    floor = _ROUNDING * float(np.sum(problem.data**2))
    for _ in range(steps):
        curvature, slope, free = _normal_equations(problem, state)
        if not free.any():
            return replace(state, converged=True)
        least = max(worth * min(problem.variance, state.cost / problem.data.size), floor)
        for _ in range(_ATTEMPTS):
            step, promise = _damped_step(curvature, slope, free, damping)
            if promise < least:
                return replace(state, converged=True)
            trial = evaluate(
                problem, np.clip(state.parameters + step, design.low, design.high), state
            )
            if trial.cost < state.cost:
                damping = max(0.1 * damping, 1e-8)
                state = trial
                break
            damping *= 10.0
        else:
            return replace(state, converged=True)
    return state


def evaluate(problem: Problem, parameters: FloatArray, near: State | None = None) -> State:
    """Return amplitudes and cost of parameters, (P,)."""
    design = problem.design
    damped = _damped(design, parameters)
    spectra = design.phased(parameters, damped)
    both = np.concatenate([spectra, problem.data[None]])
    products = problem.products(both, both)
    count = len(design.names)
    gram = products[:count, :count] + problem.coupling
    onto = products[:count, count]
    amplitudes = nonnegative(gram, onto, None if near is None else near.active)
    held = np.isfinite(design.sd)
    away = (parameters[held] - design.mean[held]) / design.sd[held]
    cost = products[count, count] - amplitudes @ (2.0 * onto - gram @ amplitudes)
    cost += problem.variance * float(away @ away)
    return State(parameters, amplitudes, spectra, damped, gram, float(cost))


def _damped(design: Design, parameters: FloatArray) -> ComplexArray:
    shift, decay, gauss = design.shifts_and_decays(parameters)
    time, step = design.time, float(design.time[1])
    bell = np.exp(-np.outer(gauss, time**2))
    if design.deviations:
        rates = 1j * shift - decay
        return np.asarray(
            design.signals * _powers(np.exp(rates * step), time.size, bell[design.group])
        )
    first = [int(np.argmax(design.group == g)) for g in range(len(design.groups))]
    rates = (1j * shift - decay)[first]
    return np.asarray(design.signals * _powers(np.exp(rates * step), time.size, bell)[design.group])


def _powers(base: ComplexArray, count: int, factor: FloatArray) -> ComplexArray:
    """Return factor * base^n for n from 0 to count - 1, (M, count), by doubling."""
    powers = np.empty((base.size, count), dtype=np.complex128)
    powers[:, 0] = 1.0
    known, step = 1, base.copy()
    while known < count:
        more = min(known, count - known)
        np.multiply(powers[:, :more], step[:, None], out=powers[:, known : known + more])
        known, step = known + more, step * step
    powers *= factor
    return powers


def derivatives(design: Design, state: State) -> FloatArray:
    """Return the derivatives of the modelled spectrum by the parameters, (P, 2, N)."""
    amplitudes, groups = state.amplitudes, len(design.groups)
    rows = np.zeros((state.parameters.size, 2, design.window.index.size))
    whole = np.tensordot(amplitudes, state.spectra, axes=1)
    rows[0] = _turned(whole)
    rows[1] = rows[0] * design.ppm_from_centre
    per_group = np.zeros((groups, len(design.names)))
    per_group[design.group, np.arange(len(design.names))] = amplitudes
    sums = (per_group @ state.damped) * design.time
    bells = design.phased(state.parameters, sums * design.time)
    if design.deviations:
        active = np.flatnonzero(state.active)
        weighted = amplitudes[active, None] * state.damped[active] * design.time
        timed = design.phased(state.parameters, weighted)
        own, count = design.own, len(design.names)
        rows[own + active] = _turned(timed)
        rows[own + count + active] = -timed
        lines = np.zeros((groups, *timed.shape[1:]))
        for g in range(groups):
            lines[g] = timed[design.group[active] == g].sum(axis=0)
    else:
        lines = design.phased(state.parameters, sums)
    at = 2 + PER_GROUP * np.arange(groups)
    rows[at], rows[at + 1], rows[at + 2] = _turned(lines), -lines, -bells
    rows[2] = _turned(lines.sum(axis=0))  # later shifts are relative to the first
    return rows


def _turned(stacked: FloatArray) -> FloatArray:
    """Return i times spectra, (..., 2, N)."""
    return np.stack([-stacked[..., 1, :], stacked[..., 0, :]], axis=-2)


def _normal_equations(problem: Problem, state: State) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return curvature (P, P), downhill slope (P,), and which parameters may move."""
    design = problem.design
    slopes = derivatives(design, state)
    residual = problem.data - np.tensordot(state.amplitudes, state.spectra, axes=1)
    active, count = state.active, len(slopes)
    live = np.flatnonzero(slopes[:, 0].any(axis=-1))  # not what belongs to an absent signal
    slopes = slopes[live]
    others = np.concatenate([slopes, state.spectra[active], residual[None]])
    products = problem.products(slopes, others)
    across = products[:, live.size : -1]
    within = state.gram[np.ix_(active, active)]
    curvature, slope = np.zeros((count, count)), np.zeros(count)
    known = products[:, : live.size] - across @ np.linalg.solve(within, across.T)
    curvature[np.ix_(live, live)] = known
    precision = problem.variance / design.sd**2
    slope[live] = products[:, -1]
    slope -= precision * (state.parameters - design.mean)
    curvature[np.diag_indices(count)] += precision
    at_low = (state.parameters <= design.low) & (slope < 0.0)
    at_high = (state.parameters >= design.high) & (slope > 0.0)
    free = ~(at_low | at_high) & (np.diag(curvature) > 0.0)
    return curvature, slope, free


def _damped_step(
    curvature: FloatArray, slope: FloatArray, free: BoolArray, damping: float
) -> tuple[FloatArray, float]:
    """Return a step and by how much it should lower the cost."""
    within = curvature[np.ix_(free, free)]
    size = np.diag(within)
    step = np.zeros(slope.size)
    step[free] = np.linalg.solve(within + np.diag(damping * size), slope[free])
    promise = 2.0 * step @ slope - step[free] @ within @ step[free]
    return step, float(promise)
