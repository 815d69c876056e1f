"""From a declared model, an input and a timing to the arrays the compiled engine works on.

All columns a model can produce, for any rate, lie to rounding in a space of some twenty
dimensions. A basis of it is found once; every curve is projected there once, and what follows
costs the same for forty time points as for a thousand.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from biomarkers.errors import InputError, UnusualValueWarning
from biomarkers.kinetics._convolve import RELATIVE
from biomarkers.kinetics._design import Exact, IntArray, Table
from biomarkers.kinetics._grid_search import Grid
from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics._pair import Pair
from biomarkers.kinetics._profile import Profile
from biomarkers.kinetics.convolution import (
    DEGREE,
    columns_at,
    interpolate_all,
    read_only,
    sampling_of,
    tabulate,
)
from biomarkers.kinetics.declaration import PER_MINUTE, Declaration, Term
from biomarkers.kinetics.input import OTHER_UNIT, Input, off_the_clock
from biomarkers.timing import FloatArray, Frames

RANK_ERROR = 1e-12  # singular values below this share of the largest are rounding
COARSE_ERROR = 1e-5  # the same, where grid points are only compared
MOST_DIRECTIONS = 80  # more than the columns of any model span; about twenty is usual
VECTOR = 8  # basis and grids are filled up with zeros to whole vector registers
ALONE, TOGETHER = 0.2, 0.12  # spacing in u = log(1 + rate * tau) of one rate's grid, of two
PARALLEL = 1e-9  # pairs of columns closer than this (sine squared) are one column


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

    Warns
    -----
    UnusualValueWarning
        If the input goes on for so long that its times look like those of another unit.

    """
    needed = frames.end[-2] if len(frames) > 1 else frames.start[-1]
    if input.time[-1] < needed:
        other = frames.end[-1] > OTHER_UNIT * input.time[-1]
        raise InputError(
            f"input ends at {input.time[-1]:g} s but the scan goes on to {frames.end[-1]:g} s; "
            f"extend the input, or drop the late frames{'; are both times in s?' if other else ''}"
        )
    if words := off_the_clock(input, float(frames.end[-1])):
        warnings.warn(UnusualValueWarning(words), stacklevel=4)
    if frames.end[-1] <= input.time[0]:
        raise InputError(
            f"the scan ends at {frames.end[-1]:g} s, before the input begins "
            f"({input.time[0]:g} s); both need the same zero of time"
        )


def reduce(setup: Setup, delays: Sequence[float]) -> list[Reduced]:
    """Tabulate the columns at each delay and compress them."""
    exact, terms = setup.exact, len(setup.nonnegative)
    rates = len(setup.upper)
    fixed = [columns_at(exact, c, np.zeros(1), delays)[:, 0] for c in range(terms - rates)]
    span = float(setup.upper.max()) if rates else 0.0
    tables = tabulate(exact, setup.tabulated, span, delays)
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
        pair = _make_pair(table) if rates == 2 and len(delays) == 1 else None
        out.append(Reduced(float(delay), basis, table, search, pair))
    return out


def _lay_search(setup: Setup, table: Table, leading: int) -> Grid | Profile:
    """Lay out the search of the rates; `leading` as in `_make_profile`."""
    if len(setup.upper) == 1:
        return _make_profile(table, setup.upper, setup.nonnegative, leading)
    return _make_grid(table, setup.upper, setup.nonnegative)


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


def _make_grid(table: Table, upper: FloatArray, nonnegative: BoolArray) -> Grid:
    """Lay a grid over two rates, or none, its columns taken off every choice of fixed ones."""
    fixed, rates = table.fixed, upper.size
    points = max(2, int(np.ceil(upper.max() / TOGETHER)) + 1) if rates else 0
    nodes = np.linspace(0.0, upper.max(), points) if rates else np.zeros(0)
    columns = np.zeros((rates, points, fixed.shape[1]))
    for k in range(rates):
        columns[k] = _at_nodes(table, nodes if k == 0 else nodes[::-1], k)
    choices = _choices(nonnegative[: fixed.shape[0]])
    parts = [_projected(fixed, columns, choice) for choice in choices]
    solvers, overlap, inverse_norm, unit = (np.array(each) for each in zip(*parts, strict=True))
    shared = bool(rates > 1 and table.which[0] == table.which[1])
    cosine, inverse_sine = _angles(unit, nodes, upper, shared)
    columns = np.ascontiguousarray(columns.transpose(0, 2, 1))
    return Grid(
        nodes,
        fixed,
        columns,
        solvers,
        overlap,
        overlap * inverse_norm[:, :, None, :],
        inverse_norm,
        cosine,
        inverse_sine,
        shared,
    )


def _choices(signed: BoolArray) -> list[tuple[int, ...]]:
    """Which fixed columns are present: those free in sign always, the others or not."""
    always = [i for i in range(signed.size) if not signed[i]]
    maybe = [i for i in range(signed.size) if signed[i]]
    return [
        tuple(sorted([*always, *some]))
        for count in range(len(maybe), -1, -1)
        for some in combinations(maybe, count)
    ]


def _projected(
    fixed: FloatArray, columns: FloatArray, choice: tuple[int, ...]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Solver, overlap, inverse norms and unit columns off the chosen fixed columns."""
    rates, points, size = columns.shape
    chosen = np.array(choice, dtype=np.int64)
    solver = np.zeros((fixed.shape[0], fixed.shape[0]))
    if chosen.size:
        gram = fixed[chosen] @ fixed[chosen].T
        solver[np.ix_(chosen, chosen)] = np.linalg.pinv(gram, rcond=1e-13, hermitian=True)
    overlap = np.einsum("fe,er,kgr->kfg", solver, fixed, columns)
    rest = columns - np.einsum("kfg,fr->kgr", overlap, fixed)
    before = np.linalg.norm(columns, axis=2)
    norm = np.linalg.norm(rest, axis=2)
    useful = norm > 1e-6 * before
    inverse = np.where(useful, 1.0 / np.where(useful, norm, 1.0), 0.0)
    unit = (rest * inverse[:, :, None]).reshape(rates, points, size)
    return solver, overlap, inverse, unit


def _angles(
    unit: FloatArray, nodes: FloatArray, upper: FloatArray, shared: bool
) -> tuple[FloatArray, FloatArray]:
    """Cosines between the two rates' columns, and the inverse squared sines of usable pairs.

    Of one function with two rates the second is the larger: from the largest down, the usable
    ones come first.
    """
    choices, rates, _, _ = unit.shape
    if rates < 2:
        return np.zeros((choices, 0, 0)), np.zeros((choices, 0, 0))
    cosine = np.einsum("vir,vjr->vij", unit[:, 0], unit[:, 1])
    sine = 1.0 - cosine**2
    slack = 1e-9
    usable = (sine > PARALLEL) & (nodes[:, None] <= upper[0] + slack)
    usable &= nodes[None, ::-1] <= upper[1] + slack
    if shared:
        usable &= nodes[None, ::-1] > nodes[:, None]
    return cosine, np.where(usable, 1.0 / np.where(usable, sine, 1.0), 0.0)


def _make_profile(table: Table, upper: FloatArray, nonnegative: BoolArray, leading: int) -> Profile:
    """Lay out the search along a single rate, off every choice of fixed columns.

    Parameters
    ----------
    leading
        How many coordinates of the reduced space are enough to compare grid points.

    """
    fixed = table.fixed
    choices = _choices(nonnegative[: fixed.shape[0]])
    parts = [_panels_off_fixed(table, 0, choice) for choice in choices]
    points = max(2, int(np.ceil(upper[0] / ALONE)) + 1)
    nodes = np.linspace(0.0, upper[0], points)
    columns = _at_nodes(table, nodes, 0)[None]
    units = np.concatenate([_projected(fixed, columns, choice)[3] for choice in choices])
    scan = units[:, :, :leading].transpose(0, 2, 1)
    return Profile(
        nodes,
        np.ascontiguousarray(np.pad(scan, ((0, 0), (0, 0), (0, -points % VECTOR)))),
        np.array([rest for _, _, rest in parts]),
        np.array([_squares(rest) for _, _, rest in parts]),
        table.width,
        np.array([solver for solver, _, _ in parts]),
    )


def _make_pair(table: Table) -> Pair:
    """Lay out the approach along two rates, off all fixed columns."""
    everything = tuple(range(table.fixed.shape[0]))
    parts = [_panels_off_fixed(table, int(which), everything) for which in table.which]
    first, second = (rest for _, _, rest in parts)
    count, terms, size = first.shape
    cross = (first.reshape(-1, size) @ second.reshape(-1, size).T).reshape(
        count, terms, count, terms
    )
    return Pair(
        np.stack([first, second]),
        np.stack([_squares(first), _squares(second)]),
        np.ascontiguousarray(cross.transpose(0, 2, 3, 1)),
        np.stack([overlap for _, overlap, _ in parts]),
        parts[0][0],
        table.fixed,
        table.width,
    )


def _panels_off_fixed(
    table: Table, which: int, choice: tuple[int, ...]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Solver of the fixed columns chosen, their part (P, nf, n) of a table's panels, the rest."""
    fixed, panels = table.fixed, table.panels[which]
    flat = panels.reshape(1, -1, fixed.shape[1])
    solver, overlap, _, _ = _projected(fixed, flat, choice)
    rest = (flat - np.einsum("kfg,fr->kgr", overlap, fixed)).reshape(panels.shape)
    shares = overlap[0].reshape(fixed.shape[0], *panels.shape[:2]).transpose(1, 0, 2)
    return solver, np.ascontiguousarray(shares), rest


def _squares(panels: FloatArray) -> FloatArray:
    """Squared length of each panel's column, as polynomials (P, 2 n - 1)."""
    products = np.einsum("pir,pjr->pij", panels, panels)
    count, terms = panels.shape[:2]
    squares = np.zeros((count, 2 * terms - 1))
    for i in range(terms):
        squares[:, i : i + terms] += products[:, i]
    return squares


def _at_nodes(table: Table, nodes: FloatArray, rate: int) -> FloatArray:
    """Columns (G, r) of one rate at the grid points."""
    columns, slopes = np.zeros((2, nodes.size, table.fixed.shape[1]))
    interpolate_all(table, rate, nodes, columns, slopes)
    return columns
