"""`validate`: a locked rule in a cohort that it was not made of."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from biomarkers.errors import InputError
from biomarkers.predict.calibration import calibration_curve, calibration_of
from biomarkers.predict.classes.external import (
    ClassValidation,
    class_validation,
    locked_area,
    locked_curve,
    locked_sizes,
)
from biomarkers.predict.classes.training import TrainedClasses
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.judgement import Judgement
from biomarkers.predict.performance import benefit_table, called_right
from biomarkers.predict.rule import Rule
from biomarkers.predict.rule_features import case_mix, subject_hash, with_indicators
from biomarkers.predict.studies import study_digest
from biomarkers.predict.worth import calibration_intercept, concordance_error
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.evaluation import brier, calibration_slope
from biomarkers.stats.drawing import Axes
from biomarkers.stats.intervals import logit_interval
from biomarkers.stats.ridge import ridge_logistic
from biomarkers.stats.survival.concordance import concordance
from biomarkers.stats.words import listed

_FAR = 0.5  # standard deviations of training between two means that a note names
_NO_PENALTY = np.array([1e-9])


@dataclass(frozen=True, eq=False)
class ExternalValidation(Judgement):
    """What a locked rule is worth in other cases.

    Parameters
    ----------
    performance
        `rule, auc, brier, slope, intercept, sensitivity, specificity`, each but `brier` with its
        limits (`auc_low, auc_high` and so on): the rule as it is (`locked`), and with its log odds
        refitted here (`recalibrated`), whose AUC is the same and whose other figures flatter.
        With a time `concordance` and its limits.
    net_benefit
        `rule, threshold, net_benefit`; empty with a time.
    case_mix
        A row for each feature: `mean, sd, missing` here and in training, and `shift`, the
        difference of the means in standard deviations of training.
    notes
        What has to be known besides.
    overlap
        Subjects of the cohort that the rule was made of, too.
    calibration_curve
        As of `Evaluation`, of the locked rule; empty with a time.
    rule_digest
        Of the recipe of the rule and the cohort that it was made of: a report mixes no
        studies.
    roc
        As of `Evaluation`, of the locked rule; empty with a time.

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> half, others = people.iloc[::2], people.iloc[1::2]
    >>> cohort = predict.Cohort.from_tables(rows, half, outcome="responder")
    >>> rule = predict.fit(predict.recipe("logistic"), cohort)
    >>> other = predict.Cohort.from_tables(rows, others, outcome="responder")
    >>> predict.validate(rule, other).case_mix["feature"].tolist()
    ['Ktrans', 'volume']

    """

    shows = "performance"

    performance: pd.DataFrame
    net_benefit: pd.DataFrame
    case_mix: pd.DataFrame
    notes: tuple[str, ...]
    overlap: tuple[str, ...] = ()
    calibration_curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule_digest: str = ""
    roc: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        first = self.performance.iloc[0]
        measure = str(self.performance.columns[1])
        name = {"auc": "AUC", "concordance": "Concordance"}[measure]
        return (
            f"{name} of the locked rule {first[measure]:.2f} ({first[f'{measure}_low']:.2f} to "
            f"{first[f'{measure}_high']:.2f}) in "
            f"{'cases, some of subjects' if self.overlap else 'cases'} it was "
            f"{'' if self.overlap else 'not '}made of."
        )

    def draw(self, axes: Axes) -> None:
        """Draw net benefit over thresholds; with a time, how the cases differ from training's."""
        if len(self.net_benefit):
            for rule, rows in self.net_benefit.groupby("rule", sort=False):
                axes.plot(rows["threshold"], rows["net_benefit"], label=str(rule))
            low = float(self.net_benefit["net_benefit"][self.net_benefit["rule"] == "locked"].min())
            axes.set(xlabel="threshold", ylabel="net benefit", ylim=(min(low, -0.05), None))
            axes.legend()
            return
        shifts = self.case_mix["shift"]
        axes.plot(shifts, range(len(shifts)), "o")
        axes.set_yticks(range(len(shifts)), self.case_mix["feature"])
        axes.set_xlabel("shift (sd of training)")


def validate(rule: Rule, cohort: Cohort) -> ExternalValidation | ClassValidation:
    """Judge a rule in a cohort that it was not made of; nothing is refitted.

    Parameters
    ----------
    rule
        Locked: as `fit` made it, or `load` read it.
    cohort
        With the features of the rule and the outcome.

    Notes
    -----
    The interval of the AUC is Newcombe's, those of sensitivity and specificity are Wilson's, and
    those of calibration Wald's, all of class sizes divided by the design effect of the AUC where
    subjects have several cases.

    Raises
    ------
    InputError
        If a feature is absent or made in another way, the rule foretells another kind of outcome
        or other classes, or the rule was made of all subjects of the cohort.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> def cohort(seed):
    ...     names, truth = [f"{seed}-{number}" for number in range(40)], np.tile([0, 1], 20)
    ...     size = np.random.default_rng(seed).normal(2.0 * truth)
    ...     rows = pd.DataFrame({"subject": names, "size": size})
    ...     people = pd.DataFrame({"subject": names, "response": truth})
    ...     return predict.Cohort.from_tables(rows, people, outcome="response")
    >>> rule = predict.fit(predict.recipe("logistic"), cohort(1))
    >>> seen = predict.validate(rule, cohort(2))
    >>> seen.performance["rule"].tolist(), bool(seen.performance["auc"][0] > 0.8)
    (['locked', 'recalibrated'], True)

    """
    if rule.card["is_survival"] != (cohort.time is not None):
        raise InputError(
            "outcome: the rule was made for a time and this is a class, or the reverse"
        )
    if rule.classes != cohort.classes:
        raise InputError(
            f"outcome: the rule tells {listed(rule.classes) or 'two classes'}, and the cohort has "
            f"{listed(cohort.classes) or 'two'}; expected the same, in the same order"
        )
    rule.check(cohort)
    if cohort.digest == rule.card["cohort"]:
        raise InputError("the rule was made of this very cohort; see evaluate for its worth here")
    overlap = _overlap(rule, cohort)
    cohort = with_indicators(cohort, rule.features)
    mix = _mix(rule, cohort)
    notes = (
        *cohort.notes,
        *_overlap_notes(overlap),
        *_shift_notes(mix),
        *_site_notes(rule, cohort),
    )
    seen = _judged(rule, cohort, mix, notes, overlap)
    return replace(seen, rule_digest=study_digest(rule.card["recipe"], rule.card["cohort"]))


def _judged(
    rule: Rule, cohort: Cohort, mix: pd.DataFrame, notes: tuple[str, ...], overlap: tuple[str, ...]
) -> ExternalValidation | ClassValidation:
    """Judge the scores of a rule in a cohort that fits it."""
    if isinstance(rule.trained, TrainedClasses):
        scores = rule.trained.log_probabilities(cohort.cases)
        return class_validation(scores, cohort.cases, mix, notes, overlap)
    odds = rule.odds(cohort)
    if cohort.time is not None:
        return ExternalValidation(_survival(odds, cohort), pd.DataFrame(), mix, notes, overlap)
    slope, intercept = _recalibration(odds, cohort.positive)
    if calibration_slope(odds[None], cohort.positive) <= 0:
        notes = (*notes, "The rule is no better than chance here or inverted (slope not above 0): "
                 "its intercept alone was refitted.")  # fmt: skip
    rules = {"locked": odds, "recalibrated": intercept + slope * odds}
    rows = [_row(name, each, cohort, rule.trained.threshold) for name, each in rules.items()]
    benefits = benefit_table({name: each[None] for name, each in rules.items()}, cohort.positive)
    curve = calibration_curve(special.expit(odds), cohort.positive, cohort.subject)
    return ExternalValidation(
        pd.DataFrame(rows), benefits, mix, notes, overlap, curve,
        roc=locked_curve(odds, cohort.cases),
    )  # fmt: skip


def _overlap(rule: Rule, cohort: Cohort) -> tuple[str, ...]:
    """Return the subjects that the rule was made of, by name; refuse a cohort of no others."""
    known = set(rule.card.get("subject_hashes", ()))
    subjects = np.unique(cohort.subject).tolist()
    overlap = tuple(name for name in subjects if subject_hash(name) in known)
    if len(overlap) == len(subjects):
        raise InputError(
            f"the rule was made of all {len(subjects)} subjects of this cohort; expected others "
            "(names that only look the same: prefix them)"
        )
    return overlap


def _overlap_notes(overlap: tuple[str, ...]) -> list[str]:
    if not overlap:
        return []
    return [f"The rule was made of these subjects too, whom it flatters: {listed(overlap)}."]


def _row(name: str, odds: Floats, cohort: Cohort, threshold: float) -> dict[str, Any]:
    truth = cohort.positive
    auc, low, high = locked_area(odds, cohort.cases)
    sizes = locked_sizes(odds, cohort.cases)
    return {
        "rule": name, "auc": auc, "auc_low": low, "auc_high": high, "brier": brier(odds, truth),
        **calibration_of(odds[None], truth, sizes=sizes),
        **called_right((odds >= threshold)[None], truth, sizes=sizes),
    }  # fmt: skip


def _survival(scores: Floats, cohort: Cohort) -> pd.DataFrame:
    assert cohort.time is not None
    made = concordance(scores, cohort.time, cohort.positive)
    everyone = np.ones((1, len(scores)), dtype=bool)
    error = concordance_error(scores[None], cohort.cases, everyone)
    low, high = logit_interval(made.estimate, error)
    return pd.DataFrame(
        [("locked", made.estimate, float(low), float(high), made.events)],
        columns=["rule", "concordance", "concordance_low", "concordance_high", "events"],
    )


def _recalibration(odds: Floats, truth: Bools) -> tuple[float, float]:
    """Return slope and intercept of the log odds refitted here.

    Of a rule that is inverted here the intercept alone: a slope of 0 or less would turn its order.
    """
    spread = float(odds.std()) or 1.0
    scaled = ((odds - odds.mean()) / spread)[:, None]
    everyone = np.ones((1, len(truth)))
    intercept, slope = ridge_logistic(scaled, truth, everyone, _NO_PENALTY)[0, 0] / (1, spread)
    if slope <= 0:
        return 1.0, calibration_intercept(odds, truth)
    return float(slope), float(intercept - slope * odds.mean())


def _mix(rule: Rule, cohort: Cohort) -> pd.DataFrame:
    rows = []
    for name, here in case_mix(cohort, rule.features).items():
        there = rule.card["features"][name]
        spread = there["sd"] or np.nan
        rows.append((name, here["mean"], here["sd"], here["missing"], there["mean"], there["sd"],
                     there["missing"], ((here["mean"]) - (there["mean"])) / spread
                     if there["mean"] is not None else np.nan))  # fmt: skip
    columns = ["feature", "mean", "sd", "missing", "training_mean", "training_sd",
               "training_missing", "shift"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _shift_notes(mix: pd.DataFrame) -> list[str]:
    far = mix[mix["shift"].abs() > _FAR]
    if far.empty:
        return []
    named = ", ".join(f"{row['feature']} ({row['shift']:+.1f} sd)" for row in
                      far.to_dict("records")[:12])  # fmt: skip
    return [f"The cases differ from those of training in {named}."]


def _site_notes(rule: Rule, cohort: Cohort) -> list[str]:
    unseen = rule.trained.unseen_sites(cohort.cases)
    return [f"Not harmonised, as training had none of it: {', '.join(unseen)}."] if unseen else []
