"""Confidence intervals of one curve's parameters: profiles of the sum of squares."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import fdtri

from biomarkers.dce.tabulated import TabulatedTofts
from biomarkers.dce.tofts_profile import ToftsProfile
from biomarkers.kinetics import MODELS, Fit, Input, to_lmfit
from biomarkers.timing import Frames

if TYPE_CHECKING:
    import lmfit

FloatArray = npt.NDArray[np.float64]
Delay = float | tuple[float, float] | None
Ends = dict[str, tuple[float, float]]

_TOFTS = ("tofts", "extended_tofts")
_PER_MINUTE = 60.0
_NEARBY = np.linspace(-6.0, 6.0, 121)  # in standard errors


def confidence_ends(
    fit: Fit,
    curve: FloatArray,
    time: npt.ArrayLike,
    input: Input,
    *,
    delay: Delay,
    level: float,
) -> Ends:
    """Return both ends of the intervals of a fit's parameters, by name.

    Profiles of the residual sum of squares and an F-test, as `lmfit.conf_interval` has them: by
    formula for Tofts' models at a given delay, by lmfit itself for others. A parameter that is not
    determined or ended at its bound has none, nor have those that a model other than Tofts'
    derives from others.

    Parameters
    ----------
    fit
        Of `curve`, (T,), at `time`, s, with `input` and `delay`.
    level
        Coverage.

    """
    if not (bool(fit.converged) and np.isfinite(fit.rss) and fit.rss > 0):
        return {}
    if fit.model in _TOFTS and not isinstance(delay, tuple | list):
        return _tofts_ends(fit, curve, time, input.shifted(float(delay or 0.0)), level)
    if MODELS[fit.model].inverse is None:
        return {}
    with warnings.catch_warnings():
        # Of parameters close to a bound, whose interval is left out.
        warnings.simplefilter("ignore")
        return _ends(to_lmfit(MODELS[fit.model], curve, time, input, delay=delay), level)


def _tofts_ends(
    fit: Fit, curve: FloatArray, time: npt.ArrayLike, input: Input, level: float
) -> Ends:
    vascular = fit.model == "extended_tofts"
    kinetics = TabulatedTofts.tabulate(input, Frames.instants(time), vascular=vascular)
    freedom = curve.size - (3 if vascular else 2)
    rise = 1.0 + float(fdtri(1, freedom, level)) / freedom
    profile = ToftsProfile(kinetics, curve, float(fit.rss) * rise)
    names = [name for name in MODELS[fit.model].names if 0 < float(fit.se[name]) < float(fit[name])]
    near = (float(fit["kep"]) + float(fit.se["kep"]) * _NEARBY) / _PER_MINUTE
    ends = profile.ends(names, around=near[np.isfinite(near)])
    scale = {"Ktrans": _PER_MINUTE, "kep": _PER_MINUTE}
    return {
        name: (scale.get(name, 1.0) * low, scale.get(name, 1.0) * high)
        for name, (low, high) in ends.items()
    }


def _ends(minimizer: "lmfit.Minimizer", level: float) -> Ends:
    import lmfit  # noqa: PLC0415  (slow to import, and only this function needs it)

    try:
        result = minimizer.minimize()
        inside = [
            name
            for name, each in result.params.items()
            if each.vary and _inside(result.params, name)
        ]
        found: Mapping[str, list[tuple[float, float]]] = (
            lmfit.conf_interval(minimizer, result, p_names=inside, sigmas=[level]) if inside else {}
        )
    except (lmfit.MinimizerException, ValueError, ZeroDivisionError):
        return {}
    return {name: (float(points[0][1]), float(points[-1][1])) for name, points in found.items()}


def _inside(parameters: "lmfit.Parameters", name: str) -> bool:
    """Whether a parameter has a standard error and lies off its lower bound by one of them."""
    each = parameters[name]
    known = each.stderr is not None and np.isfinite(each.stderr) and each.stderr > 0
    return bool(known and each.value - each.min > each.stderr)
