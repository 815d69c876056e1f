"""The fit of a grid of spectra: one stiffness, each voxel from what its neighbour gave."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntFlag
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray, IntArray
from biomarkers.blas import one_blas_thread
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, Estimates, SharedError, in_chunks, reasons_of
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.fitting.alignment import aligned, moved
from biomarkers.mrs.fitting.call import MODEL, PPM
from biomarkers.mrs.fitting.design import Design, Priors
from biomarkers.mrs.fitting.grid_models import model_errors
from biomarkers.mrs.fitting.inference import noise_sd
from biomarkers.mrs.fitting.outcome import REMARKS, Quality
from biomarkers.mrs.fitting.pipeline import Solution, phase_between, refine, scaled, solve
from biomarkers.mrs.fitting.setup import BaselineChoice, Choices, Setup, check_scan
from biomarkers.mrs.fitting.summary import Summary, summarised, sums
from biomarkers.mrs.names import canonical_name
from biomarkers.mrs.scan import Scan
from biomarkers.quantities import Quantity

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# Voxels, the strongest, that are fitted from scratch to choose the baseline's stiffness.
_REPRESENTATIVE = 5
# A voxel whose residual exceeds its noise by so much more than its neighbour's, as variances, is
# fitted from scratch too; one whose residual exceeds that of the voxels that chose the stiffness by
# so much, with a stiffness of its own.
_LEFT_OVER = 2.0
_STIFF = 1.3
_AT_A_TIME = 4
# Of a step, as share of the noise's variance: a tenth of a standard error is enough for a map.
_WORTH = 1e-2
_QUALITY = ("snr", "fwhm_hz", "ppm_shift", "whiteness")
_DRAWN = ("tNAA", "tCho", "Ins", "Glx")


@dataclass(frozen=True, eq=False, repr=False)
class GridFit(Estimates):
    """Fitted spectra of a grid, (x, y, z): amplitudes, and ratios to one metabolite.

    `maps["tCho/tCr"]` is a map, NaN outside the mask; `quality` holds maps of `snr`, `fwhm_hz`,
    `ppm_shift` and `whiteness`; `flags` tells where they are low, by `reasons`.

    Parameters
    ----------
    crlb
        Relative Cramer-Rao bounds by name, %, (x, y, z).

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fids = np.array([[3.0, 2.0], [1.0, 2.0]]) @ basis.fid * np.exp(-15.0 * basis.time)
    >>> grid = mrs.Scan(fids.reshape(2, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> maps = mrs.fit_grid(grid, basis, bands=())
    >>> maps["tNAA/tCr"].ravel().round(3).tolist(), maps.quality["fwhm_hz"].ravel().round().tolist()
    ([1.5, 0.5], [6.0, 6.0])

    """

    crlb: Mapping[str, FloatArray] = field(kw_only=True)

    def plot(self) -> "Figure":
        """Draw ratios of tNAA, tCho, Ins and Glx: the middle slice, flagged voxels left out."""
        shown = tuple(each for each in self.quantities if each.name.split("/")[0] in _DRAWN)
        ratios = tuple(each for each in shown if "/" in each.name)
        return Estimates.plot(replace(self, quantities=ratios or self.quantities))


def fit_grid(  # noqa: PLR0913  (what a fit consists of)
    scan: Scan,
    basis: Basis,
    *,
    mask: npt.ArrayLike | None = None,
    ppm: tuple[float, float] = PPM,
    baseline: BaselineChoice = "spline",
    deviations: bool = True,
    bands: tuple[str, ...] | None = None,
    priors: Priors | None = None,
    quality: Quality | None = None,
    to: str | Sequence[str] = "tCr",
    total: bool = False,
) -> GridFit:
    """Fit the spectra of a grid, each as `fit` does, over threads.

    The baseline's stiffness is the median of the strongest voxels', and a voxel's own where that
    leaves more of its spectrum than of theirs. Fits spread from the strongest voxel; each begins
    where the best fit beside it ended, and from scratch where that leads nowhere. What comes out
    does not depend on the number of threads.

    Parameters
    ----------
    scan
        A grid of voxels, coils and averages combined.
    basis, ppm, baseline, deviations, bands, priors, quality
        As in `fit`.
    mask
        Voxels to be fitted, (x, y, z), with or without axes of one voxel; all with a signal by
        default.
    to
        What ratios are relative to; several, if so.
    total
        Whether errors hold what other baselines, lines and macromolecules would change, as those
        of `Fit.ratios`. It is reckoned in a third of the voxels, and shared by those around.

    Returns
    -------
    GridFit
        Amplitudes by name, and ratios as `tCho/tCr`.

    Raises
    ------
    InputError
        If the mask does not fit or is empty, or as in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fids = np.array([[3.0, 2.0], [1.0, 2.0]]) @ basis.fid * np.exp(-15.0 * basis.time)
    >>> grid = mrs.Scan(fids.reshape(2, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> mrs.fit_grid(grid, basis, bands=())["tNAA/tCr"].ravel().round(3).tolist()
    [1.5, 0.5]

    """
    check_scan(scan, grid=True)
    setup = Setup.of(scan, basis, Choices(ppm, baseline, deviations, bands, priors or Priors()))
    below = _denominators(to, sums(setup.design.names)[0])
    chosen = chosen_voxels(scan, mask)
    signals = scan.fid.reshape(-1, scan.points)[chosen.index]
    with one_blas_thread():
        grid, seed = _prepared(setup, scan, signals)
        judged = quality or Quality()
        solutions = _spread(grid, chosen, seed)
        summaries = [
            summarised(solution, judged, float(noise))
            for solution, noise in zip(solutions, grid.noise, strict=True)
        ]
        amounts = _Amounts.of(setup, summaries, below)
        shared = model_errors(setup, solutions, chosen, amounts.weights) if total else None
    return _record(setup, chosen, summaries, amounts, shared)


def _denominators(to: str | Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return what ratios are relative to, in this package's spelling; `InputError` if absent."""
    wanted = tuple(map(canonical_name, [to] if isinstance(to, str) else to))
    if not set(wanted) <= set(names):
        raise InputError(f"to is {to!r}; the basis gives {', '.join(names)}")
    return wanted


def chosen_voxels(scan: Scan, mask: npt.ArrayLike | None) -> Chosen:
    """Return the voxels of a mask that have a signal."""
    shape = scan.fid.shape[:3]
    there = np.isfinite(scan.fid).all(axis=-1) & (scan.fid != 0.0).any(axis=-1)
    if mask is not None:
        given = np.asarray(mask)
        if given.shape != shape and np.squeeze(given).shape == np.squeeze(there).shape:
            given = given.reshape(shape)
        there &= Chosen.of(given, shape).mask
    chosen = Chosen.of(there, shape)
    if not len(chosen):
        raise InputError(f"{scan.source}: no voxel to fit: the mask is empty, or none has a signal")
    return chosen


@dataclass(frozen=True, eq=False)
class _Grid:
    """The voxels that are fitted, (V), and how."""

    design: Design
    signals: ComplexArray  # (V, T)
    noise: FloatArray  # (V,)
    conjugated: bool
    stiffness: float
    usual: float = 1.0  # excess of the voxels that chose the stiffness

    def from_scratch(self, voxel: int) -> Solution:
        placed = aligned(self.design, self.signals[voxel], conjugated=self.conjugated)
        noise = float(self.noise[voxel])
        solution = solve(self.design, placed, noise, stiffness=self.stiffness)
        if self.excess(voxel, solution) <= _STIFF * self.usual:
            return solution
        return solve(self.design, placed, noise)

    def beside(self, near: Solution, voxel: int) -> Solution:
        """Return the fit of a voxel from that of a neighbour."""
        design, signal = self.design, self.signals[voxel]
        signal = signal.conj() if self.conjugated else signal
        shift = 2.0 * np.pi * design.frequency_mhz * near.placed.shift_ppm
        unmoved = near.placed._replace(signal=signal, shift_ppm=0.0)
        placed = moved(design, unmoved, shift + float(near.state.parameters[2]))
        data, scale = scaled(design.window.spectra(placed.signal))
        variance = (float(self.noise[voxel]) / scale) ** 2
        problem = replace(near.problem, data=data, variance=variance)
        parameters = near.state.parameters.copy()
        parameters[0] += phase_between(problem, near.state)
        parameters[2] = 0.0
        state = replace(near.state, parameters=parameters)
        return refine(Solution(problem, state, scale, placed), design, worth=_WORTH)

    def best(self, voxel: int, near: Mapping[int, Solution]) -> Solution:
        """Return the fit of a voxel from its best neighbour, or from scratch where that fails."""
        if not near:
            return self.from_scratch(voxel)
        origin = min(near, key=lambda k: self.excess(k, near[k]))
        beside = self.beside(near[origin], voxel)
        usual = _LEFT_OVER * max(self.excess(origin, near[origin]), 1.0)
        stiff = _STIFF * self.usual
        if beside.state.converged and self.excess(voxel, beside) < min(usual, stiff):
            return beside
        scratch = self.from_scratch(voxel)
        better = self.excess(voxel, scratch) < self.excess(voxel, beside)
        return scratch if better else beside

    def excess(self, voxel: int, solution: Solution) -> float:
        """Return the variance of what a fit leaves, relative to that of the noise."""
        noise = max(float(self.noise[voxel]) ** 2, np.finfo(float).tiny)
        return solution.problem.variance * solution.scale**2 / noise


def _prepared(setup: Setup, scan: Scan, signals: ComplexArray) -> tuple[_Grid, int]:
    """Return how voxels are fitted, decided by the strongest, and which is the strongest."""
    design = setup.design
    noise = np.array([noise_sd(design.window, scan, signal) for signal in signals])
    strength = np.linalg.norm(signals, axis=-1)
    strongest = np.argsort(-strength, kind="stable")[:_REPRESENTATIVE]
    placed = [aligned(design, signals[voxel]) for voxel in strongest]
    conjugated = bool(np.mean([each.conjugated for each in placed]) > 0.5)
    agreeing = [k for k, each in enumerate(placed) if each.conjugated == conjugated]
    fits = [solve(design, placed[k], float(noise[strongest[k]])) for k in agreeing]
    stiffness = float(np.median([each.problem.stiffness for each in fits]))
    grid = _Grid(design, signals, noise, conjugated, stiffness)
    excess = [grid.excess(int(strongest[k]), fit) for k, fit in zip(agreeing, fits, strict=True)]
    return replace(grid, usual=max(float(np.median(excess)), 1.0)), int(strongest[0])


def _spread(grid: _Grid, chosen: Chosen, seed: int) -> list[Solution]:
    """Return the fits of all voxels, front by front from a seed."""
    solutions: list[Solution | None] = [None] * len(chosen)
    for front, origins in fronts(chosen, seed):

        def work(part: slice, front: IntArray = front, origins: list[list[int]] = origins) -> None:
            for voxel, near in zip(front[part], origins[part], strict=True):
                known = {k: each for k in near if (each := solutions[k]) is not None}
                solutions[voxel] = grid.best(int(voxel), known)

        in_chunks(work, front.size, size=_AT_A_TIME)
    return [each for each in solutions if each is not None]


def fronts(chosen: Chosen, seed: int) -> Iterator[tuple[IntArray, list[list[int]]]]:
    """Yield voxels by their distance from a seed, and whose neighbours of earlier ones they are.

    Voxels that no path leads to form fronts of their own, from the first of them.

    Parameters
    ----------
    chosen
        The voxels, (V).
    seed
        One of them.

    """
    order = chosen.place(np.arange(1.0, len(chosen) + 1.0), outside=0.0).astype(np.int64) - 1
    padded = np.pad(order, 1, constant_values=-1)
    at = np.stack(np.unravel_index(chosen.index, chosen.shape), axis=-1) + 1
    steps = np.vstack([np.eye(3, dtype=np.int64), -np.eye(3, dtype=np.int64)])
    beside = [[int(k) for k in padded[tuple((place + steps).T)] if k >= 0] for place in at]
    waiting, front, done = set(range(len(chosen))), [seed], set[int]()
    while front:
        waiting -= set(front)
        yield np.array(front), [[k for k in beside[voxel] if k in done] for voxel in front]
        done |= set(front)
        front = sorted({k for voxel in front for k in beside[voxel]} & waiting)
        front = front or sorted(waiting)[:1]


@dataclass(frozen=True, eq=False)
class _Amounts:
    """Amplitudes and ratios of the chosen voxels, by name, with their errors of noise, (V,)."""

    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    # Of the amplitudes of a spectrum: above, and below or None, (M,).
    weights: Mapping[str, tuple[FloatArray, FloatArray | None]]

    @classmethod
    def of(cls, setup: Setup, summaries: list[Summary], below: Sequence[str]) -> "_Amounts":
        names, parts = sums(setup.design.names)
        amplitudes = np.array([each.amplitudes for each in summaries]) @ parts.T
        covariance = np.array([parts @ each.joint @ parts.T for each in summaries])
        variance = np.diagonal(covariance, axis1=1, axis2=2)
        values = dict(zip(names, amplitudes.T, strict=True))
        se = dict(zip(names, np.sqrt(np.maximum(variance, 0.0)).T, strict=True))
        weights: dict[str, tuple[FloatArray, FloatArray | None]] = {
            name: (part, None) for name, part in zip(names, parts, strict=True)
        }
        for under in below:
            k = names.index(under)
            bottom = np.where(amplitudes[:, k] > 0.0, amplitudes[:, k], np.nan)[:, None]
            ratios = amplitudes / bottom
            crossed = variance - 2.0 * ratios * covariance[:, :, k] + ratios**2 * variance[:, [k]]
            errors = np.sqrt(np.maximum(crossed, 0.0)) / bottom
            for name, part, ratio, error in zip(names, parts, ratios.T, errors.T, strict=True):
                values[f"{name}/{under}"], se[f"{name}/{under}"] = ratio, error
                weights[f"{name}/{under}"] = part, parts[k]
        return cls(values, se, weights)


def _record(
    setup: Setup,
    chosen: Chosen,
    summaries: list[Summary],
    amounts: _Amounts,
    shared: Mapping[str, FloatArray] | None,
) -> GridFit:
    """Return maps from the fits of the chosen voxels; `shared` are relative errors of the model."""
    values, se = amounts.values, dict(amounts.se)
    common = {
        name: np.where(values[name] > 0.0, each * values[name], 0.0)
        for name, each in (shared or {}).items()
    }
    for name, each in common.items():
        se[name] = np.hypot(se[name], each)
    percent = {
        name: 100.0 * each / np.where(values[name] > 0.0, values[name], np.nan)
        for name, each in amounts.se.items()
    }
    holds: dict[IntFlag, BoolArray] = {
        kind: chosen.place(np.array([each.holds[kind] for each in summaries]), outside=False)
        for kind in summaries[0].holds
    }
    return GridFit(
        model=MODEL,
        quantities=tuple(Quantity(name, "", f"amplitude, {name}") for name in values),
        values={name: chosen.place(each) for name, each in values.items()},
        se={name: chosen.place(each) for name, each in se.items()},
        shared={name: SharedError(chosen.place(each)) for name, each in common.items()},
        reasons=reasons_of(chosen.shape, holds, remarks=REMARKS),
        mask=chosen.mask,
        settings=setup.settings | ({"ModelErrors": True} if shared else {}),
        quality={
            name: chosen.place(np.array([getattr(each, name) for each in summaries]))
            for name in _QUALITY
        },
        crlb={name: chosen.place(each) for name, each in percent.items()},
    )
