"""A transformer of scikit-learn's form as a step of a recipe."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases


@dataclass(frozen=True, eq=False)
class Foreign:
    """Any object with `fit(X, y)` and `transform(X)`; a copy of it is fitted.

    With fewer features than it was given, it has to say which (`get_support`).
    """

    transformer: Any

    def fit(self, cases: Cases) -> "ForeignFitted":
        """Fit a copy to the training set."""
        fitted = copy.deepcopy(self.transformer)
        fitted.fit(cases.features, cases.positive.astype(int))
        return ForeignFitted(fitted)


@dataclass(frozen=True, eq=False)
class ForeignFitted:
    """A fitted transformer."""

    transformer: Any

    def transform(self, cases: Cases) -> Cases:
        """Return the cases transformed, their features named as before where they still are."""
        values = np.asarray(self.transformer.transform(cases.features), dtype=float)
        width = values.shape[1]
        if width == len(cases.names):
            return cases.with_features(values, cases.names)
        if hasattr(self.transformer, "get_support"):
            kept = np.flatnonzero(self.transformer.get_support())
            return cases.with_features(values, [cases.names[place] for place in kept])
        if values.ndim != 2 or not width:
            raise InputError(f"{type(self.transformer).__name__} gave no feature")
        return cases.with_features(values, [f"component {place + 1}" for place in range(width)])
