"""Models in which every subject has its own level and its own rate of change.

Statsmodels' `MixedLM` has no Kenward–Roger, and no residual that grows with the measurement.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biomarkers.errors import ConvergenceWarning, InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.longitudinal.design import Design, make_design
from biomarkers.stats.longitudinal.fit import (
    DF_LABELS,
    NoMaximumError,
    check_choices,
    reported,
)
from biomarkers.stats.longitudinal.linear_result import MixedResult
from biomarkers.stats.longitudinal.random_effects import (
    RandomEffects,
    Subjects,
    fit_random_effects,
)
from biomarkers.stats.longitudinal.reference_grid import difference_rows, mean_rows

# Number of random effects.
_EFFECTS = {"intercept": 1, "slope": 2}


@dataclass(frozen=True, eq=False, repr=False)
class RandomSlopes(MixedResult):
    """A model with a random intercept and slope for each subject.

    Parameters
    ----------
    time
        The variable whose slopes are meant.
    subjects
        Predicted deviation of each subject from the mean: `subject` and one column per random
        effect (best linear unbiased prediction: shrunken towards 0).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> rat, day = np.repeat(np.arange(6), 4), np.tile([0.0, 3.0, 6.0, 9.0], 6)
    >>> log = 3.5 + 0.2 * (rat % 2) + (0.07 + 0.02 * (rat % 3)) * day
    >>> log += np.tile([0.05, -0.05, -0.05, 0.05], 6)
    >>> table = pd.DataFrame({"subject": rat, "day": day, "log": log})
    >>> fit = stats.random_slopes(table, "log ~ day")
    >>> fit.table[["term", "estimate"]].round(3).to_numpy().tolist()
    [['Intercept', 3.6], ['day', 0.09]]

    """

    time: str
    subjects: pd.DataFrame

    def slopes(self, factor: str | None = None, *, level: float = 0.95) -> pd.DataFrame:
        """Return the mean rate of change per unit of time: at each level of a factor, or at all.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> rat, day = np.repeat(np.arange(6), 4), np.tile([0.0, 3.0, 6.0, 9.0], 6)
        >>> log = 3.5 + 0.2 * (rat % 2) + (0.07 + 0.02 * (rat % 3)) * day
        >>> log += np.tile([0.05, -0.05, -0.05, 0.05], 6)
        >>> table = pd.DataFrame({"subject": rat, "day": day, "log": log})
        >>> fit = stats.random_slopes(table, "log ~ day")
        >>> fit.slopes()["estimate"].round(3).tolist()  # the mean of 0.07, 0.09 and 0.11
        [0.09]

        """
        labels, rows = self._slope_rows(factor)
        return self._estimates(labels, rows, level=level)

    def slope_contrasts(self, factor: str, *, level: float = 0.95) -> pd.DataFrame:
        """Return differences of the mean rate of change between levels, later less earlier.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> rat, day = np.repeat(np.arange(8), 4), np.tile([0.0, 3.0, 6.0, 9.0], 8)
        >>> group = np.where(rat < 4, "control", "treated")
        >>> rate = np.where(rat < 4, 0.10, 0.04) + np.where(rat % 2, 0.01, -0.01)  # 1/day
        >>> noise = np.tile([0.05, -0.05, -0.05, 0.05], 8)
        >>> log = np.where(rat % 4 < 2, 3.5, 3.9) + rate * day + noise
        >>> table = pd.DataFrame({"subject": rat, "day": day, "group": group, "log": log})
        >>> fit = stats.random_slopes(table, "log ~ day * group")
        >>> fit.slope_contrasts("group")[["contrast", "estimate"]].round(3).to_numpy().tolist()
        [['treated - control', -0.06]]

        """
        labels, rows = difference_rows(*self._slope_rows(factor), factor, against=None)
        return self._estimates(labels, rows, level=level)

    def _slope_rows(self, factor: str | None) -> tuple[pd.DataFrame, Floats]:
        if self.time not in self.design.means:
            raise InputError(
                f"{self.design.formula!r} has no numeric term {self.time}, so there is no slope"
            )
        over = [] if factor is None else [factor]
        middle = self.design.means[self.time]
        labels, after = mean_rows(self.design, over, at={self.time: middle + 0.5})
        _, before = mean_rows(self.design, over, at={self.time: middle - 0.5})
        return labels, after - before


def random_slopes(
    table: pd.DataFrame,
    formula: str,
    *,
    subject: str = "subject",
    time: str = "day",
    random: str = "slope",
    residual: str = "constant",
    df: str = "kr",
) -> RandomSlopes:
    """Fit a linear mixed model with a random intercept and slope, by restricted likelihood.

    Parameters
    ----------
    table
        One row per measurement; rows with a missing value are left out.
    formula
        Outcome and terms, as in R: `"np.log(value) ~ day * group"`.
    subject, time
        The columns that say whose measurement it is, and when (a number).
    random
        `slope` (an intercept and a slope for each subject, correlated) or `intercept`.
    residual
        `constant`, or `power`: the residual's standard deviation grows as a power of the
        subject's expected measurement, re-estimated until it no longer moves.
    df
        As in `mmrm`.

    Returns
    -------
    RandomSlopes
        Coefficients in `table`; mean rates by `slopes`, their differences by `slope_contrasts`.

    Raises
    ------
    InputError
        If the table or the formula cannot be used, or the likelihood has no maximum.

    Warns
    -----
    ConvergenceWarning
        If the covariance of the random effects is singular: subjects do not differ in one of
        them beyond the residual. The standard errors then rest on the expected information.

    References
    ----------
    Laird and Ware, Biometrics 1982;38:963. Pinheiro and Bates, Mixed-Effects Models in S and
    S-PLUS (2000), section 5.2 (variance as a power of the mean).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> rat, day = np.repeat(np.arange(6), 4), np.tile([0.0, 3.0, 6.0, 9.0], 6)
    >>> rate = 0.09 + 0.02 * (rat % 3 - 1)  # 0.09/day, and what is each rat's own
    >>> log = np.where(rat < 3, 3.5, 3.9) + rate * day + np.tile([0.05, -0.05, -0.05, 0.05], 6)
    >>> table = pd.DataFrame({"subject": rat, "day": day, "value": np.exp(log)})
    >>> fit = stats.random_slopes(table, "np.log(value) ~ day")
    >>> fit.slopes()["estimate"].round(3).tolist()
    [0.09]

    """
    check_choices(df=df, method="reml")
    check_choice("random", random, _EFFECTS)
    check_choice("residual", residual, ("constant", "power"))
    design = make_design(table, formula, needs=[subject, time])
    model = RandomEffects(["intercept", time][: _EFFECTS[random]], power=residual == "power")
    subjects = _subjects(design, subject=subject, time=time, count=_EFFECTS[random])
    try:
        result, effects = fit_random_effects(subjects, model)
    except NoMaximumError as error:
        raise InputError(
            f"the likelihood has no maximum to report: {error}. Try random='intercept', "
            "residual='constant' or fewer terms"
        ) from error
    if result.singular:
        _warn_singular(model.effects)
    names = list(model.effects)
    who = [design.data[subject].iloc[own[0]] for own in subjects.rows]
    return RandomSlopes(
        title=(
            f"{formula}: random {' and '.join(names)} of {len(who)} subjects, "
            f"{len(design.y)} measurements, REML, {DF_LABELS[df]}"
        ),
        design=design,
        within=(),
        n_subjects=len(who),
        time=time,
        subjects=pd.DataFrame({"subject": who}).join(pd.DataFrame(effects, columns=names)),
        **reported(result, model, names, df=df, method="reml"),
    )


def _subjects(design: Design, *, subject: str, time: str, count: int) -> Subjects:
    if not pd.api.types.is_numeric_dtype(design.data[time]):
        raise InputError(f"column {time}: expected numbers, the time of each measurement")
    Z = np.column_stack([np.ones(len(design.y)), design.data[time].to_numpy(dtype=float)])
    rows = design.rows_of_each(subject)
    if max(len(own) for own in rows) <= count:
        raise InputError(
            f"no subject has more than {count} measurements: its own "
            f"{'line' if count > 1 else 'level'} cannot be told from the residual"
        )
    return Subjects(design, Z[:, :count], rows)


def _warn_singular(effects: Sequence[str]) -> None:
    simpler = "random='intercept'" if len(effects) > 1 else "mmrm or ancova"
    warnings.warn(
        f"the covariance of the random {' and '.join(effects)} is singular: the subjects do not "
        f"differ in one of them beyond the residual. Try {simpler}; standard errors rest on the "
        "expected information",
        ConvergenceWarning,
        stacklevel=3,
    )
