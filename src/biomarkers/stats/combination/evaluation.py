"""Evaluation of a combination: the rule of a sample, cross-validated and tested."""

import numpy as np
import pandas as pd
from scipy import special

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.nested import (
    MODELS,
    CrossValidation,
    Nested,
    Procedure,
    scores_of,
)
from biomarkers.stats.combination.permuted import chance_areas, p_besides
from biomarkers.stats.combination.rule import Combination
from biomarkers.stats.combination.sample import Sample
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.ridge import ridge_logistic
from biomarkers.stats.roc_analysis.auc import area

_COLUMNS = [
    "marker", "coefficient", "coefficient_low", "coefficient_high", "same_sign", "direction",
    "auc", "chosen", "gain", "p_gain", "mean", "sd", "missing",
]  # fmt: skip
_ROUNDING = 1e-12
_NO_PENALTY = np.array([1e-12])


def evaluate(
    sample: Sample, model: str, settings: CrossValidation, notes: tuple[str, ...] = ()
) -> Combination:
    """Make the rule, cross-validate it, and hold it against chance and against each marker.

    Raises
    ------
    InputError
        If the model is unknown.

    """
    check_choice("model", model, MODELS)
    values, truth = sample.values, sample.positive  # noqa: PD011
    repeats = settings.repeats_for(len(truth))
    procedure = Procedure(MODELS[model], sample.units, folds=settings.folds, repeats=repeats)
    run = procedure.run(values, truth, np.random.default_rng([settings.seed, 0]))
    everyone, penalty = np.ones((1, len(truth))), np.array([run.penalty])
    rule = procedure.model.fit(values, truth, everyone, penalty)[0, 0]
    performance = _performance(sample, procedure, run, rule, settings)
    markers = _markers(sample, procedure, run, rule, settings)
    gain = float(-np.diff(performance["auc"])[0])
    odds = held_out_odds(run)
    return Combination(
        markers=markers,
        performance=performance,
        gain=gain,
        # Better than the best single marker: not explained by any of them.
        p_gain=float(markers["p_gain"].max()) if gain > 0 else 1.0,
        brier=brier(odds, truth),
        brier_reference=float(truth.mean() * (1 - truth.mean())),
        calibration_slope=calibration_slope(odds, truth),
        model=model,
        penalty=run.penalty,
        intercept=float(rule[0]),
        subjects=pd.DataFrame(
            {"positive": truth, "probability": special.expit(odds).mean(axis=0)}, sample.subjects
        ).iloc[np.argsort(sample.rows)],
        n_positive=int(truth.sum()),
        n_negative=int((~truth).sum()),
        n_left_out=sample.left_out,
        notes=notes,
        permutations=settings.permutations,
    )


def _performance(
    sample: Sample, procedure: Procedure, run: Nested, rule: Floats, settings: CrossValidation
) -> pd.DataFrame:
    """Return the worth of the combination and of the best single marker.

    The interval is Newcombe's with both class sizes divided by the ratio of the variance that
    the cross-validated AUC has under permuted labels to that of a given marker's AUC, not less
    than 1: a rule varies with the subjects it was made of, and lesions with their patients.
    """
    values, truth = sample.values, sample.positive  # noqa: PD011
    m, n = truth.sum(), (~truth).sum()
    areas = np.array([run.area(truth), run.single_area(values, truth)])
    chance = chance_areas(
        values, truth, procedure, permutations=settings.permutations, seed=settings.seed
    )
    effect = np.maximum(chance.var(axis=0, ddof=1) / ((m + n + 1) / (12 * m * n)), 1.0)
    low, high = newcombe_interval(areas, m / effect, n / effect)
    alone = [area(column[truth], column[~truth]) for column in values.T]
    scores = scores_of(rule[None], values)[0]
    return pd.DataFrame(
        {
            "rule": ["combination", "best single"],
            "auc": areas,
            "auc_low": low,
            "auc_high": high,
            "p_value": (1 + (chance >= areas - _ROUNDING).sum(axis=0)) / (1 + len(chance)),
            "auc_apparent": [
                area(scores[truth], scores[~truth]),
                0.5 + np.abs(np.array(alone) - 0.5).max(),
            ],
        }
    )


def _markers(
    sample: Sample, procedure: Procedure, run: Nested, rule: Floats, settings: CrossValidation
) -> pd.DataFrame:
    """Return what each marker does in the rule, and what it is worth without."""
    values, truth = sample.values, sample.positive  # noqa: PD011
    count = values.shape[1]
    slopes = run.coefficients[:, 1:]
    alone = np.array([run.single_area(values, truth, marker) for marker in range(count)])
    low, high = np.quantile(slopes, [0.05, 0.95], axis=0)
    table = sample.markers.assign(
        coefficient=rule[1:],
        coefficient_low=low,
        coefficient_high=high,
        same_sign=(np.sign(slopes) == np.sign(rule[1:])).mean(axis=0),
        direction=np.where(run.sign.mean(axis=0) >= 0, "higher", "lower"),
        auc=alone,
        chosen=np.bincount(run.chosen, minlength=count) / len(run.chosen),
        gain=run.area(truth) - alone,
        p_gain=[
            p_besides(values, truth, procedure, run.area(truth), given=marker,
                      permutations=settings.permutations, seed=settings.seed)
            for marker in range(count)
        ],
    )  # fmt: skip
    return table.set_index("marker").loc[list(sample.given)].reset_index()[_COLUMNS]


def held_out_odds(run: Nested) -> Floats:
    """Return the log odds of each subject while it was held out: repeats × subjects."""
    held_out = run.folds.held_out
    repeats = int(held_out[:, 0].sum())
    each = np.where(held_out, run.scores, 0.0)
    return np.asarray(each.reshape(repeats, -1, held_out.shape[1]).sum(axis=1))


def brier(odds: Floats, positive: Bools) -> float:
    """Return the mean squared difference between probability and outcome."""
    return float(np.mean((special.expit(odds) - positive) ** 2))


def calibration_slope(odds: Floats, positive: Bools) -> float:
    """Return the slope of the true on the given log odds, 1 if they are true on average.

    Below 1 they are too extreme (Cox 1958, doi:10.1093/biomet/45.3-4.562). NaN where they
    separate the classes perfectly or do not vary: no slope is the likeliest.

    Parameters
    ----------
    odds
        Repeats × subjects; each repeat counts as part of one data set.
    positive
        The class of each subject.

    """
    spread = float(odds.std())
    upper, lower = odds[:, positive], odds[:, ~positive]
    if spread == 0 or upper.min() >= lower.max() or upper.max() <= lower.min():
        return float("nan")
    every = np.tile(positive, len(odds))
    scaled = (odds.reshape(-1, 1) - odds.mean()) / spread
    fit = ridge_logistic(scaled, every, np.ones((1, len(every))), _NO_PENALTY)
    return float(fit[0, 0, 1]) / spread
