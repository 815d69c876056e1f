"""Mean squares of ratings, subjects × raters, from complete and from incomplete tables.

Crossed variance components of statsmodels' `MixedLM` stop 1e-5 to 1 (at 0) off the maximum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares between subjects (rows), raters (columns) and of the residual.

    Parameters
    ----------
    n, k
        Ratings per rater and per subject (harmonic means where they differ).
    rows, columns, error
        The mean squares; `columns` is NaN where raters are not told apart, and `error` is then
        the mean square within subjects.
    df_rows, df_columns, df_error
        Their degrees of freedom.

    """

    n: float
    k: float
    rows: float
    columns: float
    error: float
    df_rows: float
    df_columns: float
    df_error: float

    @property
    def f(self) -> float:
        """Rows over error; infinite without any error."""
        return self.rows / self.error if self.error > 0 else np.inf


def of_complete_cells(ratings: Floats) -> MeanSquares:
    """Return the mean squares of a complete table, by two-way analysis of variance."""
    n, k = ratings.shape
    grand = ratings.mean()
    rows = ratings.mean(axis=1) - grand
    columns = ratings.mean(axis=0) - grand
    residual = ratings - grand - rows[:, None] - columns
    return MeanSquares(
        n=n,
        k=k,
        rows=float(k * (rows**2).sum() / (n - 1)),
        columns=float(n * (columns**2).sum() / (k - 1)),
        error=_unless_rounding(float((residual**2).sum() / ((n - 1) * (k - 1))), ratings),
        df_rows=n - 1,
        df_columns=k - 1,
        df_error=(n - 1) * (k - 1),
    )


def within_subjects(ratings: Floats) -> MeanSquares:
    """Return the mean squares between and within subjects, whoever rated; NaN is no rating.

    With unequal numbers: of the unweighted subject means, times the harmonic mean number.
    """
    there = ~np.isnan(ratings)
    ratings, there = ratings[there.any(axis=1)], there[there.any(axis=1)]
    sizes = there.sum(axis=1)
    means = np.nanmean(ratings, axis=1)
    k = float(len(sizes) / (1 / sizes).sum())
    df = int(sizes.sum()) - len(sizes)
    within = float(np.nansum((ratings - means[:, None]) ** 2) / df)
    return MeanSquares(
        n=len(sizes),
        k=k,
        rows=float(k * means.var(ddof=1)),
        columns=np.nan,
        error=_unless_rounding(within, ratings),
        df_rows=len(sizes) - 1,
        df_columns=np.nan,
        df_error=df,
    )


def by_variance_components(ratings: Floats) -> MeanSquares:
    """Return the mean squares a table without gaps would have, from restricted likelihood.

    Subjects and raters are crossed random effects. In a complete table whose components are all
    positive the result equals that of `of_complete_cells`.

    Raises
    ------
    InputError
        If there are too few ratings to tell subjects, raters and residual apart.

    """
    there = ~np.isnan(ratings)
    subject, rater = np.nonzero(there)
    values = ratings[there]
    n, k = ratings.shape
    df_error = len(values) - n - k + 1
    if df_error < 1:
        raise InputError(
            f"{len(values)} ratings of {n} subjects by {k} raters are too few; expected at least "
            f"{n + k}"
        )
    components = _components(values, subject, rater)
    sizes_rows, sizes_columns = there.sum(axis=1), there.sum(axis=0)
    k_mean = float(n / (1 / sizes_rows).sum())
    n_mean = float(k / (1 / sizes_columns).sum())
    between, raters, error = components
    return MeanSquares(
        n=n_mean,
        k=k_mean,
        rows=k_mean * between + error,
        columns=n_mean * raters + error,
        error=error,
        df_rows=n - 1,
        df_columns=k - 1,
        df_error=df_error,
    )


def _components(
    values: Floats, subject: NDArray[np.intp], rater: NDArray[np.intp]
) -> tuple[float, float, float]:
    """Return the variances of subjects, raters and residual by restricted likelihood."""
    same_subject = (subject[:, None] == subject).astype(float)
    same_rater = (rater[:, None] == rater).astype(float)
    sides = np.stack([np.ones(len(values)), values], axis=1)

    def profile(logs: Floats) -> tuple[float, float]:
        """Return −2 log restricted likelihood, and the residual variance that maximises it."""
        by_subject, by_rater = np.exp(logs)
        v = np.eye(len(values)) + by_subject * same_subject + by_rater * same_rater
        root = np.linalg.cholesky(v)
        x, y = np.asarray(linalg.solve_triangular(root, sides, lower=True, check_finite=False)).T
        xx = float(np.dot(x, x))
        residual = y - x * (np.dot(x, y) / xx)
        variance = float(np.dot(residual, residual)) / (len(values) - 1)
        logdet = 2 * float(np.log(np.diagonal(root)).sum())
        return float((len(values) - 1) * np.log(variance) + logdet + np.log(xx)), variance

    def objective(logs: Floats) -> float:
        return profile(logs)[0]

    # Ratios to the residual, from next to nothing to next to all.
    least, most = -14.0, 14.0
    best = optimize.minimize(
        objective,
        np.array([1.0, -1.0]),
        method="L-BFGS-B",
        bounds=[(least, most)] * 2,
        options={"ftol": 1e-14, "gtol": 1e-9},
    )
    error = profile(best.x)[1]
    ratios = np.where(best.x <= least + 1e-6, 0.0, np.exp(best.x))
    return float(ratios[0] * error), float(ratios[1] * error), error


def _unless_rounding(square: float, ratings: Floats) -> float:
    """Return 0 for a mean square that is but the rounding of the ratings' own size."""
    largest = float(np.nanmax(np.abs(ratings)))
    return square if square > (1e-14 * largest) ** 2 else 0.0
