"""Values drawn for the missing, as those like them who were measured; and those values shifted.

Visit by visit the change is regressed on the class and the change before it; the missing get
draws from that regression, its own uncertainty included (Rubin 1987). No value is carried
forward. Adding a shift to the drawn values asks how different the missing must have been for a
conclusion to fall (tipping point; Cro et al. 2020, doi:10.1002/sim.8569).

Statsmodels' `MICEData` draws measured values and no shifted ones; `MI` pools no areas.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.roc_analysis.auc import (
    FLOOR,
    delong_variance,
    obuchowski_variance,
    structural_components,
)

IMPUTATIONS = 20
MOST_SHIFT = 10.0  # standard deviations; more is as good as the worst there is

_HALVINGS = 14


def impute(changes: Floats, positive: Bools, *, imputations: int, seed: int) -> Floats:
    """Return changes with draws for the missing, imputations × subjects × visits.

    Parameters
    ----------
    changes
        Subjects × visits in order, NaN where missing. An infinite change (a log ratio to 0)
        enters the regression as a little beyond the most extreme finite one.
    positive
        The class of each subject.
    imputations, seed
        Number of draws, and the seed that makes them the same ones every time.

    Returns
    -------
    array
        NaN where a visit has fewer than two measured of a class.

    """
    random = np.random.default_rng(seed)
    filled = np.repeat(changes[None], imputations, axis=0)
    finite = np.repeat(_finite(changes)[None], imputations, axis=0)
    for visit in range(changes.shape[1]):
        missing = np.isnan(changes[:, visit])
        known = ~missing
        few = min((known & positive).sum(), (known & ~positive).sum()) < 2
        if not missing.any() or few:
            continue
        for draw in range(imputations):
            design = _design(finite[draw], positive, visit)
            # A change before it that could not be drawn either leaves the class alone.
            if np.isnan(design).any():
                design = design[:, :2]
            new = _drawn(design, finite[draw, :, visit], known, random)
            filled[draw, missing, visit] = finite[draw, missing, visit] = new
    return filled


def _finite(changes: Floats) -> Floats:
    known = changes[np.isfinite(changes)]
    if not len(known):
        return changes
    spread = known.std() or 1.0
    return np.clip(changes, known.min() - spread, known.max() + spread)


def _design(changes: Floats, positive: Bools, visit: int) -> Floats:
    columns = [np.ones(len(positive)), positive.astype(float)]
    if visit:
        columns.append(changes[:, visit - 1])
    return np.column_stack(columns)


def _drawn(design: Floats, values: Floats, known: Bools, random: np.random.Generator) -> Floats:
    """Draw values for the unknown rows from the predictive distribution of a regression."""
    x, y = design[known], values[known]
    inverse = np.linalg.pinv(x.T @ x)
    beta = inverse @ x.T @ y
    residual = y - x @ beta
    variance = float(residual @ residual) / random.chisquare(len(y) - x.shape[1])
    beta = random.multivariate_normal(beta, variance * inverse, method="eigh")
    rows = design[~known]
    drawn: Floats = rows @ beta + random.normal(0, np.sqrt(variance), len(rows))
    return drawn


@dataclass(frozen=True, eq=False)
class Imputed:
    """The draws for one test.

    Parameters
    ----------
    draws
        Imputations × subjects, positives higher.
    missing, positive
        Which subjects were drawn, and which are positive.
    member
        The cluster of each subject.

    """

    draws: Floats
    missing: Bools
    positive: Bools
    member: Whole

    @property
    def spread(self) -> float:
        """Standard deviation of the measured changes within classes."""
        values = self.draws[0]
        known = ~self.missing & np.isfinite(values)
        parts = [values[known & side] for side in (self.positive, ~self.positive)]
        df = sum(len(part) - 1 for part in parts if len(part))
        squares = sum(float(((part - part.mean()) ** 2).sum()) for part in parts if len(part))
        return float(np.sqrt(squares / df)) if df > 0 else float("nan")

    def shifted(self, shift: float) -> Floats:
        """Return the draws with the missing moved against positives being higher."""
        step = shift * self.spread
        return self.draws + np.where(self.missing, np.where(self.positive, -step, step), 0.0)

    def pooled(self, shift: float = 0.0) -> tuple[float, float, float]:
        """Return AUC, its standard error and degrees of freedom by Rubin's rules."""
        figures = [self._area(values) for values in self.shifted(shift)]
        areas, within = (np.array(part) for part in zip(*figures, strict=True))
        count = len(areas)
        between = float(areas.var(ddof=1)) if count > 1 else 0.0
        total = float(within.mean()) + (1 + 1 / count) * between
        if between == 0 or total == 0:
            return float(areas.mean()), float(np.sqrt(total)), float("inf")
        df = (count - 1) * (total / ((1 + 1 / count) * between)) ** 2
        return float(areas.mean()), float(np.sqrt(total)), float(df)

    def _area(self, values: Floats) -> tuple[float, float]:
        """Return the AUC and its variance, floored as in the test."""
        x, y = self.positive, ~self.positive
        parts = structural_components(values[x], values[y])
        if len(np.unique(self.member)) < len(self.member):
            variance = obuchowski_variance(parts, (self.member[x], self.member[y]))
        else:
            variance = delong_variance(*parts)
        return float(parts[0].mean()), self._floored(variance)

    @property
    def _sizes(self) -> tuple[int, int]:
        return int(self.positive.sum()), int((~self.positive).sum())

    def _floored(self, variance: float) -> float:
        m, n = self._sizes
        floor = FLOOR**2 * (m + n + 1) / (12 * m * n)
        return max(float(np.nan_to_num(variance, nan=floor)), floor)

    def interval(self, level: float) -> tuple[float, float]:
        """Return the interval of the AUC: Newcombe's, of as many as the imputed are worth.

        Class sizes are divided by how many times the pooled variance is that of so many
        independent subjects who were all measured, and for the few imputations by (t/z)². An
        interval on the scale of the logit would reach from 0 to 1 where the AUC is near 1.
        """
        auc, error, df = self.pooled()
        x, y = self.positive, ~self.positive
        measured = np.mean(
            [
                self._floored(delong_variance(*structural_components(values[x], values[y])))
                for values in self.draws
            ]
        )
        few = stats.t.ppf((1 + level) / 2, df) / stats.norm.ppf((1 + level) / 2)
        effect = max(error**2 / float(measured), 1.0) * few**2
        low, high = newcombe_interval(auc, *(size / effect for size in self._sizes), level=level)
        return float(low), float(high)

    def tipping_point(self, critical: float) -> float:
        """Return the shift, in standard deviations, at which the test statistic falls short.

        0 if it does unshifted; infinite if no shift up to `MOST_SHIFT` makes it.
        """

        def holds(shift: float) -> bool:
            auc, error, _ = self.pooled(shift)
            return (auc - 0.5) / error > critical

        if not holds(0.0):
            return 0.0
        if holds(MOST_SHIFT):
            return float("inf")
        low, high = 0.0, MOST_SHIFT
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return high
