"""Forms of the parent fraction in plasma and of the plasma-to-blood ratio; time in minutes.

Those of the parent fraction are in use, as reviewed by Tonietto et al. (J Cereb Blood Flow Metab
2016, doi:10.1177/0271678X15610585); each is 1 at injection.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincc

from biomarkers.pet.least_squares import Bounds, Curve

FloatArray = npt.NDArray[np.float64]
TONIETTO = "Tonietto et al. 2016, doi:10.1177/0271678X15610585"


@dataclass(frozen=True)
class Form:
    """A function of time (min) with a few parameters.

    Parameters
    ----------
    names
        Of the parameters, in order.
    curve
        Maps parameters (p,) and times (n,), min, to values (n,).
    bounds
        Where the parameters may lie, and starts of the search.
    source
        Who uses it.

    """

    names: tuple[str, ...]
    curve: Curve
    bounds: Bounds
    source: str


def _hill(p: FloatArray, t: FloatArray) -> FloatArray:
    """1 - (1 - a) t^b / (t^b + c^b), without a division by zero at injection."""
    grown = (t / p[2]) ** p[1]
    return np.asarray(1.0 - (1.0 - p[0]) * grown / (1.0 + grown))


def _power(p: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray((1.0 + (p[0] * t) ** p[1]) ** -p[2])


def _exponential(p: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray(p[0] * np.exp(-p[1] * t) + (1.0 - p[0]) * np.exp(-p[2] * t))


def _inverse_gamma(p: FloatArray, t: FloatArray) -> FloatArray:
    """1 - a F(t), F the distribution of one over a gamma variate."""
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 - p[0] * gammaincc(p[1], p[2] / t))


def _gamma(p: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray(1.0 - p[0] * gammainc(p[1], p[2] * t))


def _sigmoid(p: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray(((1.0 + (t / p[0]) ** 3) ** -p[1] + p[2]) / (1.0 + p[2]))


PARENT_FRACTIONS: Mapping[str, Form] = MappingProxyType(
    {
        "hill": Form(
            ("plateau", "steepness", "half_time"),
            _hill,
            Bounds((0, 0.3, 0.01), (1, 10, 1e3), ((0.05, 1.5, 10), (0.3, 3, 20), (0, 1, 3))),
            TONIETTO,
        ),
        "power": Form(
            ("rate", "steepness", "exponent"),
            _power,
            Bounds((1e-4, 0.5, 1e-3), (10, 10, 10), ((0.1, 2, 0.5), (0.03, 1, 1), (0.3, 4, 0.2))),
            TONIETTO,
        ),
        "exponential": Form(
            ("share", "fast", "slow"),
            _exponential,
            Bounds((0, 0, 0), (1, 10, 10), ((0.9, 0.1, 0), (0.5, 0.3, 0.01), (0.8, 0.03, 0.003))),
            TONIETTO,
        ),
        "inverse_gamma": Form(
            ("share", "shape", "rate"),
            _inverse_gamma,
            Bounds((0, 0.05, 1e-3), (1, 50, 1e3), ((0.95, 1, 5), (1, 2, 12), (0.8, 0.5, 1))),
            "Finnema et al., J Cereb Blood Flow Metab 2018;38:2041. doi:10.1177/0271678X17724947",
        ),
        "gamma": Form(
            ("share", "shape", "rate"),
            _gamma,
            Bounds((0, 0.05, 1e-4), (1, 50, 50), ((0.95, 1, 0.1), (0.9, 2, 0.2), (0.8, 0.5, 0.05))),
            "Naganawa et al., NeuroImage 2014;99:69",
        ),
        "sigmoid": Form(
            ("time", "exponent", "floor"),
            _sigmoid,
            Bounds((0.1, 0.01, 0), (1e3, 10, 10), ((10, 0.6, 0.04), (20, 0.3, 0.2), (5, 1, 0))),
            "Guo et al., J Nucl Med 2013;54:1915",
        ),
    }
)

RATIOS: Mapping[str, Form] = MappingProxyType(
    {
        "constant": Form(
            ("ratio",),
            lambda p, t: np.full_like(t, p[0]),
            Bounds((0,), (10,), ((1,),)),
            "mean of the samples",
        ),
        "linear": Form(
            ("ratio", "slope"),
            lambda p, t: p[0] + p[1] * t,
            Bounds((0, -1), (10, 1), ((1, 0),)),
            "straight line in time",
        ),
        "exponential": Form(
            ("late", "early", "rate"),
            lambda p, t: p[0] + (p[1] - p[0]) * np.exp(-p[2] * t),
            Bounds((0, 0, 1e-3), (10, 10, 10), ((1.2, 1, 0.05), (1.5, 1, 0.01), (0.8, 1.2, 0.2))),
            "from one level to another",
        ),
    }
)
