"""Filters that keep few of many features: not flat, not alike, or telling of the outcome."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.predict.cases import Cases
from biomarkers.predict.steps.step import Kept
from biomarkers.stats.arrays import Floats, Whole

# Penalties of the lasso's path, as shares of the smallest under which nothing enters.
_PATH = np.geomspace(1.0, 0.1, 40)


@dataclass(frozen=True)
class Uncorrelated:
    """Of features whose rank correlation exceeds a limit, keep the one least like all others.

    Parameters
    ----------
    at_most
        The largest absolute Spearman correlation between two features that stay.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("svm", uncorrelated=0.8).uncorrelated
    Uncorrelated(at_most=0.8)

    """

    at_most: float = 0.9

    def __post_init__(self) -> None:
        """Refuse what is no correlation."""
        if not 0 < self.at_most <= 1:
            raise InputError(f"uncorrelated: found {self.at_most}, expected above 0, at most 1")

    def fit(self, cases: Cases) -> Kept:
        """Choose in the training set; a feature that does not vary correlates with none.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> predict.Uncorrelated(0.9).fit(cohort.cases).places.tolist()
        [0, 1]

        """
        ranks = standardised(stats.rankdata(cases.features, axis=0))
        alike = np.abs(ranks.T @ ranks) / len(ranks)
        near = alike > self.at_most
        stays = np.ones(len(near), dtype=bool)
        kept = []
        for place in np.argsort(alike.sum(axis=0), kind="stable"):
            if stays[place]:
                kept.append(place)
                stays &= ~near[place]
        return Kept(np.sort(np.array(kept, dtype=np.intp)))


@dataclass(frozen=True)
class Lasso:
    """Keep the features that enter the lasso's path first.

    The path is that of least squares on the class (with a time: on the martingale residual
    without covariates), followed until more would enter.

    Parameters
    ----------
    at_most
        How many stay.

    References
    ----------
    Tibshirani 1996, doi:10.1111/j.2517-6161.1996.tb02080.x (scikit-learn's `lasso_path`).

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("svm", select=predict.Lasso(at_most=8)).select
    Lasso(at_most=8)

    """

    at_most: int

    def __post_init__(self) -> None:
        """Refuse a number that keeps nothing."""
        _check_count(self.at_most)

    def fit(self, cases: Cases) -> Kept:
        """Choose in the training set.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> predict.Lasso(at_most=2).fit(cohort.cases).places.tolist()
        [0, 1]

        """
        if len(cases.names) <= self.at_most:
            return Kept(np.arange(len(cases.names)))
        linear_model = load_extra("sklearn.linear_model", "the lasso")
        values, response = Scale().fit(cases).transform(cases).features, cases.response
        largest = np.abs(values.T @ response).max() / len(response)
        _, path, _ = linear_model.lasso_path(
            np.asfortranarray(values), response, alphas=largest * _PATH, tol=1e-3, max_iter=5000
        )
        counts = (path != 0).sum(axis=0)
        # Up to where more enter for the first time; later on the path some may have left again.
        steps = int(np.argmax(np.append(counts > self.at_most, True)))
        chosen = np.flatnonzero(path[:, max(steps - 1, 0)])[: self.at_most]
        return Kept(chosen if len(chosen) else _strongest(values, response, 1))


@dataclass(frozen=True)
class Univariate:
    """Keep the features that tell most of the outcome, each by itself.

    Parameters
    ----------
    at_most
        How many stay: those of the largest absolute rank correlation with the class (with a
        time: with the martingale residual without covariates).

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("forest", select=predict.Univariate(at_most=10)).select
    Univariate(at_most=10)

    """

    at_most: int

    def __post_init__(self) -> None:
        """Refuse a number that keeps nothing."""
        _check_count(self.at_most)

    def fit(self, cases: Cases) -> Kept:
        """Choose in the training set.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> predict.Univariate(at_most=1).fit(cohort.cases).places.tolist()
        [0]

        """
        ranks = standardised(stats.rankdata(cases.features, axis=0))
        return Kept(_strongest(ranks, stats.rankdata(cases.response), self.at_most))


@dataclass(frozen=True)
class Varying:
    """Keep the features that vary in the training set."""

    def fit(self, cases: Cases) -> Kept:
        """Choose in the training set."""
        values = cases.features
        flat = values.std(axis=0) <= 1e-12 * np.abs(values).max(axis=0)
        if flat.all() and not cases.arrays:
            raise InputError("no feature varies in a training set; there is nothing to learn from")
        return Kept(np.flatnonzero(~flat))


@dataclass(frozen=True)
class Scale:
    """Every feature with mean 0 and standard deviation 1 in the training set.

    An indicator keeps its scale of 0 and 1: a penalty then shrinks it the more, the rarer it is,
    or as many indicators as there are features would drown these.
    """

    def fit(self, cases: Cases) -> "Scaled":
        """Return mean and standard deviation."""
        spread = np.where(cases.indicators, 1.0, _spread(cases.features))
        return Scaled(cases.features.mean(axis=0), spread)


@dataclass(frozen=True, eq=False)
class Scaled:
    """Means and standard deviations of the training set."""

    mean: Floats
    sd: Floats

    def transform(self, cases: Cases) -> Cases:
        """Return the cases on the scale of the training set."""
        return cases.with_features((cases.features - self.mean) / self.sd, cases.names)


def standardised(values: Floats) -> Floats:
    """Return columns with mean 0 and standard deviation 1; those that do not vary are 0."""
    return np.asarray((values - values.mean(axis=0)) / _spread(values))


def _spread(values: Floats) -> Floats:
    spread = values.std(axis=0)
    return np.where(spread > 1e-12 * np.abs(values).max(axis=0), spread, 1.0)


def _strongest(values: Floats, response: Floats, count: int) -> Whole:
    strength = np.abs(values.T @ (response - response.mean()))
    return np.sort(np.argsort(-strength, kind="stable")[:count])


def _check_count(at_most: int) -> None:
    if at_most < 1:
        raise InputError(f"at_most: found {at_most}, expected 1 or more")
