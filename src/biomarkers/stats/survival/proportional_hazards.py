"""Whether a hazard ratio stays the same over time.

Statsmodels' `PHReg` has Schoenfeld's residuals, but no test of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import linalg, stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.shown import Shown, p_text
from biomarkers.stats.survival.cox_fit import Optimum
from biomarkers.stats.survival.risk_table import risk_table

Transform = Literal["km", "rank", "identity", "log"]

_TOGETHER = "all together"


@dataclass(frozen=True, eq=False)
class ProportionalHazards(Shown):
    """The test of proportional hazards.

    Parameters
    ----------
    tests
        `term, statistic, df, p_value`, and a last row for all terms together.
    residuals
        Scaled Schoenfeld residuals: one row per event, `time` and a column per term. Their mean
        at a time is the coefficient at that time.
    transform
        Of time, along which a coefficient was allowed to change.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> people = sample_data.participants()
    >>> model = stats.cox(people, "responder", time="days_on_study", event="died")
    >>> result = model.proportional_hazards()
    >>> result.transform, len(result.residuals)  # one for each of the 13 deaths
    ('km', 13)

    """

    shows = "tests"

    tests: pd.DataFrame
    residuals: pd.DataFrame = field(repr=False)
    transform: str

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        together = self.tests.iloc[-1]["p_value"]
        worst = self.tests.iloc[:-1].sort_values("p_value").iloc[0]
        return (
            f"Do hazard ratios change over time ({self.transform})? All together "
            f"{p_text(together)}; the most, {worst['term']}, {p_text(worst['p_value'])}. A large "
            "p-value does not show that they are constant."
        )

    def draw(self, axes: Axes) -> None:
        """Draw the residuals of the term that changes most, with their running mean."""
        term = str(self.tests.iloc[:-1].sort_values("p_value").iloc[0]["term"])
        time, values = self.residuals["time"], self.residuals[term]
        axes.plot(time, values, "o", markersize=3, alpha=0.5)
        width = max(3, len(values) // 3)
        running = values.rolling(width, center=True, min_periods=width // 2 + 1).mean()
        axes.plot(time, running, color="C1")
        axes.axhline(0, color="0.6", linewidth=1)
        axes.set(xlabel="time", ylabel=f"coefficient of {term}")


def proportionality(
    optimum: Optimum,
    transform: Transform,
    terms: Sequence[str],
    scale: Floats,
    followed: tuple[Floats, Floats, Bools],
) -> ProportionalHazards:
    """Test whether coefficients change along a transform of time.

    Parameters
    ----------
    optimum
        Of the likelihood without penalty, of covariates divided by their `scale`.
    transform
        Of time.
    terms, scale
        Names of the covariates and their standard deviations.
    followed
        Start, stop and event of each row.

    The score test of a further covariate x·g(t) for each term and for all (Grambsch and Therneau
    1994, doi:10.1093/biomet/81.3.515, with the exact covariances of each risk set, as R's
    `cox.zph` since survival 3.0).

    Raises
    ------
    InputError
        If the transform is unknown.

    """
    parts = optimum.parts
    time = np.concatenate([part.stratum.sets.moments[part.stratum.sets.moment] for part in parts])
    residuals = np.concatenate([part.schoenfeld for part in parts])
    spreads = np.concatenate([part.covariances for part in parts])
    g = _transformed(time, transform, followed)
    scores = _scores(residuals, spreads, g - g.mean())
    rows = [
        (term, statistic, 1, stats.chi2.sf(statistic, 1))
        for term, statistic in zip(terms, scores[:-1], strict=True)
    ]
    df = len(terms)
    rows.append((_TOGETHER, scores[-1], df, stats.chi2.sf(scores[-1], df)))
    naive = linalg.pinvh(spreads.sum(axis=0))
    scaled = (optimum.beta + len(time) * residuals @ naive) / scale
    table = pd.DataFrame(scaled, columns=list(terms))
    table.insert(0, "time", time)
    return ProportionalHazards(
        tests=pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"]),
        residuals=table.sort_values("time", kind="stable", ignore_index=True),
        transform=transform,
    )


def _scores(residuals: Floats, spreads: Floats, g: Floats) -> list[float]:
    """Return the score statistic of each term's change, and of all."""
    slope = g @ residuals
    straight, mixed, square = (
        np.einsum("e,eab->ab", weight, spreads) for weight in (np.ones(len(g)), g, g**2)
    )
    # What is left of the changes when the constant coefficients have taken their share.
    left = square - mixed @ linalg.solve(straight, mixed, assume_a="sym")
    single = [float(u**2 / v) for u, v in zip(slope, np.diag(left), strict=True)]
    return [*single, float(slope @ linalg.pinvh(left) @ slope)]


def _transformed(
    time: Floats, transform: Transform, followed: tuple[Floats, Floats, Bools]
) -> Floats:
    check_choice("transform", transform, get_args(Transform))
    start, stop, event = followed
    if transform == "identity":
        return time
    if transform == "log":
        if not (time > 0).all():
            raise InputError("transform log: an event at time 0 has no logarithm")
        return np.log(time)
    if transform == "rank":
        in_order = np.sort(stop)
        sides = (np.searchsorted(in_order, time, side=side) for side in ("left", "right"))
        return np.asarray(sum(sides) / 2)
    counts = risk_table(stop, event, start)
    before = np.concatenate([[1.0], counts.survival])
    return 1 - before[np.searchsorted(counts.time, time, side="left")]
