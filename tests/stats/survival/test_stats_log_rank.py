"""The log-rank test."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

mpl.use("Agg")


def subjects(seed=1, n=40, groups=2, ties=True):
    random = np.random.default_rng(seed)
    time = random.exponential(10, n)
    return pd.DataFrame(
        {
            "days": np.ceil(time) if ties else time,
            "died": random.random(n) < 0.7,
            "arm": random.integers(0, groups, n),
            "sex": random.choice(["f", "m"], n),
        }
    )


def test_without_ties_it_is_the_score_test_of_cox():
    table = subjects(ties=False, groups=3)
    found = stats.log_rank(table, time="days", event="died", group="arm", strata="sex")
    model = stats.cox(table, "C(arm)", time="days", event="died", strata="sex")
    score = model.tests.set_index("test").loc["score"]
    assert found.statistic == pytest.approx(score["statistic"])
    assert found.p_value == pytest.approx(score["p_value"])


def test_counts_expected_events_by_hand():
    table = pd.DataFrame({"days": [1, 2, 2, 3], "died": [1, 1, 1, 0], "arm": ["a", "a", "b", "b"]})
    found = stats.log_rank(table, time="days", event="died", group="arm")
    # Day 1: 2 of 4 are a; day 2: 1 of 3, two events.
    assert found.table["expected"].tolist() == pytest.approx([2 / 4 + 2 / 3, 2 / 4 + 4 / 3])
    variance = 1 / 4 + 2 * (1 / 3) * (2 / 3) * (3 - 2) / (3 - 1)
    assert found.statistic == pytest.approx((2 - 7 / 6) ** 2 / variance)


def test_groups_never_at_risk_together_cannot_be_compared():
    table = pd.DataFrame({"days": [1, 2, 3], "died": [0, 0, 1], "arm": ["a", "a", "b"]})
    found = stats.log_rank(table, time="days", event="died", group="arm")
    assert np.isnan(found.p_value)
    assert "not possible" in found.headline
    found.plot()
    nobody = stats.log_rank(table.assign(died=0), time="days", event="died", group="arm")
    assert np.isnan(nobody.statistic)


def test_permutations_count_relabellings():
    table = pd.DataFrame(
        {"days": [1, 2, 3, 4, 5, 6], "died": [1, 1, 1, 0, 1, 1], "arm": list("aababb")}
    )
    observed = stats.log_rank(table, time="days", event="died", group="arm", permutations=4000)
    every = [
        stats.log_rank(
            table.assign(arm=["a" if row in chosen else "b" for row in range(6)]),
            time="days", event="died", group="arm",
        ).statistic
        for chosen in combinations(range(6), 3)
    ]  # fmt: skip
    exact = np.mean(np.array(every) >= observed.statistic - 1e-9)
    assert observed.p_value == pytest.approx(exact, abs=2.6 * np.sqrt(exact * (1 - exact) / 4000))
    assert "4000 permutations" in observed.headline


def test_permutations_stay_within_strata():
    # One of ten in the first stratum, none to tell in the second: ten labellings.
    table = subjects(n=20).assign(sex=np.repeat(["f", "m"], 10), arm=np.repeat([0, 1], 10))
    table.loc[0, "arm"] = 1
    kinds = {"time": "days", "event": "died", "group": "arm", "strata": "sex"}
    found = stats.log_rank(table, permutations=200, **kinds)
    assert found.p_value > 0.05
    with pytest.raises(InputError, match="permutations: found -1"):
        stats.log_rank(table, permutations=-1, **kinds)


def test_one_group_is_refused():
    with pytest.raises(InputError, match="arm: found only 1, expected two groups"):
        stats.log_rank(subjects().assign(arm=1), time="days", event="died", group="arm")


def test_p_values_are_uniform_where_groups_do_not_differ():
    # 300 trials of 12+12 subjects: 0.05 within its Monte-Carlo error.
    found = [
        stats.log_rank(
            subjects(seed, n=24, ties=False).assign(arm=np.arange(24) % 2),
            time="days", event="died", group="arm",
        ).p_value
        for seed in range(300)
    ]  # fmt: skip
    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.05, abs=2.6 * 0.0126)
    assert np.mean(np.array(found) <= 0.5) == pytest.approx(0.5, abs=2.6 * 0.0289)
