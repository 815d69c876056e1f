"""Limits of agreement where each subject was measured more than once by either method.

Statsmodels' `MixedLM` has the components, but no interval of limits made of several (MOVER).
"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.agreement.pairs import Scale, on_scale
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import aligned, check_choice, numbers

Truth = Literal["varies", "constant"]

# Standard deviations between bias and the limits that hold 95 % of normal differences.
Z = float(stats.norm.ppf(0.975))


def repeated_differences(
    first: ArrayLike,
    second: ArrayLike,
    subjects: ArrayLike,
    *,
    truth: Truth,
    scale: Scale,
    level: float,
) -> tuple[Floats, pd.DataFrame, int]:
    """Return bias and limits of agreement of repeated measurements.

    The variance of a difference is the variance of the subjects' mean differences, plus what
    averaging took from the spread within subjects (Bland & Altman 2007; Zou 2013). The interval
    of that sum is recovered from those of its terms.

    Parameters
    ----------
    first, second, subjects, truth, scale, level
        As for `limits_of_agreement`.

    Returns
    -------
    figures : array (3, 3)
        Rows bias, lower and upper limit; columns estimate, low, high.
    pairs : DataFrame
        `subject, mean, difference` on the scale: of each row, or with constant truth of each
        subject.
    left_out : int
        Rows (constant truth: measurements) that were not used.

    """
    rows = _rows(first, second, subjects, scale)
    check_choice("truth", truth, ("varies", "constant"))
    used, within = _of_pairs(rows) if truth == "varies" else _of_each_method(rows)
    means = used.groupby("subject", sort=False)["difference"].mean().to_numpy()
    if len(means) < 2:
        raise InputError(f"found {len(means)} subjects with both; expected two or more")
    between = float(means.var(ddof=1))
    terms = [(between, len(means) - 1), *within]
    figures = _figures(float(means.mean()), between / len(means), terms, level)
    lost = len(rows) - len(used) if truth == "varies" else _alone(rows)
    return figures, used.reset_index(drop=True), lost


def _rows(first: ArrayLike, second: ArrayLike, subjects: ArrayLike, scale: Scale) -> pd.DataFrame:
    first, second, subjects = aligned({"first": first, "second": second, "subjects": subjects})
    a, b = (on_scale(numbers(v, n), scale) for v, n in ((first, "first"), (second, "second")))
    names = np.asarray(subjects, dtype=object)
    if not len(a) == len(b) == len(names):
        raise InputError(
            f"found {len(a)} first and {len(b)} second measurements of {len(names)} subjects; "
            "expected one of each per row"
        )
    rows = pd.DataFrame({"subject": names, "first": a, "second": b})
    if rows["subject"].isna().any():
        raise InputError("subjects: found a blank; expected whose each row is")
    return rows


def _of_pairs(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[float, int]]]:
    """Take the differences of whole rows."""
    used = _differences(rows.dropna())
    return used, [_lost_by_averaging(used, "difference")]


def _of_each_method(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[float, int]]]:
    """Take the differences of the subjects' means by either method."""
    means = rows.groupby("subject", sort=False)[["first", "second"]].mean().dropna()
    both = rows[rows["subject"].isin(means.index)]
    within = [_lost_by_averaging(both.dropna(subset=name), name) for name in ("first", "second")]
    return _differences(means.reset_index()), within


def _differences(pairs: pd.DataFrame) -> pd.DataFrame:
    middle = (pairs["first"] + pairs["second"]) / 2
    return pairs[["subject"]].assign(mean=middle, difference=pairs["second"] - pairs["first"])


def _alone(rows: pd.DataFrame) -> int:
    """Count measurements of subjects who have none by the other method."""
    counts = rows.groupby("subject")[["first", "second"]].count()
    return int(counts[(counts == 0).any(axis=1)].to_numpy().sum())


def _lost_by_averaging(rows: pd.DataFrame, value: str) -> tuple[float, int]:
    """Return the variance within subjects that averaging hides, and its degrees of freedom."""
    squares, df = squares_within(rows, value)
    if df < 1:
        raise InputError("no subject was measured twice; leave `subjects` out")
    return squares / df * (1 - float((1 / rows.groupby("subject").size()).mean())), df


def squares_within(rows: pd.DataFrame, value: str) -> tuple[float, int]:
    """Return the squares of a column about the mean of each `subject`, and their number, less 1."""
    groups = rows.groupby("subject", sort=False)[value]
    squares = float(((rows[value] - groups.transform("mean")) ** 2).sum())
    return squares, len(rows) - groups.ngroups


def _figures(
    bias: float,
    squared_error: float,
    terms: list[tuple[float, int]],
    level: float,
) -> Floats:
    """Return bias and limits with intervals recovered from those of the variances."""
    tail = (1 - level) / 2
    z = float(stats.norm.ppf(1 - tail))
    total = sum(variance for variance, _ in terms)
    # How far each term may lie below and above its estimate.
    below = sum((v * (1 - df / stats.chi2.ppf(1 - tail, df))) ** 2 for v, df in terms)
    above = sum((v * (df / stats.chi2.ppf(tail, df) - 1)) ** 2 for v, df in terms)
    sd = np.sqrt(total)
    shrunk = np.sqrt(max(total - np.sqrt(below), 0.0))
    grown = np.sqrt(total + np.sqrt(above))
    inner = np.sqrt(z**2 * squared_error + (Z * (sd - shrunk)) ** 2)
    outer = np.sqrt(z**2 * squared_error + (Z * (grown - sd)) ** 2)
    half = float(stats.t.ppf(1 - tail, terms[0][1])) * np.sqrt(squared_error)
    lower, upper = bias - Z * sd, bias + Z * sd
    return np.array(
        [
            [bias, bias - half, bias + half],
            [lower, lower - outer, lower + inner],
            [upper, upper - inner, upper + outer],
        ]
    )
