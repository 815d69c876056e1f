"""Climbing the likelihood: damped Newton steps, by Fisher scoring where it is not concave."""

from collections.abc import Sequence

import numpy as np

from biomarkers.stats.longitudinal.covariance import Covariance, Floats
from biomarkers.stats.longitudinal.likelihood import Block, State, differentiate, evaluate

# The log likelihood is within this of its maximum, judged by the last step's promise.
_PRECISION = 1e-10
_STEPS = 200
_HALVINGS = 30

# A covariance this close to singular is on its way there: the likelihood has no bound.
_SLACK = 1e-8


class NoMaximumError(Exception):
    """The likelihood has no maximum inside its domain, or it was not reached."""


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
    bending = covariance.bending(free, slopes.gradient)
    information = jacobian.T @ slopes.observed @ jacobian - bending
    if not is_definite(information):
        information = jacobian.T @ slopes.expected @ jacobian - bending
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
