"""Who is positive, who negative, who left out; and outcomes that cannot be used."""

import pandas as pd
import pytest

from biomarkers.errors import PlanError, TableError
from biomarkers.plan import make_plan
from biomarkers.stats.outcome import classify

TABLE = pd.DataFrame({"subject": list("abcdef")})


def plan(**settings):
    return make_plan(
        {"baseline": 0, "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}}, **settings}
    )


def participants(outcome, **columns):
    return pd.DataFrame({"subject": list("abcdefgh")[: len(outcome)], "x": outcome, **columns})


def test_everyone_else_is_negative_unless_negatives_are_named():
    found = classify(TABLE, participants([1.0, 0, 0, 2, 1, 0]), plan(outcome="x", positive=1))
    assert found.positive.to_dict() == dict(
        zip("abcdef", [True, False, False, False, True, False], strict=True)
    )


def test_unknown_ignored_and_never_measured_are_told_apart():
    outcome = ["both", "control", None, "sham", "control", None, "both", None]
    found = classify(
        TABLE,
        participants(outcome).iloc[:7],
        plan(outcome="x", positive=["both"], negative=["control"], ignore=["sham"]),
    )
    assert found.positive.to_dict() == {"a": True, "b": False, "e": False}
    assert found.unknown == ("c", "f")
    assert found.ignored == ("d",)
    assert found.unmeasured == ("g",)


def test_a_subject_absent_from_participants_is_unlisted():
    found = classify(TABLE, participants([1, 0, None]), plan(outcome="x", positive=1))
    assert found.unknown == ("c",)
    assert found.unlisted == ("d", "e", "f")


def test_true_and_one_point_zero_are_compared_the_way_people_mean():
    found = classify(TABLE, participants(["TRUE", "false"]), plan(outcome="x", positive=True))
    assert found.positive.tolist() == [True, False]
    found = classify(TABLE, participants([1.0, 0.0]), plan(outcome="x", positive="1"))
    assert found.positive.tolist() == [True, False]


@pytest.mark.parametrize(
    ("outcome", "settings"),
    [
        ([True, False], {"positive": 1}),
        ([True, False], {"positive": 1, "negative": 0}),
        (["TRUE", "false"], {"positive": ["1"]}),
        ([1, 0], {"positive": True}),
        ([1.0, 0.0], {"positive": True, "negative": False}),
        ([False, True], {"positive": 0}),
    ],
)
def test_true_and_1_are_one_where_the_plan_knows_but_one(outcome, settings):
    found = classify(TABLE, participants(outcome), plan(outcome="x", **settings))
    assert found.positive.tolist() == [True, False]


def test_values_of_subjects_never_measured_are_of_no_matter():
    who = participants([1, 0, 1, 0, 1, 0, "died", "sham"])
    found = classify(TABLE, who, plan(outcome="x", positive=1, negative=0))
    assert len(found.positive) == 6


def test_ids_that_do_not_match_are_shown():
    measured = pd.DataFrame({"subject": ["007", "008", "009", "010"]})
    known = pd.DataFrame({"subject": ["a", "b"], "x": [1, 0]})
    message = "measured are 007, 008, 009, …; participants are a, b; write a subject alike in both"
    with pytest.raises(TableError, match=message):
        classify(measured, known, plan(outcome="x", positive=1))


def test_ids_that_differ_in_spelling_only_are_no_subjects_to_leave_out():
    names = [str(number) for number in range(1, 13)]
    measured = pd.DataFrame({"subject": names})
    known = pd.DataFrame({"subject": [name.zfill(2) for name in names], "x": [1, 0] * 6})
    with pytest.raises(TableError) as caught:
        classify(measured, known, plan(outcome="x", positive=1))
    assert len(caught.value.problems) == 9
    assert "subject '1' of the measurements is '01' in participants" in caught.value.problems[0]


def test_tables_without_rows_are_refused():
    with pytest.raises(TableError, match="measured are none; participants are a, b; expected"):
        classify(TABLE.iloc[:0], participants([1, 0]), plan(outcome="x", positive=1))
    with pytest.raises(TableError, match="participants are none; expected at least one row"):
        classify(TABLE, participants([]), plan(outcome="x", positive=1))


def test_group_comes_from_participants_else_from_the_table():
    outcome = participants([1, 0], group=["drug", None])
    found = classify(TABLE, outcome, plan(outcome="x", positive=1))
    assert found.group.to_dict() == {"a": "drug", "b": ""}
    in_table = TABLE.assign(group=list("ABABAB"))
    found = classify(in_table, participants([1, 0]), plan(outcome="x", positive=1))
    assert found.group.to_dict() == {"a": "A", "b": "B"}


@pytest.mark.parametrize(
    ("outcome", "settings", "message"),
    [
        ([1, 0], {"outcome": "y"}, "outcome: 'y' is no column of participants; found x"),
        ([1, 1], {}, "gives 2 positive and 0 negative measured subjects"),
        ([0, 0], {}, "positive: no subject has x 1; found 0"),
        ([1, None], {}, "gives 1 positive and 0 negative"),
        (
            [1, 0, 2, 3, 4],
            {"negative": 0, "ignore": 4},
            r'nor negative: 2, 3; name them in negative, or .* ignore = \["2", "3", "4"\]',
        ),
        ([1, 0], {"outcome": "subject"}, "outcome: 'subject' is no column of participants; found"),
        ([True, False], {"positive": "1", "negative": "no"}, "neither positive nor negative: fals"),
        ([True, 1, 0], {"positive": 1, "negative": 0}, "neither positive nor negative: true"),
        (["hi", "lo"], {"positive": ["hi", "hgh"]}, "positive: no subject has x hgh; found hi, lo"),
    ],
)
def test_an_outcome_that_cannot_be_used_is_explained(outcome, settings, message):
    with pytest.raises(PlanError, match=message):
        classify(TABLE, participants(outcome), plan(**{"outcome": "x", "positive": 1, **settings}))


def test_classes_must_have_been_measured():
    with pytest.raises(PlanError, match="gives 0 positive and 1 negative measured"):
        classify(TABLE.iloc[:1], participants([0, 1]), plan(outcome="x", positive=1))
