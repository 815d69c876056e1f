"""What a recipe is worth in subjects that it has not seen."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biomarkers.predict.judgement import Judgement
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.settings import Validation
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.shown import p_text

ALPHA = 0.05
_NAMES = {"auc": "AUC", "concordance": "Concordance"}


@dataclass(frozen=True, eq=False)
class Evaluation(Judgement):
    """A judgement; every figure is of cases held out with all subjects of theirs.

    Parameters
    ----------
    performance
        `rule, auc, auc_low, auc_high, p_value, pr_auc, brier`: first the recipe, then a constant
        (`intercept`) and each block alone. With a time `concordance` and its limits stand for
        `auc`, which is then that of the event by the median time of events (`horizon`).
    gain
        `over, gain, gain_low, gain_high, p_value`: what the recipe adds to each block alone,
        paired; p is two-sided.
    roc
        `rule, false_positive_rate, sensitivity` and its limits (a pointwise band): the mean ROC
        curve of cases held out together; its area is `auc`. Empty with a time, as are
        `calibration`, `calibration_curve`, `decisions` and `net_benefit`.
    calibration
        `rule, slope, intercept`, each with its limits, `brier, brier_reference` (that of the
        prevalence).
    calibration_curve
        `cases, subjects, predicted, observed, observed_low, observed_high`: cases grouped by the
        probability that the recipe gave them while held out.
    decisions
        `rule, sensitivity, specificity`, each with its limits, and `balanced_accuracy` at
        thresholds chosen in inner folds, and the cases behind them, mean over repeats:
        `true_positives, false_negatives, true_negatives, false_positives`.
    net_benefit
        `rule, threshold, net_benefit`, of treating everybody and nobody too.
    times
        With a time: `rule, time, auc`, that of the event by each quartile of the times of events
        (`stats.time_roc`), among cases held out together. Empty with a class.
    selection
        `feature, chosen, sign, same_sign, importance, shap`: the share of training sets in which
        it reaches the model with a weight, its direction and how many agree, the worth that is
        lost where it is shuffled among those held out, and the mean size of what it adds to their
        log odds (with a time: log hazard) against training cases: SHAP, of trees with the extra
        `shap` only.
    sites
        `site, cases, positives, prevalence, within, left_out` and its limits: the worth among held
        out cases of the site, and by a model of all other sites.
    within_sites
        The worth among cases of one site, over all sites; NaN without sites.
    site_auc
        How well the features tell a site from the others, mean over sites; NaN without sites.
    learning
        `share, subjects, worth`, by the share of training subjects, in the first repeat; of an
        AUC with its limits.
    cases
        Mean probability (with a time: log hazard) of each case while held out.
    effect
        By how much more the worth varies than that of a given marker; the class sizes of all
        intervals are divided by it.
    notes
        What has to be known besides, each a sentence.
    recipe, settings
        What was judged, and how.
    cohort_digest
        Of the cohort that was judged (`Cohort.digest`): a report mixes no studies.

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
    >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
    >>> seen.performance["rule"].tolist()
    ['recipe', 'intercept']

    """

    shows = "performance"

    performance: pd.DataFrame
    gain: pd.DataFrame
    roc: pd.DataFrame
    calibration: pd.DataFrame
    calibration_curve: pd.DataFrame
    decisions: pd.DataFrame
    net_benefit: pd.DataFrame
    times: pd.DataFrame
    selection: pd.DataFrame
    sites: pd.DataFrame
    within_sites: float
    site_auc: float
    learning: pd.DataFrame
    cases: pd.DataFrame
    effect: float
    notes: tuple[str, ...]
    recipe: Recipe
    settings: Validation
    cohort_digest: str = ""

    @property
    def measure(self) -> str:
        """What performance is measured by: `auc` or `concordance`."""
        return "auc" if "concordance" not in self.performance else "concordance"

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval lies above ½, and p, where there is one, is at most .05.

        With sites an interval as far around what it is worth within them has to, too.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
        >>> seen.is_beyond_chance
        True

        """
        return not self._against_chance

    @property
    def _against_chance(self) -> list[str]:
        first = self.performance.iloc[0]
        low = first[f"{self.measure}_low"]
        within = self.within_sites - (first[self.measure] - low)
        told = {
            "its interval reaches 0.5": not low > 0.5,
            f"p against chance is above {ALPHA:g}": first["p_value"] > ALPHA,
            "an interval as far around its worth within sites reaches 0.5": within <= 0.5,
        }
        return [text for text, is_so in told.items() if is_so]

    @property
    def doubts(self) -> tuple[str, ...]:
        """What stands against a claim, a clause each; empty where something is claimed.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
        >>> seen.doubts
        ()

        """
        missing = [f"no gain over {over} is shown" for over in self.gain["over"]
                   if over not in self.adds]  # fmt: skip
        return (*self._against_chance, *missing)

    @property
    def adds(self) -> tuple[str, ...]:
        """The baselines over which a gain is shown: it is above 0, with p of at most .05.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
        >>> seen.adds  # the cohort has no block to gain over
        ()

        """
        shown = (self.gain["gain"] > 0) & (self.gain["p_value"] <= ALPHA)
        return tuple(self.gain["over"][shown])

    @property
    def claims(self) -> bool:
        """Whether anything is claimed: beyond chance, and more than each block by itself."""
        return not self.doubts

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        first = self.performance.iloc[0]
        name = _NAMES[self.measure]
        p_value = first["p_value"]
        stated = "class sizes divided by" if self.measure == "auc" else "variance times"
        chance = (
            f", {p_text(p_value, self.settings.permutations)} against chance"
            if not math.isnan(p_value)
            else f", {stated} a stated {self.effect:g}, no permutation"
        )
        gains = "".join(
            f"; over {row['over']} {row['gain']:+.2f}{_with_p(row['p_value'])}"
            for row in self.gain.to_dict("records")
        )
        verdict = "" if self.claims else " " + self._doubt
        return (
            f"{name} {first[self.measure]:.2f} ({first[f'{self.measure}_low']:.2f} to "
            f"{first[f'{self.measure}_high']:.2f}) in subjects held out{chance}{gains}.{verdict}"
        ).replace("-", "−")

    @property
    def _doubt(self) -> str:
        if not self.is_beyond_chance:
            return "Nothing beyond chance is shown."
        missing = [over for over in self.gain["over"] if over not in self.adds]
        return f"Nothing beyond {' and '.join(missing)} is shown."

    def draw(self, axes: Axes) -> None:
        """Draw what each rule is worth, with its interval."""
        table = self.performance.rename(
            columns={f"{self.measure}_low": "low", f"{self.measure}_high": "high"}
        )
        label = f"{_NAMES[self.measure]} (95 % interval)"
        forest_plot(axes, table, label, names=table["rule"],
                    estimate=self.measure, none=0.5)  # fmt: skip

    def summary(self) -> str:
        """Return the finding, its tables and the notes as text."""
        tables = (self.gain, self.calibration, self.decisions, self.sites, self.selection.head(10))
        return "\n\n".join([super().summary(), *self.in_text(*tables), "\n".join(self.notes)])

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its tables and figures as plain values."""
        own = {"recipe": self.recipe.declared(), "settings": vars(self.settings)}
        return {**super().to_dict(), "claims": self.claims, **own}


def _with_p(p_value: float) -> str:
    """Return a p-value as it follows a gain; nothing where no variance was seen."""
    return "" if math.isnan(p_value) else f", {p_text(p_value)}"
