"""Compiled signals of diffusion models, and how they answer to their unknowns.

b is in ms/um^2 and diffusivity in um^2/ms here, so that every unknown is of the order of one.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import chosen_by_type, compiled

FloatArray = npt.NDArray[np.float64]


class Exponent(NamedTuple):
    """S = exp(X x): one diffusivity, one per direction, a tensor, a tensor with kurtosis."""

    design: FloatArray  # (n, p); x[0] is log S0


class TwoPools(NamedTuple):
    """S = S0 ((1 - f) exp(-b D) + f exp(-b D*)), x = (S0, f, log D, log D*)."""

    b: FloatArray  # (n,)


Curve = Exponent | TwoPools


def fill_curve(model: Curve, x: FloatArray, curve: FloatArray, slopes: FloatArray) -> None:
    """Fill the signal (n,) at unknowns x (p,), and its derivative in each of them (p, n)."""


@chosen_by_type(fill_curve)
def _fill_curve(model: Any, x: Any, curve: Any, slopes: Any) -> Callable[..., None]:
    by_type: Callable[..., None] = _BY_TYPE[model.instance_class]

    def fill(model: Any, x: Any, curve: Any, slopes: Any) -> None:
        by_type(model, x, curve, slopes)

    return fill


@compiled
def _exponent(model: Exponent, x: FloatArray, curve: FloatArray, slopes: FloatArray) -> None:
    design = model.design
    for i in range(curve.size):
        power = 0.0
        for j in range(x.size):
            power += design[i, j] * x[j]
        curve[i] = math.exp(min(power, 700.0))
        for j in range(x.size):
            slopes[j, i] = design[i, j] * curve[i]


@compiled
def _two_pools(model: TwoPools, x: FloatArray, curve: FloatArray, slopes: FloatArray) -> None:
    b = model.b
    slow, fast = math.exp(x[2]), math.exp(x[3])
    for i in range(curve.size):
        tissue, blood = math.exp(-b[i] * slow), math.exp(-b[i] * fast)
        slopes[0, i] = (1.0 - x[1]) * tissue + x[1] * blood
        slopes[1, i] = x[0] * (blood - tissue)
        slopes[2, i] = -x[0] * (1.0 - x[1]) * b[i] * slow * tissue
        slopes[3, i] = -x[0] * x[1] * b[i] * fast * blood
        curve[i] = x[0] * slopes[0, i]


_BY_TYPE: dict[type, Callable[..., None]] = {Exponent: _exponent, TwoPools: _two_pools}
