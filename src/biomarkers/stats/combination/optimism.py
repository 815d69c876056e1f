"""Plain logistic regression of markers chosen beforehand, with its AUC corrected for optimism.

statsmodels fits it; it neither sees classes that are separated in part, nor corrects the AUC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from biomarkers.errors import InputError, SeparationError
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.combination.nested import scores_of
from biomarkers.stats.combination.sample import Sample, columns_of, make_sample
from biomarkers.stats.drawing import Axes, as_ratios, forest_plot
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.ridge import ridge_logistic
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.roc_analysis.classes import left_out_text
from biomarkers.stats.shown import Shown

# As good as none: they move estimates by less than a millionth. Where the classes are separated
# the estimate grows as the penalty falls, which shows it.
_PENALTIES = np.array([1e-12, 1e-8])
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Logistic(Shown):
    """A logistic regression.

    Parameters
    ----------
    coefficients
        One row per coefficient: `term, estimate, se, z, p_value, low, high`, on the scale of the
        markers as given; `exp(estimate)` is an odds ratio. Wald's tests and intervals.
    auc_apparent
        AUC of the rule in the subjects it was made of.
    optimism, optimism_error
        By how much that flatters, and the Monte-Carlo standard error of this figure.
    log_likelihood
        Natural logarithm, at its maximum.
    level
        Of the intervals.
    n_positive, n_negative, n_left_out
        Subjects analysed, and those left out as a marker or the outcome is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import stats
    >>> markers = {"ADC": np.tile([1.0, 2.0], 40), "age": np.repeat([60.0, 70.0], 40)}
    >>> outcome = np.tile([1, 0, 0, 1, 0, 1, 0, 1], 10)
    >>> rule = stats.logistic(markers, outcome, draws=20)
    >>> rule.n_positive, rule.n_negative, round(rule.auc_apparent, 2)
    (40, 40, 0.75)

    """

    shows = "coefficients"

    coefficients: pd.DataFrame
    auc_apparent: float
    optimism: float
    optimism_error: float
    log_likelihood: float
    level: float
    n_positive: int
    n_negative: int
    n_left_out: int

    @property
    def auc_corrected(self) -> float:
        """The AUC to be expected in new subjects; Somers' Dxy is 2·AUC − 1."""
        return self.auc_apparent - self.optimism

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"AUC {self.auc_apparent:.3f} in the subjects the rule was made of, "
            f"{self.auc_corrected:.3f} to be expected in new ones: {self.n_positive} positives, "
            f"{self.n_negative} negatives.{left_out_text(self.n_left_out)}"
        )

    def predict(self, markers: pd.DataFrame | Mapping[str, ArrayLike]) -> Floats:
        """Return the probability of being positive; NaN where a marker is missing.

        Raises
        ------
        InputError
            If a marker of the rule is absent.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import stats
        >>> markers = {"ADC": np.tile([1.0, 2.0], 40), "age": np.repeat([60.0, 70.0], 40)}
        >>> outcome = np.tile([1, 0, 0, 1, 0, 1, 0, 1], 10)  # 1 of 4 at ADC 1, 3 of 4 at ADC 2
        >>> rule = stats.logistic(markers, outcome, draws=20)
        >>> rule.predict({"ADC": [1.0, 2.0], "age": [65.0, 65.0]}).round(3).tolist()
        [0.25, 0.75]

        """
        intercept, *slopes = self.coefficients["estimate"]
        values = columns_of(markers, list(self.coefficients["term"][1:]))
        return np.asarray(special.expit(intercept + values @ np.array(slopes)))

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its table and the other figures as plain values."""
        return super().to_dict() | {"auc_corrected": self.auc_corrected}

    def draw(self, axes: Axes) -> None:
        """Draw the odds ratios."""
        rows = self.coefficients.iloc[1:]
        ratios = rows[["estimate", "low", "high"]].apply(np.exp)
        label = f"Odds ratio per unit ({self.level:.0%} interval)"
        forest_plot(axes, ratios, label, names=rows["term"], none=1)
        as_ratios(axes, "x")


def logistic(
    markers: pd.DataFrame | Mapping[str, ArrayLike],
    outcome: ArrayLike,
    *,
    positive: object = 1,
    level: float = LEVEL,
    draws: int = 1000,
    seed: int = 1,
) -> Logistic:
    """Fit a logistic regression without penalty, and correct its AUC for optimism.

    For markers that were chosen beforehand and are few beside the subjects of the smaller class.
    Otherwise, for several lesions of a patient, or for a test against the best single marker
    see `combine_markers`, which holds subjects out.

    Parameters
    ----------
    markers
        One column each, a row per subject. Subjects who lack a marker are left out and counted.
    outcome, positive
        As for `roc`.
    level
        Confidence level.
    draws, seed
        Bootstrap resamples of subjects, and their seed.

    Notes
    -----
    The optimism is the mean, over resamples, of the AUC of a rule in the resample that made it
    minus that of the same rule in all subjects: Harrell, Lee & Mark 1996,
    doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4, as `validate` of the R
    package rms. A resample whose classes are separated stays in, with the rule that a vanishing
    penalty leaves.

    Raises
    ------
    InputError
        If there are fewer than two markers, a marker is no number or infinite, one is
        determined by the others, the outcomes are not two, or a class has fewer than 3 subjects.
    SeparationError
        If the markers separate the classes, so that no estimate is finite.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import stats
    >>> markers = {"ADC": np.tile([1.0, 2.0], 40), "age": np.repeat([60.0, 70.0], 40)}
    >>> outcome = np.tile([1, 0, 0, 1, 0, 1, 0, 1], 10)  # 1 of 4 at ADC 1, 3 of 4 at ADC 2
    >>> rule = stats.logistic(markers, outcome, draws=20)
    >>> np.exp(rule.coefficients["estimate"]).round(3).tolist()[1:]  # 3/(1/3), none
    [9.0, 1.0]

    """
    check_level(level)
    if draws < 2:
        raise InputError(f"draws: found {draws}, expected 2 or more")
    sample = make_sample(markers, outcome, positive=positive)
    fit = _fitted(sample)
    truth = sample.positive
    odds = scores_of(np.asarray(fit.params)[None], sample.values)[0]
    optimism = _optimism(sample, draws, np.random.default_rng(seed))
    return Logistic(
        coefficients=_coefficients(sample, fit, level),
        auc_apparent=area(odds[truth], odds[~truth]),
        optimism=float(optimism.mean()),
        optimism_error=float(optimism.std(ddof=1) / np.sqrt(draws)),
        log_likelihood=float(fit.llf),
        level=level,
        n_positive=int(truth.sum()),
        n_negative=int((~truth).sum()),
        n_left_out=sample.left_out,
    )


def _fitted(sample: Sample) -> Any:
    """Return statsmodels' fit on the standardised scale, once it is known to have a maximum."""
    values = sample.values  # noqa: PD011
    places = pd.Index(sample.markers["marker"]).get_indexer(list(sample.given))
    for count, name in enumerate(sample.given, 1):
        if np.linalg.matrix_rank(values[:, places[:count]], tol=1e-8 * len(values)) < count:
            raise InputError(
                f"{name}: does not vary, or the markers before it determine it; leave it out"
            )
    everyone = np.ones((1, len(values)))
    least, more = ridge_logistic(
        values, sample.positive, everyone, _PENALTIES, tolerance=_TOLERANCE
    )[0]
    if np.abs(least - more).max() > 0.01 * np.abs(least).max():
        raise SeparationError(
            "the markers separate the classes, if only in part: no coefficient is finite; take "
            "combine_markers, whose penalty keeps them so, or leave a marker out"
        )
    # Imported late: it takes as long as the rest of this room.
    from statsmodels.discrete.discrete_model import Logit  # noqa: PLC0415

    design = np.column_stack([np.ones(len(values)), values])
    return Logit(sample.positive, design).fit(start_params=least, disp=0)


def _coefficients(sample: Sample, fit: Any, level: float) -> pd.DataFrame:
    """Return the table of coefficients on the scale of the markers as given."""
    mean, sd = sample.markers["mean"].to_numpy(), sample.markers["sd"].to_numpy()
    back = np.diag(np.append(1.0, 1 / sd))
    back[0, 1:] = -mean / sd
    wald = fit.t_test(back)
    low, high = wald.conf_int(1 - level).T
    table = pd.DataFrame(
        {
            "term": ["Intercept", *sample.markers["marker"]],
            "estimate": wald.effect,
            "se": wald.sd,
            "z": wald.statistic,
            "p_value": wald.pvalue,
            "low": low,
            "high": high,
        }
    )
    return table.set_index("term").loc[["Intercept", *sample.given]].reset_index()


def _optimism(sample: Sample, draws: int, random: np.random.Generator) -> Floats:
    """Return, for each resample, by how much its rule flatters itself."""
    values, truth = sample.values, sample.positive  # noqa: PD011
    drawn = _drawn(truth, draws, random)
    weights = np.array([np.bincount(rows, minlength=len(truth)) for rows in drawn], dtype=float)
    rules = ridge_logistic(values, truth, weights, _PENALTIES[1:])[:, 0]
    optimism = np.empty(draws)
    for place, (rows, scores) in enumerate(zip(drawn, scores_of(rules, values), strict=True)):
        mine, theirs = scores[rows[truth[rows]]], scores[rows[~truth[rows]]]
        optimism[place] = area(mine, theirs) - area(scores[truth], scores[~truth])
    return optimism


def _drawn(truth: Bools, draws: int, random: np.random.Generator) -> Whole:
    """Return the subjects of each resample; one without both classes is drawn again."""
    rows = random.integers(len(truth), size=(draws, len(truth)))
    while True:
        share = truth[rows].mean(axis=1)
        (again,) = np.nonzero((share == 0) | (share == 1))
        if not len(again):
            return rows
        rows[again] = random.integers(len(truth), size=(len(again), len(truth)))
