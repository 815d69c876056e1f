"""Results of linear models: coefficients, means and their differences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.results.drawing import beside
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.intervals import check_level
from biomarkers.stats.longitudinal.design import Design
from biomarkers.stats.longitudinal.inference import Inference, independent_rows
from biomarkers.stats.longitudinal.reference_grid import (
    difference_rows,
    interaction_rows,
    mean_rows,
)
from biomarkers.stats.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class LinearResult(Shown):
    """Coefficients of a linear model, with standard errors and degrees of freedom.

    Parameters
    ----------
    title
        The model in one sentence.
    design
        The data.
    beta
        Coefficients, (P,).
    inference
        Their uncertainty.
    within
        Variables whose levels are kept apart unless asked otherwise, such as the visit.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> table = pd.DataFrame({"change": [-0.1, 0.1, -0.6, -0.4], "group": ["a", "a", "b", "b"]})
    >>> fit = stats.ancova(table, "change ~ group")
    >>> fit.table[["term", "estimate"]].round(3).to_numpy().tolist()
    [['Intercept', 0.0], ['group[T.b]', -0.5]]

    """

    title: str
    design: Design
    beta: Floats
    inference: Inference
    within: tuple[str, ...]

    @property
    def headline(self) -> str:
        """The model in one sentence, and what it had to leave out."""
        missing = self.design.n_missing
        rows = f"{missing} row{'s' if missing != 1 else ''}"
        return f"{self.title}; {rows} with a missing value left out" if missing else self.title

    @property
    def table(self) -> pd.DataFrame:
        """The coefficients: `term`, then `estimate`, `se`, `df`, `t`, `p_value`, `low`, `high`.

        The interval is of 95 %.
        """
        labels = pd.DataFrame({"term": self.design.terms})
        return self._estimates(labels, np.eye(self.beta.size), level=0.95)

    def lsmeans(
        self, factor: str, *, by: str | Sequence[str] | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Return the least-squares mean at each level of a factor.

        Parameters
        ----------
        factor
            A categorical variable of the formula.
        by
            Further variables whose levels are kept apart; None: the visit, if the model has
            one. `()` averages over everything else.
        level
            Confidence level.

        Returns
        -------
        DataFrame
            One row per level (and visit): `factor`, `by`, then as `table`.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> table = pd.DataFrame({"change": [-0.1, 0.1, -0.6, -0.4], "group": ["a", "a", "b", "b"]})
        >>> means = stats.ancova(table, "change ~ group").lsmeans("group")
        >>> means[["group", "estimate"]].round(3).to_numpy().tolist()
        [['a', 0.0], ['b', -0.5]]

        """
        labels, rows = mean_rows(self.design, [factor, *self._strata(factor, by)])
        return self._estimates(labels, rows, level=level)

    def contrasts(
        self,
        what: str | ArrayLike,
        *,
        by: str | Sequence[str] | None = None,
        against: object | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Return differences between least-squares means, or any combination of coefficients.

        Parameters
        ----------
        what
            A categorical variable of the formula, whose levels are compared; or a matrix (C, P)
            of combinations of the coefficients, in the order of `table`.
        by
            Variables within whose levels the comparison is made; None: the visit, if the model
            has one. `()` averages over everything else.
        against
            Compare all other levels with this one; None compares all pairs, later less earlier.
        level
            Confidence level; not adjusted for the number of contrasts.

        Returns
        -------
        DataFrame
            One row per contrast: `contrast`, `by`, then as `table`.

        Raises
        ------
        InputError
            If the variable, a level or the shape of the matrix does not fit the model.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> table = pd.DataFrame({"change": [-0.1, 0.1, -0.6, -0.4, -0.8, -0.6],
        ...                       "group": ["vehicle", "vehicle", "low", "low", "high", "high"]})
        >>> fit = stats.ancova(table, "change ~ group")
        >>> differences = fit.contrasts("group", against="vehicle")
        >>> differences[["contrast", "estimate"]].round(3).to_numpy().tolist()
        [['high - vehicle', -0.7], ['low - vehicle', -0.5]]

        """
        if not isinstance(what, str):
            labels, rows = self._combinations(what)
        else:
            means = mean_rows(self.design, [what, *self._strata(what, by)])
            labels, rows = difference_rows(*means, what, against=against)
        return self._estimates(labels, rows, level=level)

    def f_test(self, what: str | Sequence[str] | ArrayLike) -> pd.DataFrame:
        """Test several combinations of the coefficients at once.

        Parameters
        ----------
        what
            A categorical variable (are its means equal?), several of them (do they interact?),
            or a matrix (C, P) of combinations that the hypothesis says are zero.

        Returns
        -------
        DataFrame
            One row: `hypothesis`, `f`, `df_numerator`, `df_denominator`, `p_value`.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> table = pd.DataFrame({"change": [-0.1, 0.1, -0.6, -0.4], "group": ["a", "a", "b", "b"]})
        >>> test = stats.ancova(table, "change ~ group").f_test("group")
        >>> round(float(test["f"][0]), 2)  # 0.25 between, 0.02 within
        12.5

        """
        names = [what] if isinstance(what, str) else list(np.asarray(what, dtype=object).flat)
        if all(isinstance(name, str) for name in names):
            label, rows = ":".join(map(str, names)), interaction_rows(self.design, names)
        else:
            label, rows = "combinations", self._combinations(what)[1]
        test = self.inference.f_test(independent_rows(rows), self.beta)
        p_value = stats.f.sf(test.statistic, test.df_numerator, test.df_denominator)
        return pd.DataFrame(
            {
                "hypothesis": [f"{label} = 0"],
                "f": [test.statistic],
                "df_numerator": [test.df_numerator],
                "df_denominator": [test.df_denominator],
                "p_value": [float(p_value)],
            }
        )

    def draw(self, axes: Axes) -> None:
        """Draw the means at each visit by the first other factor; else the coefficients."""
        others = [name for name in self.design.factors if name not in self.within]
        if not (self.within and set(self.within) <= set(self.design.factors)):
            rows = self.table[self.table["term"] != "Intercept"]
            forest_plot(axes, rows, "coefficient (95 % interval)", names=rows["term"])
        else:
            self._draw_means(axes, others[:1])

    def _draw_means(self, axes: Axes, factors: Sequence[str]) -> None:
        visit = self.within[0]
        means = self.lsmeans(visit, by=factors)
        groups = (
            means.groupby(list(factors), sort=False, observed=True) if factors else [("", means)]
        )
        for number, (name, rows) in enumerate(groups):
            place = beside(np.arange(len(rows)), number, len(groups))
            reach = np.abs(rows[["low", "high"]].to_numpy().T - rows["estimate"].to_numpy())
            axes.errorbar(place, rows["estimate"], yerr=reach, marker="o", label=_text(name))
        axes.set_xticks(range(len(self.design.factors[visit])))
        axes.set_xticklabels([str(level) for level in self.design.factors[visit]])
        axes.set(xlabel=visit, ylabel=f"{self.design.outcome} (mean, 95 % interval)")
        if factors:
            axes.legend(title=factors[0])

    def _strata(self, factor: str, by: str | Sequence[str] | None) -> list[str]:
        if by is None:
            return [n for n in self.within if n != factor and n in self.design.factors]
        return [by] if isinstance(by, str) else list(by)

    def _combinations(self, matrix: ArrayLike) -> tuple[pd.DataFrame, Floats]:
        rows = np.atleast_2d(np.asarray(matrix, dtype=float))
        if rows.ndim != 2 or rows.shape[1] != self.beta.size or not np.all(np.isfinite(rows)):
            raise InputError(
                f"combinations have shape {rows.shape}, expected finite numbers "
                f"(contrasts, {self.beta.size}): one column per coefficient of .table"
            )
        if not np.all(np.any(rows != 0, axis=1)):
            raise InputError("a combination of the coefficients is all zero")
        return pd.DataFrame({"contrast": [f"L{i + 1}" for i in range(len(rows))]}), rows

    def _estimates(self, labels: pd.DataFrame, rows: Floats, *, level: float) -> pd.DataFrame:
        check_level(level)
        estimate = rows @ self.beta
        se = np.sqrt(np.einsum("ca,ab,cb->c", rows, self.inference.covariance, rows))
        df = np.array([self.inference.df(row) for row in rows])
        t = estimate / se
        reach = stats.t.ppf(0.5 + level / 2, df) * se
        p_value = 2 * stats.t.sf(abs(t), df)
        return labels.assign(
            estimate=estimate, se=se, df=df, t=t, p_value=p_value,
            low=estimate - reach, high=estimate + reach,
        )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class MixedResult(LinearResult):
    """A linear model of correlated measurements.

    Parameters
    ----------
    covariance
        Estimated covariance of the visits, or of the random effects.
    parameters
        Covariance parameters: `parameter`, `estimate`, `se` (from the observed information).
    log_likelihood
        Restricted or full, at its maximum; as PROC MIXED, without the term in the log
        determinant of X'X.
    restricted
        Whether the likelihood is restricted.
    n_subjects, n_observations
        That have at least one measurement; and their measurements.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> table = pd.DataFrame({"subject": [1, 2, 3, 4] * 2, "visit": ["d3"] * 4 + ["d7"] * 4,
    ...                       "change": [1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 4.0, 3.0]})
    >>> fit = stats.mmrm(table, "change ~ visit")
    >>> fit.covariance.round(3).to_numpy().tolist()  # nobody is missing: that of the sample
    [[1.667, 1.0], [1.0, 1.667]]

    """

    covariance: pd.DataFrame
    parameters: pd.DataFrame
    log_likelihood: float
    restricted: bool
    n_subjects: int
    n_observations: int

    @property
    def n_parameters(self) -> int:
        """Parameters that AIC and BIC count: under REML, those of the covariance only."""
        return len(self.parameters) + (0 if self.restricted else self.beta.size)

    @property
    def aic(self) -> float:
        """Akaike's criterion; comparable between covariance structures of one formula."""
        return -2 * self.log_likelihood + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the number of subjects as sample size."""
        return -2 * self.log_likelihood + float(np.log(self.n_subjects)) * self.n_parameters

    @property
    def correlation(self) -> pd.DataFrame:
        """The covariance as correlations; NaN where nothing varies.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> table = pd.DataFrame({"subject": [1, 2, 3, 4] * 2, "visit": ["d3"] * 4 + ["d7"] * 4,
        ...                       "change": [1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 4.0, 3.0]})
        >>> fit = stats.mmrm(table, "change ~ visit")
        >>> fit.correlation.round(3).to_numpy().tolist()
        [[1.0, 0.6], [0.6, 1.0]]

        """
        scale = np.outer(self.sd, self.sd)
        correlation = self.covariance.copy()
        correlation[:] = self.covariance.to_numpy() / np.where(scale > 0, scale, np.nan)
        return correlation

    @property
    def sd(self) -> "pd.Series[float]":
        """Standard deviations: square roots of the diagonal of the covariance.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import stats
        >>> table = pd.DataFrame({"subject": [1, 2, 3, 4] * 2, "visit": ["d3"] * 4 + ["d7"] * 4,
        ...                       "change": [1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 4.0, 3.0]})
        >>> fit = stats.mmrm(table, "change ~ visit")
        >>> fit.sd.round(3).to_dict()  # √(5/3)
        {'d3': 1.291, 'd7': 1.291}

        """
        values: Floats = np.sqrt(np.diagonal(self.covariance.to_numpy()))
        return pd.Series(values, index=self.covariance.index, name="sd")

    def summary(self) -> str:
        """Return the model, its coefficients and its covariance as text."""
        criteria = (
            f"log likelihood {self.log_likelihood:.4f}, AIC {self.aic:.2f}, BIC {self.bic:.2f}"
        )
        covariance = self.covariance.to_string(float_format=lambda value: f"{value:.4g}")
        return f"{super().summary()}\n\ncovariance\n{covariance}\n\n{criteria}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **super().to_dict(),
            "covariance": self.covariance.to_numpy().tolist(),
            "parameters": self.parameters.to_dict(orient="records"),
            "aic": self.aic,
            "bic": self.bic,
            "n_missing": self.design.n_missing,
        }


def _text(name: Any) -> str:
    return ", ".join(map(str, name)) if isinstance(name, tuple) else str(name)
