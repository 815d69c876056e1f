"""From images to a judged rule: measured, measured again under small changes, and foretold."""

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import ONE

from biomarkers import predict, radiomics
from biomarkers.errors import InputError
from biomarkers.images import Image, write_image

pytest.importorskip("skimage", reason="scikit-image is an extra")
pytest.importorskip("pywt", reason="PyWavelets is an extra")
pytest.importorskip("sklearn", reason="an extra")

HOW = radiomics.Settings(bins=8, normalise="none")
COUNT = 36


def files(folder, name, *, size, brightness):
    """A ball in noise, brighter than it."""
    random = np.random.default_rng([int(name), 1])
    x, y, z = np.indices((13, 13, 11)) - np.array([6.0, 6.0, 5.0])[:, None, None, None]
    ball = x**2 + y**2 + z**2 <= size**2
    data = random.normal(50.0, 2.0, ball.shape) + brightness * ball
    grid = Image(data, np.eye(4), "made up")
    image = write_image(folder / f"sub-{name}_T1w.nii.gz", data, grid)
    mask = ball.astype(np.uint8)
    return image, write_image(folder / f"sub-{name}_dseg.nii.gz", mask, grid, dtype=np.uint8)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Balls that are brighter in responders, and as large."""
    folder = tmp_path_factory.mktemp("images")
    random = np.random.default_rng(1)
    names, truth = [f"{number:02d}" for number in range(COUNT)], np.arange(COUNT) % 2
    made = {
        name: files(folder, name, size=random.uniform(2.5, 4.0),
                    brightness=50.0 + 8.0 * (random.normal() + 2.0 * each))
        for name, each in zip(names, truth, strict=True)
    }  # fmt: skip
    rows = pd.concat([radiomics.measure(*pair, settings=HOW) for pair in made.values()])
    people = pd.DataFrame({"subject": names, "response": truth})
    return made, rows.reset_index(drop=True), people


@pytest.fixture(scope="module")
def stable(measured):
    return predict.Stable(radiomics.perturb(measured[0], settings=HOW, times=2, seed=1))


def test_perturbed_rows_tell_the_stable_features_of_measured_rows(measured, stable):
    _, rows, people = measured
    cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    assert not stable.lacking(list(cohort.features))
    table = stable.table().set_index("feature")
    assert table.loc["stat_mean", "stable"]
    assert table.loc["morph_volume", "stable"]
    assert not table["stable"].all()
    kept = stable.fit(predict.recipe("logistic").steps[0].fit(cohort.cases).transform(cohort.cases))
    names = {list(cohort.features)[place] for place in kept.places}
    unstable = set(table.index[table["icc"] < stable.at_least])
    assert "stat_mean" in names
    assert unstable
    assert not names & unstable


def test_a_recipe_with_perturbations_of_its_own_cohort_is_judged_and_fitted(measured, stable):
    _, rows, people = measured
    cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    recipe = predict.recipe("logistic", stable=stable, select=predict.Univariate(at_most=5))
    seen = predict.evaluate(recipe, cohort, settings=ONE)
    assert seen.performance["auc"][0] > 0.75
    assert not any("Never measured again" in note for note in seen.notes)
    chosen = seen.selection["feature"][seen.selection["chosen"] > 0]
    table = stable.table().set_index("feature")
    assert (table.loc[list(chosen), "icc"] > stable.at_least - 0.1).all()
    rule = predict.fit(recipe, cohort)
    assert set(rule.card["selected"]) <= set(table.index[table["stable"]])
    assert rule.card["recipe"]["stable"]["rows"] == stable.digest


def test_rows_of_other_settings_are_not_mixed(measured):
    _, rows, people = measured
    finer = radiomics.Settings(bins=16, normalise="none")
    image, labels = measured[0]["00"]
    other = rows[rows["subject"] != "00"]
    mixed = pd.concat([radiomics.measure(image, labels, settings=finer), other])
    with pytest.raises(InputError, match="two ways"):
        predict.Cohort.from_tables(mixed, people, outcome="response")


def test_a_rule_takes_a_feature_without_planes_whatever_planes_it_was_measured_with(measured):
    files, rows, people = measured
    names = {"stat_mean", "morph_volume"}
    flat = radiomics.Settings(bins=8, normalise="none", planes="2d")
    again = pd.concat([radiomics.measure(*pair, settings=flat) for pair in files.values()])
    deep, flat = (
        predict.Cohort.from_tables(each[each["biomarker"].isin(names)], people, outcome="response")
        for each in (rows, again)
    )
    rule = predict.fit(predict.recipe("logistic"), deep)
    assert (rule.predict(flat) == rule.predict(deep)).all()
