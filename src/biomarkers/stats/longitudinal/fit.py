"""From the data and a covariance structure to a fit and its inference.

The likelihood is climbed by damped Newton steps, by Fisher scoring where it is not concave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.longitudinal.covariance import Covariance
from biomarkers.stats.longitudinal.inference import (
    FixedDf,
    Inference,
    KenwardRoger,
    Satterthwaite,
    kenward_roger,
)
from biomarkers.stats.longitudinal.likelihood import (
    Block,
    Slopes,
    State,
    differentiate,
    evaluate,
)

# Twice what the log likelihood could still gain, in effect; an inner maximum has far less.
_STILL_RISING = 1e-6

# The log likelihood is within this of its maximum, judged by the last step's promise.
_PRECISION = 1e-10
_STEPS = 200
_HALVINGS = 30

# A covariance this close to singular is on its way there: the likelihood has no bound.
_SLACK = 1e-8

# How a sentence names each choice of degrees of freedom.
DF_LABELS = {
    "kr": "Kenward–Roger",
    "kr_linear": "first-order Kenward–Roger",
    "satterthwaite": "Satterthwaite",
    "residual": "residual degrees of freedom",
    "normal": "normal approximation",
}


class NoMaximumError(Exception):
    """The likelihood has no maximum inside its domain, or it was not reached."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A likelihood at its maximum.

    Parameters
    ----------
    state, slopes
        The likelihood there and its derivatives.
    free
        The optimiser's variables there.
    uncertainty
        Covariance of the covariance parameters, (K, K).
    singular
        The estimate lies on the border of what the structure allows; `uncertainty` then comes
        from the expected information, the observed one being no guide there.

    """

    state: State
    slopes: Slopes
    free: Floats
    uncertainty: Floats
    singular: bool


def check_choices(*, df: str, method: str) -> None:
    """Refuse unknown or contradictory choices."""
    check_choice("method", method, ("reml", "ml"))
    check_choice("df", df, DF_LABELS)
    if method == "ml" and df in ("kr", "kr_linear"):
        raise InputError(
            f"df {df!r} is derived for restricted likelihood: use method='reml', or "
            "df='satterthwaite' with method='ml'"
        )


def fit(covariance: Covariance, start: Floats, blocks: Sequence[Block], *, method: str) -> Fit:
    """Maximise the likelihood.

    Raises
    ------
    NoMaximumError
        If it has none, or none was reached.

    """
    state, free = maximise(covariance, start, blocks, restricted=method == "reml")
    slopes = differentiate(state)
    singular = _on_border(slopes) or not is_definite(slopes.observed)
    information = slopes.expected if singular else slopes.observed
    return Fit(state, slopes, free, _inverse(information), singular)


def _inverse(information: Floats) -> Floats:
    """Return the inverse, without the directions that the data say nothing about.

    Parameters have units of their own, so what is nothing is judged after scaling.
    """
    scale = np.sqrt(np.maximum(np.diagonal(information), 0))
    both = np.outer(*[np.where(scale > 0, scale, 1.0)] * 2)
    return np.asarray(np.linalg.pinv(information / both, rcond=1e-12, hermitian=True) / both)


def _on_border(slopes: Slopes) -> bool:
    """Whether the likelihood would still rise, were it not for the border of the structure."""
    return float(slopes.gradient @ _inverse(slopes.expected) @ slopes.gradient) > _STILL_RISING


def inference_of(result: Fit, *, df: str) -> Inference:
    """Return the uncertainty of the coefficients, as `df` names it."""
    state, slopes, uncertainty = result.state, result.slopes, result.uncertainty
    if df == "satterthwaite":
        return Satterthwaite(state.unscaled, slopes.P, uncertainty)
    if df in ("kr", "kr_linear"):
        return _require_definite(
            kenward_roger(state, slopes, uncertainty, second_order=df == "kr"), df
        )
    count = sum(one.block.y.size for one in state.blocks)
    return FixedDf(state.unscaled, count - state.beta.size if df == "residual" else np.inf)


def _require_definite(inference: KenwardRoger, df: str) -> KenwardRoger:
    """Refuse an adjusted covariance that is none: its Taylor series failed in this sample."""
    if is_definite(inference.covariance):
        return inference
    others = "'kr_linear' or 'satterthwaite'" if df == "kr" else "'satterthwaite'"
    raise InputError(
        "the covariance of the coefficients is not positive definite after the adjustment of "
        f"Kenward and Roger; the sample is too small for it. Use df={others}, or a covariance "
        "with fewer parameters"
    )


def reported(
    result: Fit, covariance: Covariance, names: list[Any], *, df: str, method: str
) -> dict[str, Any]:
    """Return what a `MixedResult` says of a fit; `names` are those of the covariance matrix."""
    state = result.state
    parameters = {
        "parameter": covariance.parameters,
        "estimate": state.theta,
        "se": np.sqrt(np.diagonal(result.uncertainty)),
    }
    return {
        "beta": state.beta,
        "inference": inference_of(result, df=df),
        "covariance": pd.DataFrame(covariance.matrix(state.theta), index=names, columns=names),
        "parameters": pd.DataFrame(parameters),
        "log_likelihood": state.log_likelihood,
        "restricted": method == "reml",
        "n_observations": sum(one.block.y.size for one in state.blocks),
    }


def maximise(
    covariance: Covariance, start: Floats, blocks: Sequence[Block], *, restricted: bool
) -> tuple[State, Floats]:
    """Return the likelihood at its maximum, and the optimiser's variables there.

    Parameters
    ----------
    covariance
        The structure.
    start
        The optimiser's variables to begin at; their covariance must be positive definite.
    blocks
        The data.
    restricted
        Maximise the restricted likelihood.

    Raises
    ------
    NoMaximumError
        With a few words on what stopped it.

    """
    free = start
    state = evaluate(covariance, covariance.natural(free), blocks, restricted=restricted)
    if state is None:
        raise NoMaximumError("the starting covariance is not positive definite")
    for _ in range(_STEPS):
        with np.errstate(over="ignore", invalid="ignore"):
            gradient, information = _in_free_variables(covariance, state, free)
        if not (np.isfinite(gradient).all() and np.isfinite(information).all()):
            raise NoMaximumError("it grows without bound while a variance goes to 0")
        step = _uphill(gradient, information)
        promise = float(gradient @ step)
        if promise < _PRECISION:
            return _climb(covariance, state, free, step, halvings=1) or (state, free)
        better = _climb(covariance, state, free, step, halvings=_HALVINGS)
        if better is None:
            # Within rounding of the maximum no step gains.
            if promise < 1e-6:
                return state, free
            raise NoMaximumError("no step increases the likelihood")
        state, free = better
        if min(one.slack for one in state.blocks) < _SLACK:
            raise NoMaximumError("it grows without bound while the covariance becomes singular")
    raise NoMaximumError(f"not converged after {_STEPS} steps")


def _climb(
    covariance: Covariance, state: State, free: Floats, step: Floats, *, halvings: int
) -> tuple[State, Floats] | None:
    """Return the first point along a step, halved until the likelihood gains; None if never."""
    blocks = [one.block for one in state.blocks]
    for halving in range(halvings):
        trial = free + step / 2**halving
        theta = covariance.natural(trial)
        better = evaluate(covariance, theta, blocks, restricted=state.restricted)
        if better is not None and better.log_likelihood > state.log_likelihood:
            return better, trial
    return None


def _in_free_variables(covariance: Covariance, state: State, free: Floats) -> tuple[Floats, Floats]:
    slopes = differentiate(state)
    jacobian = covariance.jacobian(free)
    curvature = covariance.curvature(free, slopes.gradient)
    information = jacobian.T @ slopes.observed @ jacobian - curvature
    if not is_definite(information):
        information = jacobian.T @ slopes.expected @ jacobian - curvature
    return jacobian.T @ slopes.gradient, information


def _uphill(gradient: Floats, information: Floats) -> Floats:
    """Return the Newton step: uphill also where the likelihood curves upwards."""
    scale = np.sqrt(np.abs(np.diagonal(information)))
    scale[scale == 0] = 1.0
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    # A direction that the data say nothing about would be followed to infinity.
    values = np.maximum(np.abs(values), 1e-10)
    return np.asarray(vectors @ ((vectors.T @ (gradient / scale)) / values) / scale)


def is_definite(matrix: Floats) -> bool:
    """Whether a symmetric matrix is positive definite, beyond rounding."""
    scale = np.sqrt(np.maximum(np.diagonal(matrix), 0))
    if not np.all(scale > 0):
        return False
    values = np.linalg.eigvalsh(matrix / np.outer(scale, scale))
    return bool(values[0] > 1e-10)
