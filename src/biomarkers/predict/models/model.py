"""What a model of a recipe is, before and after it is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeGuard, runtime_checkable

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


@runtime_checkable
class ArrayModel(Protocol):
    """A model that looks at arrays of cases: a `Model` that names them, and the features beside.

    Where `settings` are one, and `chooses_nothing`, no inner folds are fitted: scores are then
    log odds as they are, and the threshold is the prevalence of the training set.
    """

    @property
    def arrays(self) -> tuple[str, ...]:
        """The arrays that are needed."""
        ...

    @property
    def chooses_nothing(self) -> bool:
        """Whether inner folds would be fitted for nothing but the threshold."""
        ...

    def features_of(self, cases: Cases) -> Sequence[str]:
        """Return the names of the features that are used beside the arrays.

        Raises
        ------
        InputError
            If the cases have none that are wanted.

        """
        ...


@runtime_checkable
class FittedArrayModel(Protocol):
    """An `ArrayModel` that has seen its training cases."""

    def scores_of(self, cases: Cases) -> Floats:
        """Return a number for each case, higher where it is more likely positive."""
        ...


@runtime_checkable
class FittedClassModel(Protocol):
    """A fitted model of several classes, of which the declared one names `classes`.

    Other models are fitted to each class against the rest.
    """

    def class_scores(self, cases: Cases) -> Floats:
        """Return the log probability of each class: cases × classes."""
        ...


def classes_of(model: object) -> tuple[str, ...]:
    """Return the classes that a declared model tells apart by itself; none if it knows two."""
    return tuple(getattr(model, "classes", None) or ())


@runtime_checkable
class WeightedModel(Protocol):
    """A fitted model of a higher room, whose weights are kept in a file of their own.

    Its other fields, those that count in a comparison, are kept as plain values.
    """

    @property
    def room(self) -> str:
        """The room that knows it, which is loaded with a saved rule."""
        ...

    @property
    def provenance(self) -> dict[str, Any]:
        """Where and how it was made, as plain values."""
        ...

    def write_weights(self, path: Path) -> None:
        """Write the weights."""
        ...

    def with_weights(self, path: Path) -> "FittedModel | FittedArrayModel":
        """Return the model with the weights of a file."""
        ...


@runtime_checkable
class SeveralSeeds(Protocol):
    """A fitted model that is the mean of several, which differ by their seed only."""

    def spread_of(self, cases: Cases) -> Floats:
        """Return the score of each case by each of them: seeds × cases."""
        ...


def takes_arrays(model: object) -> TypeGuard[ArrayModel]:
    """Return whether a model looks at arrays of cases."""
    return isinstance(model, ArrayModel)


def score(model: FittedModel | FittedArrayModel, cases: Cases) -> Floats:
    """Return the score of each case, which the steps before the model have prepared."""
    if isinstance(model, FittedArrayModel):
        return model.scores_of(cases)
    return model.scores(cases.features)


@dataclass(frozen=True, eq=False)
class Linear:
    """Intercept plus features times coefficients."""

    intercept: float
    coefficients: Floats

    def scores(self, values: Floats) -> Floats:
        """Return the linear predictor of each case."""
        return np.asarray(self.intercept + values @ self.coefficients)
