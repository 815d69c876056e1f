"""From a declared model, an input and a timing to the arrays the compiled engine works on.

All columns a model can produce, for any rate, lie to rounding in a space of some twenty
dimensions. A basis of it is found once; every curve is projected there once, and what follows
costs the same for forty time points as for a thousand.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biomarkers.compiling import compiled
from biomarkers.errors import InputError
from biomarkers.kinetics._convolve import RELATIVE, Column, Sampling, column
from biomarkers.kinetics._design import Exact, IntArray, Table
from biomarkers.kinetics._linear import BoolArray, copy
from biomarkers.kinetics._pair import Pair
from biomarkers.kinetics._profile import Profile
from biomarkers.kinetics._scan import Grid
from biomarkers.kinetics.convolution import read_only, sampling_of
from biomarkers.kinetics.declaration import PER_MINUTE, Declaration, Term
from biomarkers.kinetics.grid import make_grid, make_pair, make_profile
from biomarkers.kinetics.input import Input
from biomarkers.timing import FloatArray, Frames

DEGREE = 7
PANEL_WIDTH = 0.25  # in u = log(1 + rate * tau)
TABLE_ERROR = 1e-11  # relative to the column's length
FINEST_PANELS = 4  # halvings of the panel width
RANK_ERROR = 1e-12  # singular values below this share of the largest are rounding
COARSE_ERROR = 1e-5  # the same, where grid points are only compared
MOST_DIRECTIONS = 80  # more than the columns of any model span; about twenty is usual
VECTOR = 8  # the basis is filled up with zeros to whole vector registers


@dataclass(frozen=True, eq=False)
class Setup:
    """A model bound to an input, a timing and weights, for curves of T' weighted points."""

    model: Declaration
    coefficients: dict[str, float]  # amplitudes, then rates: their factors from 1/s to 1/min
    exact: Exact
    nonnegative: BoolArray
    upper: FloatArray  # (q,): largest u of each rate
    used: BoolArray  # (T,): points of weight above 0
    which: IntArray  # (q,): the table of each rate; rates of one function share a table
    tabulated: list[int]  # the column that each table holds

    def exact_at(self, frames: Frames) -> Exact:
        """Return what computes a column at every frame, those of weight 0 too."""
        sampling = sampling_of(frames.start, frames.duration)
        return self.exact._replace(**sampling._asdict(), root_weights=np.ones(len(frames)))


@dataclass(frozen=True, eq=False)
class Reduced:
    """The tabulated columns at one delay."""

    delay: float
    basis: FloatArray  # (T', r)
    table: Table
    search: Grid | Profile  # along one rate its profile, else the grid
    pair: Pair | None  # of models with two rates, where there is one delay


def bind(model: Declaration, input: Input, frames: Frames, weights: FloatArray) -> Setup:
    """Check the input against the scan, and lay the model's columns out."""
    check_cover(input, frames)
    used = weights > 0
    terms, decays = model.ordered, model.decays
    sampling = sampling_of(frames.start[used], frames.duration[used])
    tau = float(frames.end[-1] - input.time[0])
    exact = Exact(
        read_only(input.time),
        read_only([getattr(input, term.source) for term in terms]),
        *sampling,
        np.sqrt(weights[used]),
        np.array([term.kind for term in terms], dtype=np.int64),
        np.array([_constant(term) for term in terms]),
        tau,
    )
    upper = np.array([np.log1p(term.fastest / PER_MINUTE * tau) for term in decays])
    nonnegative = np.array([term.nonnegative for term in terms])
    keys = [(term.kind, term.source, _constant(term)) for term in decays]
    distinct = list(dict.fromkeys(keys))
    which = np.array([distinct.index(key) for key in keys], dtype=np.int64)
    tabulated = [len(terms) - len(decays) + keys.index(key) for key in distinct]
    return Setup(model, model.coefficients, exact, nonnegative, upper, used, which, tabulated)


def _constant(term: Term) -> float:
    return float(getattr(term, "k2_reference", 0.0)) / PER_MINUTE if term.kind == RELATIVE else 0.0


def check_cover(input: Input, frames: Frames) -> None:
    """Refuse an input that ends before the scan's last frame begins, or begins after it.

    Blood is often drawn for the last time within the last frame; the input then holds its last
    value. Between instants, the last interval is given the same grace.

    Raises
    ------
    InputError
        Naming both times.

    """
    needed = frames.end[-2] if len(frames) > 1 else frames.start[-1]
    if input.time[-1] < needed:
        raise InputError(
            f"input ends at {input.time[-1]:g} s but the scan goes on to {frames.end[-1]:g} s; "
            "extend the input, or drop the late frames"
        )
    if frames.end[-1] <= input.time[0]:
        raise InputError(
            f"the scan ends at {frames.end[-1]:g} s, before the input begins "
            f"({input.time[0]:g} s); both need the same zero of time"
        )


def reduce(setup: Setup, delays: Sequence[float]) -> list[Reduced]:
    """Tabulate the columns at each delay and compress them."""
    exact, terms = setup.exact, len(setup.nonnegative)
    rates = len(setup.upper)
    fixed = [_columns(setup, c, np.zeros(1), delays)[:, 0] for c in range(terms - rates)]
    span = float(setup.upper.max()) if rates else 0.0
    panels = max(1, int(np.ceil(span / PANEL_WIDTH)))
    tables = _tables(setup, setup.tabulated, span, panels, delays)
    out = []
    for d, delay in enumerate(delays):
        columns = np.array([each[d] for each in fixed]).reshape(-1, exact.duration.size)
        nodes = [table[d] for table in tables]
        basis, leading = _basis(columns, nodes, exact.duration.size)
        compressed = np.array([node @ basis for node in nodes])
        width = span / nodes[0].shape[0] if nodes else 1.0
        if not nodes:
            compressed = np.zeros((0, 1, DEGREE + 1, basis.shape[1]))
        table = Table(columns @ basis, compressed, setup.which, width)
        search = _lay_search(setup, table, leading)
        # Its products of all panels would fill the memory if every delay of a grid had them.
        pair = make_pair(table) if rates == 2 and len(delays) == 1 else None
        out.append(Reduced(float(delay), basis, table, search, pair))
    return out


def _lay_search(setup: Setup, table: Table, leading: int) -> Grid | Profile:
    """Lay out the search of the rates; `leading` as in `make_profile`."""
    if len(setup.upper) == 1:
        return make_profile(table, setup.upper, setup.nonnegative, leading)
    return make_grid(table, setup.upper, setup.nonnegative)


def _tables(
    setup: Setup, chosen: list[int], span: float, panels: int, delays: Sequence[float]
) -> list[FloatArray]:
    """Piecewise polynomials (D, panels, DEGREE + 1, T'), halved until they are exact."""
    for _ in range(FINEST_PANELS):
        tables = [_fit_panels(setup, c, span, panels, delays) for c in chosen]
        edges = np.linspace(0.0, span, panels + 1)[:-1]
        wrong = 0.0
        for c, table in zip(chosen, tables, strict=True):
            truth = _columns(setup, c, edges, delays)
            signs = (-1.0) ** np.arange(DEGREE + 1)
            found = np.einsum("dpkt,k->dpt", table, signs)
            size = np.linalg.norm(truth, axis=-1)
            error = np.linalg.norm(found - truth, axis=-1)
            wrong = max(wrong, float((error / np.where(size > 0, size, 1.0)).max()))
        if wrong < TABLE_ERROR:
            break
        panels *= 2
    return tables


def _fit_panels(
    setup: Setup, c: int, span: float, panels: int, delays: Sequence[float]
) -> FloatArray:
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    width = span / panels
    u = (np.arange(panels)[:, None] + 0.5 * (nodes + 1.0)) * width
    values = _columns(setup, c, u.ravel(), delays).reshape(len(delays), panels, DEGREE + 1, -1)
    monomials = np.linalg.inv(np.vander(nodes, increasing=True))
    return np.asarray(np.einsum("kn,dpnt->dpkt", monomials, values))


def _columns(setup: Setup, c: int, u: FloatArray, delays: Sequence[float]) -> FloatArray:
    """Weighted column c at every u and delay: (D, U, T')."""
    exact = setup.exact
    begin = exact.points[exact.start]
    shift = np.asarray(delays, dtype=float)
    start = begin[None, :] - shift[:, None]
    sampling = sampling_of(start, np.broadcast_to(exact.duration, start.shape))
    out = np.empty((u.size, start.size))
    term = Column(int(exact.kind[c]), float(exact.constant[c]), exact.tau)
    _fill(term, u, exact.knots, exact.values[c], sampling, out)
    shaped = out.reshape(u.size, len(delays), -1).transpose(1, 0, 2)
    return np.asarray(shaped * exact.root_weights)


@compiled
def _fill(
    term: Column,
    u: FloatArray,
    knots: FloatArray,
    values: FloatArray,
    sampling: Sampling,
    out: FloatArray,
) -> None:
    whole = np.empty((3, out.shape[1]))
    for i in range(u.size):
        column(term, u[i], knots, values, sampling, 0.0, whole)
        copy(whole[0], out[i])


def _basis(fixed: FloatArray, nodes: list[FloatArray], count: int) -> tuple[FloatArray, int]:
    """Orthonormal basis (T', r) of everything the columns span, and how many lead.

    Every column weighs the same, whatever its length; a panel's polynomial coefficients are
    scaled together, by the first of them, the column at its middle.
    """
    size = np.linalg.norm(fixed, axis=-1)
    stack = [fixed[size > 0] / size[size > 0, None]]
    for node in nodes:
        middle = np.linalg.norm(node[:, 0], axis=-1)
        scaled = node[middle > 0] / middle[middle > 0, None, None]
        stack.append(scaled.reshape(-1, count))
    unit = np.concatenate(stack)
    if unit.size == 0:
        return np.eye(count, 1), 1
    values, rows = _leading_directions(unit)
    kept = rows[values > RANK_ERROR * values[0]].T
    leading = int((values > COARSE_ERROR * values[0]).sum())
    return np.ascontiguousarray(np.pad(kept, ((0, 0), (0, -kept.shape[1] % VECTOR)))), leading


def _leading_directions(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Singular values and right singular vectors of `rows`, all that stand above rounding.

    A large matrix is first multiplied by more random columns than it has directions: the product
    spans them all (Halko, Martinsson & Tropp, SIAM Rev 2011;53:217. doi:10.1137/090771806).
    """
    if min(rows.shape) <= 2 * MOST_DIRECTIONS:
        _, values, directions = np.linalg.svd(rows, full_matrices=False)
        return values, directions
    mixed = np.random.default_rng(0).standard_normal((MOST_DIRECTIONS, len(rows))) @ rows
    space = np.linalg.qr(mixed.T)[0]
    _, values, directions = np.linalg.svd(rows @ space, full_matrices=False)
    return values, directions @ space.T
