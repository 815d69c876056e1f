"""The power of a plan, by simulation: the very test of `stats.analyse`, and counts of it."""

from dataclasses import replace

import numpy as np
import pytest

from biomarkers import simulate, stats, workflow
from biomarkers.errors import InputError
from biomarkers.plan import make_plan

RATS = simulate.STUDIES["rat-glioma"]


def plan(direction="auto", **separation):
    return make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "3": "2-4", "14": [10, 17]},
            "biomarkers": {
                "Ktrans": {"direction": direction},
                "volume": {"change": "percent"},
            },
            "separation": {"permutations": 199, **separation},
        }
    )


@pytest.mark.parametrize(
    "settings",
    [plan(), plan("lower"), plan("higher"), plan(blocks="sex")],
    ids=["auto", "lower", "higher", "blocks"],
)
def test_each_study_is_tested_as_analyse_tests_it(settings):
    claims = []
    for repeat in range(4):
        tables = simulate.draw_tables(RATS, subjects=14, seed=1 + repeat)
        seeded = replace(settings, separation=replace(settings.separation, seed=1 + repeat))
        claims.append(stats.analyse(*tables, seeded).separation["separates"])
    found = workflow.power(RATS, subjects=[14], repeats=4, plan=settings)
    rows = found.table.query("biomarker != 'any'")
    assert rows["claimed"].tolist() == np.mean(claims, axis=0).tolist()


def test_shares_add_up_over_visits_and_biomarkers():
    found = workflow.power(RATS, subjects=[20], repeats=20)
    by_visit = found.table.pivot_table(
        index="biomarker", columns="visit", values="by_visit", sort=False
    )
    assert (by_visit.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (by_visit.loc["any"] >= by_visit.drop("any").max()).all()
    claimed = found.table.query("visit == '3'")
    assert claimed["claimed"].tolist() == claimed["by_visit"].tolist()
    assert found.table["low"].le(found.table["by_visit"]).all()
    assert found.table["high"].ge(found.table["by_visit"]).all()


def test_effects_are_found_and_their_absence_is_respected():
    true = workflow.power(RATS, subjects=[40], repeats=60)
    none = workflow.power(simulate.with_effects(RATS, 0), subjects=[40], repeats=60)
    first = true.first_effects().set_index("biomarker")
    assert first.loc[["Ktrans", "CBV"], "visit"].tolist() == ["3", "3"]
    assert first.loc["CBV", "by_visit"] > 0.9
    assert first.loc["volume", "visit"] == "17"
    for each in (true, none):  # 60 studies at 5 %: more than 8 have a probability of 0.2 %
        assert each.false_claims["claimed"].item() <= 8 / 60
    assert not none.table["has_effect"].any()
    assert none.headline.startswith("No biomarker has an effect; with 40 subjects")
    assert none.first_effects().empty


def test_other_days_are_those_of_the_plan():
    days = (0, 1, 5)
    visits = tuple(simulate.Visit(label=f"day{day:02d}", day=day) for day in days)
    found = workflow.power(replace(RATS, visits=visits), subjects=[12], repeats=3)
    assert found.table["visit"].unique().tolist() == ["1", "5"]


def test_the_fewest_subjects_that_reach_a_power():
    found = workflow.power(RATS, subjects=[40, 8], repeats=30)
    needed = found.subjects_for(0.8).set_index(["biomarker", "visit"])["subjects"]
    assert needed["CBV", "10"] == 40
    assert np.isnan(found.subjects_for(1.01)["subjects"]).all()
    assert ("ADC", "3") not in needed.index  # it has no effect yet


def test_can_be_read_and_drawn():
    calls = []
    found = workflow.power(
        RATS, subjects=[10, 30], repeats=5, progress=lambda *call: calls.append(call)
    )
    assert calls[-1] == (10, 10, "30 subjects")
    assert "With 30 subjects" in found.summary()
    labels = found.plot().get_legend_handles_labels()[1]
    assert "volume by visit 17" in labels
    assert labels[-1] == "claims without an effect"


def test_refuses_what_is_no_number_of_studies():
    with pytest.raises(InputError, match="found 0 repeats of 1 numbers"):
        workflow.power(RATS, subjects=[10], repeats=0)
    with pytest.raises(InputError, match="found 5 repeats of 0 numbers"):
        workflow.power(RATS, subjects=[], repeats=5)


def test_refuses_a_plan_of_another_study():
    few = replace(RATS, visits=RATS.visits[:2])
    with pytest.raises(InputError, match=r"visit 14 of the plan \(day 10, 17\) is no visit"):
        workflow.power(few, subjects=[10], repeats=5, plan=plan())
    other = replace(plan(), biomarkers=(replace(plan().biomarkers[0], name="SUV"),))
    with pytest.raises(InputError, match="'SUV'"):
        workflow.power(RATS, subjects=[10], repeats=5, plan=other)
