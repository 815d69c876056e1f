"""Cases with arrays and known truth: tables, arrays by case, and what the best rule would reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError

Case = tuple[str, str]


@dataclass(frozen=True, eq=False)
class ArrayCohort:
    """Cases made in memory; `predict.Cohort.from_tables` and `with_array` take the parts.

    Parameters
    ----------
    rows
        A row per case: `subject`, where there are such `lesion` and `site`, and features.
    participants
        A row per subject: the outcome, and what is known clinically.
    arrays
        By name and case (subject, lesion); lesion is empty where a subject is one case.
    score
        What the outcome truly hangs on, of each case in the order of `rows`.
    oracle
        Area under the ROC curve of who knows `score`, in the population; .5 where labels are drawn.
    where
        Pixels of a slice that hold the signal, (y, x); None where that differs between cases.

    Examples
    --------
    >>> from biomarkers import predict, simulate
    >>> made = simulate.slices_in_order(patients=20, seed=1)
    >>> cohort = predict.Cohort.from_tables(made.rows, made.participants, outcome="response")
    >>> cohort.with_array("slices", made.arrays["slices"]).arrays["slices"].shape
    (20, 5, 24, 24)

    """

    rows: pd.DataFrame
    participants: pd.DataFrame
    score: FloatArray
    oracle: float
    arrays: Mapping[str, Mapping[Case, FloatArray]] = field(default_factory=dict)
    where: BoolArray | None = None


def names_of(count: int, letter: str = "s") -> list[str]:
    """Return names of subjects; `InputError` where their number is impossible."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 2:
        raise InputError(f"found {count!r} subjects; expected a whole number from 2")
    return [f"{letter}{number:03d}" for number in range(1, count + 1)]


def by_case(names: Sequence[str], values: FloatArray) -> dict[Case, FloatArray]:
    """Return the array of each subject, each of whom is one case."""
    return {(name, ""): value for name, value in zip(names, values, strict=True)}


def logistic_auc(sd: float) -> float:
    """Return the area under the curve of a score s, normal with mean 0, if P(1) = 1 / (1 + e^-s).

    ``AUC = ∫ f1(s) F0(s) ds``, the densities f1 ∝ P(1) φ and f0 ∝ P(0) φ summed on a fine grid.
    """
    score = np.linspace(-8.0 * sd, 8.0 * sd, 8001)
    density, chance = np.exp(-0.5 * (score / sd) ** 2), 1.0 / (1.0 + np.exp(-score))
    positive, negative = density * chance, density * (1.0 - chance)
    below = np.cumsum(negative) - negative / 2.0
    return float((positive @ below) / positive.sum() / negative.sum())
