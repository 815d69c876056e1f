"""The result of a Cox model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import linalg, stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.drawing import Axes, as_ratios, forest_plot
from biomarkers.stats.shown import Shown, p_text
from biomarkers.stats.survival.cox_fit import Optimum, profile_limits
from biomarkers.stats.survival.partial_likelihood import PartialLikelihood
from biomarkers.stats.survival.proportional_hazards import (
    ProportionalHazards,
    Transform,
    proportionality,
)


@dataclass(frozen=True, eq=False)
class CoxModel(Shown):
    """A fitted Cox model.

    Parameters
    ----------
    likelihood, optimum
        Of the covariates, each centred and divided by its `scale`.
    terms
        Names of the coefficients.
    scale
        Standard deviation of each covariate.
    level
        Confidence level.
    clusters
        Number of each row's cluster, if standard errors are to be robust.
    start, stop, event
        Of each row; the start may be −∞.
    n_missing
        Rows left out because something was missing.
    note
        What else the headline has to say.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> people = sample_data.participants()
    >>> model = stats.cox(people, "responder", time="days_on_study", event="died")
    >>> model.table[["term", "hazard_ratio"]].round(2).to_numpy().tolist()
    [['responder', 0.09]]

    """

    likelihood: PartialLikelihood = field(repr=False)
    optimum: Optimum = field(repr=False)
    terms: tuple[str, ...]
    scale: Floats = field(repr=False)
    level: float
    clusters: Whole | None = field(repr=False)
    start: Floats = field(repr=False)
    stop: Floats = field(repr=False)
    event: Bools = field(repr=False)
    n_missing: int
    note: str = ""

    @property
    def coefficients(self) -> Floats:
        """Logarithm of the hazard ratio per unit of each covariate, (P,)."""
        return self.optimum.beta / self.scale

    @cached_property
    def covariance(self) -> Floats:
        """Of the coefficients, (P, P): robust where clusters were named.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> model = stats.cox(people, "responder", time="days_on_study", event="died")
        >>> model.covariance.shape, float(np.sqrt(model.covariance[0, 0]).round(2))
        ((1, 1), 0.82)

        """
        spread = self._naive if self.clusters is None else self._robust(self.clusters)
        return spread / np.outer(self.scale, self.scale)

    @property
    def table(self) -> pd.DataFrame:
        """One row per term.

        `term, estimate, se, z, p_value, hazard_ratio, low, high`: the logarithm of the hazard
        ratio per unit with its standard error and Wald test; the hazard ratio with its interval.
        """
        estimate, se = self.coefficients, np.sqrt(np.diag(self.covariance))
        half = float(stats.norm.ppf((1 + self.level) / 2)) * se
        with np.errstate(over="ignore"):
            ratio, low, high = np.exp([estimate, estimate - half, estimate + half])
        return pd.DataFrame(
            {
                "term": self.terms,
                "estimate": estimate,
                "se": se,
                "z": estimate / se,
                "p_value": 2 * stats.norm.sf(np.abs(estimate / se)),
                "hazard_ratio": ratio,
                "low": low,
                "high": high,
            }
        )

    @property
    def tests(self) -> pd.DataFrame:
        """Tests that no covariate matters: `test, statistic, df, p_value`.

        Likelihood ratio (of the penalised likelihood, if there is a penalty), Wald (robust, if
        the standard errors are) and score, which without ties is the log-rank test for groups.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> model = stats.cox(people, "responder", time="days_on_study", event="died")
        >>> model.tests[["test", "statistic"]].round(2).to_numpy().tolist()
        [['likelihood_ratio', 11.33], ['wald', 8.65], ['score', 12.33]]
        >>> log_rank = stats.log_rank(people, time="days_on_study", event="died", group="responder")
        >>> round(log_rank.statistic, 2)
        12.33

        """
        df = len(self.terms)
        nothing = self.likelihood.at(np.zeros(df))
        slope = np.sum([part.score for part in nothing.parts], axis=0)
        statistics = {
            "likelihood_ratio": 2 * (self.optimum.value - nothing.value),
            "wald": _quadratic(self.coefficients, self.covariance),
            "score": _quadratic(slope, nothing.information),
        }
        rows = [(name, value, df, stats.chi2.sf(value, df)) for name, value in statistics.items()]
        return pd.DataFrame(rows, columns=["test", "statistic", "df", "p_value"])

    @property
    def headline(self) -> str:
        """The hazard ratios in one sentence, and what they rest on."""
        kind = "Cox model with Firth's penalty" if self.likelihood.penalised else "Cox model"
        rows = f" {self.n_missing} rows with a missing value left out." if self.n_missing else ""
        return (
            f"{kind} of {len(self.stop)} rows with {int(self.event.sum())} events: hazard ratio "
            f"{'; '.join(self._ratios())}.{rows}{self.note}"
        )

    def _ratios(self) -> Iterator[str]:
        for row in self.table.to_dict("records"):
            yield (
                f"{row['term']} {row['hazard_ratio']:.3g} ({self.level:.0%} interval "
                f"{row['low']:.3g} to {row['high']:.3g}), {p_text(row['p_value'])}"
            )

    def profile_intervals(self) -> pd.DataFrame:
        """Return hazard ratios with intervals from the (penalised) profile likelihood.

        They need not be symmetric in the logarithm, and stay true where Wald's fail: few
        events, large effects. A limit that the likelihood never reaches is 0 or infinite.

        Returns
        -------
        DataFrame
            `term, hazard_ratio, low, high, p_value`; the p-value is of the likelihood ratio.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> model = stats.cox(people, "responder", time="days_on_study", event="died")
        >>> model.profile_intervals()[["hazard_ratio", "low", "high"]].round(2).to_numpy().tolist()
        [[0.09, 0.01, 0.38]]

        """
        rows = []
        for index, term in enumerate(self.terms):
            low, high, p_value = profile_limits(
                self.likelihood, self.optimum, index, level=self.level
            )
            limits = np.array([self.optimum.beta[index], low, high]) / self.scale[index]
            with np.errstate(over="ignore"):
                rows.append((term, *np.exp(limits), p_value))
        return pd.DataFrame(rows, columns=["term", "hazard_ratio", "low", "high", "p_value"])

    def proportional_hazards(self, transform: Transform = "km") -> ProportionalHazards:
        """Test whether each hazard ratio stays the same over time.

        Parameters
        ----------
        transform
            Of time, along which a coefficient may change: `km` (share with the event so far),
            `rank`, `identity` or `log`.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> model = stats.cox(people, "responder", time="days_on_study", event="died")
        >>> tests = model.proportional_hazards("rank").tests
        >>> tests[["term", "df"]].to_numpy().tolist(), bool(tests["p_value"].min() > 0.05)
        ([['responder', 1], ['all together', 1]], True)

        """
        if self.likelihood.penalised:
            raise InputError("the test of proportional hazards is for a model without penalty")
        followed = self.start, self.stop, self.event
        return proportionality(self.optimum, transform, self.terms, self.scale, followed)

    def draw(self, axes: Axes) -> None:
        """Draw the hazard ratios with their intervals."""
        label = f"hazard ratio ({self.level:.0%} interval)"
        forest_plot(axes, self.table, label, names=self.terms, estimate="hazard_ratio", none=1)
        as_ratios(axes, "x")

    @property
    def _naive(self) -> Floats:
        return np.asarray(linalg.pinvh(self.optimum.information))

    def _robust(self, clusters: Whole) -> Floats:
        parts = [part.score_residuals for part in self.optimum.parts]
        influence = self.likelihood.by_row(parts) @ self._naive
        summed = np.zeros((clusters.max() + 1, len(self.terms)))
        np.add.at(summed, clusters, influence)
        return np.asarray(summed.T @ summed)


def _quadratic(vector: Floats, spread: Floats) -> float:
    return float(vector @ linalg.solve(spread, vector, assume_a="sym"))
