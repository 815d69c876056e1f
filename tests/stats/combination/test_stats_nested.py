"""Nested cross-validation: nothing chosen knows those it is judged on."""

import numpy as np
import pytest

from biomarkers.stats.combination.evaluation import calibration_slope, held_out_odds
from biomarkers.stats.combination.nested import MODELS, Procedure, held_out_area
from biomarkers.stats.labels import make_units
from biomarkers.stats.roc_analysis.auc import area


def sample(seed, subjects=24, markers=3):
    random = np.random.default_rng(seed)
    positive = np.arange(subjects) < subjects // 2
    values = random.normal(size=(subjects, markers)) + 0.8 * positive[:, None] * (
        np.arange(markers) < 2
    )
    return (values - values.mean(axis=0)) / values.std(axis=0), positive


def procedure(subjects, model="logistic", repeats=3):
    return Procedure(MODELS[model], make_units(subjects), folds=4, repeats=repeats)


@pytest.mark.parametrize("model", MODELS)
def test_what_a_training_set_chooses_does_not_depend_on_those_held_out(model):
    values, positive = sample(1)
    plan = procedure(24, model)
    before = plan.run(values, positive, np.random.default_rng(5))
    changed = values.copy()
    changed[7] = [40, -30, 20]
    after = plan.run(changed, positive, np.random.default_rng(5))
    blind = before.folds.held_out[:, 7]
    assert blind.sum() == 3
    for name in ("coefficients", "chosen", "sign"):
        first, second = getattr(before, name), getattr(after, name)
        np.testing.assert_allclose(first[blind], second[blind], atol=1e-7)
    assert not np.allclose(before.coefficients[~blind], after.coefficients[~blind])


def test_the_penalty_is_the_best_of_the_inner_folds():
    values, positive = sample(2)
    run = procedure(24, repeats=1).run(values, positive, np.random.default_rng(3))
    model = MODELS["logistic"]
    for held, inner, rule in zip(
        run.folds.held_out, run.folds.inner, run.coefficients, strict=True
    ):
        losses = []
        for at in range(len(model.penalties)):
            loss = 0.0
            for part in inner:
                train = (~held & ~part).astype(float)[None]
                fit = model.fit(values, positive, train, model.penalties)[0, at]
                odds = fit[0] + values[part] @ fit[1:]
                loss += np.log1p(np.exp(np.where(positive[part], -odds, odds))).sum()
            losses.append(loss)
        everyone = (~held).astype(float)[None]
        expected = model.fit(values, positive, everyone, model.penalties)[0, np.argmin(losses)]
        np.testing.assert_allclose(rule, expected, atol=1e-6)


def test_the_area_counts_pairs_held_out_together():
    random = np.random.default_rng(4)
    positive = np.arange(20) < 8
    scores = random.normal(size=(6, 20)).round(1)
    held_out = random.random((6, 20)) < 0.5
    won = pairs = 0.0
    for score, held in zip(scores, held_out, strict=True):
        count = (held & positive).sum() * (held & ~positive).sum()
        won += count * area(score[held & positive], score[held & ~positive])
        pairs += count
    assert held_out_area(scores, positive, held_out) == pytest.approx(won / pairs, abs=1e-14)


def test_the_best_single_marker_is_that_of_the_training_set():
    values, positive = sample(6)
    run = procedure(24).run(values, positive, np.random.default_rng(1))
    for training, marker, sign in zip(run.folds.training, run.chosen, run.sign, strict=True):
        areas = np.array(
            [area(column[training & positive], column[training & ~positive]) for column in values.T]
        )
        assert abs(areas[marker] - 0.5) == pytest.approx(np.abs(areas - 0.5).max())
        np.testing.assert_array_equal(sign, np.where(areas >= 0.5, 1, -1))


def test_useless_markers_average_one_half():
    random = np.random.default_rng(8)
    positive = np.arange(14) < 7
    plan = procedure(14, "lda", repeats=4)
    found = []
    for _ in range(200):
        values = random.normal(size=(14, 3))
        run = plan.run(values, positive, random)
        found.append((run.area(positive), run.single_area(values, positive)))
    # One AUC scatters by .2, so that the mean of 200 has a standard error of .015.
    np.testing.assert_allclose(np.mean(found, axis=0), 0.5, atol=0.05)


def test_the_odds_of_each_repeat_are_those_while_held_out():
    values, positive = sample(9)
    run = procedure(24, "lda").run(values, positive, np.random.default_rng(2))
    odds = held_out_odds(run)
    assert odds.shape == (3, 24)
    for number, held in enumerate(run.folds.held_out):
        np.testing.assert_array_equal(odds[number // 4, held], run.scores[number, held])


def test_the_calibration_slope_says_how_much_too_extreme_odds_are():
    random = np.random.default_rng(10)
    odds = random.normal(size=(1, 20_000))
    positive = random.random(20_000) < 1 / (1 + np.exp(-odds[0]))
    # Its standard error is .02.
    assert calibration_slope(odds, positive) == pytest.approx(1, abs=0.08)
    assert calibration_slope(2 * odds, positive) == pytest.approx(
        calibration_slope(odds, positive) / 2, rel=1e-6
    )
    assert np.isnan(calibration_slope(np.where(positive, 3.0, -2.0)[None], positive))
    assert np.isnan(calibration_slope(np.zeros((2, 20_000)), positive))
