"""From a dynamic scan to maps of kinetic parameters."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.estimates import Estimates, with_signal
from biomarkers.estimates.voxels import slabs
from biomarkers.images.scaled import Series
from biomarkers.kinetics import Input
from biomarkers.kinetics.fit import check_delay
from biomarkers.pet.cautions import Caution, cautions_of, cautions_of_data, warn_of
from biomarkers.pet.irreversibility import release
from biomarkers.pet.methods import Delay, Task, mean_curve
from biomarkers.pet.scan import Scan
from biomarkers.pet.tracers import find_tracer

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
        `reasons` says of each voxel what hindered its fit, or is to be minded: no signal, not
        converged (values are NaN then), at a bound, off the line. `notes` holds the cautions of
        `pet.fit` for the mean curve of the mask.

    Raises
    ------
    InputError
        If the scan has too few frames, the mask is empty or does not fit, or as `pet.fit`.

    Warns
    -----
    AssumptionWarning
        If the method takes k4 = 0 for granted and the mean curve of the mask refutes it.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.images import Image
    >>> from biomarkers.kinetics import Input
    >>> from biomarkers.timing import Frames
    >>> curves = sample_data.pet_curves()
    >>> frames = Frames(curves.start, curves.duration)
    >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
    >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> first = np.array([True, False]).reshape(2, 1, 1)
    >>> regions = {"tumor": first, "muscle": ~first}
    >>> arterial = sample_data.pet_input()
    >>> aif = Input(arterial.time, plasma=arterial.plasma)
    >>> maps = pet.maps(scan, aif, model="logan", mask=regions["muscle"])
    >>> print(f"VT {maps['VT'][1, 0, 0]:.2f} mL/mL; true 0.5")
    VT 0.50 mL/mL; true 0.5

    """
    task = Task(model, delay, weights, t_star, k2_reference)
    series = scan.held
    inside = with_signal(series, _active(series) if mask is None else mask).mask
    fitted = task.run(series, scan.frames, input, mask=inside)
    cautions = _cautions(task, scan, mean_curve(series, inside), input)
    warn_of(cautions)
    lost = ~fitted.converged
    values, se = (
        {name: np.where(lost, np.nan, each) if lost.any() else each for name, each in some.items()}
        for some in (fitted.values, fitted.se)
    )
    return Estimates(
        task.model,
        fitted.quantities,
        values,
        se,
        fitted.reasons,
        mask=inside,
        settings={**_settings(task, scan), **fitted.settings},
        quality=fitted.quality,
        notes=tuple(each.message for each in cautions),
    )


def _active(series: Series) -> npt.NDArray[np.bool_]:
    """Return the voxels whose activity is finite and on average above zero."""
    rows = series.reshape(-1, series.shape[-1])
    total = np.empty(len(rows))
    for part in slabs(len(rows), rows.shape[1]):
        total[part] = rows[part].sum(axis=-1, dtype=float)
    return np.asarray(np.isfinite(total) & (total > 0)).reshape(series.shape[:-1])


def _cautions(task: Task, scan: Scan, curve: FloatArray, input: Input) -> tuple[Caution, ...]:
    """Judge the method on the mean curve; single voxels are too noisy to refute anything."""
    mean, frames = curve[None], scan.frames
    fitted = task.run(mean, frames, input)
    cautions = cautions_of_data(fitted, mean, frames, input)
    if not task.assumes:
        return cautions
    tested = release(mean, frames, input, delay=task.delay, weights=task.weights, fitted=fitted)
    tracer = find_tracer(scan.tracer)
    return cautions + cautions_of(fitted, tested, frames, regions=(MEAN,), tracer=tracer)


def _settings(task: Task, scan: Scan) -> dict[str, Any]:
    """Return how the maps were computed, for the sidecars."""
    lag = check_delay(task.delay)
    settings = {
        "Source": scan.source,
        "Tracer": scan.tracer,
        "Delay": {"FittedBetween": list(lag)} if isinstance(lag, tuple) else lag,
        "Weighted": task.weights is not None,
    }
    return settings | ({} if task.k2_reference is None else {"K2Reference": task.k2_reference})
