"""Missing values filled within the training set, and said to be missing.

Scikit-learn's `SimpleImputer` does the same; it drops a column that is empty in a training set
without a word, and costs a millisecond a fit.
"""

from dataclasses import dataclass

import numpy as np

from biomarkers.errors import InputError
from biomarkers.predict.cases import MISSING, Cases
from biomarkers.stats.arrays import Floats, Whole


@dataclass(frozen=True)
class Impute:
    """Fill what is missing with the median of the training set.

    Parameters
    ----------
    indicators
        Whether a column is added for each feature with gaps in the training set: 1 where it is
        missing. That a value is missing may tell the outcome; it may also tell the site.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("logistic", impute=predict.Impute(indicators=False)).impute.indicators
    False

    """

    indicators: bool = True

    def fit(self, cases: Cases) -> "Imputed":
        """Return the medians; a feature without any value in the training set is given 0.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> predict.Impute().fit(cohort.cases).medians.round(3).tolist()
        [0.071, 67.2]

        """
        missing = np.isnan(cases.features)
        empty = missing.all(axis=0)
        medians = np.zeros(len(cases.names))
        medians[~empty] = np.nanmedian(cases.features[:, ~empty], axis=0)
        gaps = missing.any(axis=0) & ~empty
        return Imputed(medians, np.flatnonzero(gaps if self.indicators else np.zeros_like(gaps)))


@dataclass(frozen=True, eq=False)
class Imputed:
    """Medians of the features, and those whose gaps are indicated."""

    medians: Floats
    indicated: Whole

    def transform(self, cases: Cases) -> Cases:
        """Return the cases without a gap."""
        given = cases.features
        if np.isinf(given).any():
            name = cases.names[int(np.isinf(given).any(axis=0).argmax())]
            raise InputError(f"{name}: found an infinite value, expected finite numbers")
        missing = np.isnan(given)
        filled = np.where(missing, self.medians, given)
        names = [f"{MISSING}{cases.names[place]}" for place in self.indicated]
        indicators = missing[:, self.indicated].astype(float)
        return cases.with_features(np.hstack([filled, indicators]), [*cases.names, *names])
