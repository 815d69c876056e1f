"""The second gate against its formulas, term by term, and at its limits."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.results import TABLES, Results
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.separation.gate import loss_of_auc


def pair_matrix(values, positive):
    """1 where a positive beats a negative, ½ at a tie: positives × negatives."""
    x, y = values[positive][:, None], values[~positive][None, :]
    return (x > y) + (x == y) / 2


def by_formula(early, late, positive, alpha):
    """Zou & Donner's upper bound of a difference, with DeLong's covariance from all pairs."""
    first, second = pair_matrix(early, positive), pair_matrix(late, positive)
    m, n = first.shape
    by_positive = np.cov(first.mean(axis=1), second.mean(axis=1)) / m
    by_negative = np.cov(first.mean(axis=0), second.mean(axis=0)) / n
    covariance = by_positive + by_negative
    product = covariance[0, 0] * covariance[1, 1]
    correlation = covariance[0, 1] / np.sqrt(product) if product > 0 else 0.0
    a, b = first.mean(), second.mean()
    lower = newcombe_interval(a, m, n, level=1 - 2 * alpha)[0]
    upper = newcombe_interval(b, m, n, level=1 - 2 * alpha)[1]
    spread = (a - lower) ** 2 + (upper - b) ** 2
    spread -= 2 * correlation * (a - lower) * (upper - b)
    return b - a, b - a + np.sqrt(max(spread, 0))


def sample(seed, subjects=17, decimals=1):
    random = np.random.default_rng(seed)
    positive = np.arange(subjects) < 7
    shared = random.normal(size=subjects)
    early, late = (
        (shared + random.normal(size=subjects) + shift * positive).round(decimals)
        for shift in (0.6, 1.5)
    )
    return early, late, positive


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_bound_of_a_loss_is_its_formula(seed, alpha):
    early, late, positive = sample(seed)
    expected = by_formula(early, late, positive, alpha)
    assert loss_of_auc(early, late, positive, alpha=alpha) == pytest.approx(expected, rel=1e-9)


def test_two_of_a_class_have_a_bound_and_one_has_none():
    early, late, positive = sample(1, subjects=9)
    assert np.isfinite(loss_of_auc(early, late, positive, alpha=0.05)).all()
    assert np.isfinite(loss_of_auc(early, late, ~positive, alpha=0.05)).all()
    assert np.isnan(loss_of_auc(early[:8], late[:8], positive[:8], alpha=0.05)).all()


def test_perfect_areas_have_no_correlation_but_a_bound():
    values, positive = np.arange(12.0), np.arange(12) >= 6
    expected = by_formula(values, values, positive, 0.05)
    assert loss_of_auc(values, values, positive, alpha=0.05) == pytest.approx(expected)
    assert expected[1] > 0.1


def results_of(rows, changes, alpha=0.05, cluster=""):
    """Results with the given tests and changes, and nothing else."""
    tables = {name: pd.DataFrame(columns=list(columns)) for name, columns in TABLES.items()}
    separation = pd.DataFrame(rows).assign(biomarker="ADC", region="rim")
    separation = separation.reindex(columns=list(TABLES["separation"]))
    separation["separates"] = separation["separates"].astype(bool)
    tables |= {"separation": separation, "changes": changes}
    analysis = {"alpha": alpha, "plan": {"separation": {"cluster": cluster}}}
    return Results(tables, [], analysis)


def changes_of(columns, positive):
    return pd.DataFrame(
        [
            ("ADC", "rim", f"s{subject:02d}", bool(positive[subject]), visit, value)
            for visit, values in columns.items()
            for subject, value in enumerate(values)
        ],
        columns=["biomarker", "region", "subject", "positive", "visit", "change"],
    )


def row_of(visit, auc, separates=True, direction="higher", p_value=0.01):
    return {
        "visit": visit, "auc": auc, "n_positive": 20, "n_negative": 15, "direction": direction,
        "separates": separates, "p_value": p_value,
    }  # fmt: skip


def test_losses_are_of_the_subjects_of_both_visits_in_the_earlier_direction():
    early, late, positive = sample(2, subjects=35)
    early = early.astype(float)
    early[[0, 20]] = np.nan
    late[[1, 30]] = np.nan
    turned = {"3": -early, "7": -late}
    rows = [row_of("3", 0.7, direction="lower"), row_of("7", 0.8, direction="lower")]
    both = ~np.isnan(early) & ~np.isnan(late)
    expected = by_formula(early[both], late[both], positive[both], 0.1)
    gate = stats.second_gate(results_of(rows, changes_of(turned, positive), alpha=0.1))
    assert (gate["loss"][0], gate["loss_high"][0]) == pytest.approx(expected)
    assert gate[["loss", "loss_high"]].loc[1].isna().all()
    # The direction of the earlier visit counts, whatever the later one's is.
    rows[1]["direction"] = "higher"
    gate = stats.second_gate(results_of(rows, changes_of(turned, positive), alpha=0.1))
    assert gate["loss"][0] == pytest.approx(expected[0])
    rows[0]["direction"] = "higher"
    gate = stats.second_gate(results_of(rows, changes_of(turned, positive), alpha=0.1))
    assert gate["loss"][0] == pytest.approx(-expected[0])


def test_lower_bounds_hold_for_all_tests_at_once():
    early, late, positive = sample(2, subjects=35)
    columns = {"3": early, "7": late, "14": late}
    rows = [
        row_of("3", 0.7),
        row_of("7", 0.9),
        row_of("14", np.nan, p_value=np.nan, separates=False),
    ]
    gate = stats.second_gate(results_of(rows, changes_of(columns, positive)))
    # Two tests have a p-value: each bound is one-sided at .05 / 2.
    for place, auc in enumerate((0.7, 0.9)):
        lower, _ = newcombe_interval(auc, 20, 15, level=1 - 2 * 0.05 / 2)
        assert gate["lower"][place] == pytest.approx(float(lower))
    assert np.isnan(gate["lower"][2])
    untested = [row | {"p_value": np.nan} for row in rows]
    gate = stats.second_gate(results_of(untested, changes_of(columns, positive)))
    assert gate["lower"][1] == pytest.approx(float(newcombe_interval(0.9, 20, 15, level=0.9)[0]))


def test_a_visit_passes_by_all_three_conditions_and_the_last_by_two():
    _, late, positive = sample(2, subjects=35)
    columns = {"3": late, "7": late + 1e-9, "14": late}
    rows = [row_of("3", 0.95), row_of("7", 0.95, separates=False), row_of("14", 0.95)]
    results = results_of(rows, changes_of(columns, positive))
    gate = stats.second_gate(results, useful=0.5, margin=0.9)
    assert gate["is_useful"].tolist() == [True, True, True]
    assert gate["non_inferior"].tolist() == [True, True, False]  # no loss of the last: NaN
    assert gate["passes"].tolist() == [True, False, True]
    # Not useful, or too great a loss: the last visit needs no more than to be useful.
    lower = float(gate["lower"][0])
    for useful, margin, expected in (
        (lower, 0.9, [False, False, False]),
        (lower - 1e-9, 0.9, [True, False, True]),
        (0.5, float(gate["loss_high"][0]), [False, False, True]),
        (0.5, float(gate["loss_high"][0]) + 1e-9, [True, False, True]),
    ):
        passes = stats.second_gate(results, useful=useful, margin=margin)["passes"]
        assert passes.tolist() == expected


def test_every_series_has_its_own_losses_in_the_order_of_the_tests():
    early, late, positive = sample(2, subjects=35)
    parts, changes = [], []
    for name, columns in (("ve", {"3": early, "7": late}), ("ADC", {"3": late, "7": early})):
        results = results_of([row_of("3", 0.8), row_of("7", 0.8)], changes_of(columns, positive))
        parts.append(results.separation.assign(biomarker=name))
        changes.append(results.tables["changes"].assign(biomarker=name))
    both = results_of([row_of("3", 0.8)], pd.concat(changes))
    tables = {**both.tables, "separation": pd.concat(parts, ignore_index=True)}
    gate = stats.second_gate(Results(tables, [], both.analysis))
    loss = by_formula(early, late, positive, 0.05)[0]
    assert gate["biomarker"].tolist() == ["ve", "ve", "ADC", "ADC"]
    assert gate["loss"][[0, 2]].tolist() == pytest.approx([loss, -loss])
    assert gate["loss"].isna().tolist() == [False, True, False, True]
    assert gate["passes"][3] == gate["is_useful"][3]


def test_a_visit_after_the_last_that_could_be_tested_passes_nothing():
    early, late, positive = sample(2, subjects=35)
    columns = {"3": early, "7": late, "14": late}
    rows = [
        row_of("3", np.nan, separates=False),
        row_of("7", 0.95),
        row_of("14", np.nan, separates=False),
    ]
    gate = stats.second_gate(results_of(rows, changes_of(columns, positive)))
    assert gate["loss"].isna().all()
    assert gate["passes"].tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("useful", "margin"), [(0.49, 0.1), (1.0, 0.1), (0.7, 0.0), (0.7, 1.0), (0.7, -0.1)]
)
def test_limits_outside_their_ranges_are_refused(useful, margin):
    results = results_of([row_of("3", 0.9)], changes_of({"3": np.arange(4.0)}, [1, 1, 0, 0]))
    with pytest.raises(InputError, match=r"expected a useful AUC from 0\.5 to below 1"):
        stats.second_gate(results, useful=useful, margin=margin)


@pytest.mark.parametrize(("useful", "margin"), [(0.5, 0.01), (0.99, 0.99)])
def test_limits_at_the_ends_of_their_ranges_are_taken(useful, margin):
    results = results_of([row_of("3", 0.9)], changes_of({"3": np.arange(4.0)}, [1, 1, 0, 0]))
    assert len(stats.second_gate(results, useful=useful, margin=margin)) == 1
