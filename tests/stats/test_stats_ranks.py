"""Numbers that are equal but for rounding share a rank, wherever ranks are taken."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from biomarkers import stats
from biomarkers.plan import CHANGES, make_plan
from biomarkers.stats.changes import express
from biomarkers.stats.ranks import merge_ties, ranks_of, reaches, rounding
from biomarkers.stats.visits import at_visits


def study(positives, negatives):
    """Subjects of two classes from their values at baseline and on day 7."""
    pairs = [*positives, *negatives]
    names = [f"s{number}" for number in range(len(pairs))]
    rows = [(n, day, "m", v) for n, pair in zip(names, pairs, strict=True)
            for day, v in zip((0, 7), pair, strict=True)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])
    responder = [1] * len(positives) + [0] * len(negatives)
    return table, pd.DataFrame({"subject": names, "responder": responder})


@pytest.mark.parametrize(
    ("kind", "positive", "negative"),
    [
        ("absolute", (0.3, 0.4), (0.2, 0.3)),
        ("absolute", (1000.1, 1000.2), (0.2, 0.3)),
        ("percent", (2.0, 3.0), (0.8, 1.2)),
        ("log_ratio", (2.0, 3.0), (0.8, 1.2)),
    ],
)
def test_equal_changes_do_not_separate(kind, positive, negative):
    tables = study([positive] * 6, [negative] * 6)
    found = stats.earliest(*tables, change=kind, permutations=99)
    row = found.table.iloc[0]
    assert (row["auc"], row["p_value"], found.visit) == (0.5, 1.0, None)
    change = stats.change(tables[0], kind=kind).query("day == 7")["change"]
    assert np.ptp(change) == 0


def test_signed_ranks_of_one_decimal_data():
    # Whole tenths, subtracted as tenths and as what floating point makes of them.
    random = np.random.default_rng(4)
    before = random.integers(300, 420, size=40)
    after = before + random.integers(-6, 12, size=40)
    exact = stats.signed_rank_test(after - before)
    found = stats.signed_rank_test(after / 10 - before / 10)
    assert len(np.unique(np.abs(after / 10 - before / 10))) > len(np.unique(abs(after - before)))
    assert (found.statistic, found.p_value) == (exact.statistic, exact.p_value)
    assert found.p_asymptotic == exact.p_asymptotic


NOISY, EXACT = np.array([0.4 - 0.3, 0.3 - 0.2, 0.2 - 0.1, 0.5]), np.array([1, 1, 1, 5.0])
OUTCOME = [1, 0, 1, 0]


def _auc(values):
    return stats.roc(values, OUTCOME, direction="higher").auc


def _rank_sum(values):
    return stats.rank_sum_test(values[::2], values[1::2]).p_value


def _cliff(values):
    return stats.cliffs_delta(values[::2], values[1::2]).estimate


def _cutoff(values):
    return len(stats.roc(values, OUTCOME).curve)


def _bounds(values):
    return stats.auc_bounds([*values, np.nan], [*OUTCOME, 1], direction="higher").lowest


def _concordance(values):
    return stats.concordance(values, [4, 3, 2, 1], [1, 1, 1, 1]).estimate


def _concordance_of_times(values):
    return stats.concordance([1, 2, 3, 4], values, [1, 1, 1, 1]).pairs


def _time_roc(values):
    return stats.time_roc(values, [4, 3, 2, 1], [1, 1, 1, 1], horizons=[2.5]).table["auc"].item()


def _log_rank(values):
    people = pd.DataFrame({"time": values, "group": list("abab")})
    return stats.log_rank(people, time="time", group="group").statistic


def _partial(values):
    return stats.partial_auc(values, OUTCOME, draws=10, direction="higher").area


def _clustered(values):
    return stats.clustered_roc(values, OUTCOME, list("abcd"), direction="higher").auc


def _compared(values):
    found = stats.compare_roc(values, [1, 2, 3, 4], OUTCOME, direction="higher")
    return found.auc_a


@pytest.mark.parametrize(
    "figure",
    [_auc, _rank_sum, _cliff, _cutoff, _bounds, _concordance, _concordance_of_times, _time_roc,
     _log_rank, _partial, _clustered, _compared],
)  # fmt: skip
def test_whatever_ranks_sees_the_tie(figure):
    assert len(np.unique(NOISY)) > 2
    assert figure(NOISY) == figure(EXACT)


def test_scores_of_equal_subjects_tie():
    random = np.random.default_rng(2)
    half = random.normal(size=(12, 3))
    markers = pd.DataFrame(np.vstack([half, half]), columns=list("abc"))
    found = stats.logistic(markers, [0] * 12 + [1] * 12, draws=20)
    assert found.auc_apparent == 0.5


def test_a_threshold_is_reached_but_for_rounding():
    # .42 is 1.4 times .3, .105 is .3 less 65 %.
    rows = [("grown", 0, 0.3), ("grown", 7, 0.42), ("shrunk", 0, 0.3), ("shrunk", 7, 0.105)]
    table = pd.DataFrame(rows, columns=["subject", "day", "value"]).assign(biomarker="volume")
    response = stats.volume_response(table, biomarker="volume").set_index("subject")["response"]
    assert response.to_dict() == {"grown": "PD", "shrunk": "PR"}
    growth = stats.time_to_growth(table, biomarker="volume", factor=1.4).set_index("subject")
    assert growth.loc["grown"].tolist() == [7, True]
    early = stats.early_response(table, [7], biomarker="volume", threshold=-65, kind="percent")
    assert early.set_index("subject")["response_7"].to_dict() == {"grown": 0, "shrunk": 1}
    called = stats.accuracy([0.1 + 0.2, 0.4, 0.1, 0.2], [1, 1, 0, 0], threshold=0.3)
    assert called.measures.set_index("measure")["estimate"]["sensitivity"] == 0.5


def test_of_two_days_as_near_the_earlier_stands():
    plan = make_plan(
        {"outcome": "x", "positive": 1, "baseline": 0, "biomarkers": {"m": {}},
         "visits": {"0": [0], "0.3": [0.3, 0.2, 0.4]}}
    )  # fmt: skip
    table = pd.DataFrame(
        {"subject": "a", "day": [0.4, 0.2], "biomarker": "m", "region": "whole", "value": [1, 2.0]}
    )
    assert at_visits(table, plan)[0]["day"].tolist() == [0.2]


def test_a_slope_of_minus_one_is_none_but_for_rounding():
    first = np.array([0.1, 0.2, 0.3, 0.4, 0.7, 0.9])
    second = np.array([0.3, 0.2, 0.5, 0.4, 0.8, 1.0])
    found = stats.passing_bablok(first, second, level=0.5)
    exact = stats.passing_bablok(np.rint(10 * first), np.rint(10 * second), level=0.5)
    assert (found.slope, found.slope_low) == pytest.approx((exact.slope, exact.slope_low))


def test_values_apart_stay_as_they_were():
    random = np.random.default_rng(1)
    values = np.append(random.normal(size=500) * 10.0 ** random.integers(-9, 9, 500), np.nan)
    np.testing.assert_array_equal(merge_ties(values), values)
    np.testing.assert_array_equal(ranks_of(values[:-1]), scipy_stats.rankdata(values[:-1]))
    infinite = np.array([-np.inf, 1.0, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(merge_ties(infinite), infinite)
    assert merge_ties([]).shape == (0,)
    for kind in CHANGES:
        value, base = np.abs(values[:-1]), np.abs(random.normal(size=500))
        expected = {"absolute": value - base, "percent": 100 * (value / base - 1),
                    "log_ratio": np.log(value / base)}[kind]  # fmt: skip
        np.testing.assert_allclose(express(value, base, kind), expected, rtol=1e-12, atol=1e-300)


def test_ties_are_merged_row_by_row_and_rounding_of_zero_is_zero():
    noise = rounding([[0.3], [0.3]])
    merged = merge_ties([[0.3 - 0.2 - 0.1, 1.0, 0.0], [2.0, 2.0, 1.0]], noise)
    assert merged.tolist() == [[0, 1, 0], [2, 2, 1]]
    assert reaches([0.1 + 0.2, 0.3, 0.29], 0.3).tolist() == [True, True, False]
    assert reaches(0.3, 0.1 + 0.2)


def test_a_horizon_is_reached_but_for_rounding():
    time, noisy = [0.3, 0.2, 0.5, 0.6], [0.1 + 0.2, 0.2, 0.5, 0.6]
    marker, event = [3, 4, 1, 2], [1, 1, 1, 0]
    for figure in (
        lambda t: stats.time_roc(marker, t, event, horizons=[0.3]).table["cases"].item(),
        lambda t: stats.concordance(marker, t, event, horizon=0.3).pairs,
        lambda t: stats.kaplan_meier(pd.DataFrame({"t": t}), time="t").at(0.3)["survival"].item(),
        lambda t: stats.response_by_time(pd.DataFrame({"t": t}), time="t", horizon=0.1 + 0.2)[
            "responder"
        ].sum(),
    ):
        assert figure(noisy) == figure(time)
