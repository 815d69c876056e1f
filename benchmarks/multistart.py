"""The best of many starts: what a search for the global optimum is measured against.

All amplitudes and rates are fitted together, within their bounds, by Levenberg-Marquardt steps
from random starts. Nothing is tabulated and no amplitude is eliminated: apart from the exact
convolution it has nothing in common with the engine. The best of all starts, and the best of each
other basin, are finished by SciPy's trust-region fit at tolerances of 1e-14.
"""

import numpy as np
from numba import njit
from scipy.optimize import least_squares

from biomarkers.kinetics._convolve import RELATIVE, Column, column
from biomarkers.kinetics.convolution import sampling_of

STARTS = 50
TIGHT = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
STEPS = 300
SLOWEST = 1e-3  # 1/min, of the random starts
BASIN = 1e-3  # relative difference of the sums of squares of two basins


@njit(nogil=True, cache=True)
def _evaluate(x, kinds, constants, tau, knots, values, sampling, delay, roots, curve, jacobian):
    """Fill the weighted curve and its derivatives at amplitudes and u = log(1 + rate·tau)."""
    terms = kinds.size
    rates = x.size - terms
    out = np.empty((3, curve.size))
    curve[:] = 0.0
    for c in range(terms):
        k = c - (terms - rates)
        u = x[terms + k] if k >= 0 else 0.0
        term = Column(kinds[c], constants[c], tau)
        column(term, u, knots, values[c], sampling, delay, out)
        for t in range(curve.size):
            jacobian[c, t] = out[0, t] * roots[t]
            curve[t] += x[c] * jacobian[c, t]
            if k >= 0:
                jacobian[terms + k, t] = x[c] * out[1, t] * roots[t]


@njit(nogil=True, cache=True)
def _descend(x, low, high, target, bound):
    """Levenberg-Marquardt within bounds, in place; returns the sum of squares."""
    kinds, constants, tau, knots, values, sampling, delay, roots = bound
    size = x.size
    curve, fresh = np.empty(target.size), np.empty(target.size)
    jacobian, other = np.empty((size, target.size)), np.empty((size, target.size))
    _evaluate(x, kinds, constants, tau, knots, values, sampling, delay, roots, curve, jacobian)
    rss = np.sum((target - curve) ** 2)
    damping, idle = 1e-3, 0
    for _ in range(STEPS):
        gradient = jacobian @ (target - curve)
        normal = jacobian @ jacobian.T
        for i in range(size):
            stuck = (x[i] <= low[i] and gradient[i] < 0) or (x[i] >= high[i] and gradient[i] > 0)
            if stuck or normal[i, i] == 0.0:
                normal[i, :] = 0.0
                normal[:, i] = 0.0
                normal[i, i] = 1.0
                gradient[i] = 0.0
            normal[i, i] *= 1.0 + damping
        moved = np.minimum(np.maximum(x + np.linalg.solve(normal, gradient), low), high)
        _evaluate(moved, kinds, constants, tau, knots, values, sampling, delay, roots, fresh, other)
        new = np.sum((target - fresh) ** 2)
        if new < rss:
            idle = idle + 1 if rss - new < 1e-12 * rss else 0
            x[:], rss, damping = moved, new, 0.1 * damping
            curve[:], jacobian[:] = fresh, other
            if idle > 3:
                break
        else:
            damping *= 10.0
            if damping > 1e12:
                break
    return rss


@njit(nogil=True, cache=True)
def _search(starts, low, high, target, bound, sums):
    for s in range(len(starts)):
        sums[s] = _descend(starts[s], low, high, target, bound)


def _constant(term):
    """Rate (1/s) of the reference region, where the term has one."""
    return term.k2_reference / 60.0 if term.kind == RELATIVE else 0.0


class Multistart:
    """A model bound to an input and frames, fitted from many starts at a given delay (s)."""

    def __init__(self, model, source, frames, *, weights=None, delay=0.0):
        model = model.for_input(source)
        used = slice(None) if weights is None else np.asarray(weights) > 0
        roots = np.ones(len(frames)) if weights is None else np.sqrt(np.asarray(weights))[used]
        terms = model.ordered
        tau = float(frames.end[-1] - source.time[0])
        self.used, self.roots = used, roots
        self.bound = (
            np.array([term.kind for term in terms]),
            np.array([_constant(term) for term in terms]),
            tau,
            source.time,
            np.array([getattr(source, term.source) for term in terms]),
            sampling_of(frames.start[used], frames.duration[used]),
            float(delay),
            roots,
        )
        fastest = np.array([term.fastest for term in model.decays])
        self.span = np.log1p(np.array([np.full(fastest.size, SLOWEST), fastest]) / 60.0 * tau)
        self.low = np.append(
            [0.0 if term.nonnegative else -np.inf for term in terms], np.zeros(fastest.size)
        )
        self.high = np.append(np.full(len(terms), np.inf), self.span[1])
        self.terms = len(terms)

    def curve(self, x):
        """Weighted curve and Jacobian (T, n)."""
        size = self.roots.size
        curve, jacobian = np.empty(size), np.empty((len(x), size))
        _evaluate(np.asarray(x), *self.bound, curve, jacobian)
        return curve, jacobian.T

    def starts(self, target, count, random):
        """Draw rates at random, log-uniform, and solve for amplitudes, clipped into bounds."""
        found, terms = np.empty((count, self.low.size)), self.terms
        least = np.where(self.low[:terms] == 0, 1e-3, -np.inf)
        for start in found:
            start[terms:] = np.sort(random.uniform(*self.span))[::-1]
            start[:terms] = 1.0
            columns = self.curve(start)[1][:, :terms]
            start[:terms] = np.maximum(np.linalg.lstsq(columns, target, rcond=None)[0], least)
        return np.clip(found, self.low, self.high)

    def finish(self, x, target):
        """Trust-region fit of one start, to tolerances of 1e-14; returns the sum of squares."""
        inside = np.clip(x, self.low + 1e-10, self.high - 1e-10)
        return (
            2
            * least_squares(
                lambda x: self.curve(x)[0] - target,
                inside,
                jac=lambda x: self.curve(x)[1],
                bounds=(self.low, self.high),
                x_scale="jac",
                **TIGHT,
            ).cost
        )

    def best(self, curve, random, count=STARTS):
        """Lowest sum of squares found from `count` starts."""
        target = np.asarray(curve, dtype=float)[self.used] * self.roots
        points = self.starts(target, count, random)
        sums = np.empty(count)
        _search(points, self.low, self.high, target, self.bound, sums)
        lowest, last = sums.min(), -np.inf
        for s in np.argsort(sums):
            if sums[s] > last * (1 + BASIN) and sums[s] < 1.05 * sums.min():
                lowest, last = min(lowest, self.finish(points[s], target)), sums[s]
        return lowest

    def plain(self, curve, random, count=STARTS):
        """Lowest sum of squares with every start left to the trust-region fit alone."""
        target = np.asarray(curve, dtype=float)[self.used] * self.roots
        return min(self.finish(start, target) for start in self.starts(target, count, random))
