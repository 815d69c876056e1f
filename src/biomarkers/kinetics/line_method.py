"""What a straight-line method plots, and what its coefficients and their errors mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics.derive import COMPLEX_STEP, judged
from biomarkers.kinetics.fit import explained
from biomarkers.kinetics.model import Parameter, Values
from biomarkers.timing import FloatArray


class Rule(Enum):
    """What is fitted: a plot of what is divided by the input or the tissue, or C itself."""

    OVER_INPUT = auto()
    OVER_TISSUE = auto()
    MULTILINEAR = auto()


@dataclass(frozen=True)
class Method:
    """What is plotted against what, and what the coefficients (per second) mean."""

    name: str
    rule: Rule
    size: int
    parameters: tuple[Parameter, ...]
    meaning: Callable[[Sequence[npt.NDArray[Any]]], Values]
    settles: bool = True  # whether it holds only after t*
    linear: bool = False  # whether `meaning` is linear in the coefficients


@dataclass(frozen=True, eq=False)
class Rows:
    """Regressions of some curves; p coefficients."""

    coefficients: FloatArray  # (p, V)
    covariance: FloatArray  # (p, p, V), for unit variance
    quality: FloatArray  # (3, V); see `fit_lines`


@dataclass(frozen=True, eq=False)
class Report:
    """What is said of the N chosen curves; m parameters."""

    values: FloatArray  # (m, N)
    errors: FloatArray  # (m, N)
    rss: FloatArray  # (N,)
    r2: FloatArray  # (N,)
    deviation: FloatArray  # (N,)


def new_report(method: Method, count: int) -> Report:
    """Allocate a report of NaN, in one piece: the system hands large pieces out faster."""
    size = len(method.parameters)
    whole = np.full((2 * size + 3, count), np.nan)
    return Report(whole[:size], whole[size : 2 * size], *whole[2 * size :])


def report_on(method: Method, rows: Rows, points: int, part: slice, report: Report) -> None:
    """Write what the regressions of some curves, of `points` points each, say."""
    rss, total, deviation = rows.quality
    noise = rss / (points - method.size)
    columns = list(rows.coefficients)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = method.meaning(columns)
        slopes = [_slopes(method, columns, k) for k in range(method.size)]
        for k, parameter in enumerate(method.parameters):
            slope = [each[parameter.name] for each in slopes]
            spread = np.sqrt(_variance(slope, rows.covariance) * noise)
            judgement = judged(parameter, values[parameter.name], spread)
            report.values[k, part], report.errors[k, part] = judgement
    report.rss[part], report.deviation[part] = rss, deviation
    report.r2[part] = explained(rss, total)


def _slopes(method: Method, columns: list[FloatArray], k: int) -> Values:
    """Differentiate every parameter by coefficient k, by complex step.

    Where parameters are linear in the coefficients it is the same at every curve.
    """
    at = [np.ones(1)] * len(columns) if method.linear else columns
    moved: list[npt.NDArray[Any]] = list(at)
    moved[k] = at[k] + 1j * COMPLEX_STEP
    return {name: np.imag(value) / COMPLEX_STEP for name, value in method.meaning(moved).items()}


def _variance(slopes: list[npt.NDArray[Any]], covariance: FloatArray) -> FloatArray:
    """Variance of a parameter by the delta method, (V,)."""
    variance = np.zeros(covariance.shape[-1])
    felt = [k for k, slope in enumerate(slopes) if np.any(slope)]
    for i in felt:
        for j in felt:
            variance += slopes[i] * slopes[j] * covariance[i, j]
    return np.maximum(variance, 0.0)  # what rounding leaves of a variance of none
