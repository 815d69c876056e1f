"""The rate grid: products between the columns of every grid point, made once per input."""

from itertools import combinations

import numpy as np

from biomarkers.kinetics._design import Table, interpolate
from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics._pair import Pair
from biomarkers.kinetics._profile import Profile
from biomarkers.kinetics._scan import Grid
from biomarkers.timing import FloatArray

ALONE, TOGETHER = 0.2, 0.12  # spacing in u = log(1 + rate * tau) of one rate's grid, of two
VECTOR = 8  # grids are filled up with zeros to whole vector registers
PARALLEL = 1e-9  # pairs of columns closer than this (sine squared) are one column


def make_grid(table: Table, upper: FloatArray, nonnegative: BoolArray) -> Grid:
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


def make_profile(table: Table, upper: FloatArray, nonnegative: BoolArray, leading: int) -> Profile:
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


def make_pair(table: Table) -> Pair:
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
    for g, u in enumerate(nodes):
        interpolate(table, rate, u, columns, g, slopes, g)
    return columns
