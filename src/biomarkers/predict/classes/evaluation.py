"""What a recipe is worth that tells several classes, in subjects that it has not seen."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from biomarkers.predict.judgement import Judgement
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.settings import Validation
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.shown import p_text
from biomarkers.stats.words import listed


@dataclass(frozen=True, eq=False)
class ClassEvaluation(Judgement):
    """A judgement of several classes; every figure is of cases held out with all of their subject.

    Parameters
    ----------
    performance
        `rule, class, auc, auc_low, auc_high, p_value`: the AUC of each class against the rest, by
        its probability; first of the recipe, then of a constant (`intercept`) and each block alone.
    roc
        `rule, class, false_positive_rate, sensitivity` and its limits (a pointwise band): the mean
        ROC curve of each class against the rest, of cases held out together; its area is `auc`.
    decisions
        `rule, accuracy, balanced_accuracy` with its limits and `p_value`: the share called right,
        and its mean over classes. The most probable class is called, once for all cases of a
        subject that are of one class, by the mean of their log probabilities.
    confusion
        `rule, truth, called, count`: how many were called what, so counted; mean over repeats.
    selection
        `class, feature, chosen, sign, same_sign, importance, shap`, as of `Evaluation`, of each
        class against the rest: SHAP values are of its log odds before the classes are made to sum
        to 1.
    sites
        `site, class, cases, within, left_out` and its limits: the AUC among held out cases of the
        site, and by a model of all other sites.
    site_auc
        How well the features tell a site from the others, mean over sites; NaN without sites.
    learning
        `share, subjects, worth`: the mean AUC by the share of training subjects, in the first
        repeat.
    cases
        Mean probability of each class of each case while held out.
    effect
        By how much more the recipe's AUC varies than that of a given marker, mean over classes;
        the class sizes of intervals are divided by it, each class's by its own.
    mean_auc, mean_auc_p
        Mean AUC of the recipe over classes, and its p-value against permuted classes.
    shown
        Classes that are told from the rest beyond chance: the mean AUC exceeds that of permuted
        classes with p of at most .05, and the class's interval at 1 − .05/classes lies above ½.
    notes
        What has to be known besides, each a sentence.
    recipe, settings
        What was judged, and how.
    cohort_digest
        Of the cohort that was judged (`Cohort.digest`): a report mixes no studies.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> names, group = [f"m{number:02d}" for number in range(30)], np.tile(["N", "T", "R"], 10)
    >>> rows = pd.DataFrame({"subject": names, "choline": np.sin(np.arange(30.0)), "lipid": 0.0})
    >>> rows["choline"] += 3.0 * (group == "T")
    >>> rows["lipid"] += np.cos(np.arange(30.0)) + 3.0 * (group == "R")
    >>> people = pd.DataFrame({"subject": names, "group": group})
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="group", classes=("N", "T", "R"))
    >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
    >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
    >>> seen.shown
    ('N', 'T', 'R')
    >>> float(seen.confusion.query("rule == 'recipe'")["count"].sum())
    30.0

    """

    shows = "performance"

    performance: pd.DataFrame
    roc: pd.DataFrame
    decisions: pd.DataFrame
    confusion: pd.DataFrame
    selection: pd.DataFrame
    sites: pd.DataFrame
    site_auc: float
    learning: pd.DataFrame
    cases: pd.DataFrame
    effect: float
    mean_auc: float
    mean_auc_p: float
    shown: tuple[str, ...]
    notes: tuple[str, ...]
    recipe: Recipe
    settings: Validation
    cohort_digest: str = ""

    @property
    def claims(self) -> bool:
        """Whether anything is claimed: a class is told, and no block alone has as high a mean AUC.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict
        >>> names, group = [f"m{number:02d}" for number in range(30)], np.tile(["N", "T", "R"], 10)
        >>> rows = pd.DataFrame({"subject": names, "choline": np.sin(np.arange(30.0))})
        >>> people = pd.DataFrame({"subject": names, "group": group})
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="group",
        ...                                     classes=("N", "T", "R"))
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> predict.evaluate(predict.recipe("logistic"), cohort, settings=quick).claims
        False

        """
        return bool(self.shown) and not self._reached_by

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        rows = self.performance[self.performance["rule"] == "recipe"].to_dict("records")
        areas = ", ".join(
            f"{row['class']} {row['auc']:.2f} ({row['auc_low']:.2f} to {row['auc_high']:.2f})"
            for row in rows
        )
        first = self.decisions.iloc[0]
        chance = (
            f"{p_text(self.mean_auc_p, self.settings.permutations)} against chance"
            if not math.isnan(self.mean_auc_p)
            else f"class sizes divided by a stated {self.effect:g}, no permutation"
        )
        return (
            f"Mean AUC of each class against the rest {self.mean_auc:.2f} in subjects held out, "
            f"{chance}: {areas}; balanced accuracy {first['balanced_accuracy']:.2f} "
            f"({first['balanced_accuracy_low']:.2f} to {first['balanced_accuracy_high']:.2f})."
            f"{self._doubt}"
        )

    @property
    def _doubt(self) -> str:
        if not self.shown:
            return " Nothing beyond chance is shown."
        if self._reached_by:
            return f" {listed(self._reached_by).capitalize()} tells the classes as well."
        classes = self.performance["class"].unique()
        others = [name for name in classes if name not in self.shown]
        return f" Of {listed(others)} nothing beyond chance is shown." if others else ""

    @property
    def _reached_by(self) -> list[str]:
        """The blocks that by themselves have as high a mean AUC."""
        mean = self.performance.groupby("rule", sort=False)["auc"].mean()
        return [str(name) for name in mean.index[2:] if mean[name] >= mean["recipe"]]

    def draw(self, axes: Axes) -> None:
        """Draw the AUC of each rule and class, with its interval."""
        table = self.performance.rename(columns={"auc_low": "low", "auc_high": "high"})
        names = table["rule"] + ": " + table["class"]
        forest_plot(axes, table, "AUC against the rest (95 % interval)", names=names,
                    estimate="auc", none=0.5)  # fmt: skip

    def summary(self) -> str:
        """Return the finding, its tables and the notes as text."""
        own = self.confusion[self.confusion["rule"] == "recipe"]
        crossed = own.pivot(index="truth", columns="called", values="count")  # noqa: PD010
        order = own["truth"].unique()
        called = crossed.loc[order, order].to_string(float_format="{:.3g}".format)
        tables = self.in_text(self.decisions, self.sites, self.selection.groupby("class").head(5))
        return "\n\n".join([super().summary(), called, *tables, "\n".join(self.notes)])

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its tables and figures as plain values."""
        own = {"recipe": self.recipe.declared(), "settings": vars(self.settings)}
        return {**super().to_dict(), "claims": self.claims, "shown": list(self.shown), **own}
