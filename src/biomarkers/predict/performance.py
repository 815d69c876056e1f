"""The figures of a judgement, from the pieces that were done."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import special, stats

from biomarkers.predict.calibration import calibration_curve, calibration_of
from biomarkers.predict.gathered import STATED, Pieces, learning_table, p_values, within_sites
from biomarkers.predict.roc_curve import COLUMNS, roc_table
from biomarkers.predict.sites import site_table
from biomarkers.predict.tasks import paired_variance
from biomarkers.predict.worth import (
    areas_at,
    average_precision,
    components,
    concordance_error,
    net_benefit,
    worth,
)
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.evaluation import brier
from biomarkers.stats.intervals import logit_interval, newcombe_interval, proportion_interval

QUARTILES = (0.25, 0.5, 0.75)
THRESHOLDS = np.arange(1, 20) / 20


class Gathered(Pieces):
    """The pieces of a judgement of two classes, or of a time, in arrays."""

    @cached_property
    def scores(self) -> Floats:
        """Rules × sets × cases; 0 where not held out."""
        return self.placed("scores")

    @cached_property
    def odds(self) -> Floats:
        """Log odds of each case while held out: rules × repeats × cases."""
        return self._by_repeat(self.placed("odds"))

    @cached_property
    def called(self) -> Bools:
        """Whether each case was called positive while held out: rules × repeats × cases."""
        return np.asarray(self._by_repeat(self.placed("called")) > 0)

    @cached_property
    def prevalence_odds(self) -> Floats:
        """Log odds of the training set's prevalence: repeats × cases."""
        each = np.array([special.logit(piece["prevalence"]) for piece in self.pieces["outer"]])
        placed = np.where(self.held_out, each.astype(float)[:, None], 0.0)
        return np.asarray(self._by_repeat(placed[None])[0])

    @cached_property
    def chance(self) -> Floats:
        """The worth of every rule under permuted outcomes: permutations × rules."""
        each = [np.asarray(piece["worth"]) for piece in self.pieces["chance"]]
        return np.reshape(each, (len(each), len(self.names)))

    @cached_property
    def areas_by_seed(self) -> Floats:
        """The worth of the recipe by each of several seeds; empty where its model has one."""
        seeds = len(self.pieces["outer"][0]["spread"])
        placed = np.zeros((seeds, *self.held_out.shape))
        for number, piece in enumerate(self.pieces["outer"]):
            placed[:, number, self.held_out[number]] = piece["spread"]
        return np.array([worth(row, self.judged.cases, self.held_out) for row in placed])

    @cached_property
    def areas(self) -> Floats:
        """The worth of every rule."""
        each = [worth(row, self.judged.cases, self.held_out) for row in self.scores]
        return np.array(each, dtype=float)

    @property
    def sizes(self) -> tuple[float, float]:
        """Class sizes behind an interval: of cases; without permutations of subjects."""
        cases = self.judged.cases
        if len(self.chance):
            return float(cases.positive.sum()), float((~cases.positive).sum())
        labels = cases.units.labels_of(cases.positive)
        return float(labels.sum()), float((~labels).sum())

    @cached_property
    def effects(self) -> Floats:
        """By how much more the worth of every rule varies than that of a given marker."""
        if not len(self.chance):
            return np.full(len(self.names), STATED)
        spread = self.chance.var(axis=0, ddof=1)
        if self.judged.cases.time is not None:
            expected = np.mean([piece["variance"] for piece in self.pieces["chance"]], axis=0)
        else:
            m, n = self.sizes
            expected = np.full(len(self.names), (m + n + 1) / (12 * m * n))
        return np.asarray(np.maximum(spread / expected, 1.0))

    @property
    def effective(self) -> Floats:
        """Numbers of positives and negatives behind every interval of a rule: rules × 2."""
        return np.array(self.sizes) / self.effects[:, None]

    def _by_repeat(self, placed: Floats) -> Floats:
        """Put the sets of a repeat together, in each of which every case is held out once."""
        repeats = self.judged.settings.repeats
        parts = placed.reshape(len(placed), repeats, -1, placed.shape[-1])
        return np.asarray(parts.sum(axis=2), dtype=float)


def figures(gathered: Gathered) -> dict[str, Any]:
    """Return the tables of an evaluation by name."""
    cases = gathered.judged.cases
    binary = cases.time is None
    rules = dict(zip(gathered.names, gathered.odds, strict=True)) if binary else {}
    sites = pd.DataFrame(columns=["site"])
    within = float("nan")
    if cases.has_sites:
        effect = float(gathered.effects[0])
        sites = site_table(gathered.judged, gathered.scores[0], gathered.pieces["site"], effect)
        within = float(within_sites(gathered.judged, gathered.scores[0], worth))
    return {
        "performance": _with_constant(gathered, performance_of(gathered)),
        "gain": _gains(gathered),
        "roc": _roc(gathered) if binary else pd.DataFrame(),
        "calibration": _calibration(gathered) if binary else pd.DataFrame(),
        "calibration_curve": _curve(gathered) if binary else pd.DataFrame(),
        "decisions": _decisions(gathered) if binary else pd.DataFrame(),
        "net_benefit": benefit_table(rules, cases.positive) if binary else pd.DataFrame(),
        "times": pd.DataFrame() if binary else _times(gathered),
        "selection": selection_table(gathered),
        "sites": sites,
        "within_sites": within,
        "learning": _learning(gathered),
        "cases": _cases(gathered),
        "effect": float(gathered.effects[0]),
    }


def performance_of(gathered: Gathered) -> pd.DataFrame:
    """Return what every rule is worth, with its interval."""
    return _areas(gathered) if gathered.judged.cases.time is None else _concordances(gathered)


def _areas(gathered: Gathered) -> pd.DataFrame:
    cases, held_out = gathered.judged.cases, gathered.held_out
    low, high = newcombe_interval(gathered.areas, *gathered.effective.T)
    return pd.DataFrame(
        {
            "rule": gathered.names,
            "auc": gathered.areas,
            "auc_low": low,
            "auc_high": high,
            "p_value": p_values(gathered.areas, gathered.chance),
            "pr_auc": [average_precision(s, cases.positive, held_out) for s in gathered.scores],
            "brier": [brier(odds, cases.positive) for odds in gathered.odds],
        }
    )


def _with_constant(gathered: Gathered, table: pd.DataFrame) -> pd.DataFrame:
    """Add, after the recipe, a constant: it tells no pair apart, whoever is asked."""
    cases, held_out = gathered.judged.cases, gathered.held_out
    row = dict.fromkeys(table.columns, 0.5) | {"rule": "intercept", "p_value": 1.0}
    if cases.time is None:
        flat = np.zeros(held_out.shape)
        row |= {
            "pr_auc": average_precision(flat, cases.positive, held_out),
            "brier": brier(gathered.prevalence_odds, cases.positive),
        }
    else:
        row["horizon"] = table["horizon"][0]
    constant = pd.DataFrame([row])
    return pd.concat([table.iloc[:1], constant, table.iloc[1:]], ignore_index=True)


def _concordances(gathered: Gathered) -> pd.DataFrame:
    """Return the concordance of each rule, and its AUC at the median time of events."""
    cases, held_out = gathered.judged.cases, gathered.held_out
    assert cases.time is not None
    horizon = float(np.median(cases.time[cases.positive]))
    rows = []
    for place, scores in enumerate(gathered.scores):
        estimate = float(gathered.areas[place])
        error = concordance_error(scores, cases, held_out) * np.sqrt(gathered.effects[place])
        low, high = logit_interval(estimate, float(error))
        (at,) = areas_at(scores, cases, held_out, np.array([horizon]))
        rows.append((gathered.names[place], estimate, low, high, at, horizon))
    columns = ["rule", "concordance", "concordance_low", "concordance_high", "auc", "horizon"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(4, "p_value", p_values(gathered.areas, gathered.chance))
    return table


def _times(gathered: Gathered) -> pd.DataFrame:
    """Return the AUC of each rule for the event by each quartile of the times of events."""
    cases = gathered.judged.cases
    assert cases.time is not None
    quartiles = np.unique(np.quantile(cases.time[cases.positive], QUARTILES))
    tables = [
        pd.DataFrame(
            {"rule": name, "time": quartiles,
             "auc": areas_at(scores, cases, gathered.held_out, quartiles)}
        )
        for name, scores in zip(gathered.names, gathered.scores, strict=True)
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _gains(gathered: Gathered) -> pd.DataFrame:
    """Return what the recipe adds to each baseline, paired on the same folds."""
    rows = [
        (name, *paired_gain(gathered, 0, place)) for place, name in enumerate(gathered.names[1:], 1)
    ]
    return pd.DataFrame(rows, columns=["over", "gain", "gain_low", "gain_high", "p_value"])


def paired_gain(gathered: Gathered, first: int, second: int) -> tuple[float, float, float, float]:
    """Return by how much one rule is worth more than another, its limits, and a two-sided p.

    The variance is that of DeLong's paired components, times by how much more the difference
    varies under permuted outcomes (at least 1); with a time, that under permuted outcomes.
    """
    cases, held_out = gathered.judged.cases, gathered.held_out
    gain = float(gathered.areas[first] - gathered.areas[second])
    if cases.time is None:
        parts = [components(gathered.scores[each], cases.positive, held_out)
                 for each in (first, second)]  # fmt: skip
        own = paired_variance(parts[0] - parts[1], cases)
        error = np.sqrt(own * _effect(gathered, first, second))
    else:
        chance = gathered.chance[:, first] - gathered.chance[:, second]
        error = chance.std(ddof=1) if len(chance) else np.nan
    half = stats.norm.ppf(0.975) * error
    p_value = float(2 * stats.norm.sf(abs(gain) / error)) if error > 0 else np.nan
    return gain, float(max(gain - half, -1)), float(min(gain + half, 1)), p_value


def _effect(gathered: Gathered, first: int, second: int) -> float:
    """Return by how much more a difference varies under permuted outcomes than DeLong's says."""
    if not len(gathered.chance):
        return STATED
    chance = gathered.chance[:, first] - gathered.chance[:, second]
    own = [piece["paired"][first, second] for piece in gathered.pieces["chance"]]
    return float(max(chance.var(ddof=1) / np.mean(own), 1.0)) if np.mean(own) > 0 else STATED


def _roc(gathered: Gathered) -> pd.DataFrame:
    """Return the ROC curve of every rule, with its band."""
    positive, held_out = gathered.judged.cases.positive, gathered.held_out
    tables = [
        roc_table(scores, positive, held_out, sizes=(m, n)).assign(rule=name)
        for name, scores, (m, n) in zip(
            gathered.names, gathered.scores, gathered.effective, strict=True
        )
    ]
    return pd.concat(tables, ignore_index=True)[["rule", *COLUMNS]]


def _learning(gathered: Gathered) -> pd.DataFrame:
    """Return the learning curve; the interval of an AUC is of one repeat, as its effect is."""
    table = learning_table(gathered, gathered.scores[0], worth)
    if gathered.judged.cases.time is not None:
        return table
    low, high = newcombe_interval(table["worth"], *gathered.effective[0])
    return table.assign(worth_low=low, worth_high=high)


def _calibration(gathered: Gathered) -> pd.DataFrame:
    truth = gathered.judged.cases.positive
    rows = [
        {"rule": name, **calibration_of(odds, truth, sizes=(m, n)), "brier": brier(odds, truth)}
        for name, odds, (m, n) in zip(
            gathered.names, gathered.odds, gathered.effective, strict=True
        )
    ]
    return pd.DataFrame(rows).assign(brier_reference=brier(gathered.prevalence_odds, truth))


def _curve(gathered: Gathered) -> pd.DataFrame:
    cases = gathered.judged.cases
    return calibration_curve(_probabilities(gathered), cases.positive, cases.subject)


def _probabilities(gathered: Gathered) -> Floats:
    """Return what the recipe gave each case while it was held out, mean over repeats."""
    return np.asarray(special.expit(gathered.odds[0]).mean(axis=0))


def _decisions(gathered: Gathered) -> pd.DataFrame:
    """Return how often held-out cases are called right at thresholds chosen inside."""
    truth = gathered.judged.cases.positive
    rows = [
        {"rule": name, **called_right(called, truth, sizes=(m, n))}
        for name, called, (m, n) in zip(
            gathered.names, gathered.called, gathered.effective, strict=True
        )
    ]
    table = pd.DataFrame(rows)
    cases = {"positives": truth.sum(), "negatives": (~truth).sum()}
    return table.assign(
        balanced_accuracy=table[["sensitivity", "specificity"]].mean(axis=1),
        true_positives=table["sensitivity"] * cases["positives"],
        false_negatives=(1 - table["sensitivity"]) * cases["positives"],
        true_negatives=table["specificity"] * cases["negatives"],
        false_positives=(1 - table["specificity"]) * cases["negatives"],
    )


def called_right(called: Bools, truth: Bools, *, sizes: tuple[float, float]) -> dict[str, float]:
    """Return sensitivity and specificity of calls, repeats × cases, each with Wilson's limits.

    Trials are the effective numbers of positives and negatives, those of the AUC's interval.
    """
    shares = {"sensitivity": called[:, truth].mean(), "specificity": (~called[:, ~truth]).mean()}
    told: dict[str, float] = {}
    for (name, share), size in zip(shares.items(), sizes, strict=True):
        low, high = proportion_interval(share * size, size, method="wilson")
        told |= {name: float(share), f"{name}_low": float(low), f"{name}_high": float(high)}
    return told


def benefit_table(rules: Mapping[str, Floats], truth: Bools) -> pd.DataFrame:
    """Return the net benefit of rules by their log odds, rows × cases, and of all and nobody."""
    everyone = np.full((1, len(truth)), np.inf)
    tables = [
        pd.DataFrame(
            {"rule": name, "threshold": THRESHOLDS,
             "net_benefit": net_benefit(odds, truth, THRESHOLDS)}
        )
        for name, odds in {**rules, "treat all": everyone, "treat none": -everyone}.items()
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def selection_table(gathered: Gathered) -> pd.DataFrame:
    """Return how often each feature reaches the model, in which direction, and what it is worth.

    `shap` is left out where the pieces have none.
    """
    pieces = gathered.pieces["outer"]
    names = list(dict.fromkeys(name for piece in pieces for name in piece["names"].tolist()))
    places = {name: place for place, name in enumerate(names)}
    signs, there, lost, shap = np.zeros((4, len(pieces), len(names)))
    for number, piece in enumerate(pieces):
        mine = [places[name] for name in piece["names"].tolist()]
        signs[number, mine] = np.sign(piece["directions"])
        there[number, mine] = piece["reaches"]
        lost[number, mine] = piece["importance"]
        shap[number, mine] = piece.get("shap", 0.0)
    chosen, up, down = there.sum(axis=0), (signs > 0).sum(axis=0), (signs < 0).sum(axis=0)
    # An array has no direction, nor has what tells only together with others.
    signed = up + down
    directed = ~np.isnan(signs).any(axis=0) & (signed > 0)
    table = pd.DataFrame(
        {
            "feature": names,
            "chosen": chosen / len(pieces),
            "sign": np.where(directed, np.where(up >= down, 1, -1), 0),
            "same_sign": np.where(directed, np.maximum(up, down) / np.maximum(signed, 1), np.nan),
            "importance": lost.mean(axis=0),
            "shap": shap.mean(axis=0),
        }
    )  # fmt: skip
    if not all("shap" in piece for piece in pieces):
        table = table.drop(columns="shap")
    order = np.lexsort((np.arange(len(table)), -lost.mean(axis=0), -chosen))
    return table.iloc[order].reset_index(drop=True)


def _cases(gathered: Gathered) -> pd.DataFrame:
    """Return what each case was given while held out, mean over repeats."""
    cases = gathered.judged.cases
    odds = gathered.odds[0]
    value = _probabilities(gathered) if cases.time is None else odds.mean(axis=0)
    name = "probability" if cases.time is None else "log_hazard"
    return pd.DataFrame({"subject": cases.subject, "site": cases.site,
                         "positive": cases.positive, name: value})  # fmt: skip
