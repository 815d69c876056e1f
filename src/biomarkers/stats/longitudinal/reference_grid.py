"""Means of a linear model over a balanced population (least-squares means).

Every combination of the levels of the categorical variables counts the same, and numeric
variables stand at their mean over the rows in use, as LSMEANS of SAS and emmeans of R do it.

Statsmodels has no least-squares means.

References
----------
Searle, Speed and Milliken, Am Stat 1980;34:216.

"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal.design import Design


def mean_rows(
    design: Design, over: Sequence[str], *, at: Mapping[str, float] | None = None
) -> tuple[pd.DataFrame, Floats]:
    """Return what to multiply the coefficients with for the mean at each level.

    Parameters
    ----------
    design
        The model.
    over
        Categorical variables; the mean is taken over all others.
    at
        Values of numeric variables, instead of their means.

    Returns
    -------
    levels : DataFrame
        One row per combination of the levels of `over`, the last varying fastest.
    rows : ndarray
        Combinations of the coefficients, (levels, P).

    Raises
    ------
    InputError
        If a name of `over` is no categorical variable of the formula.

    """
    unknown = [name for name in over if name not in design.factors]
    if unknown:
        known = ", ".join(design.factors) or "none"
        numeric = [name for name in unknown if name in design.data]
        advice = (
            f"; {numeric[0]} holds numbers and entered as a slope: write C({numeric[0]}) in the "
            "formula if they stand for groups"
            if numeric
            else ""
        )
        raise InputError(
            f"{', '.join(unknown)}: not a categorical variable of {design.formula!r}; "
            f"those are {known}{advice}"
        )
    order = [*over, *(name for name in design.factors if name not in over)]
    product = itertools.product(*(design.factors[name] for name in order))
    grid = pd.DataFrame(list(product), columns=order)
    for name in order:
        # The model's own order of levels, whatever is absent from the grid.
        grid[name] = pd.Categorical(grid[name], categories=design.factors[name])
    numbers = {**design.means, **(at or {})}
    rows = design.rows_for(grid.assign(**numbers) if order else pd.DataFrame(numbers, index=[0]))
    count = int(np.prod([len(design.factors[name]) for name in over], initial=1))
    averaged = rows.reshape(count, -1, rows.shape[1]).mean(axis=1)
    levels = list(itertools.product(*(design.factors[name] for name in over)))
    return pd.DataFrame(levels, columns=list(over), index=range(count)), averaged


def difference_rows(
    levels: pd.DataFrame, rows: Floats, factor: str, *, against: object | None
) -> tuple[pd.DataFrame, Floats]:
    """Return the differences between levels of one factor, within levels of the others.

    Parameters
    ----------
    levels, rows
        As `mean_rows` gives them, with `factor` among the columns.
    factor
        The variable whose levels are compared.
    against
        Compare with this level only; None compares all pairs, later less earlier.

    Raises
    ------
    InputError
        If `against` is not a level, or there is only one.

    """
    known = list(dict.fromkeys(levels[factor]))
    if against is not None and against not in known:
        raise InputError(
            f"against: found {against!r}, expected one of {', '.join(map(str, known))}"
        )
    if len(known) == 1:
        raise InputError(f"{factor} has one level, {known[0]}: nothing to compare")
    pairs = [
        (later, earlier) for earlier, later in itertools.combinations(known, 2) if against is None
    ] or [(level, against) for level in known if level != against]
    rest = [name for name in levels.columns if name != factor]
    labels, differences = [], []
    within = levels[rest].drop_duplicates() if rest else levels.iloc[:1][rest]
    for _, stratum in within.iterrows():
        here = (levels[rest] == stratum).all(axis=1).to_numpy()
        for later, earlier in pairs:
            upper = rows[here & (levels[factor] == later).to_numpy()][0]
            lower = rows[here & (levels[factor] == earlier).to_numpy()][0]
            labels.append({"contrast": f"{later} - {earlier}", **stratum.to_dict()})
            differences.append(upper - lower)
    return pd.DataFrame(labels, columns=["contrast", *rest]), np.array(differences)


def interaction_rows(design: Design, factors: Sequence[str]) -> Floats:
    """Return the contrasts that are all zero if `factors` do not act (jointly).

    For one factor: its means are equal. For several: differences of differences vanish.
    """
    _, rows = mean_rows(design, factors)
    contrast: Floats = np.ones((1, 1))
    for name in factors:
        size = len(design.factors[name])
        contrast = np.asarray(np.kron(contrast, np.eye(size)[1:] - np.eye(size)[:1]), dtype=float)
    return np.asarray(contrast @ rows)
