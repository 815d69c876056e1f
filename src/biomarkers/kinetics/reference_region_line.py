"""The reference region model as a linear regression, which much of the field reports.

``C = R Cr + R kep_r ∫Cr - kep ∫C``, with Cr the reference region's curve and R the ratio of the
two Ktrans. The noise in ∫C pulls kep down, and the standard errors, which leave it out, are too
small: with noise of 0.03 mM every 2 s, by 1.3 for `lrrm` and 1.7 for `clrrm`, and kep by 3 to
7 %. `MODELS["rrm"]` and `MODELS["crrm"]` fit the same model without either fault.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics.declaration import PER_MINUTE, Values
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.reference_region import PARAMETERS
from biomarkers.kinetics.straight_line import Rule, StraightLine
from biomarkers.kinetics.two_pass import checked_rate, typical_rate
from biomarkers.timing import Frames

Coefficients = Sequence[npt.NDArray[Any]]


# What coefficients, in seconds, mean in minutes.


def _free(c: Coefficients, rate: float) -> Values:
    return {
        "Ktrans_ratio": c[1],
        "ve_ratio": -c[0] / c[2],
        "kep": -c[2] * PER_MINUTE,
        "kep_reference": c[0] / c[1] * PER_MINUTE,
    }


def _held(c: Coefficients, rate: float) -> Values:
    return {
        "Ktrans_ratio": c[0] / rate,
        "ve_ratio": -c[0] / c[1],
        "kep": -c[1] * PER_MINUTE,
        "kep_reference": np.full_like(c[0], rate * PER_MINUTE),
    }


# Every curve has its own estimate of the reference region's kep, which is one number: `clrrm`
# makes it so, and its errors are smaller.
lrrm = StraightLine(
    "lrrm",
    Rule.MULTILINEAR,
    3,
    PARAMETERS,
    _free,
    "Cárdenas-Rodríguez et al., Magn Reson Imaging 2013;31:497. doi:10.1016/j.mri.2012.10.008",
    inverse=lambda x: (
        x["Ktrans_ratio"] * x["kep_reference"] / PER_MINUTE,
        x["Ktrans_ratio"],
        -x["kep"] / PER_MINUTE,
    ),
    settles=False,
    example="""
>>> from biomarkers import kinetics, sample_data
>>> curve = sample_data.dce_curve()
>>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
>>> truth = {"Ktrans": [0.07, 0.14], "ve": [0.1, 0.3]}
>>> muscle, tumor = kinetics.MODELS["tofts"].predict(truth, curve.time, aif)
>>> reference = kinetics.Input.reference_region(curve.time, muscle)
>>> fit = kinetics.lrrm(tumor, curve.time, reference)
>>> print(f"of muscle's Ktrans {fit['Ktrans_ratio']:.2f} times, ve {fit['ve_ratio']:.2f} times")
of muscle's Ktrans 2.00 times, ve 3.00 times
""",
)
_CONSTRAINED = StraightLine(
    "clrrm",
    Rule.MULTILINEAR,
    2,
    PARAMETERS,
    _held,
    "Ahmed & Levesque, Magn Reson Med 2017;78:1547. doi:10.1002/mrm.26530",
    inverse=lambda x: (
        x["Ktrans_ratio"] * x["kep_reference"] / PER_MINUTE,
        -x["kep"] / PER_MINUTE,
    ),
    settles=False,
    rate="needed",
)


def clrrm(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    kep_reference: float | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Fit:
    """Regress C on Cr + kep_r ∫Cr and ∫C, with one kep_r for all curves.

    Parameters
    ----------
    curves, time, input, weights, mask
        As in `StraightLine`; the input is `Input.reference_region(time, curve)`, for instance of
        muscle.
    kep_reference
        The reference region's kep, 1/min. Not given: the median over the curves for which
        `lrrm` finds Ktrans_ratio, kep and kep_reference identifiable and positive. Errors take
        it as known.

    Returns
    -------
    Fit
        Ktrans_ratio, ve_ratio, kep (1/min), and the kep_reference that was used.

    Raises
    ------
    InputError
        If no curve determines the reference region's kep, or as in `StraightLine`.

    Examples
    --------
    A tumour against muscle, without an arterial input:

    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> truth = {"Ktrans": [0.07, 0.14], "ve": [0.1, 0.3]}
    >>> muscle, tumor = kinetics.MODELS["tofts"].predict(truth, curve.time, aif)
    >>> reference = kinetics.Input.reference_region(curve.time, muscle)
    >>> fit = kinetics.clrrm(tumor, curve.time, reference)
    >>> print(f"{fit['Ktrans_ratio']:.2f} {fit['ve_ratio']:.2f}, kep {fit['kep']:.2f} 1/min")
    2.00 3.00, kep 0.47 1/min

    """
    if kep_reference is None:
        free = lrrm(curves, time, input, weights=weights, mask=mask)
        kep_reference = _common(free) if input.whole else 1.0  # nothing is fitted, then
    rate = checked_rate("clrrm", "kep_reference", kep_reference)
    return _CONSTRAINED.fit(curves, time, input, k2_reference=rate, weights=weights, mask=mask)


def _common(free: Fit) -> float:
    """Return the median of the reference region's kep over the curves that determine it."""
    positive = [free[name] > 0 for name in ("Ktrans_ratio", "kep", "kep_reference")]
    return typical_rate(
        "clrrm", "kep_reference", free["kep_reference"][np.logical_and.reduce(positive)]
    )


# Where `doctest` looks for the example of what is no function.
__test__ = {lrrm.name: str(lrrm.__doc__)}
