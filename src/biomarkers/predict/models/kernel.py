"""Support vector machines, linear and radial; kernels are computed once for all settings."""

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Literal

import numpy as np

from biomarkers.extras import load_extra
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Floats

_MOST = 100_000  # iterations; libsvm's own limit is none


@dataclass(frozen=True)
class Svm:
    """A support vector machine (libsvm through scikit-learn).

    Parameters
    ----------
    kernel
        `linear` or `rbf`.
    costs
        Tried: what a case on the wrong side costs.
    widths
        Tried with `rbf`: exp(−width · mean squared difference over features).
    balanced
        Tried: whether both classes weigh the same.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("svm_rbf").model.kernel
    'rbf'

    """

    kernel: Literal["linear", "rbf"] = "linear"
    costs: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0)
    widths: tuple[float, ...] = (0.3, 1.0)
    balanced: tuple[bool, ...] = (False, True)
    probabilistic: ClassVar[bool] = False  # scores are distances from the plane

    def settings(self) -> list[dict[str, Any]]:
        """Return every combination, the smallest cost first.

        Examples
        --------
        >>> from biomarkers import predict
        >>> len(predict.recipe("svm").model.settings())
        8

        """
        widths = self.widths if self.kernel == "rbf" else (0.0,)
        return [
            {"cost": cost, "width": width, "balanced": balanced}
            for cost, width, balanced in product(sorted(self.costs), widths, self.balanced)
        ]

    def fit(
        self, cases: Cases, settings: list[dict[str, Any]], seed: int
    ) -> list["SupportVectors"]:
        """Return the machines of all settings; `seed` is not needed.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> model = predict.recipe("svm").model
        >>> len(model.fit(cohort.cases, model.settings()[:2], 1))
        2

        """
        svm = load_extra("sklearn.svm", "a support vector machine")
        config = load_extra("sklearn", "a support vector machine").config_context
        kernels = {
            each["width"]: kernel(cases.features, cases.features, each["width"])
            for each in settings
        }
        truth, machines = cases.positive.astype(int), []
        with config(assume_finite=True, skip_parameter_validation=True):
            for each in settings:
                machine = svm.SVC(
                    kernel="precomputed", C=each["cost"], max_iter=_MOST, tol=1e-3,
                    class_weight="balanced" if each["balanced"] else None,
                )  # fmt: skip
                machine.fit(kernels[each["width"]], truth)
                machines.append(_plain(machine, cases.features, each["width"]))
        return machines


@dataclass(frozen=True, eq=False)
class SupportVectors:
    """Support vectors (M, P), their weights (M,), the intercept, and the kernel's width."""

    vectors: Floats
    weights: Floats
    intercept: float
    width: float

    def scores(self, values: Floats) -> Floats:
        """Return the distance of each case from the plane."""
        return np.asarray(kernel(values, self.vectors, self.width) @ self.weights + self.intercept)

    @property
    def coefficients(self) -> Floats | None:
        """What each feature counts for; None where that hangs on the others."""
        if self.width:
            return None
        return np.asarray(self.weights @ self.vectors / self.vectors.shape[1])


def kernel(values: Floats, others: Floats, width: float) -> Floats:
    """Return mean products over features (width 0), or exp(−width · mean squared difference)."""
    products = values @ others.T / values.shape[1]
    if not width:
        return np.asarray(products)
    squares = (values**2).mean(axis=1)[:, None] + (others**2).mean(axis=1)
    return np.asarray(np.exp(-width * np.maximum(squares - 2 * products, 0.0)))


def _plain(machine: Any, values: Floats, width: float) -> SupportVectors:
    return SupportVectors(
        values[machine.support_], machine.dual_coef_[0], float(machine.intercept_[0]), width
    )
