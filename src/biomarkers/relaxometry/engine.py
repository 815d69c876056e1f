"""One fit for every method but that of flip angles: a grid of starts, voxels over threads.

A voxel's result depends on that voxel alone, never on its neighbours or the number of threads.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.estimates import SharedError
from biomarkers.relaxometry._fit import B1_STEP, GREATEST_B1, Task, fit_block
from biomarkers.relaxometry._grid_search import IntArray, make_grid
from biomarkers.relaxometry._rician import information_table
from biomarkers.relaxometry._sequences import Sequence
from biomarkers.relaxometry.maps import T1Map, record, residual_sd
from biomarkers.relaxometry.outcome import RelaxationFlag, VoxelFits
from biomarkers.relaxometry.problem import Bounds, FloatArray, Voxels, check_bounds, fit_rows

_T1_POINTS = 32


class Second(NamedTuple):
    """A second unknown that is fitted."""

    bounds: Bounds
    points: FloatArray  # where starts are looked for
    may_rest: bool  # whether T1 is taken to be known even with this one on a bound


_NO_TURN = np.empty(0, dtype=np.int64)


def fit_sequence(
    sequence: Sequence,
    voxels: Voxels,
    *,
    t1_bounds: Bounds,
    second: Second | None = None,
    amplitudes: int = 1,
    turn: IntArray = _NO_TURN,
    magnitude: bool = True,
) -> VoxelFits:
    """Fit a sequence to voxels.

    The second unknown is fitted if it is described; else it is the B1 of the voxels. `turn` lists
    the signals that may be negative, in the order in which they come up through zero; `magnitude`
    says that known noise is Rician.
    """
    t1_bounds = check_bounds(t1_bounds)
    size = voxels.signals.shape[1]
    unknowns = 1 if second is None else 2
    _check_count(size, amplitudes + unknowns, turn)
    rician = magnitude and voxels.noise_known
    box = np.array([(np.log(t1_bounds[0]), 0.0), (np.log(t1_bounds[1]), np.inf)])
    if second is not None:
        box[:, 1] = second.bounds
    within = 1 if second is not None and second.may_rest else unknowns
    task = Task(box, unknowns, within, turn, rician, information_table())
    grid = make_grid(
        sequence,
        t1_points(t1_bounds),
        _known_b1(voxels.b1) if second is None else second.points,
        amplitudes,
        size,
        turn,
    )

    def fit(rows: Voxels, out: VoxelFits) -> None:
        fit_block(sequence, rows.signals, rows.b1, rows.noise, grid, task, out)

    out = fit_rows(voxels, fit, amplitudes=amplitudes)
    if second is not None:
        on_bound = (out.x[:, 1] <= second.bounds[0]) | (out.x[:, 1] >= second.bounds[1])
        out.x[on_bound, 1] = out.error[on_bound, 1] = np.nan
    return out


def t1_points(bounds: Bounds) -> FloatArray:
    """Return log T1 where starts are looked for."""
    return np.linspace(np.log(bounds[0]), np.log(bounds[1]), _T1_POINTS)


def _check_count(size: int, unknowns: int, turn: IntArray) -> None:
    needed = unknowns + (1 if turn.size else 0)
    if size < needed:
        signs = " and the signs of magnitudes" if turn.size else ""
        raise InputError(
            f"{size} signals cannot tell {unknowns} unknowns{signs}; at least {needed} are needed"
        )


def _known_b1(b1: FloatArray) -> FloatArray:
    """Return a grid through the fields of the voxels; where it lies depends on none of them."""
    usable = b1[np.isfinite(b1) & (b1 > 0)]
    if not usable.size:
        return np.ones(1)
    ends = np.rint(np.minimum([usable.min(), usable.max()], GREATEST_B1) / B1_STEP)
    return np.asarray(B1_STEP * np.arange(ends[0], ends[1] + 1.0))


def t1_map(
    model: str,
    fits: VoxelFits,
    voxels: Voxels,
    *,
    settings: Mapping[str, Any],
    fitted_b1: bool = False,
    of_b1: SharedError | None = None,
) -> T1Map:
    """Return the map of fitted rows; a second amplitude is that of the preparation.

    `of_b1` is what the error of a given B1 makes of T1, (V,), s.
    """
    amplitudes = fits.amplitude.shape[1]
    freedom = voxels.signals.shape[1] - amplitudes - (2 if fitted_b1 else 1)
    t1 = np.exp(fits.x[:, 0])
    values, se = {"T1": t1, "M0": fits.amplitude[:, -1]}, {"T1": t1 * fits.error[:, 0]}
    fits.reasons[~identifiable(fits)] |= np.uint16(RelaxationFlag.NOT_IDENTIFIABLE)
    if of_b1 is not None:
        se["T1"] = np.hypot(se["T1"], of_b1.se)
        lost = (fits.reasons == 0) & (2.0 * se["T1"] >= t1)
        fits.reasons[lost] |= np.uint16(RelaxationFlag.NOT_IDENTIFIABLE)
    if fitted_b1:
        values["B1"], se["B1"] = fits.x[:, 1], fits.error[:, 1]
    if amplitudes > 1:
        with np.errstate(invalid="ignore", divide="ignore"):
            values["efficiency"] = fits.amplitude[:, 0] / fits.amplitude[:, 1]
    return record(
        T1Map,
        model,
        voxels.chosen,
        values,
        se,
        fits.reasons,
        residual_sd=residual_sd(fits.rss, freedom),
        settings={**settings, "DegreesOfFreedom": None if voxels.noise_known else freedom},
        shared=None if of_b1 is None else {"T1": of_b1},
    )


def identifiable(fits: VoxelFits) -> npt.NDArray[np.bool_]:
    """Return where twice the standard error is less than T1, or no T1 was fitted."""
    return np.asarray((fits.reasons != 0) | ~(2.0 * fits.error[:, 0] >= 1.0))
