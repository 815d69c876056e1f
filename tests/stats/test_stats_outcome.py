"""Who is positive, who negative, who left out; and outcomes that cannot be used."""

import pandas as pd
import pytest

from biomarkers.errors import PlanError
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


def test_a_subject_absent_from_participants_is_unknown():
    found = classify(TABLE, participants([1, 0, 1]), plan(outcome="x", positive=1))
    assert found.unknown == ("d", "e", "f")


def test_true_and_one_point_zero_are_compared_the_way_people_mean():
    found = classify(TABLE, participants(["TRUE", "false"]), plan(outcome="x", positive=True))
    assert found.positive.tolist() == [True, False]
    found = classify(TABLE, participants([1.0, 0.0]), plan(outcome="x", positive="1"))
    assert found.positive.tolist() == [True, False]


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
        ([1, 0, 2, 3], {"negative": 0}, "neither positive nor negative: 2, 3; name them in"),
        (["hi", "lo"], {"positive": ["hi", "hgh"]}, "positive: no subject has x hgh; found hi, lo"),
    ],
)
def test_an_outcome_that_cannot_be_used_is_explained(outcome, settings, message):
    with pytest.raises(PlanError, match=message):
        classify(TABLE, participants(outcome), plan(**{"outcome": "x", "positive": 1, **settings}))


def test_classes_must_have_been_measured():
    with pytest.raises(PlanError, match="gives 0 positive and 1 negative measured"):
        classify(TABLE.iloc[:1], participants([0, 1]), plan(outcome="x", positive=1))
