"""The second gate: useful, and little worse than the last visit."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.plan import make_plan
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.separation.gate import loss_of_auc


def analysed(effects, subjects=40):
    random = np.random.default_rng(3)
    rows = []
    for number in range(subjects):
        height = random.normal()
        rows.append((f"s{number}", 0, "ADC", 0.0))
        for day, effect in effects.items():
            value = height + effect * (number % 2) + 0.5 * random.normal()
            rows.append((f"s{number}", day, "ADC", -value))
    table = pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])
    who = pd.DataFrame({"subject": [f"s{number}" for number in range(subjects)]})
    who["responder"] = [number % 2 for number in range(subjects)]
    visits = {"0": [0], **{str(day): [day] for day in effects}}
    plan = make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": visits,
            "biomarkers": {"ADC": {"change": "absolute", "direction": "lower"}},
            "separation": {"permutations": 199},
        }
    )
    return stats.analyse(table, who, plan)


def test_passes_what_separates_is_useful_and_loses_little():
    gate = stats.second_gate(analysed({3: 0.0, 7: 1.2, 14: 4.0, 21: 4.0}), useful=0.7, margin=0.1)
    assert gate["visit"].tolist() == ["3", "7", "14", "21"]
    assert gate["passes"].tolist() == [False, False, True, True]
    assert gate["non_inferior"].tolist() == [False, False, True, False]
    assert gate["loss"].isna().tolist() == [False, False, False, True]
    assert (gate["lower"] < gate["auc"]).all()


def test_the_last_visit_is_the_last_that_could_be_tested():
    results = analysed({3: 0.0, 7: 4.0, 14: 4.0, 21: 4.0})
    tested = results.separation.copy()
    tested.loc[tested["visit"] == "21", ["auc", "auc_low", "auc_high", "p_value"]] = np.nan
    gate = stats.second_gate(replace(results, tables={**results.tables, "separation": tested}))
    assert gate["loss"].isna().tolist() == [False, False, True, True]
    assert gate["passes"].tolist() == [False, True, True, False]


def test_loss_is_the_difference_of_areas_with_a_bound_above_it():
    random = np.random.default_rng(1)
    positive = np.arange(30) < 14
    early, late = random.normal(size=(2, 30)) + positive * np.array([[0.5], [1.5]])
    loss, bound = loss_of_auc(early, late, positive, alpha=0.05)
    expected = area(late[positive], late[~positive]) - area(early[positive], early[~positive])
    assert loss == pytest.approx(expected)
    assert loss < bound < loss_of_auc(early, late, positive, alpha=0.01)[1]


def test_a_visit_loses_nothing_against_itself():
    positive = np.arange(12) < 6
    values = np.random.default_rng(1).normal(size=12)
    loss, bound = loss_of_auc(values, values, positive, alpha=0.05)
    assert loss == 0
    assert 0 <= bound < 0.3


def test_too_few_subjects_have_no_bound():
    positive = np.array([True, False, False])
    assert np.isnan(loss_of_auc(np.arange(3.0), np.arange(3.0), positive, alpha=0.05)).all()


def test_size_is_held_where_walds_test_fails():
    random = np.random.default_rng(5)
    root = np.linalg.cholesky([[1, 0.6], [0.6, 1]])
    shift = np.sqrt(2) * distributions.norm.ppf([0.8, 0.9])
    positive = np.arange(20) < 10
    claims = 0
    for _ in range(400):
        values = random.normal(size=(20, 2)) @ root.T
        values[positive] += shift
        claims += loss_of_auc(values[:, 0], values[:, 1], positive, alpha=0.05)[1] < 0.1
    assert claims / 400 <= 0.06  # Wald's: .09


def test_what_makes_no_sense_is_explained():
    results = analysed({3: 0.0, 7: 1.0}, subjects=12)
    with pytest.raises(InputError, match=r"useful = 0\.4 and margin = 0\.1"):
        stats.second_gate(results, useful=0.4)
    with pytest.raises(InputError, match="margin = 0;"):
        stats.second_gate(results, margin=0)
    for impossible in ({"useful": 1.0}, {"margin": 1.0}):
        with pytest.raises(InputError, match="expected a useful AUC"):
            stats.second_gate(results, **impossible)
