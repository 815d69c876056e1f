"""Tables without images: the same subjects, measured with stated errors."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from biomarkers import simulate, stats
from biomarkers.errors import InputError
from biomarkers.plan import read_plan
from biomarkers.simulate.cohort import draw_cohort
from biomarkers.table import check_measurements

RATS = simulate.STUDIES["rat-glioma"]


def test_without_errors_the_table_is_the_truth_of_the_same_rats():
    table, participants = simulate.draw_tables(RATS, subjects=9, seed=4)
    values = table.set_index(["subject", "day", "biomarker"])["value"]
    cohort = draw_cohort(RATS, subjects=9, seed=4)
    assert len(table) == sum(len(rat.states) for rat in cohort) * len(RATS.biomarkers)
    for rat, row in zip(cohort, participants.itertuples(), strict=True):
        assert (rat.label, rat.group, rat.days) == (row.subject, row.group, row.survival_days)
        assert rat.responder == row.responder
        for state in rat.states:
            for name, value in RATS.with_ratios(state.values).items():
                assert values[rat.label, state.visit.day, name] == pytest.approx(value, rel=1e-12)
    pd.testing.assert_frame_equal(
        check_measurements(table)[list(table.columns)], table, check_like=True
    )


def test_measurements_scatter_by_the_stated_error_and_carry_it():
    clean, _ = simulate.draw_tables(RATS, subjects=400, seed=4)
    noisy, _ = simulate.draw_tables(RATS, subjects=400, seed=4, errors={"CBV": 0.1, "kep": 0.3})
    for name, error in (("CBV", 0.1), ("kep", 0.3), ("ADC", 0.0)):
        rows = noisy["biomarker"] == name
        off = np.log(noisy["value"][rows] / clean["value"][rows])
        assert off.std() == pytest.approx(error, rel=0.06)
        assert abs(off.mean()) <= 4 * error / np.sqrt(rows.sum())
        expected = error * noisy["value"][rows] if error else np.nan
        np.testing.assert_allclose(noisy["se"][rows], expected)


def test_days_groups_and_effects_of_ones_own():
    visits = tuple(simulate.Visit(label=f"day{day:02d}", day=day) for day in (0, 1, 7))
    courses = {**RATS.courses, "CBV": replace(RATS.courses["CBV"], effect={0: 0.0, 1: -2.0})}
    table, _ = simulate.draw_tables(
        replace(RATS, visits=visits, courses=courses), subjects=40, seed=1
    )
    assert sorted(table["day"].unique()) == [0, 1, 7]
    wide = table[table["biomarker"] == "CBV"].pivot_table(
        index="subject", columns="day", values="value"
    )
    treated = [f"{number:02d}" for number in range(2, 41, 4)]
    assert np.log(wide[1] / wide[0])[treated].mean() < -1.3


def test_the_plan_of_the_study_takes_its_tables(tmp_path):
    (tmp_path / "plan.toml").write_text(RATS.plan)
    plan = read_plan(tmp_path / "plan.toml")
    quick = replace(plan, separation=replace(plan.separation, permutations=199))
    table, rats = simulate.draw_tables(RATS, seed=2, errors=dict.fromkeys(RATS.courses, 0.03))
    separation = stats.analyse(table, rats, quick).tables["separation"]
    assert separation.set_index(["biomarker", "visit"])["separates"]["CBV", "3"]


def test_what_is_not_declared_is_refused():
    with pytest.raises(InputError, match="errors names 'CVB', which rat-glioma does not have"):
        simulate.draw_tables(RATS, errors={"CVB": 0.1})
    with pytest.raises(InputError, match=r"errors\['CBV'\] is -0.1; expected 0 or more"):
        simulate.draw_tables(RATS, errors={"CBV": -0.1})
    with pytest.raises(InputError, match="subjects is 1; expected 2 or more"):
        simulate.draw_tables(RATS, subjects=1)
