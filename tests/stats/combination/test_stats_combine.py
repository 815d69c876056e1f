"""Combinations from a measurement table and from arrays."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError, PlanError
from biomarkers.stats import CrossValidation
from biomarkers.stats.roc_analysis.auc import area

FAST = CrossValidation(folds=3, repeats=2, permutations=19)


def markers(seed=1, subjects=24, count=3, effect=1.2):
    random = np.random.default_rng(seed)
    outcome = (np.arange(subjects) % 2 == 0).astype(int)
    values = random.normal(size=(subjects, count))
    values[:, :2] += effect * outcome[:, None]
    return pd.DataFrame(values, columns=list("abcdefgh")[:count]), outcome


def cohort(regions=("tumor",), subjects=24):
    random = np.random.default_rng(8)
    rows = []
    for number in range(subjects):
        for region in regions:
            for name, effect in (("Ktrans", -0.5), ("ADC", 0.3), ("CBV", 0.0)):
                for day in (0, 3, 7):
                    change = effect * (number % 2 == 0) * (day == 7) + random.normal(0, 0.3)
                    rows.append((f"s{number}", day, region, name, np.exp(change)))
    table = pd.DataFrame(rows, columns=["subject", "day", "region", "biomarker", "value"])
    who = pd.DataFrame({"subject": [f"s{number}" for number in range(subjects)]})
    who["responder"] = [1 - number % 2 for number in range(subjects)]
    who["site"] = [f"site {number // 12}" for number in range(subjects)]
    return table, who


@pytest.fixture(scope="module")
def found():
    return stats.combine(*cohort(), visit=7, settings=FAST)


def test_the_table_says_what_each_marker_does(found):
    table = found.table.set_index("marker")
    assert list(table.index) == ["Ktrans", "ADC", "CBV"]
    assert table.loc["Ktrans", "coefficient"] < 0 < table.loc["ADC", "coefficient"]
    assert table.loc["Ktrans", "direction"] == "lower"
    assert table["chosen"].sum() == pytest.approx(1)
    assert (table["coefficient_low"] <= table["coefficient_high"]).all()
    assert table["same_sign"].between(0, 1).all()
    np.testing.assert_allclose(table["gain"], found.auc - table["auc"])


def test_the_worth_is_that_of_subjects_held_out(found):
    rule, single = found.performance.to_dict("records")
    assert rule["auc_low"] < found.auc < rule["auc_high"]
    assert found.auc < rule["auc_apparent"]
    assert found.gain == pytest.approx(rule["auc"] - single["auc"])
    assert found.p_value == pytest.approx(1 / 20)
    assert found.p_gain == (found.table["p_gain"].max() if found.gain > 0 else 1)
    assert 0 < found.brier < found.brier_reference == 0.25
    assert found.calibration_slope > 0


def test_the_apparent_auc_is_that_of_the_predictions(found):
    table, _ = cohort()
    wide = table[table["day"] == 7].pivot_table(
        index="subject", columns="biomarker", values="value"
    )
    base = table[table["day"] == 0].pivot_table(
        index="subject", columns="biomarker", values="value"
    )
    changes = np.log(wide / base).loc[found.subjects.index]
    probability = found.predict(changes)
    truth = found.subjects["positive"].to_numpy()
    apparent = found.performance["auc_apparent"].iloc[0]
    assert area(probability[truth], probability[~truth]) == pytest.approx(apparent)
    # The ridge leaves the intercept free: the mean probability is the prevalence.
    assert probability.mean() == pytest.approx(truth.mean(), abs=1e-6)
    assert np.isnan(found.predict(changes.assign(ADC=np.nan))).all()
    with pytest.raises(InputError, match="no ADC; the rule needs Ktrans, ADC, CBV"):
        found.predict(changes.drop(columns="ADC"))


def test_it_is_told(found):
    assert found.headline.startswith("3 markers together: AUC 0.")
    assert "best single" in found.summary()
    assert "<table" in found._repr_html_()
    assert found.to_dict()["performance"][0]["rule"] == "combination"
    axes = found.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "Ktrans", "ADC", "CBV", "best single", "combination",
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["logistic", "lda"])
def test_units_of_a_marker_and_the_seed_of_the_same_run_change_nothing(model):
    values, outcome = markers()
    first = stats.combine_markers(values, outcome, model=model, settings=FAST)
    second = stats.combine_markers(
        values * [1000, 0.01, 1] + [5, 0, 3], outcome, model=model, settings=FAST
    )
    pd.testing.assert_frame_equal(first.performance, second.performance)
    kept = [name for name in first.table if name not in ("mean", "sd")]
    pd.testing.assert_frame_equal(first.table[kept], second.table[kept], atol=1e-6)


def test_who_lacks_a_marker_is_left_out_and_counted():
    values, outcome = markers()
    values.loc[[0, 3], "b"] = np.nan
    values.loc[3, "c"] = np.nan
    known = outcome.astype(object)
    known[5] = None
    got = stats.combine_markers(values, known, settings=FAST)
    assert got.table["missing"].tolist() == [0, 2, 1]
    assert (got.n_positive, got.n_negative, got.n_left_out) == (11, 10, 3)
    kept = values.index.difference([0, 3, 5])
    same = stats.combine_markers(values.loc[kept], outcome[kept], settings=FAST)
    pd.testing.assert_frame_equal(got.performance, same.performance)
    assert list(got.subjects.index) == list(kept)


def test_a_region_more_is_a_marker_more():
    got = stats.combine(
        *cohort(("tumor", "muscle")), visit=7, biomarkers=["ADC"], model="lda", settings=FAST
    )
    assert got.table["marker"].tolist() == ["ADC (tumor)", "ADC (muscle)"]


def test_lesions_of_a_patient_stay_together():
    values, outcome = markers(subjects=12)
    patient = np.repeat(np.arange(12), 3)
    lesions = values.loc[patient].reset_index(drop=True)
    settings = CrossValidation(folds=3, repeats=2, permutations=99)
    alone, tied = (
        stats.combine_markers(
            lesions, outcome[patient], model="lda", cluster=cluster, settings=settings
        )
        for cluster in (None, patient)
    )
    # Copies in the training set give a lesion away, and seem to be more subjects than they are.
    assert tied.auc < alone.auc
    width = [(got.performance["auc_high"] - got.performance["auc_low"])[0] for got in (alone, tied)]
    assert width[1] > width[0]


def test_blocks_and_clusters_are_columns_of_the_participants():
    table, who = cohort()
    settings = CrossValidation(folds=3, repeats=1, permutations=19, blocks="site")
    got = stats.combine(table, who, visit=7, model="lda", settings=settings)
    plain = CrossValidation(folds=3, repeats=1, permutations=19)
    other = stats.combine(table, who, visit=7, model="lda", settings=plain)
    assert got.auc != other.auc  # other folds
    with pytest.raises(PlanError, match="no column"):
        stats.combine(table, who, visit=7, settings=CrossValidation(blocks="batch"))


def test_an_outcome_made_of_a_marker_is_noted():
    table, who = cohort()
    who.attrs["made_of"] = {"responder": "ADC"}
    got = stats.combine(table, who, visit=7, model="lda", settings=FAST)
    assert "ADC predicts it is in part its own definition" in got.summary()


def test_what_cannot_be_done_is_explained():
    table, who = cohort()
    values, outcome = markers()
    for message, call in {
        "visit: found 5, expected a day after baseline: 3, 7": lambda: stats.combine(
            table, who, visit=5
        ),
        "visit: found 0": lambda: stats.combine(table, who, visit=0),
        "visit: found week 1": lambda: stats.combine(table, who, visit="week 1"),
        "model: found 'tree', expected logistic | lda": lambda: stats.combine_markers(
            values, outcome, model="tree"
        ),
        "markers: found a; expected two": lambda: stats.combine_markers(values[["a"]], outcome),
        "2 positive and 12 negative subjects": lambda: stats.combine_markers(
            values.drop(index=range(0, 20, 2)), np.delete(outcome, range(0, 20, 2))
        ),
        "a holds an infinite value": lambda: stats.combine_markers(
            values.assign(a=np.inf), outcome
        ),
        "expected columns of numbers": lambda: stats.combine_markers(
            values.assign(a="high"), outcome
        ),
        "cluster: blank in row 2": lambda: stats.combine_markers(
            values, outcome, cluster=["x", None, *"abcdefghijklmnopqrstuv"]
        ),
        "cluster: found 3, expected one": lambda: stats.combine_markers(
            values, outcome, cluster=[1, 2, 3]
        ),
        "permutations: found 9, expected 19 or more": lambda: CrossValidation(permutations=9),
        "folds: found 1": lambda: CrossValidation(folds=1),
        "repeats: found 0": lambda: CrossValidation(repeats=0),
    }.items():
        with pytest.raises(InputError) as caught:
            call()
        assert message in str(caught.value)


def test_repeats_fall_with_the_number_of_subjects():
    assert [CrossValidation().repeats_for(n) for n in (12, 100, 250, 5000)] == [10, 10, 4, 2]
    assert CrossValidation(repeats=7).repeats_for(5000) == 7
