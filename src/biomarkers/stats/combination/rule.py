"""What a combination of markers is worth, and whether it is worth more than one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from biomarkers.results.drawing import REFERENCE
from biomarkers.stats.arrays import Floats
from biomarkers.stats.combination.sample import columns_of
from biomarkers.stats.drawing import Axes
from biomarkers.stats.shown import Shown, p_text


@dataclass(frozen=True, eq=False)
class Combination(Shown):
    """A rule made of several markers.

    Parameters
    ----------
    markers
        One row per marker: `marker`; `mean` and `sd`, by which it is standardised; `coefficient` of
        the rule made of all subjects, on that scale; `coefficient_low`, `coefficient_high`, the 5th
        and 95th percentile over training sets; `same_sign`, the share of them that agree on the
        sign; `auc` of the marker alone, `direction` as cross-validated; `chosen`, the share of
        training sets that made it the best single one; `gain` of the combination over it, and
        `p_gain`, the p-value of the combination's AUC if this marker alone knew the outcome;
        `missing`, subjects who lack it.
    performance
        `rule, auc, auc_low, auc_high, p_value, auc_apparent` of the `combination` and of the
        `best single` marker: cross-validated AUC with its interval, p against chance, and the
        AUC that the same subjects gave the rule they made.
    gain, p_gain
        Cross-validated AUC of the combination minus that of the best single marker, both chosen
        in the training sets; and its p-value, one-sided: the largest of `table`, as the best
        single marker may be any of them; 1 without a gain.
    brier, brier_reference
        Mean squared error of the probabilities of held-out subjects, and that of giving
        everybody the prevalence.
    calibration_slope
        Of the log odds of held-out subjects; below 1 they are too extreme, NaN at perfect
        separation.
    model, penalty, intercept
        `logistic` or `lda`, the penalty chosen for all subjects, and the intercept of the rule.
    subjects
        One row per subject analysed: `positive`, and `probability`, its mean while held out.
    n_positive, n_negative, n_left_out
        Subjects analysed, and those left out as a marker or the outcome is missing.
    notes
        What has to be known besides.
    permutations
        Behind the p-values.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> quick = stats.CrossValidation(folds=4, repeats=2, permutations=19)
    >>> rule = stats.combine(table, people, visit=10, settings=quick)
    >>> rule.n_positive, rule.n_negative, rule.markers["marker"].tolist()
    (8, 8, ['Ktrans', 'volume'])

    """

    shows = "markers"

    markers: pd.DataFrame
    performance: pd.DataFrame
    gain: float
    p_gain: float
    brier: float
    brier_reference: float
    calibration_slope: float
    model: str
    penalty: float
    intercept: float
    subjects: pd.DataFrame
    n_positive: int
    n_negative: int
    n_left_out: int
    notes: tuple[str, ...] = ()
    permutations: int = 0

    @property
    def auc(self) -> float:
        """The cross-validated AUC of the combination."""
        return float(self.performance["auc"].iloc[0])

    @property
    def p_value(self) -> float:
        """The p-value of the combination against chance, everything chosen anew."""
        return float(self.performance["p_value"].iloc[0])

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        rule, single = self.performance.to_dict("records")
        favourite = self.markers["marker"].iloc[self.markers["chosen"].argmax()]
        return (
            f"{len(self.markers)} markers together: AUC {rule['auc']:.2f} "
            f"({rule['auc_low']:.2f} to {rule['auc_high']:.2f}) in subjects held out, "
            f"{p_text(rule['p_value'], self.permutations)} against chance "
            f"({rule['auc_apparent']:.2f} in those the rule was made of); the best single marker, "
            f"most often {favourite}: "
            f"{single['auc']:.2f}; gain {self.gain:.2f}, "
            f"{p_text(self.p_gain, self.permutations)}."
        )

    def predict(self, markers: pd.DataFrame | Mapping[str, ArrayLike]) -> Floats:
        """Return the probability of being positive, at the prevalence of the analysed subjects.

        Parameters
        ----------
        markers
            One column for each marker of the rule; NaN in any gives NaN.

        Raises
        ------
        InputError
            If a marker of the rule is absent.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> quick = stats.CrossValidation(folds=4, repeats=2, permutations=19)
        >>> rule = stats.combine(table, people, visit=10, settings=quick)
        >>> new = {"Ktrans": [-0.7, 0.0], "volume": [0.3, 0.9]}  # changes as of the two classes
        >>> rule.predict(new).round(1).tolist()
        [1.0, 0.0]

        """
        values = columns_of(markers, list(self.markers["marker"]))
        values = (values - self.markers["mean"].to_numpy()) / self.markers["sd"].to_numpy()
        odds = self.intercept + values @ self.markers["coefficient"].to_numpy()
        return np.asarray(special.expit(odds))

    def summary(self) -> str:
        """Return the finding, its tables and the notes as text."""
        performance = self.performance.to_string(index=False, float_format="{:.4g}".format)
        figures = (
            f"{self.model}, penalty {self.penalty:.3g}; Brier score {self.brier:.3f} "
            f"(prevalence alone {self.brier_reference:.3f}), calibration slope "
            f"{self.calibration_slope:.2f}; {self.n_positive} positives, {self.n_negative} "
            f"negatives, {self.n_left_out} left out"
        )
        return "\n\n".join([super().summary(), performance, "\n".join([figures, *self.notes])])

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its tables and figures as plain values."""
        performance = self.performance.to_dict(orient="records")
        return super().to_dict() | {"performance": performance, "notes": list(self.notes)}

    def draw(self, axes: Axes) -> None:
        """Draw what the combination and its markers are worth in subjects held out."""
        rules = self.performance.iloc[::-1]
        place = len(self.markers) + np.arange(2)
        auc = rules["auc"].to_numpy()
        reach = [auc - rules["auc_low"].to_numpy(), rules["auc_high"].to_numpy() - auc]
        axes.errorbar(auc, place, xerr=reach, fmt="o", label="held out")
        axes.plot(rules["auc_apparent"], place, "x", color="0.5", label="apparent")
        axes.plot(self.markers["auc"], range(len(self.markers)), "o", mfc="none", color="C0")
        axes.set_yticks(range(len(self.markers) + 2), [*self.markers["marker"], *rules["rule"]])
        axes.axvline(0.5, **REFERENCE)
        axes.set(xlabel="AUC (95 % interval)", xlim=(0, 1.02))
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
