"""Models laid out for the compiled code, and what the tests of its parts compare with."""

from typing import NamedTuple

import numpy as np
from arterial_bolus import bolus
from scipy.optimize import lsq_linear, nnls

from biomarkers.kinetics import MODELS, Input, Model
from biomarkers.kinetics.setup import Reduced, Setup, bind, reduce
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 5.0)
SECONDS = np.arange(0.0, 301.0, 2.0)
PLASMA = Input(SECONDS, plasma=bolus(SECONDS))
# A model of one rate, of two that are one function, of two beside a fixed column, of none.
ONE, TWO, TISSUE, NONE = "extended_tofts", "2cxm", "2tcm", "patlak"
TISSUE_INPUT = Input(SECONDS, plasma=bolus(SECONDS), blood=0.6 * bolus(SECONDS + 4.0))


class Laid(NamedTuple):
    """A model bound to an input and a timing, and its columns at no delay."""

    model: Model
    setup: Setup
    reduced: Reduced

    @property
    def exact(self):
        return self.setup.exact

    @property
    def signs(self):
        return self.setup.nonnegative

    @property
    def size(self):
        return self.reduced.basis.shape[1]

    def columns(self, *u):
        """Columns (p, r) at u, of polynomials summed by numpy, in the reduced space."""
        table = self.reduced.table
        return np.array([*table.fixed, *(polynomial(table, k, each) for k, each in enumerate(u))])

    def best(self, target, *u):
        """Sign-bound amplitudes of a curve in the reduced space, and the sum of squares left."""
        return bounded(self.columns(*u), target, self.signs)

    def curves(self, count, *, noise=0.02, seed=0):
        """Noisy curves (V, T) of random amplitudes and rates."""
        random = np.random.default_rng(seed)
        rates = len(self.setup.upper)
        clean = []
        for _ in range(count):
            u = np.sort(random.uniform(0.5, 0.8 * self.setup.upper.max(initial=1.0), rates))
            columns = self.columns(*u)
            shares = random.uniform(0.1, 1.0, len(columns))
            lengths = np.linalg.norm(columns, axis=1)
            clean.append((shares / lengths) @ columns @ self.reduced.basis.T)
        scatter = noise * random.standard_normal((count, self.reduced.basis.shape[0]))
        return np.array(clean) + scatter

    def targets(self, count, **how):
        """The same in the reduced space (V, r), and the squared part outside it (V,)."""
        curves = self.curves(count, **how)
        inside = curves @ self.reduced.basis
        return inside, (curves**2).sum(axis=1) - (inside**2).sum(axis=1)


def lay(name, source=PLASMA, *, weights=None, frames=None):
    """Bind a model and lay out its columns."""
    frames = frames or Frames.instants(TIME)
    weights = np.ones(len(frames)) if weights is None else weights
    model = MODELS[name].for_input(source)
    setup = bind(model, source, frames, weights)
    return Laid(model, setup, reduce(setup, [0.0])[0])


def polynomial(table, rate, u, derivative=0):
    """A rate's column (r,) at u, or a derivative of it, from the table's panels."""
    panels = table.panels[table.which[rate]]
    panel = min(int(u / table.width), len(panels) - 1)
    s = 2.0 * (u - panel * table.width) / table.width - 1.0
    series = np.polynomial.Polynomial
    values = [series(each).deriv(derivative)(s) for each in panels[panel].T]
    return np.array(values) * (2.0 / table.width) ** derivative


def bounded(columns, target, signs):
    """Least squares with some amplitudes 0 or more: amplitudes and sum of squares."""
    if signs.all():
        found, norm = nnls(columns.T, target)
        return found, norm**2
    lowest = np.where(signs, 0.0, -np.inf)
    found = lsq_linear(columns.T, target, bounds=(lowest, np.inf), tol=1e-14).x
    return found, float(((target - found @ columns) ** 2).sum())


def explained_off(fixed, columns, target):
    """What columns explain of a target beyond what the fixed ones do."""

    def left(rows):
        if not len(rows):
            return float(target @ target)
        found = np.linalg.lstsq(rows.T, target, rcond=None)[0]
        return float(((target - found @ rows) ** 2).sum())

    return left(fixed) - left(np.concatenate([fixed, columns]))


def slope(function, x, step=1e-5):
    """Central differences of a function along each of its arguments."""
    x = np.asarray(x, dtype=float)
    moves = step * np.eye(x.size)
    return np.array([(function(x + move) - function(x - move)) / (2 * step) for move in moves])
