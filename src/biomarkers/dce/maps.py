"""From a dynamic series to maps of kinetic parameters."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.arrival import Baseline, baseline_before_arrival, checked_baseline
from biomarkers.dce.concentration import enhancement, from_enhancement
from biomarkers.dce.result import DCEMaps
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Fit, Input

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def maps(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    input: Input,  # noqa: A002
    model: str = "extended_tofts",
    mask: npt.ArrayLike | None = None,
    tr: float,
    flip_deg: float,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
) -> DCEMaps:
    """Compute maps of kinetic parameters from a dynamic series.

    Parameters
    ----------
    signal4d
        Dynamic series of a spoiled gradient echo, (..., T), any unit.
    time
        When each sample was taken, (T,), s, on the clock of `input`.
    t10
        T1 before contrast, s, a map (...) or one value.
    input
        Arterial input, for instance from `measured_input`.
    model
        Name of a model in `kinetics.MODELS`.
    mask
        Voxels to fit, (...); all that have signal if not given.
    tr, flip_deg, r1, baseline, b1
        As in `concentration`; `auto` looks at the mean signal of the mask.

    Returns
    -------
    DCEMaps
        `maps["Ktrans"]`, `maps.se["Ktrans"]`, `maps.flags`, `maps.save(folder, like=image)`.

    Raises
    ------
    InputError
        If shapes do not fit, the model is unknown, the mask is empty or a setting is not
        physical.

    """
    series = np.asarray(signal4d, dtype=float)
    if model not in MODELS:
        raise InputError(f"model is {model!r}; expected one of {', '.join(MODELS)}")
    chosen = _chosen(series, mask)
    curves = series[chosen]
    window = baseline_before_arrival(curves) if baseline == "auto" else baseline
    ratio, error = enhancement(curves, checked_baseline(window, series.shape[-1]))
    scan = partial(
        from_enhancement,
        t10=_of_chosen("t10", t10, chosen),
        tr=tr,
        flip_deg=flip_deg,
        r1=r1,
        b1=None if b1 is None else _of_chosen("b1", b1, chosen),
    )
    fit = MODELS[model].fit(scan(ratio), time, input)
    # An error of the baseline moves a whole curve and leaves no residual; so the fit is repeated
    # with the baseline raised by its standard error.
    moved = MODELS[model].fit(scan(ratio / (1.0 + error[:, None])), time, input)
    settings = {
        "RepetitionTime": tr,
        "FlipAngle": flip_deg,
        "ContrastAgentRelaxivity": r1,
        "BaselineSamples": list(window),
        "B1Corrected": b1 is not None,
    }
    return _placed(fit, moved, chosen, settings)


def _chosen(series: FloatArray, mask: npt.ArrayLike | None) -> BoolArray:
    voxels = series.shape[:-1]
    if mask is None:
        chosen = (np.isfinite(series) & (series > 0)).all(axis=-1)
    else:
        chosen = np.asarray(mask, dtype=bool)
    if chosen.shape != voxels:
        raise InputError(f"mask of shape {chosen.shape} does not fit voxels {voxels}")
    if not chosen.any():
        raise InputError("there is no voxel to fit: the mask is empty, or no voxel has signal")
    return np.asarray(chosen)


def _of_chosen(name: str, value: npt.ArrayLike, chosen: BoolArray) -> FloatArray:
    given = np.asarray(value, dtype=float)
    try:
        return np.asarray(np.broadcast_to(given, chosen.shape)[chosen])
    except ValueError as error:
        raise InputError(
            f"{name} of shape {given.shape} does not fit voxels {chosen.shape}"
        ) from error


def _placed(fit: Fit, moved: Fit, chosen: BoolArray, settings: Mapping[str, Any]) -> DCEMaps:
    """Put the results of the chosen voxels in their places."""

    def place(values: FloatArray) -> FloatArray:
        image = np.full(chosen.shape, np.nan)
        image[chosen] = values
        return image

    flags = np.zeros(chosen.shape, dtype=bool)
    flags[chosen] = ~fit.converged
    names = [parameter.name for parameter in fit.parameters]
    values = {name: np.where(fit.converged, fit[name], np.nan) for name in names}
    errors = {name: np.hypot(fit.se[name], moved[name] - values[name]) for name in names}
    return DCEMaps(
        fit.model,
        fit.parameters,
        {name: place(values[name]) for name in names},
        {name: place(errors[name]) for name in names},
        chosen,
        flags,
        settings,
    )
