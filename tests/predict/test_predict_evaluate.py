"""What a recipe is said to be worth: nothing where there is nothing, and what hides behind it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import ONE, QUICK, cohort, lesions, names, noise, signal, survival, table

from biomarkers import predict, stats
from biomarkers.errors import InputError
from biomarkers.predict.gathered import STATED
from biomarkers.predict.running import checkpoint_of
from biomarkers.predict.tasks import make_judged
from biomarkers.predict.worth import areas_at
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.roc_analysis.auc import area

pytest.importorskip("sklearn", reason="an extra")

RIDGE = predict.recipe("logistic")


@cache
def seen_signal() -> predict.Evaluation:
    recipe = predict.recipe("logistic", select=predict.Lasso(at_most=6))
    return predict.evaluate(recipe, signal(count=140), settings=QUICK)


def test_noise_is_worth_nothing():
    recipe = predict.recipe("logistic", select=predict.Univariate(at_most=5))
    settings = predict.Validation(folds=3, repeats=1, permutations=19)
    seen = [predict.evaluate(recipe, noise(seed), settings=settings) for seed in range(10)]
    areas = np.array([each.performance["auc"][0] for each in seen])
    assert 0.42 < areas.mean() < 0.58
    assert sum(each.performance["p_value"][0] <= 0.05 for each in seen) <= 3
    assert sum(each.claims for each in seen) <= 2


def test_a_planted_signal_is_found_near_what_an_oracle_reaches():
    """The oracle adds up the three features that tell, as far as they are known."""
    seen, made = seen_signal(), signal(count=140)
    known = made.features[["f00", "f01", "f02"]].fillna(0.5).sum(axis=1).to_numpy()
    oracle = area(known[made.positive], known[~made.positive])
    assert oracle > 0.85
    assert abs(seen.performance["auc"][0] - oracle) < 0.10
    assert seen.performance["p_value"][0] == pytest.approx(0.05)
    assert set(seen.selection["feature"][:3]) == {"f00", "f01", "f02"}
    first = seen.selection.iloc[:3]
    assert (first["sign"] == 1).all()
    assert (first["same_sign"] == 1).all()
    assert seen.claims
    assert seen.adds == ("clinical only",)


def test_the_tables_hold_what_their_columns_say():
    seen = seen_signal()
    assert list(seen.performance) == [
        "rule", "auc", "auc_low", "auc_high", "p_value", "pr_auc", "brier",
    ]  # fmt: skip
    assert seen.performance["rule"].tolist() == ["recipe", "intercept", "clinical only"]
    recipe, constant, clinical = seen.performance.to_dict("records")
    assert recipe["auc_low"] < recipe["auc"] < recipe["auc_high"]
    assert recipe["brier"] < constant["brier"] == pytest.approx(0.25, abs=0.01)
    assert seen.gain["gain"][0] == pytest.approx(recipe["auc"] - clinical["auc"], abs=1e-12)
    assert seen.decisions["sensitivity"].between(0.5, 1)[0]
    none = seen.net_benefit[seen.net_benefit["rule"] == "treat none"]
    assert (none["net_benefit"] == 0).all()
    everyone = seen.net_benefit[seen.net_benefit["rule"] == "treat all"].set_index("threshold")
    assert everyone["net_benefit"][0.2] == pytest.approx(0.5 - 0.5 * 0.2 / 0.8, abs=1e-9)
    assert seen.learning["subjects"].is_monotonic_increasing
    assert len(seen.cases) == 140
    assert "No block volume: no baseline of it alone." in seen.notes
    assert any("0.00 events" in note or "events for each of" in note for note in seen.notes)


def test_the_interval_is_newcombes_with_effective_class_sizes():
    seen = seen_signal()
    first = seen.performance.iloc[0]
    low, high = newcombe_interval(first["auc"], 70 / seen.effect, 70 / seen.effect)
    assert (first["auc_low"], first["auc_high"]) == (pytest.approx(low), pytest.approx(high))
    assert seen.effect >= 1


def crossed():
    """Two features that tell only together (XOR): each has a correlation of 0 with the outcome."""
    values = np.tile([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], (12, 1))
    return cohort(values, (values.prod(axis=1) > 0).astype(int))


def test_features_that_tell_only_together_reach_a_model_without_coefficients():
    recipe = predict.recipe("svm_rbf")
    seen = predict.evaluate(recipe, crossed(), settings=ONE)
    table = seen.selection.set_index("feature").loc[["f00", "f01"]]
    assert (table["chosen"] == 1).all()
    assert (table["importance"] > 0.2).all()
    assert predict.fit(recipe, crossed()).card["selected"] == ["f00", "f01"]


@pytest.mark.parametrize("model", ["svm", "svm_rbf"])
def test_scores_of_several_inner_folds_are_on_one_scale(model):
    """Machines of small costs differ in their intercepts by more than their scores spread."""
    random = np.random.default_rng(3)
    truth = np.arange(60) % 2
    values = random.normal(size=(60, 3))
    values[:, 0] += 3 * truth
    seen = predict.evaluate(predict.recipe(model), cohort(values, truth), settings=ONE)
    assert seen.performance["auc"][0] > 0.96
    assert seen.decisions["balanced_accuracy"][0] > 0.85
    assert seen.performance["brier"][0] < 0.08
    assert 0.5 < seen.calibration["slope"][0] < 2


def test_odds_of_a_machine_do_not_collapse_where_features_tell_only_together():
    seen = predict.evaluate(predict.recipe("svm_rbf"), crossed(), settings=ONE)
    assert seen.performance["auc"][0] == seen.decisions["balanced_accuracy"][0] == 1
    assert seen.performance["brier"][0] < 0.02


def test_without_permutations_a_stated_ratio_is_taken_and_said():
    seen = predict.evaluate(RIDGE, signal(count=40, width=5), settings=ONE)
    assert seen.effect == STATED
    assert np.isnan(seen.performance["p_value"][0])
    assert any("stated ratio of variances, 1.5" in note for note in seen.notes)
    assert "stated 1.5, no permutation" in seen.headline


def test_a_result_is_read_drawn_and_taken_apart():
    seen = seen_signal()
    assert seen.headline.startswith("AUC 0.")
    assert "over clinical only" in seen.headline
    assert seen.notes[0] in seen.summary()
    content = seen.to_dict()
    assert content["performance"][0]["rule"] == "recipe"
    assert content["recipe"]["model"]["kind"] == "Logistic"
    assert "<table" in seen._repr_html_()
    assert len(seen.plot().get_yticks()) == 3


def test_two_jobs_give_the_same_bytes_as_one():
    made, settings = signal(count=40, width=6), ONE
    a, b = (predict.evaluate(RIDGE, made, settings=settings, jobs=jobs) for jobs in (1, 2))
    for name, one in a.tables().items():
        pd.testing.assert_frame_equal(one, b.tables()[name], check_exact=True)
    assert a.notes == b.notes


def test_a_checkpoint_is_taken_up_again(tmp_path, monkeypatch):
    made = signal(count=40, width=6)
    calls: list[tuple[int, int]] = []
    first = predict.evaluate(
        RIDGE, made, settings=QUICK, checkpoint=tmp_path,
        progress=lambda done, total, what: calls.append((done, total)),
    )  # fmt: skip
    assert calls[-1] == (28, 28)  # 6 folds, 3 points of a curve, 19 permutations
    kept = sorted(tmp_path.rglob("*.npz"))
    assert len(kept) == 28
    kept[0].unlink()
    kept[1].write_bytes(b"half a file")
    calls.clear()
    again = predict.evaluate(
        RIDGE, made, settings=QUICK, checkpoint=tmp_path,
        progress=lambda done, total, what: calls.append((done, total)),
    )  # fmt: skip
    assert len(calls) == 2
    for name, one in first.tables().items():
        pd.testing.assert_frame_equal(one, again.tables()[name], check_exact=True)
    predict.evaluate(RIDGE, signal(2, count=40, width=6), settings=ONE, checkpoint=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # another cohort has a folder of its own


def test_lesions_that_know_their_patient_are_named_and_nothing_is_claimed():
    made = lesions()
    seen = predict.evaluate(RIDGE, made, settings=QUICK)
    assert any("identity" in note and "120 cases of 30 subjects" in note for note in seen.notes)
    assert not seen.claims
    assert seen.performance["auc_low"][0] < 0.5


def test_a_rule_that_knows_the_site_is_named_and_nothing_is_claimed():
    random = np.random.default_rng(5)
    place = np.repeat([0, 1, 2], 30)
    truth = (random.random(90) < np.array([0.15, 0.5, 0.85])[place]).astype(int)
    values = random.normal(size=(90, 12)) + 1.5 * place[:, None] * (np.arange(12) < 6)
    made = cohort(values, truth, site=np.array(["A", "B", "C"])[place])
    seen = predict.evaluate(RIDGE, made, settings=QUICK)
    assert seen.performance["auc"][0] > 0.7
    assert seen.performance["auc"][0] > seen.within_sites + 0.1
    assert seen.site_auc > 0.75
    text = " ".join(seen.notes)
    assert "The prevalence differs by site" in text
    assert "The features tell the site" in text
    assert not seen.claims
    assert seen.sites["site"].tolist() == ["A", "B", "C"]
    assert seen.sites["left_out_low"].notna().all()


def test_volume_in_disguise_is_named_and_nothing_is_claimed():
    random = np.random.default_rng(6)
    truth = np.arange(80) % 2
    volume = random.normal(size=80) + 1.2 * truth
    values = volume[:, None] + 0.5 * random.normal(size=(80, 10))
    made = cohort(values, truth, more={"volume": np.exp(volume)}, blocks={"volume": ["volume"]})
    seen = predict.evaluate(RIDGE, made, settings=QUICK)
    assert seen.is_beyond_chance
    assert not seen.claims
    assert "Nothing beyond volume only is shown" in seen.headline
    assert any("volume in disguise" in note for note in seen.notes)


def test_a_signal_that_is_only_clinical_is_named_and_nothing_is_claimed():
    random = np.random.default_rng(7)
    truth = np.arange(80) % 2
    facts = {"age": 60 + 8 * (random.normal(size=80) + 1.6 * truth)}
    made = cohort(random.normal(size=(80, 6)), truth, facts=facts, blocks={"clinical": ["age"]})
    seen = predict.evaluate(RIDGE, made, settings=QUICK)
    assert not seen.claims
    assert any("Clinical only reaches" in note and "no gain" in note for note in seen.notes)


def test_time_and_event_give_a_concordance():
    seen = predict.evaluate(predict.recipe("cox"), survival(), settings=QUICK)
    first = seen.performance.iloc[0]
    assert first["concordance"] > 0.65
    assert first["concordance_low"] < first["concordance"] < first["concordance_high"]
    assert first["auc"] > 0.65
    assert seen.is_beyond_chance
    assert seen.calibration.empty
    assert any("no Brier score" in note for note in seen.notes)
    assert seen.selection["feature"][0] == "f00"


def test_with_a_time_the_auc_is_told_at_every_quartile_of_event_times():
    made = survival()
    seen = predict.evaluate(predict.recipe("cox"), made, settings=ONE)
    quartiles = np.quantile(made.time[made.positive], [0.25, 0.5, 0.75])
    assert seen.times["rule"].tolist() == ["recipe"] * 3 + ["clinical only"] * 3
    assert seen.times["time"].tolist() == [*quartiles, *quartiles]
    recipe, clinical = (seen.times[seen.times["rule"] == name] for name in
                        ("recipe", "clinical only"))  # fmt: skip
    assert (recipe["auc"] > 0.65).all()
    assert recipe["auc"].mean() > clinical["auc"].mean() + 0.1
    first = seen.performance.iloc[0]
    assert recipe["time"].iloc[1] == pytest.approx(first["horizon"])
    assert recipe["auc"].iloc[1] == pytest.approx(first["auc"])
    assert predict.evaluate(RIDGE, noise(1, count=24, width=2), settings=ONE).times.empty


def test_areas_at_horizons_weigh_sets_by_their_pairs():
    made = survival(count=30).cases
    whole = np.ones((1, 30), dtype=bool)
    parts = np.arange(30) % 2 == np.array([[0], [1]])
    scores = made.features[:, 0]
    (at,) = areas_at(scores[None], made, whole, np.array([0.5]))
    theirs = stats.time_roc(scores, made.time, made.positive, horizons=[0.5]).estimates
    assert at == pytest.approx(theirs["auc"][0], rel=1e-12)
    each = [stats.time_roc(scores[rows], made.time[rows], made.positive[rows],
                           horizons=[0.5]).estimates.iloc[0] for rows in parts]  # fmt: skip
    pairs = [row["cases"] * row["controls"] for row in each]
    expected = np.average([row["auc"] for row in each], weights=pairs)
    late = made.time.max() + 1
    areas = areas_at(np.tile(scores, (2, 1)), made, parts, np.array([0.5, late]))
    assert areas[0] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(areas[1])


def test_combat_says_which_sites_it_knew_nothing_of():
    site = np.array(["A"] * 20 + ["B"] * 20 + ["C"] * 2)
    random = np.random.default_rng(1)
    made = cohort(random.normal(size=(42, 5)), np.arange(42) % 2, site=site)
    seen = predict.evaluate(predict.recipe("logistic", harmonise="combat"), made, settings=ONE)
    assert any("fewer than 3 cases of the site: C" in note for note in seen.notes)
    assert any("left out is not harmonised" in note for note in seen.notes)


def test_any_classifier_of_scikit_learns_form_is_judged():
    bayes = pytest.importorskip("sklearn.naive_bayes")
    seen = predict.evaluate(
        predict.recipe(bayes.GaussianNB()), signal(count=60, width=5, missing=0.0), settings=ONE
    )
    assert seen.performance["auc"][0] > 0.7
    assert seen.calibration["slope"][0] > 0.3


@pytest.mark.parametrize(
    ("recipe", "made", "message"),
    [
        (predict.recipe("cox"), signal(count=20, width=2), "needs outcome=.time, event."),
        (RIDGE, survival(), "needs a class, found a time"),
        (RIDGE.only("genes"), signal(count=20, width=2), "has no genes; its blocks: clinical"),
    ],
)
def test_what_does_not_fit_the_cohort_is_refused(recipe, made, message):
    with pytest.raises(InputError, match=message):
        predict.evaluate(recipe, made, settings=ONE)


def test_an_error_of_a_step_is_said_as_it_is():
    rows = table(np.random.default_rng(1).normal(size=(24, 1)), np.repeat(names(12), 2))
    stable = predict.Stable(rows.assign(perturbation=np.tile([1, 2], 12)))
    with pytest.raises(InputError, match=r"^stable: found \d lesions"):
        predict.evaluate(
            predict.recipe("logistic", stable=stable), signal(count=12, width=2), settings=ONE
        )


def test_features_that_were_never_measured_again_are_named():
    random = np.random.default_rng(1)
    lesion = np.repeat([f"x{number}" for number in range(12)], 2)
    true = np.repeat(random.normal(size=12), 2)[:, None]
    rows = table(true + 0.1 * random.normal(size=(24, 1)), lesion, perturbation=np.tile([1, 2], 12))
    recipe = predict.recipe("logistic", stable=predict.Stable(rows))
    seen = predict.evaluate(recipe, signal(count=40, width=2), settings=ONE)
    assert "Never measured again, so kept unjudged: f01." in seen.notes


def test_features_that_few_lesions_judge_are_named():
    lesion = np.repeat([f"x{number:02d}" for number in range(12)], 2)
    values = np.random.default_rng(1).normal(size=(24, 2))
    values[lesion < "x03", 1] = np.nan
    rows = table(values, lesion, perturbation=np.tile([1, 2], 12))
    recipe = predict.recipe("logistic", stable=predict.Stable(rows, at_least=0.01))
    seen = predict.evaluate(recipe, signal(count=40, width=2), settings=ONE)
    text = "Measured again in fewer than 10 lesions of a training set, so kept unjudged there: f01."
    assert text in seen.notes


def test_too_few_repeated_lesions_leave_out_a_piece_and_not_the_judgement():
    """Rows of 42 of 60 subjects: enough in outer and inner folds, too few in smaller shares."""
    made = noise(1, count=60, width=2)
    again = np.repeat(names(60)[:42], 2)
    rows = table(np.random.default_rng(1).normal(size=(84, 2)), again).assign(
        perturbation=np.tile([1, 2], 42)
    )
    rows["f00"] = np.repeat(np.arange(42.0), 2)
    seen = predict.evaluate(
        predict.recipe("logistic", stable=predict.Stable(rows)), made, settings=ONE
    )
    assert np.isnan(seen.learning["worth"][0])
    assert np.isfinite(seen.learning["worth"].iloc[-1])
    (note,) = [each for each in seen.notes if each.startswith("Not judged, as too few lesions")]
    assert "a model of 40% of the training subjects" in note


def test_too_few_repeated_lesions_leave_out_a_site_by_name_and_not_the_judgement():
    """Of site A all 30 subjects were measured again, of B 12: few of them without A."""
    random = np.random.default_rng(1)
    truth = np.arange(60) % 2
    values = random.normal(size=(60, 2)) + truth[:, None]
    made = cohort(values, truth, site=np.repeat(["A", "B"], 30))
    chosen = [*range(42)]
    rows = table(np.repeat(values[chosen], 2, axis=0), np.repeat(np.array(names(60))[chosen], 2))
    rows = rows.assign(perturbation=np.tile([1, 2], 42))
    recipe = predict.recipe("logistic", stable=predict.Stable(rows))
    seen = predict.evaluate(recipe, made, settings=ONE)
    by_site = seen.sites.set_index("site")
    assert np.isnan(by_site.loc["A", "left_out"])
    assert by_site.loc["B", "left_out"] > 0.5
    assert by_site["within"].notna().all()
    (note,) = [each for each in seen.notes if each.startswith("Not judged, as too few lesions")]
    assert "a model without site A" in note


def test_a_site_that_has_nearly_all_of_a_class_leaves_no_model_without_it():
    site = np.repeat(["A", "B"], 20)
    truth = np.concatenate([np.arange(20) % 2, np.arange(20) < 2])
    made = cohort(np.random.default_rng(1).normal(size=(40, 3)), truth, site=site)
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    left_out = seen.sites.set_index("site")["left_out"]
    assert np.isnan(left_out["A"])
    assert np.isfinite(left_out["B"])
    assert any(each.startswith("Of A left out, nothing is known") for each in seen.notes)


def test_the_interval_of_a_site_counts_subjects_and_not_their_lesions():
    random = np.random.default_rng(1)
    truth = np.arange(40) % 2
    values = random.normal(size=(40, 2)) + truth[:, None]
    people = pd.DataFrame({"subject": names(40), "y": truth, "site": np.repeat(["A", "B"], 20)})
    intervals = []
    for each in (1, 4):
        rows = table(
            np.repeat(values, each, axis=0), np.repeat(names(40), each),
            lesion=np.tile(np.arange(each), 40),
        )  # fmt: skip
        made = predict.Cohort.from_tables(rows, people, outcome="y", site="site")
        assert len(made) == 40 * each
        site = predict.evaluate(RIDGE, made, settings=ONE).sites.iloc[0]
        intervals.append(site["left_out_high"] - site["left_out_low"])
    assert intervals[1] == pytest.approx(intervals[0], rel=0.15)  # half of it by cases


def test_a_checkpoint_of_another_version_is_not_taken(tmp_path, monkeypatch):
    judged = make_judged(noise(1, count=24, width=2).cases, (RIDGE,), ONE)
    folder = checkpoint_of(judged, "", tmp_path)
    assert checkpoint_of(judged, "", tmp_path) == folder
    monkeypatch.setattr("biomarkers.predict.running.version", lambda _: "0.0.0")
    assert checkpoint_of(judged, "", tmp_path) != folder
