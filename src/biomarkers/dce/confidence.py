"""Confidence intervals of one curve's parameters, by lmfit."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.dce.tabulated import TabulatedTofts
from biomarkers.kinetics import MODELS, Fit, Input, to_lmfit
from biomarkers.timing import Frames

if TYPE_CHECKING:
    import lmfit

FloatArray = npt.NDArray[np.float64]
Delay = float | tuple[float, float] | None
Ends = dict[str, tuple[float, float]]

_TOFTS = ("tofts", "extended_tofts")
_PER_MINUTE = 60.0


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

    Profiles of the residual sum of squares and an F-test, as `lmfit.conf_interval` has them. A
    parameter that is not determined or ended at its bound has none, nor have those that a model
    other than Tofts' derives from others.

    Parameters
    ----------
    fit
        Of `curve`, (T,), at `time`, s, with `input` and `delay`.
    level
        Coverage.

    """
    if not (bool(fit.converged) and np.isfinite(fit.rss) and fit.rss > 0):
        return {}
    ends: Ends = {}
    with warnings.catch_warnings():
        # Of parameters close to a bound, whose interval is left out.
        warnings.simplefilter("ignore")
        for minimizer, names in _minimizers(fit, curve, time, input, delay):
            ends |= _ends(minimizer, names, level)
    return ends


def _minimizers(
    fit: Fit, curve: FloatArray, time: npt.ArrayLike, input: Input, delay: Delay
) -> Iterator[tuple["lmfit.Minimizer", Sequence[str]]]:
    """Yield minimizers at the optimum and the parameters to ask each for."""
    if fit.model in _TOFTS and not isinstance(delay, tuple | list):
        yield from _tofts_minimizers(fit, curve, time, input.shifted(float(delay or 0.0)))
    elif MODELS[fit.model].inverse is not None:
        minimizer = to_lmfit(MODELS[fit.model], curve, time, input, delay=delay)
        yield minimizer, [name for name, each in minimizer.params.items() if each.vary]


def _tofts_minimizers(
    fit: Fit, curve: FloatArray, time: npt.ArrayLike, input: Input
) -> Iterator[tuple["lmfit.Minimizer", Sequence[str]]]:
    """Yield one minimizer in which ve is free and one in which kep is."""
    import lmfit  # noqa: PLC0415  (slow to import, and only this function needs it)

    vascular = fit.model == "extended_tofts"
    kinetics = TabulatedTofts.tabulate(input, Frames.instants(time), vascular=vascular)
    for second, others in (("ve", ("Ktrans", "vp")), ("kep", ())):
        names = ["Ktrans", second, *(["vp"] if vascular else [])]
        if not all(np.isfinite(fit[name]) for name in names):
            continue
        parameters = lmfit.Parameters()
        for name in names:
            parameters.add(name, value=max(float(fit[name]), 1e-6), min=0.0)

        def residual(found: "lmfit.Parameters", second: str = second) -> FloatArray:
            values = [each.value for each in found.values()]
            if second == "kep":
                values[1] = values[0] / max(values[1], 1e-9)
            values[0] /= _PER_MINUTE
            values[1] = max(values[1], 1e-9)
            return np.asarray(kinetics.concentration(np.array([values]))[0][0] - curve)

        yield lmfit.Minimizer(residual, parameters), [second, *(o for o in others if o in names)]


def _ends(minimizer: "lmfit.Minimizer", names: Sequence[str], level: float) -> Ends:
    import lmfit  # noqa: PLC0415

    try:
        result = minimizer.minimize()
        inside = [name for name in names if _inside(result.params, name)]
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
