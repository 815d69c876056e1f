"""Cox's model under an elastic net."""

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from biomarkers.predict.cases import Cases
from biomarkers.predict.models.elastic import Penalty, Quadratic, elastic_net, smallest_empty
from biomarkers.predict.models.model import Linear
from biomarkers.stats.arrays import Floats
from biomarkers.stats.survival.partial_likelihood import PartialLikelihood, partial_likelihood

_NONE = 1e-10


@dataclass(frozen=True)
class Cox:
    """Proportional hazards under an elastic net; scores are log hazard ratios.

    Parameters
    ----------
    penalties
        Tried, as shares of the smallest under which every coefficient is 0.
    l1_ratios
        Tried: how much of the penalty is the lasso's; above 0.

    References
    ----------
    Simon et al. 2011, doi:10.18637/jss.v039.i05: minimised is −log partial likelihood over cases
    (ties after Efron) + penalty, as for `ElasticNet`; statsmodels' regularised `PHReg` ends in
    the same place.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("cox").model.l1_ratios
    (0.1, 0.5)

    """

    penalties: tuple[float, ...] = (0.8, 0.5, 0.3, 0.15, 0.08)
    l1_ratios: tuple[float, ...] = (0.1, 0.5)
    probabilistic: ClassVar[bool] = False  # scores are no log odds

    def settings(self) -> list[dict[str, Any]]:
        """Return every combination, the strongest penalty first.

        Examples
        --------
        >>> from biomarkers import predict
        >>> len(predict.recipe("cox").model.settings())
        10

        """
        return [
            {"penalty": penalty, "l1_ratio": ratio}
            for ratio, penalty in product(self.l1_ratios, sorted(self.penalties, reverse=True))
        ]

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Linear]:
        """Return the minima, each from that of the setting before; `seed` is not needed.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> cohort = predict.Cohort.from_tables(
        ...     table[table["day"] == 10], people, outcome=("days_on_study", "died")
        ... )
        >>> model = predict.recipe("cox").model
        >>> len(model.fit(cohort.cases, model.settings()[:2], 1))
        2

        """
        assert cases.time is not None
        count, width = cases.features.shape
        likelihood = partial_likelihood(
            cases.features, np.full(count, -np.inf), cases.time, cases.positive,
            np.zeros(count, dtype=np.intp), penalised=False,
        )  # fmt: skip
        loss, beta, models = _Loss(likelihood), np.zeros(width), []
        for each in settings:
            ratio = each["l1_ratio"]
            size = each["penalty"] * smallest_empty(loss, width, ratio)
            beta = elastic_net(loss, Penalty(size, ratio), beta)
            models.append(Linear(0.0, beta))
        return models


@dataclass(frozen=True, eq=False)
class _Loss:
    """−log partial likelihood over cases."""

    likelihood: PartialLikelihood

    def at(self, beta: Floats) -> Quadratic:
        """Return it at coefficients; its curvature's axes are its root."""
        here, rows = self.likelihood.at(beta), self.likelihood.rows
        if not np.isfinite(here.value):
            return Quadratic(np.inf, np.eye(len(beta)), np.zeros(len(beta)))
        sizes, axes = np.linalg.eigh(here.information / rows)
        kept = sizes > _NONE * sizes[-1]
        root = np.sqrt(sizes[kept])
        slope = -(axes[:, kept].T @ here.score) / rows
        return Quadratic(-here.value / rows, root[:, None] * axes[:, kept].T, slope / root)
