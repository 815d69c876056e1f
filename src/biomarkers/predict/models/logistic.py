"""Logistic regression under a ridge or an elastic net, with class weights chosen inside.

Scikit-learn fits one penalty at a time, its `saga` for the elastic net some hundred times slower.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
from scipy import special

from biomarkers.predict.cases import Cases
from biomarkers.predict.models.elastic import Penalty, Quadratic, elastic_net, smallest_empty
from biomarkers.predict.models.model import Linear
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.ridge import logistic_minima

_TOLERANCE = 1e-5
_NONE = 1e-10  # a singular value, as a share of the largest, that is none


@dataclass(frozen=True)
class Logistic:
    """Ridge logistic regression.

    Parameters
    ----------
    penalties
        Tried, on features with standard deviation 1: minimised is the mean of −log likelihood
        plus ½ penalty · Σ coefficient².
    balanced
        Tried: whether both classes weigh the same. The intercept is then moved back to the
        prevalence of the training set, so that scores stay log odds.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe(predict.Logistic(penalties=(0.1, 1.0))).model.penalties
    (0.1, 1.0)

    """

    penalties: tuple[float, ...] = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
    balanced: tuple[bool, ...] = (False, True)
    probabilistic: ClassVar[bool] = True  # scores are log odds

    def settings(self) -> list[dict[str, Any]]:
        """Return every penalty with and without class weights, the strongest first.

        Examples
        --------
        >>> from biomarkers import predict
        >>> len(predict.recipe("logistic").model.settings())
        12

        """
        return [
            {"penalty": penalty, "balanced": balanced}
            for penalty, balanced in product(sorted(self.penalties, reverse=True), self.balanced)
        ]

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Linear]:
        """Return the minima under all settings at once; `seed` is not needed.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> model = predict.recipe("logistic").model
        >>> len(model.fit(cohort.cases, model.settings()[:2], 1))
        2

        """
        axes, back = principal_axes(cases.features)
        design = np.column_stack([np.ones(len(axes)), axes])
        shares = np.array([case_weights(cases.positive, each["balanced"]) for each in settings])
        ridge = np.repeat(
            np.array([[each["penalty"]] for each in settings]), design.shape[1], axis=1
        )
        ridge[:, 0] = 0.0
        fits = logistic_minima(
            design, cases.positive, shares, ridge[:, None], tolerance=_TOLERANCE
        )[:, 0]
        return [
            Linear(float(fit[0]) + at_prevalence(cases.positive, each["balanced"]), back @ fit[1:])
            for fit, each in zip(fits, settings, strict=True)
        ]


@dataclass(frozen=True)
class ElasticNet:
    """Logistic regression under an elastic net.

    Parameters
    ----------
    penalties
        Tried, as shares of the smallest under which every coefficient is 0.
    l1_ratios
        Tried: how much of the penalty is the lasso's.
    balanced
        As for `Logistic`.

    References
    ----------
    Friedman, Hastie & Tibshirani 2010, doi:10.18637/jss.v033.i01: minimised is the mean of −log
    likelihood + penalty · (ratio · Σ|coefficient| + ½ (1 − ratio) Σ coefficient²).

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("elastic_net").model.l1_ratios
    (0.5, 1.0)

    """

    penalties: tuple[float, ...] = (0.8, 0.4, 0.2, 0.1)
    l1_ratios: tuple[float, ...] = (0.5, 1.0)
    balanced: tuple[bool, ...] = (False, True)
    probabilistic: ClassVar[bool] = True  # scores are log odds

    def settings(self) -> list[dict[str, Any]]:
        """Return every combination, the strongest penalty first.

        Examples
        --------
        >>> from biomarkers import predict
        >>> len(predict.recipe("elastic_net").model.settings())
        16

        """
        return [
            {"penalty": penalty, "l1_ratio": ratio, "balanced": balanced}
            for balanced, ratio, penalty in product(
                self.balanced, self.l1_ratios, sorted(self.penalties, reverse=True)
            )
        ]

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Linear]:
        """Return the minima, each from that of the penalty before; `seed` is not needed.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> model = predict.recipe("elastic_net").model
        >>> len(model.fit(cohort.cases, model.settings()[:2], 1))
        2

        """
        models: list[Linear] = []
        for place, each in enumerate(settings):
            goes_on = place > 0 and each["penalty"] < settings[place - 1]["penalty"]
            models.append(_net(cases, each, models[-1] if goes_on else None))
        return models


def _net(cases: Cases, setting: dict[str, Any], start: Linear | None) -> Linear:
    shares = case_weights(cases.positive, setting["balanced"])
    loss = _LogisticLoss(cases.features, cases.positive, shares)
    width, ratio = cases.features.shape[1], setting["l1_ratio"]
    size = setting["penalty"] * smallest_empty(loss, width, ratio)
    beta = np.zeros(width) if start is None else start.coefficients
    beta = elastic_net(loss, Penalty(size, ratio), beta)
    intercept = loss.intercept(beta) + at_prevalence(cases.positive, setting["balanced"])
    return Linear(intercept, beta)


@dataclass(frozen=True, eq=False)
class _LogisticLoss:
    """Mean −log likelihood with its intercept at its minimum: a function of coefficients alone."""

    features: Floats
    positive: Bools
    shares: Floats

    def intercept(self, beta: Floats) -> float:
        """Return the intercept under which the mean probability is the share of positives."""
        odds, wanted = self.features @ beta, float(self.shares @ self.positive)
        shift = special.logit(wanted) - float(self.shares @ odds)
        for _ in range(50):
            likely = special.expit(odds + shift)
            slope = float(self.shares @ (likely * (1 - likely)))
            step = (wanted - float(self.shares @ likely)) / max(slope, 1e-12)
            shift += float(np.clip(step, -2, 2))
            if abs(step) < 1e-10:
                break
        return float(shift)

    def at(self, beta: Floats) -> Quadratic:
        """Return value, slope and curvature; the intercept's is projected out."""
        odds = self.features @ beta + self.intercept(beta)
        likely = special.expit(odds)
        sign = np.where(self.positive, -1.0, 1.0)
        value = float(self.shares @ np.logaddexp(0, sign * odds))
        weight = np.maximum(self.shares * likely * (1 - likely), 1e-12)
        centred = self.features - (weight @ self.features) / weight.sum()
        root = np.sqrt(weight)
        missed = self.shares * (likely - self.positive)
        return Quadratic(value, centred * root[:, None], missed / root)


def case_weights(positive: Bools, balanced: bool) -> Floats:
    """Return weights that sum to 1, of equal sums over the classes if balanced."""
    if not balanced:
        return np.full(len(positive), 1 / len(positive))
    share = positive.mean()
    return np.asarray(np.where(positive, 0.5 / share, 0.5 / (1 - share)) / len(positive))


def at_prevalence(positive: Bools, balanced: bool) -> float:
    """Return what moves the intercept of balanced classes back to their prevalence."""
    return float(special.logit(positive.mean())) if balanced else 0.0


def principal_axes(values: Floats) -> tuple[Floats, Floats]:
    """Return cases on no more axes than there are cases, and the way back of coefficients.

    A ridge acts alike on every rotation of the features, and nothing lies outside their axes.
    """
    count, width = values.shape
    if width < count:
        return values, np.eye(width)
    left, sizes, right = np.linalg.svd(values, full_matrices=False)
    kept = sizes > _NONE * sizes[0]
    return left[:, kept] * sizes[kept], right[kept].T
