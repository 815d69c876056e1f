"""Graphical and multilinear methods: straight lines once tissue and input have settled.

Each takes curves (..., T), the timing and the input, and returns a `Line`. Frame values are
taken as averages: a curve's integral to mid-frame adds whole earlier frames and half of the
current one; between instants the trapezoid rule holds. The input is integrated exactly.

Standard errors are those of the regression, which takes the points as independent. They are right
for `patlak` and `patlak_reference`; where the tissue's integral is on an axis, its noise is shared
between points and the errors are too small, the more so the noisier the curve.

The papers that the methods name: J Cereb Blood Flow Metab (JCBFM) 1983;3:1.
doi:10.1038/jcbfm.1983.1; 1985;5:584. doi:10.1038/jcbfm.1985.87; 1990;10:740.
doi:10.1038/jcbfm.1990.127; 1996;16:834. doi:10.1097/00004647-199609000-00008; 2002;22:1271.
doi:10.1097/01.WCB.0000038000.34930.4E; 2003;23:1096. doi:10.1097/01.WCB.0000085441.37552.CA.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.derive import PER_MINUTE
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.line import Line, run
from biomarkers.kinetics.line_method import Method, Rule
from biomarkers.kinetics.model import Values
from biomarkers.kinetics.problem import check_data
from biomarkers.timing import Frames

Coefficients = Sequence[npt.NDArray[Any]]


def logan(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Plot ∫C/C against ∫Cp/C: the slope is VT (Logan et al., JCBFM 1990;10:740).

    Noise in C biases the slope downwards; `ma1` is less affected. A curve that is not above zero
    from t* on has no such plot: its VT is NaN.

    Parameters
    ----------
    curves
        Concentrations, shape (..., T).
    time
        `Frames`, or instants (T,), s.
    input
        Input with plasma.
    t_star
        Use points from this time on (mid-frame), s. None: the earliest time from which no point
        of the mean curve's plot is more than 10 % off the line, with at least five points; the
        last five points where there is none.
    weights
        Weights of the squared deviations of the ordinate, shape (T,).
    mask
        Which curves to fit, of the curves' leading shape.

    Returns
    -------
    Line
        VT and the intercept (min).

    Raises
    ------
    InputError
        If shapes disagree, the input lacks plasma or ends early, or a given `t_star` leaves fewer
        points than one more than the coefficients. A scan with so few points determines nothing:
        the result is NaN.

    """
    method = Method("logan", Rule.OVER_TISSUE, 2, (known.VT, known.INTERCEPT), _volume, linear=True)
    return run(method, check_data(curves, time, weights, mask), input, t_star=t_star)


def patlak(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Plot C/Cp against ∫Cp/Cp: the slope is Ki (Patlak et al., JCBFM 1983;3:1).

    Holds where uptake is irreversible. Arguments as in `logan`.

    Returns
    -------
    Line
        Ki (mL/min/mL) and the initial distribution volume V0.

    """
    method = Method("patlak", Rule.OVER_INPUT, 2, (known.KI, known.V0), _influx, linear=True)
    return run(method, check_data(curves, time, weights, mask), input, t_star=t_star)


def ma1(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Regress C on ∫Cp and ∫C: VT without noise in a denominator (Ichise, JCBFM 2002;22:1271).

    Arguments as in `logan`.

    Returns
    -------
    Line
        VT.

    """
    method = Method("ma1", Rule.MULTILINEAR, 2, (known.VT,), lambda c: {"VT": -c[0] / c[1]})
    return run(method, check_data(curves, time, weights, mask), input, t_star=t_star)


def mrtm1(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Regress C on ∫Cr, Cr and ∫C (Ichise et al., JCBFM 2003;23:1096).

    Holds from the start where one tissue compartment does, so t* is 0 unless given. Arguments
    as in `logan`; the input is `Input.reference_region`.

    Returns
    -------
    Line
        BPND, R1, k2, k2a, and k2_reference of the reference region (1/min).

    """
    names = (known.BPND, known.R1, known.K2, known.K2A, known.K2_REFERENCE_FITTED)
    method = Method("mrtm1", Rule.MULTILINEAR, 3, names, _three_terms, settles=False)
    return run(method, check_data(curves, time, weights, mask), input, t_star=t_star)


def mrtm2(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    k2_reference: float,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Regress C on ∫Cr + Cr/k2' and ∫C, with k2' known (Ichise et al., JCBFM 2003;23:1096).

    Arguments as in `mrtm1`; `k2_reference` is k2', 1/min, from `mrtm1` in a region with much
    binding.

    Returns
    -------
    Line
        BPND, R1, k2 and k2a.

    """
    rate = _positive(k2_reference) / PER_MINUTE
    names = (known.BPND, known.R1, known.K2, known.K2A)
    meaning = partial(_two_terms, rate)
    method = Method("mrtm2", Rule.MULTILINEAR, 2, names, meaning, settles=False)
    data = check_data(curves, time, weights, mask)
    return run(method, data, input, t_star=t_star, k2_reference=rate)


def logan_reference(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    k2_reference: float | None = None,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Plot ∫C/C against (∫Cr + Cr/k2')/C: the slope is 1 + BPND (Logan, JCBFM 1996;16:834).

    Arguments as in `logan`; the input is `Input.reference_region`. Without `k2_reference`
    (1/min) its term is left out, which holds where Cr/C is constant after t*.

    Returns
    -------
    Line
        BPND, DVR and the intercept (min).

    """
    rate = None if k2_reference is None else _positive(k2_reference) / PER_MINUTE
    names = (known.BPND, known.DVR, known.INTERCEPT)
    method = Method("logan_reference", Rule.OVER_TISSUE, 2, names, _ratio, linear=True)
    data = check_data(curves, time, weights, mask)
    return run(method, data, input, t_star=t_star, k2_reference=rate)


def patlak_reference(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    t_star: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Line:
    """Plot C/Cr against ∫Cr/Cr: the slope is Ki relative to the reference (JCBFM 1985;5:584).

    Arguments as in `logan`; the input is `Input.reference_region`.

    Returns
    -------
    Line
        Kiref (1/min) and the initial ratio V0ref.

    """
    names = (known.KI_REFERENCE, known.V0_REFERENCE)
    method = Method("patlak_reference", Rule.OVER_INPUT, 2, names, _influx_ratio, linear=True)
    return run(method, check_data(curves, time, weights, mask), input, t_star=t_star)


def _positive(rate: float) -> float:
    if not (np.isfinite(rate) and rate > 0):
        raise InputError(f"k2_reference {rate:g} 1/min; expected above 0")
    return rate


# What coefficients, in seconds, mean in minutes.


def _volume(c: Coefficients) -> Values:
    return {"VT": c[0], "intercept": c[1] / PER_MINUTE}


def _ratio(c: Coefficients) -> Values:
    return {"BPND": c[0] - 1.0, "DVR": c[0], "intercept": c[1] / PER_MINUTE}


def _influx(c: Coefficients) -> Values:
    return {"Ki": c[0] * PER_MINUTE, "V0": c[1]}


def _influx_ratio(c: Coefficients) -> Values:
    return {"Kiref": c[0] * PER_MINUTE, "V0ref": c[1]}


def _three_terms(c: Coefficients) -> Values:
    """C = k2 ∫Cr + R1 Cr - k2a ∫C."""
    return {
        "BPND": -c[0] / c[2] - 1.0,
        "R1": c[1],
        "k2": c[0] * PER_MINUTE,
        "k2a": -c[2] * PER_MINUTE,
        "k2_reference": c[0] / c[1] * PER_MINUTE,
    }


def _two_terms(k2_reference: float, c: Coefficients) -> Values:
    """C = k2 (∫Cr + Cr/k2') - k2a ∫C, k2' in 1/s."""
    return {
        "BPND": -c[0] / c[1] - 1.0,
        "R1": c[0] / k2_reference,
        "k2": c[0] * PER_MINUTE,
        "k2a": -c[1] * PER_MINUTE,
    }
