"""Several classes in a cohort: read from tables, split by subject, and permuted."""

import numpy as np
import pandas as pd
import pytest
from predict_class_cohorts import NTR, ONE, RIDGE, gaussian, tissues
from predict_cohorts import names

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.predict.labelling import drawn_share, permuted_classes
from biomarkers.predict.splits import folds_of

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
