"""Forests and boosted trees, and any classifier of scikit-learn's form."""

import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Floats

# Cases in a leaf of LightGBM, at least: with its own 20, half of a small cohort has no split.
_LEAF = 5


@dataclass(frozen=True, eq=False)
class Estimator:
    """A fitted classifier of scikit-learn's form."""

    estimator: Any

    def scores(self, values: Floats) -> Floats:
        """Return the probability of a positive, or the decision function."""
        if hasattr(self.estimator, "predict_proba"):
            return np.asarray(self.estimator.predict_proba(values)[:, 1], dtype=float)
        return np.asarray(self.estimator.decision_function(values), dtype=float)


class _Weighted:
    """A model that is tried with and without class weights."""

    balanced: tuple[bool, ...]
    probabilistic: ClassVar[bool] = False  # shares of trees are none; boosted, they are too extreme

    def settings(self) -> list[dict[str, Any]]:
        """Return with and without class weights.

        Examples
        --------
        >>> from biomarkers import predict
        >>> len(predict.recipe("forest").model.settings())
        2

        """
        return [{"balanced": balanced} for balanced in self.balanced]


@dataclass(frozen=True)
class Forest(_Weighted):
    """A random forest.

    Parameters
    ----------
    trees
        How many.
    smallest_leaf
        Cases in a leaf, at least.
    balanced
        Tried: whether both classes weigh the same.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("forest").model.trees
    100

    """

    trees: int = 100
    smallest_leaf: int = 2
    balanced: tuple[bool, ...] = (False, True)

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Estimator]:
        """Return a forest under each setting.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> model = predict.recipe("forest").model
        >>> len(model.fit(cohort.cases, model.settings()[:2], 1))
        2

        """
        make = load_extra("sklearn.ensemble", "a random forest").RandomForestClassifier
        forests = (
            make(
                self.trees, min_samples_leaf=self.smallest_leaf, random_state=seed,
                class_weight="balanced" if each["balanced"] else None,
            )
            for each in settings
        )  # fmt: skip
        return [_fitted(forest, cases) for forest in forests]


@dataclass(frozen=True)
class Boosted(_Weighted):
    """Boosted trees of XGBoost or LightGBM, where installed.

    Parameters
    ----------
    library
        `xgboost` or `lightgbm`.
    trees, depth, rate
        How many, how deep, and how much of each is taken.
    balanced
        Tried: whether both classes weigh the same.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.Boosted("xgboost", depth=2).depth
    2

    """

    library: str
    trees: int = 100
    depth: int = 3
    rate: float = 0.1
    balanced: tuple[bool, ...] = (False, True)

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Estimator]:
        """Return boosted trees under each setting, on one thread."""
        ratio = (~cases.positive).sum() / cases.positive.sum()
        return [
            _fitted(self._made(float(ratio) if each["balanced"] else 1.0, seed), cases)
            for each in settings
        ]

    def _made(self, positive_weight: float, seed: int) -> Any:
        module = load_extra(self.library, f"the model {self.library}")
        shared = {
            "n_estimators": self.trees, "max_depth": self.depth, "learning_rate": self.rate,
            "scale_pos_weight": positive_weight, "random_state": seed, "n_jobs": 1,
        }  # fmt: skip
        if self.library == "xgboost":
            return module.XGBClassifier(**shared)
        return module.LGBMClassifier(
            **shared, min_child_samples=_LEAF, verbose=-1, deterministic=True
        )


@dataclass(frozen=True, eq=False)
class Classifier:
    """Any classifier with `fit(X, y)` and `predict_proba` or `decision_function`; a copy is fitted.

    What it has to choose, it chooses itself; a number that it draws by is its own.
    """

    estimator: Any
    probabilistic: ClassVar[bool] = False  # nothing is known of its scores

    def settings(self) -> list[dict[str, Any]]:
        """Return the one there is."""
        return [{}]

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[Estimator]:
        """Return a fitted copy."""
        if cases.time is not None:
            raise InputError(
                f"{type(self.estimator).__name__} knows classes only; with a time take model 'cox'"
            )
        return [_fitted(copy.deepcopy(self.estimator), cases)]


def _fitted(estimator: Any, cases: Cases) -> Estimator:
    estimator.fit(cases.features, cases.positive.astype(int))
    return Estimator(estimator)
