"""One curve in lmfit: parameters fixed, tied or bounded as lmfit allows."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics.declaration import Inverse
from biomarkers.kinetics.fit import Data, Delay, check_delay
from biomarkers.kinetics.forward import Forward
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.intervals import check_curve
from biomarkers.kinetics.model import Model
from biomarkers.timing import FloatArray, Frames

if TYPE_CHECKING:
    import lmfit

# lmfit's transform of a lower bound at 0 has no slope there; a start this far above it moves
LOWEST_START = 1e-4


def to_lmfit(
    model: Model,
    curve: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
) -> "lmfit.Minimizer":
    """Hand one curve over to lmfit, started at the engine's optimum.

    Parameters
    ----------
    model, curve, time, input, delay, weights
        As in `Model.fit`; one curve (T,).

    Returns
    -------
    lmfit.Minimizer
        Its `params` carry the physiological names and "delay", bounded below by 0 where
        physiology demands it; derived parameters are expressions. Fix, tie or bound them, then
        call `minimize()`. ``lmfit.conf_interval(minimizer, result)`` gives profiles.

    Raises
    ------
    InputError
        If there is more than one curve, it cannot be fitted, or the model has no inverse.

    Examples
    --------
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> model = kinetics.MODELS["extended_tofts"]
    >>> minimizer = kinetics.to_lmfit(model, curve.tissue, curve.time, aif)
    >>> minimizer.params["vp"].set(value=0.03, vary=False)
    >>> ktrans = minimizer.minimize().params["Ktrans"]
    >>> print(f"Ktrans {ktrans.value:.3f} 1/min, from {ktrans.min:g} up")
    Ktrans 0.121 1/min, from 0 up

    """
    import lmfit  # noqa: PLC0415  (slow to import, and only this function needs it)

    if model.inverse is None:
        raise InputError(f"model {model.name} declares no inverse; give Model(inverse=...)")
    data = check_curve(curve, time, weights)
    fit = model.fit(curve, time, input, delay=delay, weights=weights)
    bound = model.for_input(input)
    gone = set(model.names) - set(bound.names)
    start = {name: float(value) for name, value in fit.values.items()} | dict.fromkeys(gone, 0.0)
    params = _parameters(model, model.inverse, start, delay)
    for name in gone:
        params[name].set(vary=False)
    residual = partial(_residual, Forward(bound, input, data.frames), model.inverse, data)
    return lmfit.Minimizer(residual, params)


def _parameters(
    model: Model,
    inverse: Inverse,
    start: Mapping[str, float],
    delay: Delay,
) -> "lmfit.Parameters":
    import lmfit  # noqa: PLC0415

    params = lmfit.Parameters()
    for each in model.parameters:
        if each.name in inverse.free:
            lowest = min(each.origin or 0.0, 0.0)
            value = start[each.name] if np.isfinite(start[each.name]) else LOWEST_START
            params.add(each.name, value=max(value, lowest + LOWEST_START), min=lowest)
    for name, expression in inverse.derived.items():
        params.add(name, expr=expression)
    lag = check_delay(delay)
    if isinstance(lag, tuple):
        params.add("delay", value=start["delay"], min=lag[0], max=lag[1])
    else:
        params.add("delay", value=lag, vary=False)
    return params


def _residual(
    forward: Forward, inverse: Inverse, data: Data, params: "lmfit.Parameters"
) -> FloatArray:
    """Weighted residuals of the points of weight above 0."""
    values = params.valuesdict()
    point = dict(inverse.coefficients({name: values[name] for name in inverse.free}))
    point["delay"] = values["delay"]
    used = data.weights > 0
    rest = forward.curve(point)[used] - np.asarray(data.curves, dtype=float)[used]
    return np.asarray(rest * np.sqrt(data.weights[used]))
