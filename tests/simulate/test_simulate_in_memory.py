"""Cases with arrays in memory: the same for a seed, and as hard as their oracle says."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from biomarkers import predict, simulate
from biomarkers.errors import InputError
from biomarkers.simulate.in_memory.record import logistic_auc

MAKERS = {
    "order": lambda **how: simulate.slices_in_order(12, **how),
    "ring": lambda **how: simulate.ring_lesions(12, **how),
    "mice": lambda **how: simulate.mouse_spectra(9, spectra=3, points=64, **how),
    "hospitals": simulate.hospitals,
}


def auc(truth, values):
    """Return the area under the curve, ties counting half."""
    rank, truth = pd.Series(np.asarray(values)).rank().to_numpy(), np.asarray(truth).astype(bool)
    positive = truth.sum()
    return (rank[truth].sum() - positive * (positive + 1) / 2) / positive / (~truth).sum()


def digest(made):
    tables = [made.rows.to_csv().encode(), made.participants.to_csv().encode()]
    arrays = [array for by_case in made.arrays.values() for array in by_case.values()]
    numbers = [each.tobytes() for each in (made.score, *arrays)]
    return hashlib.sha256(b"".join(tables + numbers)).hexdigest()


def values(made, name):
    return np.array(list(made.arrays[name].values()))


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_gives_the_same_bytes_and_another_does_not(name):
    first, again, other = (MAKERS[name](seed=seed) for seed in (5, 5, 6))
    assert digest(first) == digest(again) != digest(other)


@pytest.mark.parametrize("maker", [simulate.slices_in_order, simulate.ring_lesions])
def test_the_first_patients_are_the_same_in_any_number(maker):
    few, many = maker(8, seed=2), maker(30, seed=2)
    pd.testing.assert_frame_equal(few.participants, many.participants.head(8))
    for key, array in next(iter(few.arrays.values())).items():
        np.testing.assert_array_equal(array, next(iter(many.arrays.values()))[key])


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("order", "response"), ("ring", "response"), ("mice", "tumor"), ("hospitals", "response")],
)
def test_a_cohort_is_made_of_the_parts(name, outcome):
    made = MAKERS[name](seed=1)
    site = "site" if "site" in made.rows else None
    cohort = predict.Cohort.from_tables(
        made.rows, made.participants, outcome=outcome, positive=1, site=site
    )
    for array, by_case in made.arrays.items():
        cohort = cohort.with_array(array, by_case)
        assert len(cohort) == len(by_case) == len(made.score)
    assert len(cohort) == len(made.rows) and not any("Left out" in each for each in cohort.notes)


def test_only_the_direction_of_brightness_tells():
    made = simulate.slices_in_order(3000, seed=7)
    truth = made.participants["response"].to_numpy(dtype=bool)
    levels = values(made, "slices")[:, :, made.where].mean(axis=-1)
    assert made.oracle == 0.94
    assert np.mean(truth == (made.score > 0)) == pytest.approx(0.94, abs=0.015)
    assert auc(truth, levels @ np.arange(-2, 3)) == pytest.approx(0.94, abs=0.015)
    assert auc(truth, made.rows["mean"]) == pytest.approx(0.5, abs=0.03)
    assert max(auc(truth, level) for level in levels.T) < 0.8
    # a set of slices is the same either way
    assert auc(truth, levels.std(axis=1)) == pytest.approx(0.5, abs=0.03)
    assert made.where.mean() == pytest.approx(0.5, abs=0.01)


def test_rim_and_clinical_value_tell_as_much_as_the_oracle_says():
    made = simulate.ring_lesions(1500, seed=4)
    truth = made.participants["response"]
    assert made.oracle == pytest.approx(0.90, abs=5e-4)
    assert auc(truth, made.score) == pytest.approx(made.oracle, abs=0.02)
    assert auc(truth, made.participants["marker"]) == pytest.approx(0.77, abs=0.03)
    assert auc(truth, made.participants["age"]) == pytest.approx(0.5, abs=0.04)
    # what is bright, but not told by size alone, is seen in the slices
    assert auc(truth, made.rows["bright_fraction"]) == pytest.approx(0.66, abs=0.04)


def test_a_thicker_rim_is_drawn_thicker():
    made = simulate.ring_lesions(400, seed=1)
    rim = made.score - made.participants["marker"].to_numpy() * 2.584 / np.sqrt(2)
    middle = values(made, "t1c")[:, 2]
    centre = middle[:, 12:20, 12:20].mean(axis=(1, 2))  # dark, unless the rim is thick
    assert np.corrcoef(rim, (middle > 0.5).mean(axis=(1, 2)))[0, 1] > 0.5
    assert np.corrcoef(rim, centre)[0, 1] > 0.2


@pytest.mark.parametrize("maker", [simulate.slices_in_order, simulate.ring_lesions])
def test_without_a_signal_outcomes_are_drawn(maker):
    made = maker(800, seed=3, signal=False)
    assert made.oracle == 0.5
    assert auc(made.participants["response"], made.score) == pytest.approx(0.5, abs=0.06)


def nearest(spectra, labels, groups):
    """Return the share whose nearest spectrum outside its own group has its label."""
    distance = ((spectra[:, None] - spectra[None]) ** 2).sum(axis=-1)
    distance[groups[:, None] == groups[None]] = np.inf
    return np.mean(labels[distance.argmin(axis=1)] == labels)


def test_splits_by_spectrum_recognise_the_mouse():
    shares = []
    for seed in range(1, 6):
        made = simulate.mouse_spectra(seed=seed, effect=0.0, points=128)
        mouse = made.rows["subject"].to_numpy()
        tumor = made.participants.set_index("subject")["tumor"].loc[mouse].to_numpy()
        spectra = values(made, "mrs")
        shares.append(
            (nearest(spectra, tumor, np.arange(len(mouse))), nearest(spectra, tumor, mouse))
        )
    by_spectrum, by_mouse = np.mean(shares, axis=0)
    assert by_spectrum > 0.97  # of labels that mean nothing
    assert by_mouse < 0.68  # two thirds have one label


def test_groups_of_mice_differ_as_planted():
    made = simulate.mouse_spectra(300, spectra=1, seed=2, points=128)
    tumor = made.participants["tumor"]
    assert made.participants["group"].value_counts().tolist() == [100, 100, 100]
    assert auc(tumor, made.score) == pytest.approx(made.oracle, abs=0.03)
    assert 0.9 < made.oracle < 0.95
    assert auc(tumor, made.rows["choline"]) > 0.6 > 0.4 > auc(tumor, made.rows["naa"])
    np.testing.assert_allclose(np.abs(values(made, "mrs")).mean(axis=1), 1.0)
    assert simulate.mouse_spectra(6, effect=0.0).oracle == 0.5


def test_hospitals_differ_in_their_scanners_and_not_in_what_tells():
    made = simulate.hospitals(seed=2, patients=2000)
    whole = made.rows.merge(made.participants, on="subject").assign(score=made.score)
    features = [name for name in made.rows if name.startswith("feature_")]
    by_site = whole.groupby("site")
    for _, part in by_site:
        assert auc(part["response"], part["score"]) == pytest.approx(made.oracle, abs=0.025)
    assert by_site[features].mean().std().max() > 0.5
    assert made.oracle == pytest.approx(0.82, abs=5e-4)


def test_samples_are_other_patients_of_the_same_hospitals():
    first, second = (simulate.hospitals(seed=2, sample=sample, patients=800) for sample in (0, 1))
    means = [each.rows.groupby("site").mean(numeric_only=True) for each in (first, second)]
    np.testing.assert_allclose(*means, atol=0.2)
    assert not np.isin(first.rows["feature_1"], second.rows["feature_1"]).any()


def test_flipped_labels_are_of_the_sites_named():
    plain, flipped = simulate.hospitals(seed=2), simulate.hospitals(seed=2, flipped=("C",))
    differs = plain.participants["response"] != flipped.participants["response"]
    assert (differs == (plain.rows["site"] == "C")).all()
    with pytest.raises(InputError, match="flipped names F; expected any of A, B, C, D, E"):
        simulate.hospitals(flipped=("F",))


def test_the_area_of_a_logistic_score():
    random = np.random.default_rng(1)
    score = random.normal(0.0, 2.0, 200_000)
    truth = random.random(score.size) < 1 / (1 + np.exp(-score))
    assert logistic_auc(2.0) == pytest.approx(auc(truth, score), abs=0.003)
    assert logistic_auc(1e-6) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("count", [1, 2.5, True])
def test_numbers_of_subjects_that_cannot_be(count):
    with pytest.raises(InputError, match=f"found {count!r} subjects; expected a whole number"):
        simulate.slices_in_order(count)
