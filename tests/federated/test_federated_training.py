"""Federation against the same training on pooled rows, and against what was put into the data."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special
from tests.federated.hospitals import cohort, of_one_site, three, together, trained, with_gaps

from biomarkers import federated, predict
from biomarkers.federated.agreement import agreed
from biomarkers.federated.training import FederationServer
from biomarkers.predict.nested import prepare
from biomarkers.predict.recipes import Recipe
from biomarkers.stats.roc_analysis.auc import area

STEPS = federated.Rounds(rounds=15, rate=0.5, folds=0)
LOGISTIC = predict.recipe(predict.Logistic(penalties=(0.1,)))


def test_logistic_steps_of_sites_are_those_of_pooled_rows() -> None:
    cohorts = three(B=1.0)
    rule = federated.train(LOGISTIC, cohorts, settings=STEPS).rule
    cases = together(cohorts, LOGISTIC)
    values = (cases.features - cases.features.mean(axis=0)) / cases.features.std(axis=0)
    truth, weights = cases.positive, np.zeros(values.shape[1])
    intercept = special.logit(truth.mean())
    for _ in range(STEPS.rounds):
        missed = special.expit(intercept + values @ weights) - truth
        weights = weights - STEPS.rate * (values.T @ missed / len(truth) + 0.1 * weights)
        intercept -= STEPS.rate * missed.mean()
    assert np.allclose(rule.trained.scores(cases), intercept + values @ weights, atol=1e-12, rtol=0)


def test_svm_steps_of_sites_are_those_of_pooled_rows() -> None:
    cohorts = three()
    given = predict.recipe(predict.Svm(costs=(0.5,)))
    rule = federated.train(given, cohorts, settings=STEPS).rule
    cases = together(cohorts, given)
    values = (cases.features - cases.features.mean(axis=0)) / cases.features.std(axis=0)
    sign, weights, intercept = np.where(cases.positive, 1.0, -1.0), np.zeros(values.shape[1]), 0.0
    penalty = values.shape[1] / (0.5 * len(sign))
    for _ in range(STEPS.rounds):
        by_score = -sign * np.maximum(1 - sign * (intercept + values @ weights), 0) / len(sign)
        weights = weights - STEPS.rate * (values.T @ by_score + penalty * weights)
        intercept -= STEPS.rate * by_score.sum()
    assert np.allclose(rule.trained.scores(cases), intercept + values @ weights, atol=1e-12, rtol=0)


@pytest.mark.parametrize("model", ["logistic", "svm"])
def test_every_training_set_is_that_of_one_site(model: str) -> None:
    cohorts, given = three(), predict.recipe(model)
    one = of_one_site(cohorts, given, STEPS).rule.trained
    many = federated.train(given, cohorts, settings=STEPS).rule.trained
    assert np.allclose(many.directions, one.directions, atol=1e-12, rtol=0)


def test_rounds_without_a_rate_reach_the_minimum() -> None:
    cohorts = three()
    settings = federated.Rounds(rounds=200, folds=0)
    rule = federated.train(LOGISTIC, cohorts, settings=settings).rule
    cases = together(cohorts, LOGISTIC)
    prepared = prepare(LOGISTIC, cases)
    (best,) = LOGISTIC.model.fit(prepared.cases, LOGISTIC.model.settings()[:1], 1)
    assert np.allclose(rule.trained.model.coefficients, best.coefficients, atol=1e-6)


def test_combat_by_sums_is_that_of_rows() -> None:
    cohorts = three(A=2.0, C=-1.0)
    given = predict.recipe("logistic", harmonise="combat")
    trained = federated.train(given, cohorts, settings=STEPS).rule.trained
    cases = together(cohorts, given)
    expected = prepare(given, cases)
    assert np.allclose(trained.prepared(cases).features, expected.cases.features, atol=1e-10)


def test_combat_at_the_sites_is_that_of_the_rule() -> None:
    cohorts = three(A=2.0)
    given = predict.recipe("logistic", harmonise="combat")
    many = federated.train(given, cohorts, settings=STEPS)
    cases = many.rule.trained.prepared(together(cohorts, given))
    weights = np.zeros(cases.features.shape[1])
    intercept, truth = special.logit(cases.positive.mean()), cases.positive
    for _ in range(STEPS.rounds):
        missed = special.expit(intercept + cases.features @ weights) - truth
        weights = weights - STEPS.rate * (cases.features.T @ missed / len(truth) + 0.3 * weights)
        intercept -= STEPS.rate * missed.mean()
    assert np.allclose(many.rule.trained.directions, weights, atol=1e-12, rtol=0)


def test_gaps_are_filled_with_the_mean_over_sites_and_indicated() -> None:
    cohorts = three()
    cohorts["B"] = with_gaps(cohorts["B"], "f2", slice(0, 12))
    done = federated.train(LOGISTIC, cohorts, settings=STEPS)
    filled, *_ = done.rule.trained.steps
    known = np.concatenate([each.features["f2"] for each in cohorts.values()])
    assert filled.medians[2] == pytest.approx(np.nanmean(known), abs=1e-12)
    assert done.rule.trained.names[-1] == "missing: f2"
    assert any(note.startswith("Missing values were filled") for note in done.notes)


def test_sites_are_judged_by_models_that_have_not_seen_the_cases() -> None:
    random, cohorts = np.random.default_rng(5), {}
    for site in "ABC":
        noise = pd.DataFrame(random.normal(size=(60, 40)), columns=[f"n{i}" for i in range(40)])
        cohorts[site] = replace(cohort(site, 60, 1), features=noise)
    loose = predict.recipe(predict.Logistic(penalties=(1e-4,)))
    done = federated.train(loose, cohorts, settings=federated.Rounds(rounds=50))
    scores = {site: done.rule.trained.scores(each.cases) for site, each in cohorts.items()}
    seen = [area(scores[site][each.positive], scores[site][~each.positive])
            for site, each in cohorts.items()]  # fmt: skip
    assert np.mean(seen) > 0.7  # the rule has learnt noise by heart
    judged = done.sites[["global_auc", "local_auc", "left_out_auc"]].to_numpy()
    assert abs(judged.mean() - 0.5) < 0.07


def test_table_of_sites_tells_counts_and_worth() -> None:
    done = federated.train(LOGISTIC, three())
    sites = done.sites.set_index("site")
    assert sites["n"].tolist() == [30, 40, 50]
    assert sites["positives"].tolist() == [15, 20, 25]
    assert sites["rounds"].tolist() == [20, 20, 20]
    assert (sites[["global_auc", "left_out_auc"]] > 0.65).all(axis=None)
    assert (sites["global_low"] < sites["global_auc"]).all()
    assert done.headline.startswith("AUC of the global model among held-out cases, mean of 3 sites")
    assert len(done.history) == 60
    assert done.history["used"].all()
    first, last = done.history["loss"].iloc[[0, -1]]
    assert last < first


def test_training_is_the_same_every_time_and_differs_by_seed() -> None:
    def figures(seed: int) -> list[float]:
        done = federated.train(LOGISTIC, three(), settings=federated.Rounds(rounds=3, seed=seed))
        return done.sites["global_auc"].tolist()

    assert figures(1) == figures(1)
    assert figures(1) != figures(2)


def test_several_local_steps_are_held_back_by_fedprox() -> None:
    cohorts = three(A=3.0)
    many = federated.Rounds(rounds=1, local_steps=50, rate=0.5, folds=0)
    free = federated.train(LOGISTIC, cohorts, settings=many).history["norm"]
    held = federated.Rounds(rounds=1, local_steps=50, rate=0.5, folds=0, aggregate="prox", mu=1.0)
    assert (federated.train(LOGISTIC, cohorts, settings=held).history["norm"] < 0.8 * free).all()


def test_a_site_of_few_in_a_class_is_withheld() -> None:
    cohorts = three()
    positive = np.arange(30) % 8 == 0  # four of thirty
    cohorts["A"] = replace(cohorts["A"], positive=positive)
    done = federated.train(LOGISTIC, cohorts)
    row = done.sites.set_index("site").loc["A"]
    assert np.isnan(row[["positives", "prevalence", "global_auc", "local_auc"]].astype(float)).all()
    assert row["n"] == 30
    assert any(
        note.startswith("Not stated") and "figures of A. Whoever reads" in note
        for note in done.notes
    )
    assert done.rule.card["positives"] is None
    assert not any(note.startswith("A was left out") for note in done.notes)


def test_an_unfinished_training_says_so() -> None:
    given: Recipe = LOGISTIC
    settings = federated.Rounds(rounds=2, rate=0.05, folds=0)
    done = federated.train(given, three(), settings=settings)
    assert any(note.startswith("The last of 2 rounds moved the weights") for note in done.notes)


def test_a_server_that_has_not_heard_all_has_no_rule() -> None:
    terms, _ = agreed(LOGISTIC, three())
    server = FederationServer(LOGISTIC, terms, tuple("ABC"), STEPS)
    with pytest.raises(ValueError, match="something left to ask"):
        server.federated()


def test_the_figure_shows_three_models_at_each_site() -> None:
    _, done = trained(LOGISTIC, three(), federated.Rounds(rounds=3))
    axes = done.plot()
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert words == ["all sites", "this site alone", "all other sites"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A", "B", "C"]
