"""A plan says what else is asked for, what to call the classes, and which days are a visit."""

import copy
import json
from typing import Any

import pytest

from biomarkers.errors import PlanError
from biomarkers.plan import (
    Agreement,
    Cutoff,
    Models,
    Plan,
    Survival,
    class_nouns,
    class_words,
    make_plan,
)

CONTENT: dict[str, Any] = {
    "outcome": "responder",
    "positive": 1,
    "baseline": 0,
    "visits": {"0": [0], "7": [6, 7]},
    "biomarkers": {"ADC": {}},
}


def plan(**more: Any) -> Plan:
    return make_plan({**copy.deepcopy(CONTENT), **more})


def problems(**more: Any) -> str:
    with pytest.raises(PlanError) as caught:
        plan(**more)
    return "\n".join(caught.value.problems)


def test_a_plan_without_sections_asks_for_none() -> None:
    assert plan().sections == {}


def test_a_section_is_asked_for_by_its_name_alone() -> None:
    found = plan(models={}, cutoff={"rule": "sensitivity", "least": 0.95}).sections
    assert found == {"models": Models(), "cutoff": Cutoff(rule="sensitivity", least=0.95)}


def test_settings_of_every_section() -> None:
    found = plan(
        survival={"time": "days", "event": "died", "landmark": 7, "split": "threshold",
                  "threshold": -0.1},
        agreement={"wcv": {"ADC": 0.04}},
    ).sections  # fmt: skip
    assert found["survival"] == Survival("days", "died", 7, split="threshold", threshold=-0.1)
    assert found["agreement"] == Agreement(wcv={"ADC": 0.04})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cutof": {}}, "cutof: unknown key; did you mean cutoff?"),
        ({"cutoff": {"rul": "youden"}}, "cutoff.rul: unknown key; did you mean rule?"),
        ({"cutoff": {"rule": "best"}}, "cutoff.rule: found 'best', expected 'youden'"),
        ({"cutoff": {"least": 2.0}}, "cutoff: least is 2; expected above 0, up to 1"),
        ({"cutoff": 3}, "cutoff: found 3, expected a table, [cutoff]"),
        ({"survival": {}}, "survival: time is empty; expected a column of participants"),
        ({"survival": {"time": "days", "threshold": 1.0}}, "threshold belongs to split"),
        ({"agreement": {"wcv": {"ADC": 4.0}}}, "wcv of ADC is 4; expected a share"),
        ({"agreement": {"wcv": {"ADC": "4 %"}}}, "agreement.wcv: found {'ADC': '4 %'}"),
        ({"models": {"method": "anova"}}, "models.method: found 'anova', expected 'mmrm'"),
        ({"labels": ["responders"]}, "labels: found ['responders'], expected two words"),
        ({"labels": ["a", "a"]}, "labels: found ['a', 'a'], expected two words"),
        ({"title": 3}, "title: found 3, expected a line of text"),
        ({"groups": 1}, "groups: found 1, expected a column of participants"),
        ({"table": {"header_rows": 2}}, "table.header_rows: unknown key"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_section_names_its_key(more: dict[str, Any], said: str) -> None:
    assert said in problems(**more)


def test_days_of_a_visit_may_be_a_range() -> None:
    found = plan(visits={"0": "-3-0", "7": ["5-9", 11], "week 3": "20.5 - 22"})
    early, week, last = found.visits
    assert (early.opens, early.closes, early.target) == (-3, 0, 0)
    assert (week.days, week.ranges, week.text) == ((11.0,), ((5.0, 9.0),), "11, 5 to 9")
    assert last.target == 20.5
    claimed = {day: found.visit_of(day) for day in (-3, -0.5, 0.5, 5, 8.2, 10, 11, 21)}
    names = {day: visit and visit.name for day, visit in claimed.items()}
    assert names == {-3: "0", -0.5: "0", 0.5: None, 5: "7", 8.2: "7", 10: None, 11: "7",
                     21: "week 3"}  # fmt: skip


@pytest.mark.parametrize("value", ["9-5", "five", "5-", "5", ["5-9", "x"], []])
def test_what_is_no_range_is_refused(value: object) -> None:
    said = problems(visits={"0": [0], "7": value})
    assert f"visits.7: found {value!r}, expected days, like [6, 7], or a range, like" in said


def test_ranges_that_overlap_are_refused() -> None:
    said = problems(visits={"0": [0], "7": "5-9", "10": [9, 10]})
    assert "visits overlap: day 9 is claimed by visit 7 and by visit 10" in said


def test_words_for_the_classes() -> None:
    assert class_words(plan(), ["0", "0"]) == ("responder = 1", "responder = 0")
    assert class_words(plan()) == ("responder = 1", "responder other than 1")
    assert class_words(plan(positive=["a", "b"], negative="c")) == (
        "responder = a or b",
        "responder = c",
    )
    many = [str(number) for number in range(2, 9)]
    assert class_words(plan(), many)[1] == "responder other than 1"
    labelled = plan(labels=["responders", "progressors"])
    assert class_words(labelled) == class_nouns(labelled) == ("responders", "progressors")
    assert class_nouns(plan()) == ("positives", "negatives")


def test_what_is_recorded_is_read_again() -> None:
    whole = plan(
        labels=["responders", "progressors"], title="Gliomas", groups="treatment",
        visits={"0": [0], "7": "5-9"}, models={"method": "random_slopes"}, cutoff={},
        survival={"time": "days"}, combine={"biomarkers": ["ADC"]},
        agreement={"wcv": {"ADC": 0.04}}, table={"decimal": ","},
    )  # fmt: skip
    assert Plan.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole


def test_a_record_of_an_older_version_is_read() -> None:
    recorded = plan().to_dict()
    for name in ("labels", "title", "groups", "table", "sections"):
        del recorded[name]
    recorded["visits"] = [{"name": v["name"], "days": v["days"]} for v in recorded["visits"]]
    assert Plan.from_dict(recorded) == plan()
