"""An analysis is found by itself, checked before the work, and never a crash."""

from dataclasses import dataclass

import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError, PlanError
from biomarkers.plan import SECTIONS, Cutoff, make_plan
from biomarkers.results import FURTHER, TABLES, load_results
from biomarkers.stats.analyses import ANALYSES
from biomarkers.stats.analyses.analysis import Analysis, Contribution


def test_every_section_of_a_plan_has_its_analysis():
    assert {one.name for one in ANALYSES if one.settings} == set(SECTIONS)


def test_tables_are_as_declared_and_come_back(everything, tmp_path):
    made = set(everything.tables) - set(TABLES)
    assert made == set(FURTHER) - {"combination", "combination_terms"}
    again = load_results(everything.save(tmp_path)).tables
    for name in made:
        assert tuple(everything.tables[name]) == FURTHER[name]
        pd.testing.assert_frame_equal(
            again[name], everything.tables[name].reset_index(drop=True), check_dtype=False
        )


def test_a_plan_without_sections_gets_what_is_always_done(cohort):
    made = set(cohort.analyse().tables) - set(TABLES)
    assert made == {"detectable", "flow", "limitations", "roc_points", "shown", "stability",
                    "table1"}  # fmt: skip


def test_how_each_was_done_is_recorded(everything):
    methods = everything.analysis["methods"]["analyses"]
    assert methods["cutoff"]["settings"]["rule"] == "youden"
    assert methods["models"]["call"].startswith("stats.mmrm")
    assert "Holm 1979" in methods["models"]["references"]
    assert all(entry["call"] for entry in methods.values())
    assert everything.analysis["labels"] == ["responders", "progressors"]


def test_an_analysis_of_ones_own(cohort):
    def count(findings, settings):
        return Contribution({"mine": pd.DataFrame({"n": [len(findings.panel.subjects)]})})

    plan = make_plan(cohort.plan)
    found = stats.analyse(
        cohort.table, cohort.participants, plan, analyses=[Analysis("mine", count)]
    )
    assert found.tables["mine"]["n"].tolist() == [24]
    assert "flow" not in found.tables


def test_what_cannot_be_done_is_a_note(cohort):
    def fail(findings, settings):
        raise InputError("too few")

    found = stats.analyse(
        cohort.table, cohort.participants, make_plan(cohort.plan), analyses=[Analysis("mine", fail)]
    )
    notes = found.tables["notes"].set_index("topic")["text"]
    assert notes["mine_not_done"] == "mine was not done: too few."


def test_settings_that_no_plan_could_hold():
    @dataclass(frozen=True)
    class Mine:
        depth: int = 1

    with pytest.raises(InputError, match="mine: its settings are no section of a plan"):
        Analysis("mine", lambda findings, settings: Contribution(), settings=Mine)
    with pytest.raises(InputError, match="its settings are no section"):
        Analysis("roc", lambda findings, settings: Contribution(), settings=Cutoff)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"survival": {"time": "dys"}},
         "survival.time: 'dys' is no column of participants; did you mean days?"),
        ({"survival": {"time": "sex"}}, "survival.time: row 0, column sex: found 'm'"),
        ({"survival": {"time": "days", "event": "sex"}},
         "survival.event: sex: found 'm', expected 1 or 0, true or false, yes or no"),
        ({"survival": {"time": "days", "event": "treatment"}}, "survival.event: treatment"),
        ({"survival": {"time": "days", "landmark": 8}},
         "survival.landmark: '8' is no visit after the baseline; found 3, 7"),
        ({"survival": {"time": "days", "landmark": 0}}, "survival.landmark: '0' is no visit"),
        ({"survival": {"time": "days", "biomarker": "ADD"}},
         "survival.biomarker: 'ADD' is no biomarker of the plan; did you mean ADC?"),
        ({"combine": {"biomarkers": ["ADC", "T2"]}}, "combine.biomarkers: 'T2' is no biomarker"),
        ({"combine": {"visit": 14}}, "combine.visit: '14' is no visit after the baseline"),
        ({"combine": {"region": "rim"}}, "combine.region: 'rim' is no region of the plan"),
        ({"agreement": {"wcv": {"T2": 0.1}}}, "agreement.wcv: 'T2' is no biomarker"),
        ({"models": {"compare": "groups"}}, "models.compare: found 'groups', but no two"),
        ({"models": {"reference": "placebo"}, "groups": "treatment"},
         "models.reference: 'placebo' is no group; found dose, drug, sham"),
        ({"groups": "treatmnt"},
         "groups: 'treatmnt' is no column of participants; did you mean treatment?"),
    ],
)  # fmt: skip
def test_a_section_that_does_not_fit_the_data_is_refused(cohort, more, said):
    with pytest.raises(PlanError) as caught:
        cohort.analyse(**more)
    assert said in str(caught.value)
