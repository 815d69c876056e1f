"""Arrays of cases: joined by name, held out whole, and judged like features."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import ONE, names

from biomarkers import predict
from biomarkers.errors import InputError

SEEN: list[set[float]] = []


@dataclass(frozen=True)
class Mean:
    """Scores are the mean of the array; it writes down whom it was fitted to."""

    name: str = "t1c"
    clinical: bool = False
    chooses_nothing: bool = True
    probabilistic: bool = True

    @property
    def arrays(self):
        return (self.name,)

    def settings(self):
        return [{}]

    def features_of(self, cases):
        if self.clinical and "clinical" not in cases.blocks:
            raise InputError("clinical=True: the cohort has no block clinical")
        return cases.blocks["clinical"] if self.clinical else ()

    def fit(self, cases, settings, seed):
        SEEN.append(set(cases.arrays[self.name][:, 0, 0].tolist()))
        return [FittedMean(self.name)]


@dataclass(frozen=True)
class FittedMean:
    name: str

    def scores_of(self, cases):
        return np.nanmean(cases.arrays[self.name][:, 1:], axis=(1, 2)) - 0.5


def tables(count=20, lesions=("1",)):
    rows = [(name, lesion) for name in names(count) for lesion in lesions]
    people = pd.DataFrame({"subject": names(count), "response": np.arange(count) % 2})
    return pd.DataFrame(rows, columns=["subject", "lesion"]), people.assign(age=np.arange(count))


def cohort(count=20, lesions=("1",), **more):
    return predict.Cohort.from_tables(*tables(count, lesions), outcome="response", **more)


def stacks(of, shape=(3, 2)):
    """Arrays whose first row holds the number of the subject, the others its class."""
    made = {}
    for subject, lesion, truth in zip(of.subject, of.lesion, of.positive, strict=True):
        made[subject, lesion] = np.full(shape, float(truth))
        made[subject, lesion][0] = float(subject[1:])
    return made


def test_arrays_are_joined_by_subject_and_lesion_whatever_their_order():
    some = cohort(lesions=("1", "2"))
    made = stacks(some)
    backwards = dict(reversed(list(made.items())))
    joined = some.with_array("t1c", backwards)
    for subject, lesion, array in zip(some.subject, some.lesion, joined.arrays["t1c"], strict=True):
        assert (array == made[subject, lesion]).all()


def test_cases_without_an_array_or_with_one_of_nothing_are_left_out_by_name():
    some = cohort(blocks={"clinical": ["age"]})
    made = stacks(some)
    del made["s003", "1"]
    made["s005", "1"] = np.full((3, 2), np.nan)
    joined = some.with_array("t1c", made)
    assert len(joined) == 18
    assert joined.notes == ("Left out, no array t1c: s003, lesion 1, s005, lesion 1.",)
    assert joined.features["age"].tolist() == [n for n in range(20) if n not in (3, 5)]
    assert joined.digest != some.digest
    assert some.with_array("t1c", made, made="9 slices").made == {"t1c": "9 slices"}


def test_a_subject_of_one_case_needs_no_lesion():
    some = cohort()
    by_subject = {subject: array for (subject, _), array in stacks(some).items()}
    assert len(some.with_array("t1c", by_subject)) == 20
    rows, people = tables()
    plain = predict.Cohort.from_tables(rows.drop(columns="lesion"), people, outcome="response")
    assert len(plain.with_array("t1c", stacks(some))) == 20
    assert len(plain.with_array("t1c", {f"sub-{k[0]}": v for k, v in stacks(some).items()})) == 20


@pytest.mark.parametrize("spelled", [1, 1.0, "01", "1", "1.0"])
@pytest.mark.parametrize("column", ["lesion", "region"])
@pytest.mark.parametrize("is_long", [True, False])
def test_lesions_are_met_however_two_tables_spell_them(spelled, column, is_long):
    subjects = list("abcdef")
    people = pd.DataFrame({"subject": subjects, "response": [0, 1] * 3})
    rows = pd.DataFrame({"subject": subjects, "lesion": [spelled] * 6, "size": np.arange(6.0)})
    if is_long:
        rows = rows.rename(columns={"lesion": column}).melt(
            ["subject", column], var_name="biomarker", value_name="value"
        )
        rows = rows.assign(day=0)
    some = predict.Cohort.from_tables(rows, people, outcome="response")
    for key in (1, 1.0, "01", "1"):
        made = {(name, key): [float(place)] for place, name in enumerate(subjects)}
        joined = some.with_array("t1c", made)
        assert (joined.arrays["t1c"][:, 0] == joined.features["size"]).all()


def tumours(numbers, animals):
    """Tumours that are subjects, each of an animal; the value of each is its own number."""
    rows = pd.DataFrame({"subject": numbers, "individual": animals, "size": map(float, numbers)})
    people = pd.DataFrame({"subject": animals, "response": np.arange(len(animals)) % 2})
    return predict.Cohort.from_tables(rows, people, outcome="response")


def test_keys_are_the_names_of_the_rows_where_another_column_says_whose_they_are():
    """Animals are numbered as tumours are, shifted by one."""
    numbers = [str(number) for number in range(1, 13)]
    some = tumours(numbers, [*numbers[1:], "1"])
    by_tumour = {number: np.full(2, float(number)) for number in numbers}
    by_case = {
        (animal, tumour): by_tumour[tumour]
        for animal, tumour in zip(some.subject.tolist(), some.lesion.tolist(), strict=True)
    }
    for keys in (by_tumour, {(number, ""): by_tumour[number] for number in numbers}, by_case):
        joined = some.with_array("t1c", keys)
        assert (joined.arrays["t1c"][:, 0] == joined.features["size"]).all()
        assert not joined.notes
    fewer = some.with_array("t1c", {key: by_tumour[key] for key in numbers[:9]})
    assert (fewer.with_array("t2", by_tumour).arrays["t2"] == fewer.arrays["t1c"]).all()


def test_a_lone_name_is_no_individual():
    some = tumours(["101", "102", "103", "104", "105", "106"], list("abcdef"))
    with pytest.raises(InputError, match="found a, expected such as 101"):
        some.with_array("t1c", {"a": np.ones(2)})


def test_a_key_that_names_two_cases_is_refused():
    rows = pd.DataFrame(
        {"subject": list("aabcdefg"), "lesion": list("bc111111"), "individual": list("xbaacdef")}
    )
    people = pd.DataFrame({"subject": list("xabcdef"), "response": [0, 1, 0, 1, 0, 1, 1]})
    rows.loc[3, ["subject", "lesion", "individual"]] = ["b", "", "a"]
    some = predict.Cohort.from_tables(rows, people, outcome="response")
    with pytest.raises(
        InputError, match=r"key \('a', 'b'\) is that of a, lesion b or x, lesion a/b"
    ):
        some.with_array("t1c", {("a", "b"): np.ones(2)})


def test_keys_of_no_case_are_named():
    some = cohort()
    joined = some.with_array("t1c", stacks(some) | {("x", 1): np.ones((3, 2)), ("s000", 7): [[0]]})
    assert joined.notes == ("Arrays t1c of no case of the cohort: x, lesion 1, s000, lesion 7.",)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("age", {}, "expected one that no array or feature has"),
        ("response", {}, "expected one that no array or feature has, nor the outcome"),
        ("t1c", {("s000", "1"): np.ones((3, 2), dtype=complex)}, "no array of numbers .complex"),
        ("t1c", {("s000", "1"): np.ones((4, 2))}, "others of"),
        ("t1c", {("s000", "1"): np.full((3, 2), np.inf)}, "expected an array of finite numbers"),
        ("t1c", {("s000", "1"): "text"}, "no array of numbers"),
        ("t1c", {("s000", "1", 2): np.ones((3, 2))}, r"expected \(subject, lesion\)"),
        ("t1c", {"s000": np.ones((3, 2))}, "two arrays are of s000"),
    ],
)
def test_what_is_no_array_of_a_case_is_refused(name, change, message):
    some = cohort(blocks={"clinical": ["age"]})
    with pytest.raises(InputError, match=message):
        some.with_array(name, stacks(some) | change)


def test_arrays_of_strangers_are_refused():
    some = cohort()
    with pytest.raises(InputError, match="no array is of a case of the cohort; found x, lesion 1"):
        some.with_array("t1c", {("x", "1"): np.ones(3)})
    with pytest.raises(InputError, match="found 0 positive and 2 negative"):
        some.with_array("t1c", {("s000", "1"): np.ones(3), ("s002", "1"): np.ones(3)})


def test_a_cohort_without_features_is_for_models_of_arrays():
    some = cohort()
    with pytest.raises(InputError, match="found no feature"):
        predict.evaluate(predict.recipe("logistic"), some, settings=ONE)
    with pytest.raises(InputError, match="the cohort has no array t1c; its arrays: none"):
        predict.evaluate(predict.recipe(Mean()), some, settings=ONE)
    joined = some.with_array("t1c", stacks(some))
    seen = predict.evaluate(predict.recipe(Mean()), joined, settings=ONE)
    assert seen.performance["auc"][0] == 1
    with pytest.raises(InputError, match="no block clinical"):
        predict.evaluate(predict.recipe(Mean(clinical=True)), joined, settings=ONE)


@pytest.mark.parametrize("once", [True, False])
def test_no_array_of_a_held_out_subject_reaches_a_fit(once):
    some = cohort(24, lesions=("1", "2"))
    joined = some.with_array("t1c", stacks(some))
    SEEN.clear()
    predict.evaluate(predict.recipe(Mean(chooses_nothing=once)), joined, settings=ONE)
    outer = [seen for seen in SEEN if len(seen) == 16]
    assert len(outer) >= 3
    held_out = [set(range(24)) - seen for seen in outer[:3]]
    assert set.union(*held_out) == set(range(24))  # subjects whole, each held out once
    assert len(SEEN) > 6 or once


def test_importance_and_selection_tell_of_arrays_beside_features():
    some = cohort(blocks={"clinical": ["age"]})
    joined = some.with_array("t1c", stacks(some))
    seen = predict.evaluate(predict.recipe(Mean(clinical=True)), joined, settings=ONE)
    table = seen.selection.set_index("feature")
    assert table.loc["t1c", "chosen"] == 1
    assert table.loc["t1c", "importance"] > 0.2
    assert table.loc["age", "importance"] == 0
    assert table.loc["t1c", "sign"] == 0
    assert np.isnan(table.loc["t1c", "same_sign"])


def test_a_rule_refuses_a_cohort_without_its_array_or_of_another_shape():
    some = cohort()
    rule = predict.fit(predict.recipe(Mean()), some.with_array("t1c", stacks(some)))
    assert rule.threshold == pytest.approx(0.5)
    assert rule.card["arrays"] == {"t1c": [3, 2]}
    with pytest.raises(InputError, match="has no array t1c"):
        rule.predict(some)
    with pytest.raises(InputError, match=r"the rule was made of \(3, 2\)"):
        rule.predict(some.with_array("t1c", stacks(some, (4, 2))))


def test_a_rule_refuses_arrays_that_were_made_in_another_way():
    some = cohort()
    rule = predict.fit(predict.recipe(Mean()), some.with_array("t1c", stacks(some), made="9 mm"))
    assert len(rule.predict(some.with_array("t1c", stacks(some)))) == 20  # not told how
    with pytest.raises(InputError, match="t1c was made in another way: found '3 mm'"):
        rule.predict(some.with_array("t1c", stacks(some), made="3 mm"))


def test_identity_is_looked_for_in_arrays_where_there_is_no_feature():
    some = cohort(24, lesions=("1", "2"))
    joined = some.with_array("t1c", stacks(some))
    seen = predict.evaluate(predict.recipe(Mean()), joined, settings=ONE)
    assert any("know the patient (identity)" in note for note in seen.notes)


def test_the_card_of_a_rule_names_its_arrays():
    pytest.importorskip("skops", reason="an extra")
    some = cohort().with_array("t1c", stacks(cohort()))
    told = predict.fit(predict.recipe(Mean()), some).model_card()
    assert told.splitlines()[0] == "# Model card: Mean of t1c for response"
    assert "- Array t1c of 3 × 2 for each case." in told
    assert "inner folds" not in told.split("is called positive")[1].splitlines()[0]


def test_of_several_classes_too_it_is_said_whether_a_simple_rule_does_as_well():
    rows, people = tables(24)
    people["group"] = np.tile(["N", "T", "R"], 8)
    some = predict.Cohort.from_tables(rows, people, outcome="group", classes=("N", "T", "R"),
                                      blocks={"clinical": ["age"]})  # fmt: skip
    joined = some.with_array("t1c", stacks(some))
    seen = predict.evaluate(predict.recipe(Mean()), joined, settings=ONE)
    (note,) = [note for note in seen.notes if note.startswith("A model of arrays")]
    worths = seen.performance.groupby("rule")["auc"].mean()
    assert f"the recipe reaches {worths['recipe']:.2f}" in note
    assert f"clinical only {worths['clinical only']:.2f}" in note
    assert ("the recipe was best" in note) == (worths["recipe"] > worths["clinical only"])
    assert "no gain is tested" in note


@pytest.mark.parametrize("told", [True, False])
def test_of_two_classes_a_gain_is_named_where_one_is_shown_and_never_over_a_constant(told):
    rows, people = tables(40)
    people["age"] = np.arange(40) % 7 if told else people["response"] + np.arange(40) / 50
    some = predict.Cohort.from_tables(rows, people, outcome="response",
                                      blocks={"clinical": ["age"]})  # fmt: skip
    joined = some.with_array("t1c", stacks(some))
    seen = predict.evaluate(predict.recipe(Mean()), joined, settings=ONE)
    (note,) = [note for note in seen.notes if note.startswith("A model of arrays")]
    assert note.endswith(f"A gain is shown over {'clinical only' if told else 'none of these'}.")
