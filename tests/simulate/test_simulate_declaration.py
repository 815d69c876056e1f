"""Declaring a study: what is computed from it, and what is refused."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.simulate import STUDIES, Course, Group, Outcome, Visit, rat_glioma
from biomarkers.simulate.declaration import unit_of

RATS = STUDIES["rat-glioma"]
COURSE = Course(start=1.0, between=0.1, within=0.1, effect={0: 0.0, 10: -1.0})
OUTCOME = Outcome(without_response=20.0, gain=1.0, luck=0.2, horizon=30, end=60)


def test_an_effect_is_linear_between_its_days_and_stays_after_the_last():
    np.testing.assert_allclose(COURSE.effect_on([-3, 0, 5, 10, 40]), [0.0, 0.0, -0.5, -1.0, -1.0])
    later = replace(COURSE, effect={3: 0.0, 10: 0.7})
    np.testing.assert_allclose(later.effect_on([0, 3, 10]), [0.0, 0.0, 0.7])
    assert not replace(COURSE, effect={}).effect_on([0, 9]).any()


def test_other_days_take_the_effect_of_those_days():
    visits = tuple(Visit(label=f"day{day}", day=day) for day in (0, 5))
    study = replace(RATS, visits=visits)
    course = RATS.courses["ADC"]
    assert study.effect("ADC")[1] == pytest.approx(course.effect_on([5])[0])
    assert study.first_day("ADC") == 5
    assert study.days == (0, 5)


def test_a_ratio_goes_as_its_parts():
    np.testing.assert_allclose(RATS.effect("kep"), RATS.effect("Ktrans") - RATS.effect("ve"))
    assert RATS.first_day("kep") == RATS.first_day("Ktrans")
    assert RATS.with_ratios({"Ktrans": 0.1, "ve": 0.5})["kep"] == pytest.approx(0.2)
    assert set(RATS.biomarkers) == {*RATS.courses, "kep"}


def test_every_biomarker_of_every_study_says_where_its_numbers_come_from():
    for study in STUDIES.values():
        assert all(course.source.strip() for course in study.courses.values())
        assert study.title.startswith("Simulated")
        assert study.plan.count('title = "Simulated') == 1


def test_units_are_those_of_the_register():
    assert unit_of("Ktrans") == "1/min"
    assert unit_of("tNAA/tCho") == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 0.0}, "start of a course is 0.0; expected a positive number"),
        ({"within": -0.1}, "spread of a course"),
        ({"growth": (0.1, -1.0)}, "growth of a course"),
        ({"effect": {10: 0.1, 3: 0.2}}, r"effect has the days \[10, 3\]; expected rising days"),
        ({"effect": {3: float("nan")}}, "expected finite numbers"),
    ],
)
def test_a_course_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(COURSE, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"without_response": 0.0}, "without_response is 0.0; expected days above 0"),
        ({"luck": -1.0}, "luck is"),
        ({"horizon": 90}, "horizon is day 90, end day 60"),
        ({"dropout": 1.0}, "dropout is 1.0; expected a probability below 1"),
    ],
)
def test_an_outcome_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(OUTCOME, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visits": ()}, "expected a group, a visit and a course at least"),
        ({"visits": (Visit(label="b", day=3), Visit(label="a", day=0))}, "expected rising days"),
        ({"visits": (Visit(label="a", day=0), Visit(label="a", day=3))}, "two visits have one"),
        ({"ratios": {"kep": ("Ktrans", "vee")}}, "ratio kep names 'vee', which is no course"),
        ({"outcome": replace(OUTCOME, luck_in={"size": 1.0})}, "luck_in names 'size'"),
        ({"region": "lesion"}, "region names 'lesion', which is no region here; expected tumor"),
        (
            {"groups": {"all": Group(description="treated", response=(0.5, 0.3))}},
            "weight of SUVmean names 'control', which is no group",
        ),
    ],
)
def test_a_study_that_does_not_hang_together_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        replace(RATS, **change)


def test_labels_and_responses_are_checked():
    with pytest.raises(InputError, match="expected letters and digits"):
        Visit(label="day-3", day=3)
    with pytest.raises(InputError, match="response of a group"):
        Group(description="", response=(0.5, -0.1))
    with pytest.raises(InputError, match="names 'kepp', which is no course"):
        RATS.effect("kepp")


def test_the_plan_asks_for_nothing_that_was_not_scanned(tmp_path):
    folder = rat_glioma(tmp_path / "study", subjects=2, scans=["T2w", "ADC"])
    plan = tomllib.loads((folder / "plan.toml").read_text())
    whole = tomllib.loads(STUDIES["rat-glioma"].plan)
    assert set(plan["biomarkers"]) == {"ADC", "volume"} < set(whole["biomarkers"])
    assert {**plan, "biomarkers": 0} == {**whole, "biomarkers": 0}
