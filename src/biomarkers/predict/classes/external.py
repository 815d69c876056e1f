"""What a locked rule of several classes is worth in other cases."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.predict.cases import Cases
from biomarkers.predict.classes.calling import called_groups, confusion, recalls
from biomarkers.predict.classes.performance import balanced_interval, confusion_table
from biomarkers.predict.judgement import Judgement
from biomarkers.predict.roc_curve import COLUMNS, roc_table
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.roc_analysis.auc import area, design_effect, structural_components


@dataclass(frozen=True, eq=False)
class ClassValidation(Judgement):
    """What a locked rule of several classes is worth in other cases.

    Parameters
    ----------
    performance
        `rule, class, auc, auc_low, auc_high`: each class against the rest, by the rule as it is
        (`locked`).
    decisions
        `rule, accuracy, balanced_accuracy` and its limits, as of `ClassEvaluation`.
    confusion
        `rule, truth, called, count`: the cases of a subject of one class are called once.
    case_mix
        As of `ExternalValidation`.
    notes
        What has to be known besides.
    overlap
        Subjects of the cohort that the rule was made of, too.
    rule_digest
        Of the recipe of the rule and the cohort that it was made of: a report mixes no
        studies.
    roc
        As of `ClassEvaluation`, of the locked rule.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> def cohort(seed):
    ...     names, group = [f"{seed}-{n}" for n in range(30)], np.tile(["N", "T", "R"], 10)
    ...     random = np.random.default_rng(seed)
    ...     rows = pd.DataFrame({"subject": names, "lipid": random.normal(3.0 * (group == "R"))})
    ...     rows["choline"] = random.normal(3.0 * (group == "T"))
    ...     people = pd.DataFrame({"subject": names, "group": group})
    ...     return predict.Cohort.from_tables(rows, people, outcome="group",
    ...                                       classes=("N", "T", "R"))
    >>> rule = predict.fit(predict.recipe("logistic"), cohort(1))
    >>> predict.validate(rule, cohort(2)).performance["class"].tolist()
    ['N', 'T', 'R']

    """

    shows = "performance"

    performance: pd.DataFrame
    decisions: pd.DataFrame
    confusion: pd.DataFrame
    case_mix: pd.DataFrame
    notes: tuple[str, ...]
    overlap: tuple[str, ...] = ()
    rule_digest: str = ""
    roc: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        areas = ", ".join(
            f"{row['class']} {row['auc']:.2f} ({row['auc_low']:.2f} to {row['auc_high']:.2f})"
            for row in self.performance.to_dict("records")
        )
        first = self.decisions.iloc[0]
        where = "cases, some of subjects it was" if self.overlap else "cases it was not"
        return (
            f"AUC of each class against the rest by the locked rule: {areas}; balanced accuracy "
            f"{first['balanced_accuracy']:.2f} ({first['balanced_accuracy_low']:.2f} to "
            f"{first['balanced_accuracy_high']:.2f}) in {where} made of."
        )

    def draw(self, axes: Axes) -> None:
        """Draw the AUC of each class, with its interval."""
        table = self.performance.rename(columns={"auc_low": "low", "auc_high": "high"})
        forest_plot(axes, table, "AUC against the rest (95 % interval)", names=table["class"],
                    estimate="auc", none=0.5)  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its tables and figures as plain values."""
        return {**super().to_dict(), "overlap": list(self.overlap)}


def class_validation(
    scores: Floats,
    cases: Cases,
    case_mix: pd.DataFrame,
    notes: tuple[str, ...],
    overlap: tuple[str, ...],
) -> ClassValidation:
    """Return what log probabilities, cases × classes, are worth."""
    rows = [
        ("locked", name, *locked_area(scores[:, place], cases.against(place)))
        for place, name in enumerate(cases.classes)
    ]
    performance = pd.DataFrame(rows, columns=["rule", "class", "auc", "auc_low", "auc_high"])
    curves = [
        locked_curve(scores[:, place], cases.against(place)).assign(**{"class": name})
        for place, name in enumerate(cases.classes)
    ]
    counts = confusion(scores[None], cases)
    low, high = balanced_interval(counts, _call_effect(scores, cases))
    decision = ("locked", np.trace(counts) / counts.sum(), recalls(counts).mean(), low, high)
    columns = ["rule", "accuracy", "balanced_accuracy", "balanced_accuracy_low",
               "balanced_accuracy_high"]  # fmt: skip
    decisions = pd.DataFrame([decision], columns=columns)
    table = confusion_table(["locked"], [counts], cases.classes)
    roc = pd.concat(curves, ignore_index=True)[["rule", "class", *COLUMNS]]
    return ClassValidation(performance, decisions, table, case_mix, notes, overlap, roc=roc)


def locked_area(scores: Floats, cases: Cases) -> tuple[float, float, float]:
    """Return the AUC and its limits, class sizes divided by the design effect of subjects."""
    auc = area(scores[cases.positive], scores[~cases.positive])
    low, high = newcombe_interval(auc, *locked_sizes(scores, cases))
    return auc, float(low), float(high)


def locked_sizes(scores: Floats, cases: Cases) -> tuple[float, float]:
    """Return the numbers of positives and negatives divided by the design effect of subjects."""
    truth, member = cases.positive, cases.units.member
    parts = structural_components(scores[truth], scores[~truth])
    effect = design_effect(parts, (member[truth], member[~truth]))
    return float(truth.sum() / effect), float((~truth).sum() / effect)


def locked_curve(scores: Floats, cases: Cases) -> pd.DataFrame:
    """Return the ROC curve of a locked rule, with its band."""
    everyone, sizes = np.ones((1, len(scores)), dtype=bool), locked_sizes(scores, cases)
    curve = roc_table(scores[None], cases.positive, everyone, sizes=sizes)
    curve.insert(0, "rule", "locked")
    return curve


def _call_effect(scores: Floats, cases: Cases) -> float:
    """Return by how much more balanced accuracy varies as subjects have several classes, from 1.

    With the influence i of a group, (called right − share of its class)/n of it:
    Σ over subjects of (Σ i)² to Σ i².
    """
    truth, called = called_groups(scores, cases)
    right = (truth == called).astype(float)
    sizes = np.bincount(truth)
    shares = np.bincount(truth, weights=right) / sizes
    influence = (right - shares[truth]) / sizes[truth]
    first = np.unique(cases.labelled.member, return_index=True)[1]
    together = np.bincount(cases.units.member[first], weights=influence)
    alone = float(np.sum(influence**2))
    return max(float(np.sum(together**2)) / alone, 1.0) if alone > 0 else 1.0
