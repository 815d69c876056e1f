"""The figures of a judgement of several classes, from the pieces that were done."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.predict.classes.calling import areas, by_repeat, confusion, recalls
from biomarkers.predict.gathered import (
    ROUNDING,
    STATED,
    Pieces,
    class_sizes,
    learning_table,
    p_values,
    within_sites,
)
from biomarkers.predict.labelling import subjects_by_class
from biomarkers.predict.performance import Gathered, selection_table
from biomarkers.predict.roc_curve import COLUMNS, roc_table
from biomarkers.stats.arrays import Floats
from biomarkers.stats.intervals import LEVEL, newcombe_interval, proportion_interval

_ALPHA = 0.05


class ClassesGathered(Pieces):
    """The pieces of a judgement of several classes, in arrays."""

    @cached_property
    def scores(self) -> Floats:
        """Log probabilities, rules × sets × cases × classes; 0 where not held out."""
        return self.placed("scores")

    @cached_property
    def prevalence(self) -> Floats:
        """Log shares of the classes in training sets, sets × cases × classes."""
        each = np.log([piece["prevalence"] for piece in self.pieces["outer"]])
        return np.broadcast_to(each[:, None], self.scores.shape[1:])

    @cached_property
    def areas(self) -> Floats:
        """AUC of rules × classes."""
        return np.array([areas(each, self.judged.cases, self.held_out) for each in self.scores])

    @cached_property
    def chance(self) -> Floats:
        """AUC under permuted classes: permutations × rules × classes."""
        return self._chance("areas")

    @cached_property
    def chance_recalls(self) -> Floats:
        """Shares called right under permuted classes: permutations × rules × classes."""
        return self._chance("recalls")

    @cached_property
    def sizes(self) -> Floats:
        """Class and rest behind each interval: of cases; of subjects without permutations."""
        cases = self.judged.cases
        if len(self.chance):
            own = cases.class_sizes.astype(float)
            return np.array([own, len(cases) - own])
        rest = [len(np.unique(cases.subject[cases.labels != k])) for k in range(len(cases.classes))]
        return np.array([subjects_by_class(cases), rest], dtype=float)

    @cached_property
    def effects(self) -> Floats:
        """By how much more each AUC varies than that of a given marker: rules × classes."""
        if not len(self.chance):
            return np.full(self.areas.shape, STATED)
        m, n = self.sizes
        expected = (m + n + 1) / (12 * m * n)
        spread = np.nanvar(self.chance, axis=0, ddof=1)
        return np.asarray(np.maximum(spread / expected, 1.0))

    def intervals(self, level: float = LEVEL) -> tuple[Floats, Floats]:
        """Return Newcombe's limits of every AUC, rules × classes."""
        m, n = self.sizes
        return newcombe_interval(self.areas, m / self.effects, n / self.effects, level=level)

    def confusion_of(self, scores: Floats) -> Floats:
        """Return truth × called of log probabilities, sets × cases × classes."""
        return confusion(by_repeat(scores, self.held_out), self.judged.cases)

    def _chance(self, what: str) -> Floats:
        each = [np.asarray(piece[what]) for piece in self.pieces["chance"]]
        shape = (len(each), len(self.names), len(self.judged.cases.classes))
        return np.reshape(each, shape).astype(float)


def class_figures(gathered: ClassesGathered) -> dict[str, Any]:
    """Return the tables and figures of an evaluation by name."""
    rules = [gathered.names[0], "intercept", *gathered.names[1:]]
    scores = [gathered.scores[0], gathered.prevalence, *gathered.scores[1:]]
    counts = [gathered.confusion_of(each) for each in scores]
    sites, within = pd.DataFrame(columns=["site"]), np.full(gathered.areas.shape[1], np.nan)
    if gathered.judged.cases.has_sites:
        sites = site_table(gathered)
        within = np.asarray(within_sites(gathered.judged, gathered.scores[0], areas))
    return {
        "performance": _performance(gathered),
        "roc": _roc(gathered),
        "decisions": _decisions(gathered, rules, counts),
        "confusion": confusion_table(rules, counts, gathered.judged.cases.classes),
        "selection": _selection(gathered),
        "sites": sites,
        "learning": learning_table(gathered, gathered.scores[0], areas),
        "cases": _cases(gathered),
        "effect": float(gathered.effects[0].mean()),
        "mean_auc": float(gathered.areas[0].mean()),
        "mean_auc_p": overall_p(gathered),
        "shown": _shown(gathered, within),
    }


def _performance(gathered: ClassesGathered) -> pd.DataFrame:
    """Return the AUC of every rule and class; after the recipe a constant, which tells no pair."""
    low, high = gathered.intervals()
    p = p_values(gathered.areas, gathered.chance)
    columns = ["rule", "class", "auc", "auc_low", "auc_high", "p_value"]
    classes = gathered.judged.cases.classes
    rows = [
        (rule, name, gathered.areas[i, k], low[i, k], high[i, k], p[i, k])
        for i, rule in enumerate(gathered.names)
        for k, name in enumerate(classes)
    ]
    constant = [("intercept", name, 0.5, 0.5, 0.5, 1.0) for name in classes]
    count = len(classes)
    return pd.DataFrame([*rows[:count], *constant, *rows[count:]], columns=columns)


def _roc(gathered: ClassesGathered) -> pd.DataFrame:
    """Return the ROC curve of every rule and class against the rest, with its band."""
    cases, sizes = gathered.judged.cases, gathered.sizes[:, None] / gathered.effects
    tables = [
        roc_table(
            gathered.scores[i, ..., k], cases.against(k).positive, gathered.held_out,
            sizes=(sizes[0, i, k], sizes[1, i, k]),
        ).assign(**{"rule": rule, "class": name})
        for i, rule in enumerate(gathered.names)
        for k, name in enumerate(cases.classes)
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)[["rule", "class", *COLUMNS]]


def _decisions(gathered: ClassesGathered, rules: list[str], counts: list[Floats]) -> pd.DataFrame:
    """Return how many groups are called right, and the same with every class weighing alike."""
    chance = gathered.chance_recalls
    balanced = np.array([recalls(each).mean() for each in counts])
    own = np.delete(balanced, 1)
    p = np.insert(p_values(own, chance.mean(axis=2)), 1, 1.0)
    effects = _call_effects(gathered, counts)
    limits = [balanced_interval(*each) for each in zip(counts, effects, strict=True)]
    low, high = np.transpose(limits)
    return pd.DataFrame(
        {
            "rule": rules,
            "accuracy": [np.trace(each) / each.sum() for each in counts],
            "balanced_accuracy": balanced,
            "balanced_accuracy_low": low,
            "balanced_accuracy_high": high,
            "p_value": p,
        }
    )


def _call_effects(gathered: ClassesGathered, counts: list[Floats]) -> Floats:
    """Return by how much more balanced accuracy varies than that of given calls, by rule.

    The variance under permuted classes over that of independent groups, Σ q (1 − q) / n / K² with
    the mean share q called right of each of K classes; the constant's is that stated.
    """
    chance = gathered.chance_recalls
    if not len(chance):
        return np.full(len(counts), STATED)
    sizes, shares = counts[0].sum(axis=1), chance.mean(axis=0)
    expected = (shares * (1 - shares) / sizes).mean(axis=1) / len(sizes)
    spread = chance.mean(axis=2).var(axis=0, ddof=1)
    effects = np.maximum(spread / np.maximum(expected, ROUNDING), 1.0)
    return np.insert(effects, 1, STATED)


def balanced_interval(counts: Floats, effect: float) -> tuple[float, float]:
    """Return the interval of balanced accuracy from truth × called.

    Wilson's of each class, its size divided by the effect, put together: the mean ∓ √Σ d² / K with
    the distances d of K limits (MOVER, Zou & Donner 2008, doi:10.1002/sim.3095).
    """
    sizes, right = counts.sum(axis=1) / effect, np.diagonal(counts) / effect
    low, high = proportion_interval(right, sizes, method="wilson")
    share, classes = right / sizes, len(sizes)
    down, up = (np.sqrt(np.sum((share - limit) ** 2)) / classes for limit in (low, high))
    return float(share.mean() - down), float(share.mean() + up)


def confusion_table(
    rules: Sequence[str], counts: Sequence[Floats], classes: Sequence[str]
) -> pd.DataFrame:
    """Return `rule, truth, called, count`."""
    rows = [
        (rule, truth, called, float(each[i, j]))
        for rule, each in zip(rules, counts, strict=True)
        for i, truth in enumerate(classes)
        for j, called in enumerate(classes)
    ]
    return pd.DataFrame(rows, columns=["rule", "truth", "called", "count"])


def _selection(gathered: ClassesGathered) -> pd.DataFrame:
    """Return which features tell each class from the rest."""
    tables = []
    for place, name in enumerate(gathered.judged.cases.classes):
        wanted = ("names", "directions", "reaches", "importance", "shap")
        pieces = [
            {each: piece[f"{each} {place}"] for each in wanted}
            for piece in gathered.pieces["outer"]
        ]
        table = selection_table(Gathered(gathered.judged, gathered.names, {"outer": pieces}))
        table.insert(0, "class", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _cases(gathered: ClassesGathered) -> pd.DataFrame:
    """Return what each case was given while held out, mean over repeats."""
    cases = gathered.judged.cases
    mean = np.exp(by_repeat(gathered.scores[0], gathered.held_out)).mean(axis=0)
    truth = np.array(cases.classes)[cases.labels]
    table = pd.DataFrame({"subject": cases.subject, "site": cases.site, "class": truth})
    return table.assign(
        **{f"probability {name}": mean[:, k] for k, name in enumerate(cases.classes)}
    )


def overall_p(gathered: ClassesGathered) -> float:
    """Return the p-value of the mean AUC of the recipe; NaN without permutations."""
    chance = gathered.chance[:, 0].mean(axis=1)
    return float(p_values(gathered.areas[0].mean(), chance))


def _shown(gathered: ClassesGathered, within: Floats) -> tuple[str, ...]:
    """Return the classes that the recipe tells from the rest beyond chance.

    The mean AUC exceeds that of permuted classes (p ≤ .05, where there are permutations), and the
    class's own interval at 1 − .05/K lies above ½, with sites one as far around what it is worth
    within them too.
    """
    auc = gathered.areas[0]
    low = gathered.intervals(1 - _ALPHA / len(auc))[0][0]
    if overall_p(gathered) > _ALPHA:
        return ()
    shown = (low > 0.5) & ~(within - (auc - low) <= 0.5)
    return tuple(np.array(gathered.judged.cases.classes)[shown].tolist())


def site_table(gathered: ClassesGathered) -> pd.DataFrame:
    """Return a row for each site and class: its cases, and the AUC within it and from without."""
    cases, rows = gathered.judged.cases, []
    for site, piece in zip(np.unique(cases.site), gathered.pieces["site"], strict=True):
        here = cases.site == site
        mine, others = cases.take(here), np.asarray(piece["scores"], dtype=float)
        within = areas(gathered.scores[0], cases, gathered.held_out & here)
        known = not np.isnan(others).any()
        whole = np.ones((1, len(mine)), dtype=bool)
        alone = areas(others[None], mine, whole) if known else np.full(len(within), np.nan)
        for k, name in enumerate(cases.classes):
            sizes = class_sizes(mine.against(k), bool(len(gathered.chance)))
            with np.errstate(divide="ignore", invalid="ignore"):
                low, high = newcombe_interval(alone[k], *(sizes / gathered.effects[0, k]))
            rows.append((str(site), name, int(mine.class_sizes[k]), within[k], alone[k],
                         float(low), float(high)))  # fmt: skip
    columns = ["site", "class", "cases", "within", "left_out", "left_out_low", "left_out_high"]
    return pd.DataFrame(rows, columns=columns)
