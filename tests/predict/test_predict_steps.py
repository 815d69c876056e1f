"""Every step looks at its training cases, and does to others what it learnt there."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import cohort, names, noise, signal, table

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.predict.cases import MISSING
from biomarkers.predict.steps.stability import Stable
from biomarkers.stats import icc

RANDOM = np.random.default_rng(4)


def of(values, truth=None, **given):
    truth = np.arange(len(values)) % 2 if truth is None else truth
    return cohort(np.asarray(values, dtype=float), truth, **given).cases


def test_gaps_are_filled_with_the_median_of_training_and_indicated():
    values = RANDOM.normal(size=(12, 3))
    values[:4, 1] = np.nan
    cases = of(values)
    fitted = predict.Impute().fit(cases.take(np.arange(8)))
    made = fitted.transform(cases)
    assert made.names == ("f00", "f01", "f02", f"{MISSING}f01")
    assert made.features[:4, 1].tolist() == [np.median(values[4:8, 1])] * 4
    assert made.features[:, 3].tolist() == [1.0] * 4 + [0.0] * 8
    assert predict.Impute(indicators=False).fit(cases).transform(cases).names == cases.names


def test_a_feature_that_is_empty_in_training_is_no_error():
    values = RANDOM.normal(size=(12, 2))
    values[:8, 1] = np.nan
    cases = of(values)
    made = predict.Impute().fit(cases.take(np.arange(8))).transform(cases)
    assert np.isfinite(made.features).all()


def test_combat_takes_shift_and_scale_of_sites_out_of_image_values_only():
    count = 90
    site = np.repeat(["A", "B", "C"], count // 3)
    truth = np.arange(count) % 2
    values = RANDOM.normal(size=(count, 30)) + 0.5 * truth[:, None]
    moved = values * np.array([1.0, 2.0, 0.5])[np.arange(count) // 30, None]
    moved += np.array([0.0, 3.0, -2.0])[np.arange(count) // 30, None]
    age = RANDOM.normal(60, 9, count)
    made = cohort(moved, truth, site=site, facts={"age": age}, blocks={"clinical": ["age"]})
    cases = made.cases
    clean = predict.Combat().fit(cases).transform(cases)
    means = np.array([clean.features[site == each, :30].mean(axis=0) for each in "ABC"])
    spreads = np.array([clean.features[site == each, :30].std(axis=0) for each in "ABC"])
    assert np.ptp(means, axis=0).max() < 0.6  # 5 before
    assert (spreads.max(axis=0) / spreads.min(axis=0)).max() < 1.5  # 4 before
    assert (clean.features[:, 30] == age).all()


def test_combat_leaves_an_unseen_site_as_it_is_and_names_it():
    site = np.repeat(["A", "B", "C"], 10)
    cases = of(RANDOM.normal(size=(30, 5)), site=site)
    fitted = predict.Combat().fit(cases.take(site != "C"))
    assert fitted.unseen(cases.site) == ["C"]
    made = fitted.transform(cases)
    assert np.allclose(made.features[site == "C"], cases.features[site == "C"], atol=1e-12)
    assert not np.allclose(made.features[site == "A"], cases.features[site == "A"])


def test_combat_does_not_look_at_the_outcome():
    cases = of(RANDOM.normal(size=(30, 5)), site=np.repeat(["A", "B", "C"], 10))
    other = replace(cases, positive=~cases.positive)
    a, b = (predict.Combat().fit(each).transform(cases).features for each in (cases, other))
    assert (a == b).all()


def test_of_correlated_features_one_stays():
    base = RANDOM.normal(size=(40, 2))
    values = np.column_stack([base, np.exp(base[:, 0]), base[:, 1] + RANDOM.normal(size=40)])
    kept = predict.Uncorrelated(0.9).fit(of(values)).places.tolist()
    assert len(kept) == 3
    assert {1, 3} <= set(kept)


@pytest.mark.parametrize("step", [predict.Lasso(at_most=3), predict.Univariate(at_most=3)])
def test_selection_finds_what_tells_the_outcome_and_no_more(step):
    pytest.importorskip("sklearn")
    made = signal(missing=0.0).cases
    assert step.fit(made).places.tolist() == [0, 1, 2]
    assert len(step.fit(noise(1).cases).places) <= 3


def ratings(subjects, shake):
    """Two features, three times each: the second shaken as much as it varies."""
    rows = []
    random = np.random.default_rng(2)
    for subject in subjects:
        true = random.normal(size=2)
        rows += [
            (subject, time, true[0] + 0.1 * random.normal(), true[1] + shake * random.normal())
            for time in range(3)
        ]
    return pd.DataFrame(rows, columns=["subject", "perturbation", "f00", "f01"])


def test_unstable_features_are_dropped_by_the_icc_of_stats():
    rows = ratings([f"x{number}" for number in range(15)], shake=1.0)
    stable = predict.Stable(rows, at_least=0.75)
    cases = of(RANDOM.normal(size=(12, 3)))
    assert stable.fit(cases).places.tolist() == [0, 2]  # the third was never measured again
    one = rows.rename(columns={"perturbation": "rater", "f01": "value"})
    expected = icc(one)["ICC(A,1)"]
    row = stable.table().set_index("feature").loc["f01"]
    assert row["icc"] == pytest.approx(expected["icc"], abs=1e-12)
    assert row["high"] == pytest.approx(expected["high"], abs=1e-12)


@pytest.mark.parametrize("gone", [1, 5])
def test_a_lesion_without_a_value_of_a_feature_is_left_out_of_its_icc(gone):
    rows = ratings([f"x{number:02d}" for number in range(15)], shake=0.2)
    lost = rows["subject"].isin([f"x{number:02d}" for number in range(gone)])
    holed = rows.assign(f01=rows["f01"].mask(lost))
    icc_of = predict.Stable(holed, at_least=0.5).table().set_index("feature")["icc"]
    whole = predict.Stable(rows[~lost], at_least=0.5).table().set_index("feature")["icc"]
    assert icc_of["f01"] == pytest.approx(whole["f01"], abs=1e-12)
    stable = predict.Stable(holed, at_least=0.5)
    assert stable.fit(of(RANDOM.normal(size=(12, 2)))).places.tolist() == [0, 1]


def test_a_feature_of_fewer_than_ten_lesions_is_kept_unjudged():
    rows = ratings([f"x{number:02d}" for number in range(15)], shake=3.0)
    rows["f01"] = rows["f01"].mask(rows["subject"] < "x06")
    rows["f02"], rows["f03"] = np.nan, rows["f00"].where(rows["perturbation"] == 0)
    cases = of(RANDOM.normal(size=(12, 4)))
    stable = predict.Stable(rows)
    assert stable.fit(cases).places.tolist() == [0, 1, 2, 3]
    assert stable.table()["icc"].isna().tolist() == [False, True, True, True]
    assert stable.lacking(["f00", "f01", "f02", "f03"]) == ["f02", "f03"]
    assert stable.scarce(cases) == {"f01"}


def test_rows_of_the_cohort_count_only_in_its_training_folds():
    """Own lesions are unstable, those of others stable: without the own, the feature stays."""
    own, others = names(12), [f"x{number}" for number in range(12)]
    rows = pd.concat([ratings(own, 2.0), ratings(others, 0.1)], ignore_index=True)
    cases = of(RANDOM.normal(size=(24, 2)))
    stable = predict.Stable(rows, at_least=0.75)
    assert stable.fit(cases).places.tolist() == [0]
    without = cases.take(np.arange(12, 24))
    assert stable.fit(without).places.tolist() == [0, 1]


@pytest.mark.parametrize(
    "spell",
    [
        lambda rows, numbers: rows.assign(subject=numbers.astype(float)),
        lambda rows, numbers: rows.assign(subject=numbers.map("{} ".format)),
        lambda rows, numbers: rows.assign(
            subject=numbers.map("{}_L".format), individual=numbers.astype(str)
        ),
        lambda rows, numbers: rows.assign(
            subject=numbers.map("{}/a".format), individual=numbers
        ).melt(["subject", "individual", "perturbation"], var_name="biomarker", value_name="value"),
    ],
    ids=["numbers", "blanks", "wide lesions", "lesions of measurement rows"],
)
def test_rows_of_held_out_subjects_never_count_however_they_are_spelled(spell):
    """The own lesions of those held out are unstable; those of training are stable."""
    held_out, training = list(range(12)), list(range(12, 24))
    rows = pd.concat([ratings(held_out, 2.0), ratings(training, 0.1)], ignore_index=True)
    values = table(RANDOM.normal(size=(24, 2)), np.arange(24))
    people = pd.DataFrame({"subject": range(24), "y": np.arange(24) % 2})
    cases = predict.Cohort.from_tables(values, people, outcome="y").cases
    stable = predict.Stable(spell(rows, rows["subject"]), at_least=0.75)
    assert stable.fit(cases).places.tolist() == [0]
    assert stable.fit(cases.take(cases.subject.astype(int) >= 12)).places.tolist() == [0, 1]


def test_lesions_named_as_subjects_are_refused():
    rows = ratings([f"{name}/a" for name in names(12)], 0.1)
    recipe = predict.recipe("logistic", stable=predict.Stable(rows))
    with pytest.raises(InputError, match=r"s000/a.*look like lesions of subjects of the cohort"):
        predict.fit(recipe, noise(1, count=24, width=2))


def test_measurement_rows_of_perturbations_are_read_too():
    wide = ratings([f"x{number}" for number in range(12)], shake=1.0)
    long = wide.melt(["subject", "perturbation"], var_name="biomarker", value_name="value")
    long = long.assign(day=0, region="1", lesion="1")
    a, b = Stable(wide), Stable(long)
    assert a.table().equals(b.table())


def test_a_repetition_that_stands_twice_is_refused():
    rows = ratings(names(12), shake=1.0)
    with pytest.raises(InputError, match="subject s000, perturbation 0 stands twice"):
        predict.Stable(pd.concat([rows, rows[:1]], ignore_index=True))


def test_fewer_than_ten_lesions_are_refused():
    with pytest.raises(InputError, match="found 9 lesions"):
        predict.Stable(ratings(names(9), 1.0))
    with pytest.raises(InputError, match="no column of perturbation"):
        predict.Stable(ratings(names(12), 1.0).drop(columns="perturbation"))
    own = predict.Stable(ratings(names(12), 1.0))
    with pytest.raises(InputError, match="found 6 lesions"):
        own.fit(of(RANDOM.normal(size=(24, 2))).take(np.arange(6)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: predict.Lasso(at_most=0), "at_most: found 0"),
        (lambda: predict.Uncorrelated(1.5), "uncorrelated: found 1.5"),
        (lambda: predict.recipe("magic"), "model: found 'magic'"),
        (lambda: predict.recipe("svm", harmonise="magic"), "harmonise: found 'magic'"),
        (lambda: predict.recipe("svm", select=3), "select: found 3"),
        (lambda: predict.Validation(folds=1), "folds: found 1"),
        (lambda: predict.Validation(permutations=5), "permutations: found 5"),
    ],
)
def test_what_cannot_be_declared_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_recipes_are_equal_by_what_they_declare():
    rows = ratings([f"x{number}" for number in range(12)], shake=1.0)
    a, b = (predict.recipe("svm", stable=predict.Stable(rows)) for _ in range(2))
    assert a == b
    assert hash(a) == hash(b)
    assert a != predict.recipe("svm", stable=predict.Stable(rows, at_least=0.9))


def test_recipes_differ_by_every_number_of_a_long_array():
    class Weighted:
        def __init__(self, weights):
            self.weights = weights

        def fit(self, X, y):
            return self

        def transform(self, X):
            return X

    long = np.zeros(5000)
    other = long.copy()
    other[2500] = 1.0
    a, b, same = (predict.recipe("svm", select=Weighted(each)) for each in (long, other, long))
    assert a == same
    assert a != b
    assert json.dumps(a.declared())


def test_the_lasso_is_followed_until_more_would_enter_and_no_further(monkeypatch):
    """Three enter, then two of them leave: what stands there later is not what entered first."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    path = np.zeros((4, 5))
    path[0, 1:4] = path[1, 2] = path[2, 2] = path[3, 3:] = 1.0
    monkeypatch.setattr(linear_model, "lasso_path", lambda *_, **__: (None, path, None))
    cases = of(RANDOM.normal(size=(12, 4)))
    assert predict.Lasso(at_most=2).fit(cases).places.tolist() == [0]
