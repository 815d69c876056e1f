"""What a model of a recipe is, before and after it is fitted."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Floats


class FittedModel(Protocol):
    """A model that has seen its training cases."""

    def scores(self, values: Floats) -> Floats:
        """Return a number for each case, higher where it is more likely positive."""
        ...


class Model(Protocol):
    """A model as declared: a frozen dataclass of what was chosen.

    `probabilistic` says that scores are log odds; then the likelihood of those held out in the
    inner folds chooses the setting, else their AUC, and the scores are made log odds there.
    """

    @property
    def probabilistic(self) -> bool:
        """Whether scores are log odds."""
        ...

    def settings(self) -> list[dict[str, Any]]:
        """Return every setting that is tried, the most cautious first."""
        ...

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Any]:
        """Return the model fitted under each setting, as a `FittedModel`."""
        ...


@dataclass(frozen=True, eq=False)
class Linear:
    """Intercept plus features times coefficients."""

    intercept: float
    coefficients: Floats

    def scores(self, values: Floats) -> Floats:
        """Return the linear predictor of each case."""
        return np.asarray(self.intercept + values @ self.coefficients)
