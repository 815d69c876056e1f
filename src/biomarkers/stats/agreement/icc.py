"""Intraclass correlation: what share of the spread lies between subjects, not between ratings.

Neither scipy nor statsmodels has intraclass correlations.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.agreement.mean_squares import (
    MeanSquares,
    by_variance_components,
    of_complete_cells,
    within_subjects,
)
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.inputs import check_choice, require_columns
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.shown import Shown

Missing = Literal["mixed", "drop"]

# Shrout and Fleiss's name, McGraw and Wong's, and what is meant.
FORMS = (
    ("ICC(1,1)", "ICC(1)", "absolute agreement, each subject by raters of its own"),
    ("ICC(2,1)", "ICC(A,1)", "absolute agreement, the same random raters"),
    ("ICC(3,1)", "ICC(C,1)", "consistency, the same fixed raters"),
    ("ICC(1,k)", "ICC(k)", "the mean of k ratings, as ICC(1,1)"),
    ("ICC(2,k)", "ICC(A,k)", "the mean of k ratings, as ICC(2,1)"),
    ("ICC(3,k)", "ICC(C,k)", "the mean of k ratings, as ICC(3,1)"),
)


@dataclass(frozen=True, eq=False)
class Icc(Shown):
    """The six intraclass correlations of subjects and raters (or sessions).

    Parameters
    ----------
    forms
        `form, mcgraw_wong, icc, low, high, f, df1, df2, p_value, meaning`; p is that of no
        correlation.
    subjects, raters
        How many entered.
    missing_cells
        Ratings that are not there, of subjects × raters.
    rule
        What was done about them: `complete`, `mixed` or `drop`.
    left_out
        Subjects not used.
    level
        Of the intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> readers = {"a": [1.0, 2.0, 3.0, 4.0], "b": [2.0, 3.0, 4.0, 5.0]}  # b reads 1 more
    >>> volumes = pd.DataFrame({"subject": range(4), **readers}).melt("subject", var_name="rater")
    >>> result = stats.icc(volumes)
    >>> round(float(result["ICC(3,1)"]["icc"]), 3)  # consistent
    1.0
    >>> round(float(result["ICC(2,1)"]["icc"]), 3)  # but apart: 5/3 of 5/3 + 1/2
    0.769

    """

    shows = "forms"

    forms: pd.DataFrame
    subjects: int
    raters: int
    missing_cells: int
    rule: str
    left_out: int
    level: float

    def __getitem__(self, form: str) -> "pd.Series":
        """Return one form's row, by either name: `result["ICC(2,1)"]`, `result["ICC(A,1)"]`."""
        named = self.forms[(self.forms["form"] == form) | (self.forms["mcgraw_wong"] == form)]
        if named.empty:
            raise InputError(f"found {form!r}, expected one of {', '.join(f[0] for f in FORMS)}")
        return named.iloc[0]

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        single = self["ICC(2,1)"]
        gaps = {
            "complete": "",
            "mixed": f" {self.missing_cells} of {self.subjects * self.raters} ratings are missing; "
            "variance components by restricted likelihood.",
            "drop": f" {self.left_out} subjects with a missing rating were left out.",
        }
        return (
            f"Agreement of single ratings, ICC(2,1): {single['icc']:.3f} ({single['low']:.3f} to "
            f"{single['high']:.3f}), {self.subjects} subjects by {self.raters} raters."
            f"{gaps[self.rule]}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw the six coefficients and their intervals."""
        label = f"Intraclass correlation ({self.level:.0%} interval)"
        forest_plot(axes, self.forms, label, names=self.forms["form"], estimate="icc", none=None)
        axes.set_xlim(right=1.02)


def icc(
    table: pd.DataFrame,
    *,
    subject: str = "subject",
    rater: str = "rater",
    value: str = "value",
    missing: Missing = "mixed",
    level: float = LEVEL,
) -> Icc:
    """Return the six intraclass correlations with their intervals.

    Parameters
    ----------
    table
        One row per rating. Rows with a missing value are missing ratings.
    subject, rater, value
        The columns; a rater may be a reader, a scanner or a session.
    missing
        Where some subject lacks a rater. `mixed`: every rating is used; the variance components
        of subjects, raters and residual are estimated by restricted likelihood (missing at
        random), and the intervals take the mean squares those would have in a table with the
        harmonic mean number of ratings. `drop`: subjects lacking a rating are left out.
    level
        Confidence level.

    Notes
    -----
    Estimates and F intervals: Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420; McGraw & Wong
    1996, doi:10.1037/1082-989X.1.1.30. ICC(1,1) of an incomplete table: Thomas & Hultquist 1978,
    doi:10.1214/aos/1176344202. In a complete table an estimate may be negative, as there.

    Raises
    ------
    InputError
        If a column is absent, a subject has two ratings by one rater, or fewer than two subjects
        or raters are left.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> # Six targets and four judges of Shrout & Fleiss 1979, table 2.
    >>> ratings = {"a": [9, 6, 8, 7, 10, 6], "b": [2, 1, 4, 1, 5, 2],
    ...            "c": [5, 3, 6, 2, 6, 4], "d": [8, 2, 8, 6, 9, 7]}
    >>> table = pd.DataFrame({"subject": range(6), **ratings}).melt("subject", var_name="rater")
    >>> stats.icc(table).forms.head(3)[["form", "icc"]].round(2).to_numpy().tolist()  # table 4
    [['ICC(1,1)', 0.17], ['ICC(2,1)', 0.29], ['ICC(3,1)', 0.71]]

    """
    check_level(level)
    check_choice("missing", missing, ("mixed", "drop"))
    cells = _cells(table, subject, rater, value)
    gaps, everyone = int(cells.isna().sum().sum()), len(cells)
    rule = missing if gaps else "complete"
    if rule == "drop":
        cells = cells.dropna()
    count, raters = cells.shape
    if count < 2 or raters < 2:
        raise InputError(
            f"found {count} {'complete ' if rule == 'drop' else ''}subjects and {raters} raters; "
            "expected two or more of both"
        )
    ratings = cells.to_numpy()
    _check_spread(ratings)
    two_way = by_variance_components(ratings) if rule == "mixed" else of_complete_cells(ratings)
    single = [
        _consistency(within_subjects(ratings), level),
        _agreement(two_way, level),
        _consistency(two_way, level),
    ]
    return Icc(
        forms=_named(single, raters),
        subjects=count,
        raters=raters,
        missing_cells=gaps,
        rule=rule,
        left_out=everyone - count,
        level=level,
    )


def _cells(table: pd.DataFrame, subject: str, rater: str, value: str) -> pd.DataFrame:
    """Return ratings as subjects × raters; NaN where there is none."""
    names = [subject, rater, value]
    require_columns(table, names)
    rows = table[names].dropna(subset=[value])
    if not pd.api.types.is_numeric_dtype(rows[value]) or not np.isfinite(rows[value]).all():
        raise InputError(f"{value}: expected finite numbers")
    if rows[[subject, rater]].isna().any(axis=None):
        raise InputError(f"{subject} or {rater} is blank in a row with a value")
    twice = rows[rows.duplicated([subject, rater])]
    if len(twice):
        first = twice.iloc[0]
        raise InputError(
            f"{subject} {first[subject]} has two values of {rater} {first[rater]}; expected one: "
            "choose one biomarker, region and day, or average replicates first"
        )
    return rows.set_index([subject, rater])[value].astype(float).unstack(rater)  # noqa: PD010


def _check_spread(ratings: Floats) -> None:
    if np.nanmax(ratings) == np.nanmin(ratings):
        raise InputError(f"every rating is {np.nanmax(ratings):g}; there is no spread to divide")
    largest = float(np.nanmax(np.abs(ratings)))
    if not 1e-70 < largest < 1e70:  # squares of squares are taken
        raise InputError(f"ratings are as large as {largest:g}; give them in another unit")
    several = (~np.isnan(ratings)).sum(axis=1) > 1
    if several.sum() < 2:
        raise InputError("fewer than two subjects have more than one rating")


_Form = tuple[float, float, float, float, float, float]


def _consistency(squares: MeanSquares, level: float) -> _Form:
    """ICC(3,1), where raters do not count; ICC(1,1), where they are part of the error."""
    f, df1, df2 = squares.f, squares.df_rows, squares.df_error
    limits = (f, *f_limits(f, df1, df2, level))
    icc, low, high = (1.0 if np.isinf(r) else (r - 1) / (r + squares.k - 1) for r in limits)
    return icc, low, high, f, df1, df2


def _agreement(squares: MeanSquares, level: float) -> _Form:
    """ICC(2,1): raters count; the interval takes Satterthwaite's degrees of freedom."""
    n, k, df1, df2 = squares.n, squares.k, squares.df_rows, squares.df_error
    rows, columns, error = squares.rows, squares.columns, squares.error
    estimate = _single_agreement(squares)
    a = k * estimate / (n * (1 - estimate)) if estimate < 1 else 0.0
    b = 1 + a * (n - 1)
    uncertainty = (a * columns) ** 2 / squares.df_columns + (b * error) ** 2 / df2
    if error == 0 or uncertainty == 0:
        # Satterthwaite's degrees of freedom are not defined.
        return float(estimate), np.nan, np.nan, squares.f, df1, df2
    v = (a * columns + b * error) ** 2 / uncertainty
    tail = (1 + level) / 2
    up, down = stats.f.ppf(tail, df1, v), stats.f.ppf(tail, v, df1)
    rest = k * columns + (k * n - k - n) * error
    low = n * (rows - up * error) / (up * rest + n * rows)
    high = n * (down * rows - error) / (rest + n * down * rows)
    return float(estimate), float(low), float(high), squares.f, df1, df2


def agreement_of_single_ratings(ratings: Floats) -> Floats:
    """Return ICC(A,1) of many sets of ratings at once.

    Parameters
    ----------
    ratings
        Sets × subjects × raters. A set with a missing rating is estimated by restricted
        likelihood, as in `icc`; subjects and raters without any rating are left out of it.

    Returns
    -------
    array (sets,)
        NaN where no rating differs from another, or too few tell subjects and raters apart.

    """
    return np.array([_agreement_of_set(each) for each in ratings], dtype=float)


def _agreement_of_set(ratings: Floats) -> float:
    there = ~np.isnan(ratings)
    ratings = ratings[there.any(axis=1)][:, there.any(axis=0)]
    df_error = int(there.sum()) - sum(ratings.shape) + 1
    if df_error < 1 or not np.nanmax(ratings) > np.nanmin(ratings):
        return float("nan")
    make = by_variance_components if np.isnan(ratings).any() else of_complete_cells
    return _single_agreement(make(ratings))


def _single_agreement(squares: MeanSquares) -> float:
    rows, error, k = squares.rows, squares.error, squares.k
    return float(
        (rows - error) / (rows + (k - 1) * error + k * (squares.columns - error) / squares.n)
    )


def f_limits(f: float, df1: float, df2: float, level: float) -> tuple[float, float]:
    """Return the limits of a ratio of true mean squares, given the observed one."""
    tail = (1 + level) / 2
    return f / float(stats.f.ppf(tail, df1, df2)), f * float(stats.f.ppf(tail, df2, df1))


def _named(forms: list[_Form], raters: int) -> pd.DataFrame:
    """Name the single forms and add those of the mean of k ratings."""
    single = pd.DataFrame(forms, columns=["icc", "low", "high", "f", "df1", "df2"])
    averaged = single.copy()
    for name in ("icc", "low", "high"):
        # Spearman and Brown; beyond its pole, at −1/(k − 1), nothing is known.
        below = 1 + (raters - 1) * single[name]
        averaged[name] = (raters * single[name] / below).where(below > 0)
    both = pd.concat([single, averaged], ignore_index=True)
    both["p_value"] = stats.f.sf(both["f"], both["df1"], both["df2"])
    names = pd.DataFrame(FORMS, columns=["form", "mcgraw_wong", "meaning"])
    columns = ["form", "mcgraw_wong", *both.columns, "meaning"]
    return names.join(both)[columns]
