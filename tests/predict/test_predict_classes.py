"""Several classes: told from the rest, called by subject, and never split within a subject."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import names, table
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.predict.classes.calling import areas, by_repeat, called_groups, confusion
from biomarkers.predict.classes.external import class_validation
from biomarkers.predict.classes.performance import balanced_interval
from biomarkers.predict.classes.training import train_classes
from biomarkers.predict.labelling import drawn_share, permuted_classes
from biomarkers.predict.nested import reached
from biomarkers.predict.splits import folds_of

NTR = ("N", "T", "R")
ONE = predict.Validation(folds=3, repeats=1, permutations=0)
TOLD = predict.Validation(folds=2, repeats=2, permutations=19)
RIDGE = predict.recipe(predict.Logistic(penalties=(0.3,), balanced=(False,)))


def gaussian(seed=1, *, count=90, apart=1.5, width=5, prefix="", site=None, blocks=None):
    """A subject a case; each class lies apart on a feature of its own: T, R, N."""
    random = np.random.default_rng(seed)
    group = np.tile(NTR, count)[:count]
    values = random.normal(size=(count, width))
    values[:, 0] += apart * (group == "T")
    values[:, 1] += apart * (group == "R")
    values[:, 2] += apart * (group == "N")
    subjects = [prefix + name for name in names(count)]
    people = pd.DataFrame({"subject": subjects, "group": group, "age": random.normal(60, 9, count)})
    if site is not None:
        people["site"] = site
    return predict.Cohort.from_tables(
        table(values, subjects), people, outcome="group", classes=NTR,
        blocks=blocks, site=None if site is None else "site",
    )  # fmt: skip


def tissues(seed=1, *, mice=24, each=2, apart=0.0, share=0.7):
    """Mice with several spectra of several tissues, which look like their mouse."""
    random = np.random.default_rng(seed)
    rows = [
        (mouse, f"{group}{number}", group)
        for mouse in names(mice)
        for group in NTR
        if random.random() < share
        for number in range(each)
    ]
    rows = pd.DataFrame(rows, columns=["subject", "lesion", "group"])
    like = dict(zip(names(mice), random.normal(size=(mice, 6)), strict=True))
    values = np.array([like[name] for name in rows["subject"]])
    values += 0.5 * random.normal(size=values.shape)
    values[:, 0] += apart * (rows["group"] == "T")
    values[:, 1] += apart * (rows["group"] == "R")
    rows = rows.join(pd.DataFrame(values, columns=list("abcdef")))
    people = pd.DataFrame({"subject": names(mice), "age": range(mice)})
    return predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR)


def mice(seed=1, *, count=28, spectra=10, width=8):
    """Spectra that tell their mouse, whose class is drawn at random."""
    random = np.random.default_rng(seed)
    who = np.repeat(names(count), spectra)
    like = np.repeat(random.normal(size=(count, width)), spectra, axis=0)
    rows = table(like + 0.3 * random.normal(size=like.shape), who,
                 lesion=np.tile(np.arange(spectra), count))  # fmt: skip
    people = pd.DataFrame(
        {"subject": names(count), "group": random.permutation(np.tile(NTR, 10)[:count])}
    )
    return predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR)


# What a cohort is


def test_classes_stand_in_their_order_and_others_are_left_out_by_name():
    rows = pd.DataFrame({"subject": names(14), "size": range(14)})
    group = ["R", "T", "N"] * 4 + ["X", ""]
    people = pd.DataFrame({"subject": names(14), "group": group})
    made = predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR)
    assert made.classes == NTR
    assert made.cases.labels.tolist() == [2, 1, 0] * 4
    assert (made.positive == (made.labels == 0)).all()
    assert repr(made).endswith("1 feature; group: 4 N, 4 T, 4 R")
    assert made.notes == (
        "Left out, no group: s013.",
        "Left out, group none of N, T, R: s012 (X).",
    )
    other = predict.Cohort.from_tables(rows, people, outcome="group", classes=("R", "T", "N"))
    assert other.digest != made.digest
    two = predict.Cohort.from_tables(rows, people, outcome="group", classes=("T", "R"))
    assert len(two) == 8


def test_the_outcome_may_stand_in_rows_in_participants_or_in_both():
    wide = pd.DataFrame({"subject": np.repeat(names(6), 3), "lesion": list("123") * 6, "a": 1.0})
    people = pd.DataFrame({"subject": names(6)})
    own = wide.assign(group=list(NTR) * 6)
    in_rows = predict.Cohort.from_tables(own, people, outcome="group", classes=NTR)
    assert in_rows.labels.tolist() == [0, 1, 2] * 6
    assert in_rows.n_subjects == 6
    blank = own.assign(group=own["group"].where(own["lesion"] != "3", ""))
    filled = predict.Cohort.from_tables(blank, people, outcome="group", classes=("N", "T"))
    assert filled.notes[0].startswith("Left out, no group: s000, lesion 3, s001, lesion 3")
    agreed = own.assign(group=np.repeat(list(NTR) * 2, 3))
    both = people.assign(group=list(NTR) * 2)
    with pytest.raises(InputError, match="subject s000 has T in rows and N in participants"):
        predict.Cohort.from_tables(own, both, outcome="group", classes=NTR)
    with pytest.raises(InputError, match="found 2 N, 2 T and 2 R subjects; expected 3 or more"):
        predict.Cohort.from_tables(agreed, both, outcome="group", classes=NTR)


def test_measurement_rows_may_tell_the_class_of_each_region():
    rows = [
        (name, group, marker, float(place))
        for place, name in enumerate(names(4))
        for group in NTR
        for marker in ("NAA", "Cho")
    ]
    rows = pd.DataFrame(rows, columns=["subject", "region", "biomarker", "value"]).assign(day=0)
    people = pd.DataFrame({"subject": names(4)})
    told = rows.assign(group=rows["region"])
    made = predict.Cohort.from_tables(told, people, outcome="group", classes=NTR)
    assert list(made.features) == ["NAA", "Cho"]
    assert dict(zip(made.lesion, made.labels, strict=True)) == {"N": 0, "T": 1, "R": 2}
    told.loc[0, "group"] = "T"
    with pytest.raises(InputError, match="rows of subject s000, N differ"):
        predict.Cohort.from_tables(told, people, outcome="group", classes=NTR)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"outcome": "grade", "classes": NTR}, "grade"),
        ({"outcome": "group", "classes": ("N",)}, "expected two or more different values"),
        ({"outcome": "group", "classes": ("N", "N")}, "expected two or more different values"),
        ({"outcome": "group", "classes": "NTR"}, "found the text 'NTR'"),
        ({"outcome": ("time", "event"), "classes": NTR}, "needs one column of outcome"),
        ({"outcome": "group", "classes": ("N", "T", "Z")}, "0 Z"),
        (
            {"outcome": "group", "classes": ("n", "t", "r")},
            "found 0 n, 0 t, 0 r among the cases; group holds N, R, T",
        ),
    ],
)
def test_what_are_no_classes_is_refused(more, message):
    rows = pd.DataFrame({"subject": names(12), "size": range(12)})
    people = pd.DataFrame({"subject": names(12), "group": list(NTR) * 4, "time": 1, "event": 1})
    with pytest.raises(InputError, match=message):
        predict.Cohort.from_tables(rows, people, **more)


def test_classes_go_along_with_cases():
    cases = tissues().cases
    rows = np.arange(len(cases))[::-1]
    assert (cases.take(rows).labels == cases.labels[::-1]).all()
    assert (cases.with_outcome_of(rows).labels == cases.labels[::-1]).all()
    one = cases.against(2)
    assert (one.positive == (cases.labels == 2)).all()
    assert (one.classes, one.labels) == ((), None)
    joined = tissues().with_array("mrs", {(s, k): np.ones(4) for s, k in
                                          zip(tissues().subject, tissues().lesion, strict=True)
                                          if s != "s000"})  # fmt: skip
    assert len(joined.labels) == len(joined) < len(tissues())


# How subjects are split and permuted


@pytest.mark.parametrize("seed", range(8))
def test_subjects_are_whole_and_every_class_is_in_every_fold_and_training_set(seed):
    cases = tissues(seed, mice=12).cases
    folds = folds_of(cases, folds=4, repeats=2, random=np.random.default_rng(seed))
    sets, count = folds.held_out.shape
    assert (folds.held_out.reshape(2, sets // 2, count).sum(axis=1) == 1).all()
    assert (folds.inner.sum(axis=1) == ~folds.held_out).all()
    for held_out, inner in zip(folds.held_out, folds.inner, strict=True):
        assert not set(cases.subject[held_out]) & set(cases.subject[~held_out])
        assert set(cases.labels[held_out]) == {0, 1, 2}
        for fold in inner:
            training = ~held_out & ~fold
            assert not set(cases.subject[fold]) & set(cases.subject[training])
            assert set(cases.labels[training]) == {0, 1, 2}


def test_classes_and_sites_are_spread_evenly():
    site = np.repeat(["A", "B", "C"], 30)
    made = gaussian(site=site)
    held_out = folds_of(made.cases, folds=5, repeats=3, random=np.random.default_rng(1)).held_out
    for rows in held_out:
        assert (np.bincount(made.labels[rows]) == 6).all()
        assert (np.unique(made.site[rows], return_counts=True)[1] == 6).all()


def test_classes_are_permuted_among_subjects_of_a_site_with_as_many_and_within_each():
    cases = tissues(each=1).cases
    order = permuted_classes(cases, permutations=50, seed=1)
    assert (order[:, 0] == np.arange(len(order))).all()
    sizes = pd.Series(cases.subject).groupby(cases.subject).transform("size").to_numpy()
    several = np.zeros(len(cases), dtype=bool)
    for drawn in order.T:
        assert (np.sort(drawn) == np.arange(len(drawn))).all()
        assert (sizes[drawn] == sizes).all()
        sources = pd.Series(cases.subject[drawn]).groupby(cases.subject).nunique()
        assert (sources == 1).all()  # all classes of a subject come from one
        several |= drawn != np.arange(len(drawn))
    assert several.all()
    sited = gaussian(site=np.repeat(["A", "B"], 45)).cases
    moved = permuted_classes(sited, permutations=5, seed=1)
    assert (sited.site[moved[:, 3]] == sited.site).all()


def test_too_few_subjects_of_a_class_in_a_training_set_are_named():
    made = gaussian(count=9)
    halves = predict.Validation(folds=2, repeats=1, permutations=0)
    with pytest.raises(InputError, match=r"has 1 subject of class [NTR], expected 2 or more"):
        predict.evaluate(RIDGE, made, settings=halves)
    assert len(predict.evaluate(RIDGE, made, settings=ONE).performance) == 6


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_a_share_of_the_subjects_of_each_class_is_drawn_whole(share):
    random = np.random.default_rng(1)
    drawn = drawn_share(gaussian(count=60).cases, share, random)
    assert drawn.class_sizes.tolist() == [round(share * 20)] * 3
    cases = tissues(mice=30).cases
    some = drawn_share(cases, share, random)
    assert len(set(some.subject)) < len(set(cases.subject))
    for k in range(3):
        wanted = share * len(set(cases.subject[cases.labels == k]))
        assert len(set(some.subject[some.labels == k])) >= round(wanted)
    everyone = np.isin(cases.subject, some.subject)
    assert len(some) == everyone.sum()


# What is judged


def oracle(apart):
    """AUC of each class against the rest by its true probability, in 60,000 cases."""
    random = np.random.default_rng(0)
    truth = np.tile([0, 1, 2], 20_000)
    centres = apart * np.eye(3)
    values = random.normal(centres[truth])
    density = np.exp(-((values[:, None] - centres) ** 2).sum(axis=2) / 2)
    likely = density / density.sum(axis=1, keepdims=True)
    ranks = stats.rankdata(likely, axis=0)
    m, n = 20_000, 40_000
    return [(ranks[truth == k, k].sum() - m * (m + 1) / 2) / (m * n) for k in range(3)]


def test_areas_are_those_of_the_true_probabilities_and_lie_in_their_intervals():
    made = gaussian(count=360, apart=1.5)
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    assert seen.told == NTR
    assert seen.claims
    rows = seen.performance[seen.performance["rule"] == "recipe"]
    assert rows["class"].tolist() == list(NTR)
    for row, known in zip(rows.to_dict("records"), oracle(1.5), strict=True):
        assert row["auc"] == pytest.approx(known, abs=0.05)
        assert row["auc_low"] < known < row["auc_high"]


def test_areas_within_a_fold_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    cases = gaussian(apart=1.0).cases
    held_out = np.arange(len(cases)) < 30
    inner = folds_of(cases.take(~held_out), folds=3, repeats=1, random=np.random.default_rng(1))
    trained = train_classes(RIDGE, cases.take(~held_out), inner.held_out, 1)
    log_p = trained.log_probabilities(cases)
    assert np.exp(log_p).sum(axis=1) == pytest.approx(1)
    theirs = metrics.roc_auc_score(cases.labels[held_out], np.exp(log_p[held_out]),
                                   multi_class="ovr", average=None)  # fmt: skip
    assert areas(log_p[None], cases, held_out[None]) == pytest.approx(theirs, abs=1e-12)


def test_the_confusion_table_counts_subjects_and_makes_the_decisions():
    made = gaussian(blocks={"clinical": ["age"]})
    seen = predict.evaluate(RIDGE, made, settings=TOLD)
    for row in seen.decisions.to_dict("records"):
        counts = (
            seen.confusion[seen.confusion["rule"] == row["rule"]]["count"].to_numpy().reshape(3, 3)
        )
        assert counts.sum(axis=1).tolist() == [30, 30, 30]
        right = np.diagonal(counts)
        assert row["accuracy"] == pytest.approx(right.sum() / 90)
        assert row["balanced_accuracy"] == pytest.approx((right / 30).mean())
        limits = row["balanced_accuracy_low"], row["balanced_accuracy_high"]
        assert limits[0] <= row["balanced_accuracy"] <= limits[1]
    first = seen.decisions.iloc[0]
    assert first["balanced_accuracy_low"] > 1 / 3
    assert first["p_value"] == seen.mean_auc_p == 0.05
    assert seen.decisions["rule"].tolist() == ["recipe", "intercept", "clinical only"]


def test_spectra_of_a_subject_are_called_together_once_for_each_of_its_classes():
    made = tissues(each=3)
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    groups = len({*zip(made.subject, made.labels, strict=True)})
    own = seen.confusion[seen.confusion["rule"] == "recipe"]
    assert own["count"].sum() == groups
    assert any("subjects have cases of several classes" in note for note in seen.notes)
    cases = made.cases.take(np.flatnonzero(made.subject == made.subject[0]))
    log_p = np.log(np.tile([0.1, 0.2, 0.7], (len(cases), 1)))
    log_p[0] = np.log([0.98, 0.01, 0.01])
    truth, called = called_groups(log_p, cases)
    assert truth.tolist() == sorted(set(cases.labels.tolist()))
    assert called.tolist() == [0, *[2] * (len(truth) - 1)]  # one spectrum outweighs two


def test_called_by_repeat_and_counted_by_hand():
    cases = gaussian(count=9).cases
    held_out = np.array([[True] * 4 + [False] * 5, [False] * 4 + [True] * 5] * 2)
    scores = np.zeros((4, 9, 3))
    scores[:2, np.arange(9), cases.labels] = 1  # the first repeat is right
    scores[2:, :, 1] = 1  # the second calls all of them T
    repeats = by_repeat(scores, held_out)
    assert repeats.shape == (2, 9, 3)
    expected = [[1.5, 1.5, 0], [0, 3, 0], [0, 1.5, 1.5]]
    assert confusion(repeats, cases).tolist() == expected


def test_the_interval_of_balanced_accuracy_of_one_class_each_is_that_of_wilson():
    low, high = balanced_interval(np.array([[15.0, 5.0], [5.0, 15.0]]), 1.0)
    limits = proportion_confint(15, 20, method="wilson")
    assert 0.75 - low == pytest.approx((0.75 - limits[0]) / np.sqrt(2))
    assert high - 0.75 == pytest.approx((limits[1] - 0.75) / np.sqrt(2))
    assert balanced_interval(np.array([[15.0, 5.0], [5.0, 15.0]]), 2.0)[0] < low


def test_noise_is_not_claimed_and_a_block_that_knows_as_much_is_named():
    seen = predict.evaluate(RIDGE, gaussian(3, apart=0.0), settings=TOLD)
    assert not seen.claims
    assert seen.told == ()
    assert seen.headline.endswith("Nothing beyond chance is shown.")
    random = np.random.default_rng(1)
    group = np.tile(NTR, 30)
    people = pd.DataFrame({"subject": names(90), "group": group})
    people["age"] = np.tile([40.0, 60.0, 80.0], 30) + random.normal(0, 5, 90)
    rows = table(random.normal(size=(90, 3)), names(90))
    told = predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR,
                                      blocks={"clinical": ["age"]})  # fmt: skip
    seen = predict.evaluate(RIDGE, told, settings=ONE)
    assert not seen.claims
    assert "Clinical only tells the classes as well." in seen.headline
    assert any(note.startswith("Of several classes there is no paired gain") for note in seen.notes)
    assert any(note.startswith("No permutation") for note in seen.notes)


@pytest.mark.parametrize(
    "model",
    [RIDGE.model, predict.Svm(costs=(0.1,), balanced=(False,)),
     predict.Forest(trees=8, balanced=(False,))],
    ids=["logistic", "svm", "forest"],
)  # fmt: skip
def test_spectra_that_know_their_mouse_tell_no_class_drawn_at_random(model):
    if model is not RIDGE.model:
        pytest.importorskip("sklearn", reason="an extra")
    made = mice()
    seen = predict.evaluate(predict.recipe(model), made, settings=ONE)
    own = seen.performance[seen.performance["rule"] == "recipe"]
    assert (own["auc_low"] < 0.5).all()
    assert not seen.claims
    assert any("know the patient (identity)" in note for note in seen.notes)
    # By hand, as no call of evaluate does: spectra of a mouse on both sides.
    cases, held_out = made.cases, np.arange(280) % 2 == 0
    inner = (np.arange(280) // 2 % 2 == 0)[~held_out]
    trained = train_classes(
        predict.recipe(model), cases.take(~held_out), np.array([inner, ~inner]), 1
    )
    assert areas(trained.log_probabilities(cases)[None], cases, held_out[None]).mean() > 0.7


SEEN: list[set[float]] = []


class Spy:
    """A transformer that writes down which rows it was fitted to, by their first feature."""

    def fit(self, values, _=None):
        SEEN.append(set(values[:, 0].round(12).tolist()))
        return self

    def transform(self, values):
        return values


def test_no_row_of_a_held_out_subject_reaches_a_fit():
    made = tissues(apart=1.0)
    SEEN.clear()
    predict.evaluate(predict.recipe("logistic", impute=Spy()), made, settings=ONE)
    values = made.features["a"].to_numpy().round(12)
    held_out = folds_of(made.cases, folds=3, repeats=1, random=np.random.default_rng([1, 0]))
    trainings = [set(values[~rows].tolist()) for rows in held_out.held_out]
    assert len(SEEN) == 4 * 3 * 3 * 4  # (whole + 3 shares) × folds × classes × (inner folds + 1)
    assert all(any(seen <= training for training in trainings) for seen in SEEN)
    whose = dict(zip(values.tolist(), made.subject, strict=True))
    for seen in SEEN:
        inside = {whose[value] for value in seen}
        assert {value for value in whose if whose[value] in inside} == seen  # subjects whole


def test_two_jobs_and_a_checkpoint_give_the_same_bytes(tmp_path):
    made = gaussian(count=45, site=np.repeat(["A", "B", "C"], 15))
    once = predict.evaluate(RIDGE, made, settings=TOLD, checkpoint=tmp_path)
    kept = sorted(tmp_path.rglob("*.npz"))
    kept[0].unlink()
    told: list[str] = []
    again = predict.evaluate(RIDGE, made, settings=TOLD, checkpoint=tmp_path,
                             progress=lambda *what: told.append(what[2]))  # fmt: skip
    assert len(told) == 1
    twice = predict.evaluate(RIDGE, made, settings=TOLD, jobs=2)
    texts = {json.dumps(each.to_dict()) for each in (once, again, twice)}
    assert len(texts) == 1


def test_sites_are_told_by_class():
    made = gaussian(apart=2.0, site=np.repeat(["A", "B", "C"], 30))
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    assert len(seen.sites) == 9
    assert seen.sites["cases"].tolist() == [10] * 9
    assert (seen.sites[["within", "left_out"]].mean() > 0.75).all()
    assert (seen.sites["left_out_low"] < seen.sites["left_out"]).all()
    group = np.tile(NTR, 30)
    biased = gaussian(apart=0.0, site=np.where(group == "T", "A", np.tile(["A", "B"], 45)))
    notes = predict.evaluate(RIDGE, biased, settings=ONE).notes
    assert any("The shares of the classes differ by site" in note for note in notes)


def test_an_evaluation_of_classes_is_read_drawn_and_taken_apart():
    seen = predict.evaluate(RIDGE, gaussian(apart=2.0), settings=TOLD)
    assert isinstance(seen, predict.ClassEvaluation)
    assert seen.headline.startswith("Mean AUC of each class against the rest 0.")
    assert "in subjects held out, p ≤ 0.05 against chance: N 0." in seen.headline
    content = seen.to_dict()
    assert set(seen.tables()) < set(content)
    assert content["claims"] is True
    assert json.loads(json.dumps(content))["told"] == list(NTR)
    assert "called" in seen.summary()
    assert len(seen.plot().get_yticks()) == 6
    chosen = seen.selection.set_index(["class", "feature"])
    assert chosen.loc[("T", "f00"), "sign"] == 1
    assert chosen.loc[("N", "f00"), "sign"] == -1
    assert chosen.loc[("R", "f01"), "importance"] > 0.1
    assert seen.learning["share"].tolist() == [0.4, 0.6, 0.8, 1.0]
    assert seen.learning["subjects"].tolist() == [18, 27, 36, 45]
    assert (seen.learning["worth"] > 0.7).all()
    likely = seen.cases[[f"probability {name}" for name in NTR]]
    assert likely.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-9)


# Models that tell all classes at once


@dataclass(frozen=True)
class Centres:
    """The nearest mean of an array, of all classes at once."""

    classes: tuple[str, ...] = NTR
    arrays: tuple[str, ...] = ("mrs",)
    chooses_nothing: bool = True
    probabilistic: bool = True
    sharpness: tuple[float, ...] = (1.0,)
    broken: str = ""

    def settings(self):
        return [{"sharpness": each} for each in self.sharpness]

    def features_of(self, cases):
        return ()

    def fit(self, cases, settings, seed):
        values = cases.arrays["mrs"]
        centres = [values[cases.labels == k].mean(axis=0) for k in range(len(cases.classes))]
        kind = NoClasses if self.broken == "no class_scores" else FittedCentres
        return [kind(np.array(centres), each["sharpness"], self.broken) for each in settings]


@dataclass(frozen=True)
class NoClasses:
    centres: np.ndarray
    sharpness: float
    broken: str

    def scores_of(self, cases):
        return np.zeros(len(cases))


@dataclass(frozen=True)
class FittedCentres(NoClasses):
    def class_scores(self, cases):
        apart = ((cases.arrays["mrs"][:, None] - self.centres) ** 2).sum(axis=2)
        scores = -self.sharpness * apart / 2
        return {"nan": scores * np.nan, "shape": scores[:, :2]}.get(self.broken, scores)


def spectral():
    made = tissues(apart=2.5)
    spectra = made.features[["a", "b"]].to_numpy()
    return made.with_array("mrs", dict(zip(zip(made.subject, made.lesion, strict=True), spectra,
                                           strict=True)))  # fmt: skip


def test_a_model_of_several_classes_is_asked_for_all_at_once():
    made = spectral()
    recipe = predict.recipe(Centres(sharpness=(1e-3, 1.0)))
    seen = predict.evaluate(recipe, made, settings=ONE)
    assert seen.mean_auc > 0.85
    own = seen.selection.set_index("class")
    assert set(own["feature"]) == {"mrs"}
    assert (own["importance"] > 0.1).all()
    rule = predict.fit(recipe, made)
    assert rule.card["setting"] == {"sharpness": 1.0}  # the likelier one in inner folds
    assert rule.trained.is_joint
    apart = reached(recipe, made.cases)
    expected = rule.trained.parts[0].model.class_scores(apart)
    assert rule.predict(made).argmax(axis=1).tolist() == expected.argmax(axis=1).tolist()
    assert rule.predict(made).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Centres(classes=("T", "N", "R")), "tells classes T, N, R, the cohort has N, T, R"),
        (Centres(broken="no class_scores"), "its fitted form has no class_scores"),
        (Centres(broken="nan"), "0% finite"),
        (Centres(broken="shape"), r"expected finite log probabilities of \(\d+, 3\)"),
    ],
)
def test_a_model_of_other_classes_or_scores_is_refused(model, message):
    with pytest.raises(InputError, match=message):
        predict.evaluate(predict.recipe(model), spectral(), settings=ONE)


def test_a_model_of_several_classes_is_refused_with_two_and_with_a_selection():
    people = pd.DataFrame({"subject": names(12), "y": [0, 1] * 6})
    rows = table(np.random.default_rng(1).normal(size=(12, 3)), names(12))
    two = predict.Cohort.from_tables(rows, people, outcome="y")
    two = two.with_array("mrs", {name: np.ones(3) for name in names(12)})
    with pytest.raises(InputError, match="the cohort has two; expected the same"):
        predict.evaluate(predict.recipe(Centres()), two, settings=ONE)
    chosen = predict.recipe(Centres(), select=predict.Univariate(at_most=1))
    with pytest.raises(InputError, match="leave select out"):
        predict.fit(chosen, spectral())


# Rules


def test_a_rule_of_classes_is_kept_and_gives_probabilities(tmp_path):
    pytest.importorskip("skops")
    made = gaussian()
    rule = predict.fit(predict.recipe("logistic", select=predict.Univariate(at_most=3)), made)
    same = predict.load(rule.save(tmp_path / "rule"))
    likely = same.predict(made)
    assert (likely == rule.predict(made)).all()
    assert likely.shape == (90, 3)
    assert likely.sum(axis=1) == pytest.approx(1)
    assert (likely.argmax(axis=1) == made.labels).mean() > 0.6
    assert same.classes == NTR
    assert same.card["cases_by_class"] == [30, 30, 30]
    assert np.isnan(same.threshold)
    with pytest.raises(InputError, match="a rule of several classes has no odds"):
        same.odds(made)


def test_a_locked_rule_of_classes_is_judged_elsewhere():
    rule = predict.fit(RIDGE, gaussian(1, count=300))
    other = gaussian(2, count=300, prefix="x")
    seen = predict.validate(rule, other)
    assert isinstance(seen, predict.ClassValidation)
    for row, known in zip(seen.performance.to_dict("records"), oracle(1.5), strict=True):
        assert row["auc_low"] < known < row["auc_high"]
    assert seen.confusion["count"].sum() == 300
    assert seen.decisions["balanced_accuracy_low"][0] > 1 / 3
    assert "by the locked rule: N 0." in seen.headline
    assert "case_mix" in seen.to_dict()
    assert len(seen.plot().get_yticks()) == 3
    fewer = predict.Cohort.from_tables(
        table(np.random.default_rng(1).normal(size=(12, 5)), names(12)),
        pd.DataFrame({"subject": names(12), "y": [0, 1] * 6}), outcome="y",
    )  # fmt: skip
    with pytest.raises(InputError, match="the rule tells N, T, R, and the cohort has two"):
        predict.validate(rule, fewer)


def test_subjects_of_several_classes_widen_the_interval_of_balanced_accuracy():
    made = tissues(mice=40, each=1, share=1.0).cases
    wrong = np.isin(made.subject, names(20))
    scores = np.zeros((len(made), 3))
    scores[np.arange(len(made)), np.where(wrong, (made.labels + 1) % 3, made.labels)] = 1
    seen = class_validation(scores, made, pd.DataFrame(), (), ()).decisions.iloc[0]
    # All three calls of a subject are right, or none: they count as one.
    counts = np.array([[20.0, 20, 0], [0, 20, 20], [20, 0, 20]])
    limits = seen["balanced_accuracy_low"], seen["balanced_accuracy_high"]
    assert seen["balanced_accuracy"] == 0.5
    assert limits == pytest.approx(balanced_interval(counts, 3.0))


def test_recipes_of_several_classes_are_not_compared():
    with pytest.raises(InputError, match="evaluate each recipe with the same settings"):
        predict.compare({"a": RIDGE, "b": predict.recipe("svm")}, gaussian(), settings=ONE)


@pytest.mark.parametrize("classes", ["[0, 1, 2]", "[0.0, '1', 2]", "['0', '1', '2']"])
def test_a_plan_names_classes_by_numbers_too(classes, tmp_path):
    (tmp_path / "plan.toml").write_text(f"[predict]\noutcome = 'group'\nclasses = {classes}\n")
    plan = predict.read_predict_plan(tmp_path / "plan.toml")
    rows = pd.DataFrame({"subject": names(12), "size": range(12)})
    people = pd.DataFrame({"subject": names(12), "group": list(range(3)) * 4})
    made = predict.Cohort.from_tables(rows, people, outcome=plan.outcome, classes=plan.classes)
    assert made.classes == ("0", "1", "2")


def test_a_plan_names_classes(tmp_path):
    pytest.importorskip("skops")
    made = gaussian(count=45)
    rows = made.features.assign(subject=made.subject)
    rows.assign(group=np.array(NTR)[made.labels]).to_csv(tmp_path / "rows.csv", index=False)
    people = pd.DataFrame({"subject": made.subject})
    people.to_csv(tmp_path / "people.csv", index=False)
    plan = Path(tmp_path / "plan.toml")
    plan.write_text("[predict]\noutcome = 'group'\nclasses = ['N', 'T', 'R']\nfolds = 3\n"
                    "repeats = 1\npermutations = 0\n")  # fmt: skip
    seen = predict.predict_by_plan(tmp_path / "rows.csv", tmp_path / "people.csv", plan=plan,
                                   out=tmp_path / "out")  # fmt: skip
    assert isinstance(seen, predict.ClassEvaluation)
    assert (tmp_path / "out" / "confusion.csv").is_file()
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert written["headline"] == seen.headline
    assert predict.load(tmp_path / "out" / "rule").classes == NTR
