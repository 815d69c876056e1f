"""A plan is read whole or refused with everything that is wrong."""

import copy
from pathlib import Path
from typing import Any

import pytest

from biomarkers.errors import FileError, PlanError
from biomarkers.plan import Marker, Separation, level, make_plan, read_plan

CONTENT: dict[str, Any] = {
    "outcome": "responder",
    "positive": 1,
    "baseline": 0,
    "visits": {"7": [6, 7], "0": [0], "14": 14},
    "biomarkers": {"tumor_volume": {"change": "log_ratio", "direction": "lower"}, "ADC": {}},
}


def changed(changes: dict[Any, Any]) -> dict[Any, Any]:
    return copy.deepcopy(CONTENT) | changes


def test_a_plan_is_read_with_its_defaults() -> None:
    plan = make_plan(CONTENT)
    assert [(visit.name, visit.days) for visit in plan.visits] == [
        ("0", (0.0,)),
        ("7", (6.0, 7.0)),
        ("14", (14.0,)),
    ]
    assert plan.baseline == "0"
    assert plan.positive == ("1",)
    assert plan.negative == ()
    assert plan.biomarkers == (
        Marker("tumor_volume", "log_ratio", "lower"),
        Marker("ADC", "log_ratio", "auto", change_declared=False),
    )
    assert plan.separation == Separation(alpha=0.05, permutations=9999, seed=1)
    assert [visit.name for visit in plan.follow_ups] == ["7", "14"]


def test_days_belong_to_visits() -> None:
    plan = make_plan(CONTENT)
    seventh = plan.visit_of(6.0)
    assert seventh is not None
    assert seventh.name == "7"
    assert seventh.target == 7.0
    assert plan.visit_of(8.0) is None


def test_a_named_visit_aims_at_its_first_day_and_takes_its_place() -> None:
    plan = make_plan(changed({"visits": {"late": [20, 18], "0": [0], "week 1": [7, 6]}}))
    assert [(visit.name, visit.target) for visit in plan.visits] == [
        ("0", 0.0),
        ("week 1", 7.0),
        ("late", 20.0),
    ]


def test_only_visits_after_the_baseline_are_tested() -> None:
    visits = {"0": [0], "3": [3], "run in": [7], "10": [10]}
    plan = make_plan(changed({"baseline": "run in", "visits": visits}))
    assert [visit.name for visit in plan.follow_ups] == ["10"]
    assert [visit.name for visit in plan.before_baseline] == ["0", "3"]


def test_a_region_keeps_its_name_as_it_is_written() -> None:
    assert make_plan(changed({"regions": ["01", "1.0", 2]})).regions == ("01", "1.0", "2")


@pytest.mark.parametrize("content", ["x", ["outcome"], None])
def test_a_plan_that_is_no_table_is_refused(content: Any) -> None:
    with pytest.raises(PlanError, match="expected a table of keys"):
        make_plan(content)


def test_the_file_form(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        'outcome = "group"\npositive = ["both"]\nnegative = ["control"]\nbaseline = "0"\n'
        "[visits]\n0 = [0]\n3 = [3]\n[biomarkers.ADC]\n[separation]\nseed = 7\n"
    )
    plan = read_plan(path)
    assert (plan.positive, plan.negative, plan.separation.seed) == (("both",), ("control",), 7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": 3}, "outcome: found 3"),
        ({"positive": []}, "positive: found"),
        ({"positive": 1, "negative": [0, 1.0]}, "negative: '1' is already in positive"),
        ({"baseline": 5}, "baseline: found 5, expected one of the visits: 0, 7, 14"),
        ({"visits": {}}, "at least two visits"),
        ({"visits": {"0": [0]}}, "only the baseline"),
        ({"visits": {"0": [0], "7": [6, 7], "8": [7, 8]}}, "day 7 is claimed by visit 7 and by"),
        ({"visits": {"0": [0], "7": ["six"]}}, "visits.7: found"),
        ({"biomarkers": {}}, "biomarkers: found nothing, expected at least one"),
        ({"biomarkers": {"ADC": {"change": "ratio"}}}, "absolute | percent | log_ratio"),
        ({"biomarkers": {"ADC": {"direction": "up"}}}, "higher | lower | auto"),
        ({"biomarkers": {"ADC": {"chnage": "percent"}}}, "did you mean change?"),
        ({"separation": {"alpha": 1.5}}, "separation.alpha: found 1.5"),
        ({"separation": {"permutations": 10}}, "expected at least 19"),
        ({"separation": {"seed": 1.5}}, "separation.seed: found 1.5"),
        ({"visit": {}}, "did you mean visits?"),
        ({"baseline": 14}, "baseline: 14 is the last visit; expected at least one visit after it"),
        ({"visits": {"0": [0], "7": [6], "7.0": [7]}}, "visits.7.0: visit 7 is there already"),
        ({"visits": {"0": [0], "7": [float("nan")]}}, "visits.7: found [nan]"),
        ({"visits": {"0": [0], "7": [float("inf")]}}, "visits.7: found [inf]"),
        ({"visits": {"0": [0], "nan": [7]}}, "visits: found 'nan', expected the day or the name"),
        ({"visits": {"0": [0], "-Infinity": [7]}}, "visits: found '-Infinity'"),
        ({"separation": {"alpha": float("nan")}}, "separation.alpha: found nan"),
        ({"separation": {"permutations": 10**9}}, "expected a whole number from 1 to 1000000"),
        ({"biomarkers": {7: {}}}, "biomarkers: found 7, expected the name of a biomarker"),
        ({7: "seven"}, "7: unknown key"),
    ],
)
def test_each_problem_names_its_key(changes: dict[Any, Any], message: str) -> None:
    with pytest.raises(PlanError) as caught:
        make_plan(changed(changes))
    assert message in str(caught.value)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        make_plan(changed({"outcome": "", "baseline": 5, "separation": {"alpha": 0}}))
    assert len(caught.value.problems) == 3


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("outcome = \n")
    with pytest.raises(FileError, match=r"plan\.toml is not valid TOML.*line 1"):
        read_plan(path)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = " + "{a=" * 5000, "seed = " + "1" * 5000]
)
def test_toml_that_no_reader_can_hold_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text + "\n")
    with pytest.raises(FileError, match=r"plan\.toml is not valid TOML"):
        read_plan(path)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (1.0, "1"), ("1", "1"), ("1.0", "1"), ("both", "both"), (True, "true"),
     ("TRUE", "true"), (0.5, "0.5"), (" 7 ", "7")],
)  # fmt: skip
def test_levels_compare_as_people_mean_them(value: object, text: str) -> None:
    assert level(value) == text


def test_made_of_and_worst_are_read_and_refused():
    content = {
        "outcome": "responder",
        "positive": 1,
        "baseline": 0,
        "visits": {"0": [0], "7": [7]},
        "biomarkers": {"ADC": {"worst": "lower"}, "T1": {}},
        "made_of": "volume",
    }
    plan = make_plan(content)
    assert plan.made_of == ("volume",)
    assert [marker.worst for marker in plan.biomarkers] == ["lower", ""]
    with pytest.raises(
        PlanError, match=r"(?s)biomarkers.ADC.worst: found 'down'.*made_of: found 7"
    ):
        make_plan(content | {"biomarkers": {"ADC": {"worst": "down"}}, "made_of": 7})


@pytest.mark.parametrize(
    ("value", "same"), [("1_0", "1_0"), ("\uff11", "\uff11"), ("inf", "inf"), ("01.0", "1")]
)
def test_a_level_is_a_number_only_in_plain_digits(value: str, same: str) -> None:
    assert level(value) == same
