"""Kinetic models and graphical methods fitted to the curves of regions."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.kinetics import Fit, Input, Line
from biomarkers.pet.cautions import judge, warn_of
from biomarkers.pet.methods import Delay, Task
from biomarkers.pet.release_test import Release, completed
from biomarkers.pet.result import Report, TissueFit, TissueLine, with_report
from biomarkers.pet.time_activity import TACs
from biomarkers.pet.tracers import find_tracer
from biomarkers.timing import Frames

FloatArray = npt.NDArray[np.float64]


def fit(
    tacs: TACs | npt.ArrayLike,
    frames: Frames | npt.ArrayLike,
    input: Input,
    *,
    model: str = "2tcm",
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
    t_star: float | None = None,
    k2_reference: float | None = None,
) -> TissueFit | TissueLine:
    """Fit one method to the curves of regions.

    Where the input is plasma, k4 = 0 is tested as well, and the result says where the data
    contradict what the method takes for granted.

    Parameters
    ----------
    tacs
        From `pet.tacs`, or curves (R, T) or (T,), kBq/mL.
    frames
        T frames, s after the start of injection. Bare times (T,) are those of the middle of
        frames whose length is not known: curves are then compared at these times, not averaged.
    input
        Plasma, with whole blood where vB is wanted, from `arterial_input`; for reference-tissue
        methods ``tacs.reference("cerebellum")``. kBq/mL and s.
    model
        `1tcm`, `2tcm`, `2tcm_irreversible`; `srtm`, `srtm2`; `patlak`, `logan`, `ma1`; `mrtm1`,
        `mrtm2`, `logan_reference`, `patlak_reference`.
    delay
        How much later than in the input the tissue is reached, s: None for not at all, a number,
        or (low, high) to fit it. Compartment models fit it in every region; `patlak`, `logan` and
        `ma1` take the one that two tissue compartments find in the regions' mean.
    weights
        Of squared residuals, (T,), from `scan_weights` or `frame_weights`; None for equal ones.
    t_star
        Start of the straight part of a plot (mid-frame), s; None: found, see `kinetics.logan`.
    k2_reference
        k2′ of the reference region, 1/min: needed by `mrtm2`, taken by `srtm2` and
        `logan_reference`.

    Returns
    -------
    TissueFit or TissueLine
        A `kinetics.Fit` (compartment models) or `kinetics.Line`, with `table`, `summary()`,
        `cautions` and `report`. Arrays have the shape (R,), or () for one curve (T,).

    Raises
    ------
    InputError
        If the method is unknown or does not take a setting, shapes disagree, or the input lacks
        what the method needs or ends early.

    Warns
    -----
    AssumptionWarning
        If the method takes k4 = 0 for granted and the data refute it.

    """
    task = Task(model, delay, weights, t_star, k2_reference)
    curves = as_numbers("tacs", tacs)
    if curves.ndim not in (1, 2):
        raise InputError(f"curves have shape {curves.shape}; expected (region, frame)")
    if not isinstance(frames, Frames):
        frames = Frames.instants(as_numbers("frames", frames))
    _check_frames(tacs, frames)
    found = task.run(curves, frames, input)
    tested = _tested(task, found, curves, frames, input)
    names = tacs.regions if isinstance(tacs, TACs) else _numbered(curves)
    voxels = tacs.voxels if isinstance(tacs, TACs) else None
    tracer = find_tracer(tacs.tracer) if isinstance(tacs, TACs) else None
    cautions = judge(found, tested, frames, method=model, regions=names, tracer=tracer)
    warn_of(cautions)
    return with_report(found, Report(names, voxels, tested, cautions, tracer))


def _check_frames(tacs: TACs | npt.ArrayLike, frames: Frames) -> None:
    if not isinstance(tacs, TACs) or tacs.frames is frames:
        return
    own = tacs.frames
    if len(own) != len(frames) or not (
        np.allclose(own.start, frames.start) and np.allclose(own.duration, frames.duration)
    ):
        raise InputError("the curves were measured in other frames; give frames=scan.frames")


def _numbered(curves: FloatArray) -> tuple[str, ...]:
    return tuple(f"{k}" for k in range(len(np.atleast_2d(curves))))


def _tested(
    task: Task, found: Fit | Line, curves: FloatArray, frames: Frames, input: Input
) -> Release | None:
    """Test k4 = 0 where the method has a view of it."""
    if not task.assumes:
        return None
    known = found if isinstance(found, Fit) else None
    tested = completed(known, curves, frames, input, delay=task.delay, weights=task.weights)
    return tested.flat()
