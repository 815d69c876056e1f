"""Fitting random effects, and predicting them for each subject."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarkers.stats.longitudinal.covariance import Floats
from biomarkers.stats.longitudinal.design import Design
from biomarkers.stats.longitudinal.fit import Fit, fit
from biomarkers.stats.longitudinal.likelihood import Block
from biomarkers.stats.longitudinal.maximise import NoMaximumError
from biomarkers.stats.longitudinal.random_effects import RandomEffects

_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Subjects:
    """The data of a random-effects model.

    Parameters
    ----------
    design
        Outcome and terms.
    Z
        Design of the random effects, (N, Q).
    rows
        The rows of each subject.

    """

    design: Design
    Z: Floats
    rows: Sequence[NDArray[np.intp]]


def fit_random_effects(subjects: Subjects, model: RandomEffects) -> tuple[Fit, Floats]:
    """Maximise the restricted likelihood; return the fit and each subject's effects, (S, Q).

    Raises
    ------
    NoMaximumError
        If there is no maximum, or the residual's power does not settle.

    """
    plain = RandomEffects(model.effects, power=False)
    design = subjects.design
    beta = np.linalg.lstsq(design.X, design.y, rcond=None)[0]
    start = plain.start(subjects.Z, float(np.mean((design.y - design.X @ beta) ** 2)))
    found = fit(plain, start, _blocks(subjects, subjects.Z), method="reml")
    effects = _predict(subjects, plain, found, subjects.Z)
    return _settle_power(subjects, model, found, effects) if model.power else (found, effects)


def _settle_power(
    subjects: Subjects, model: RandomEffects, found: Fit, effects: Floats
) -> tuple[Fit, Floats]:
    """Alternate between the expected measurements and the fit whose residual they scale."""
    free = np.append(found.free, 0.0)
    for _ in range(_ROUNDS):
        expected = _expected(subjects, found, effects)
        if np.any(expected <= 0):
            raise NoMaximumError("an expected measurement is not positive, so it has no power")
        # Centred, so that σ² is the variance of a typical measurement and hardly tied to δ.
        size = np.log(expected)
        layout = np.column_stack([subjects.Z, size - size.mean()])
        before, found = found, fit(model, free, _blocks(subjects, layout), method="reml")
        free, effects = found.free, _predict(subjects, model, found, layout)
        moved = np.abs(found.state.beta - before.state.beta)
        if np.all(moved <= 1e-6 * np.sqrt(np.diagonal(found.state.unscaled))):
            return found, effects
    raise NoMaximumError(f"the residual's power did not settle in {_ROUNDS} rounds")


def _blocks(subjects: Subjects, layout: Floats) -> list[Block]:
    """Group the subjects whose layouts are the same."""
    alike: dict[bytes, list[NDArray[np.intp]]] = {}
    for own in subjects.rows:
        alike.setdefault(layout[own].tobytes(), []).append(own)
    X, y = subjects.design.X, subjects.design.y
    return [Block(layout[same[0]], X[np.array(same)], y[np.array(same)]) for same in alike.values()]


def _predict(subjects: Subjects, model: RandomEffects, found: Fit, layout: Floats) -> Floats:
    """Return the best linear unbiased prediction of each subject's effects, G Z'V⁻¹(y − Xβ)."""
    theta = found.state.theta
    residual = subjects.design.y - subjects.design.X @ found.state.beta
    moments = model.moments(theta, [layout[own] for own in subjects.rows])
    weighed = [
        subjects.Z[own].T @ np.linalg.solve(one.value, residual[own])
        for own, one in zip(subjects.rows, moments, strict=True)
    ]
    return np.array(weighed) @ model.matrix(theta)


def _expected(subjects: Subjects, found: Fit, effects: Floats) -> Floats:
    expected = subjects.design.X @ found.state.beta
    for own, effect in zip(subjects.rows, effects, strict=True):
        expected[own] += subjects.Z[own] @ effect
    return expected
