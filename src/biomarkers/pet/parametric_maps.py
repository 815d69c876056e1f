"""From a dynamic scan to maps of kinetic parameters."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.kinetics import Fit, Input, Line
from biomarkers.kinetics.parameters import known
from biomarkers.kinetics.problem import check_delay
from biomarkers.pet.cautions import Caution, judge, warn_of
from biomarkers.pet.methods import Delay, Task, mean_curve
from biomarkers.pet.release_test import release
from biomarkers.pet.scan import Scan
from biomarkers.pet.tracers import find_tracer

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DELAY = known("delay")
MEAN = "mean of the mask"


def maps(
    scan: Scan,
    input: Input,
    *,
    model: str = "logan",
    t_star: float | None = None,
    mask: npt.ArrayLike | None = None,
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
    k2_reference: float | None = None,
) -> Estimates:
    """Fit one method in every voxel.

    Parameters
    ----------
    scan
        Dynamic scan from `pet.load`; decay is corrected as in `pet.tacs`.
    input
        As in `pet.fit`.
    model, delay, weights, t_star, k2_reference
        As in `pet.fit`. A delay between bounds is fitted voxel by voxel by compartment models;
        better take one that regions give.
    mask
        Voxels to fit, (x, y, z); None: all whose activity is finite and on average above zero.

    Returns
    -------
    Estimates
        ``maps["VT"]``, ``maps.se["VT"]``, ``maps.flags``; ``maps.save(folder, like=scan.image)``.
        `flags` has the voxels whose fit did not converge, or of which a method of lines could
        determine nothing. `notes` holds the cautions of `pet.fit` for the mean curve of the mask.

    Raises
    ------
    InputError
        If the scan has too few frames, the mask is empty or does not fit, or as `pet.fit`.

    Warns
    -----
    AssumptionWarning
        If the method takes k4 = 0 for granted and the mean curve of the mask refutes it.

    """
    task = Task(model, delay, weights, t_star, k2_reference)
    series = scan.decay_corrected_series
    inside = _mask(scan, series, mask)
    found = task.run(series, scan.frames, input, mask=inside)
    cautions = _cautions(task, scan, series[inside], input)
    warn_of(cautions)
    settings = _in_words(task, found, scan)
    return _placed(task, found, inside, settings, tuple(each.message for each in cautions))


def _mask(scan: Scan, series: FloatArray, mask: npt.ArrayLike | None) -> BoolArray:
    shape = series.shape[:3]
    if mask is None:
        total = series.sum(axis=-1)
        inside: BoolArray = np.asarray(np.isfinite(total) & (total > 0))
    else:
        inside = as_mask("mask", mask, shape)
    if not inside.any():
        raise InputError(
            f"{scan.source}: no voxel to fit; the mask is empty, or there is no signal"
        )
    return inside


def _cautions(task: Task, scan: Scan, curves: FloatArray, input: Input) -> tuple[Caution, ...]:
    """Judge the method on the mean curve; single voxels are too noisy to refute anything."""
    if not task.assumes:
        return ()
    mean, frames = mean_curve(curves)[None], scan.frames
    tested = release(mean, frames, input, delay=task.delay, weights=task.weights)
    whole = task.run(mean, frames, input)
    tracer = find_tracer(scan.tracer)
    return judge(whole, tested, frames, method=task.model, regions=(MEAN,), tracer=tracer)


def _in_words(task: Task, found: Fit | Line, scan: Scan) -> dict[str, Any]:
    """Return how the maps were computed, for the sidecars."""
    lag = check_delay(task.delay)
    said: dict[str, Any] = {
        "Source": scan.source,
        "Tracer": scan.tracer,
        "Delay": {"FittedBetween": list(lag)} if isinstance(lag, tuple) else lag,
        "Weighted": task.weights is not None,
    }
    if isinstance(found, Line):
        said |= {"TStar": found.t_star, "Points": found.points}
    if task.k2_reference is not None:
        said["K2Reference"] = task.k2_reference
    return said


def _placed(
    task: Task,
    found: Fit | Line,
    inside: BoolArray,
    settings: dict[str, Any],
    notes: tuple[str, ...],
) -> Estimates:
    if isinstance(found, Line):
        determined = np.any([np.isfinite(each) for each in found.estimates.values()], axis=0)
        return Estimates(
            task.model,
            found.parameters,
            found.estimates,
            found.se,
            reasons_of(inside.shape, {FitFlag.NO_SIGNAL: inside & ~determined}),
            mask=inside,
            quality={"r2": found.r2, "deviation": found.deviation},
            settings=settings,
            notes=notes,
        )
    sound = found.converged
    return Estimates(
        task.model,
        (*found.parameters, DELAY) if task.fits_delay else found.parameters,
        {name: np.where(sound, each, np.nan) for name, each in found.estimates.items()},
        {name: np.where(sound, each, np.nan) for name, each in found.se.items()},
        reasons_of(
            inside.shape,
            {FitFlag.NOT_CONVERGED: inside & ~sound, FitFlag.AT_BOUND: found.at_bound},
        ),
        mask=inside,
        quality={"r2": found.r2},
        settings=settings,
        notes=notes,
    )
