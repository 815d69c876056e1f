"""Outcomes made of what is to predict them."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import PlanError
from biomarkers.plan import make_plan


def study(count=16, seed=1):
    """Volumes on four days, growing at random; nothing predicts anything else."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        volume, weight = random.uniform(80, 120), random.uniform(18, 24)
        rate = random.normal(0.05, 0.06)
        for day in (0, 7, 14, 21):
            rows.append((f"m{number:02d}", float(day), "volume_DWI", volume * np.exp(rate * day)))
            rows.append((f"m{number:02d}", float(day), "weight", weight + random.normal()))
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])


def plan(biomarkers=("volume_DWI",), **more):
    return make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {str(day): [day] for day in (0, 7, 14)},
            "biomarkers": {name: {"change": "log_ratio"} for name in biomarkers},
            "separation": {"permutations": 99},
            **more,
        }
    )


def outcome(table, responder):
    return pd.DataFrame({"subject": sorted(set(table["subject"])), "responder": responder})


def notes(table, people, wanted):
    found = stats.analyse(table, people, wanted).tables["notes"]
    return found.drop_duplicates("topic").set_index("topic")["text"]


@pytest.fixture(scope="module")
def table():
    return study()


@pytest.fixture(scope="module")
def final(table):
    """The volume on day 14 over that at baseline."""
    mine = table[table["biomarker"] == "volume_DWI"].set_index(["day", "subject"])["value"]
    return (mine[14.0] / mine[0.0]).to_numpy()


def test_an_outcome_in_a_file_that_is_a_cut_off_of_the_volume_is_noticed(table, final):
    said = notes(table, outcome(table, (final < np.median(final)).astype(int)), plan())
    assert "volume_DWI in whole" in said["perhaps_circular"]
    assert "name it in the plan's made_of" in said["perhaps_circular"]


def test_a_random_outcome_is_not(table):
    said = notes(table, outcome(table, np.arange(16) % 2), plan(("volume_DWI", "weight")))
    assert not {"perhaps_circular", "circular", "immortal_time"} & set(said.index)


def test_what_the_plan_says_is_told_and_not_asked(table, final):
    people = outcome(table, (final < np.median(final)).astype(int))
    said = notes(table, people, plan(made_of="volume_DWI"))
    assert said["circular"].startswith("The outcome responder is made of volume_DWI")
    assert "perhaps_circular" not in said
    other = notes(table, people, plan(("weight",), made_of=["volume_DWI"]))
    assert "circular" not in other


def test_a_biomarker_that_was_not_measured_is_refused(table):
    people = outcome(table, np.arange(16) % 2)
    with pytest.raises(PlanError, match="made_of: 'volume' is not in the measurements"):
        stats.analyse(table, people, plan(made_of=["volume"]))


def test_time_on_study_as_the_outcome_is_stated_for_each_visit(table):
    # The first eight leave before day 14 and are called non-responders for it.
    subjects = sorted(set(table["subject"]))
    early = table["subject"].isin(subjects[:8]) & (table["day"] >= 14)
    said = notes(table[~early], outcome(table, np.repeat([0, 1], 8)), plan())
    told = said["immortal_time"]
    assert "positives to day 21 or later, negatives to day 7 at most" in told
    assert "at visit 7 (8 and 8), 14 (8 and 0)" in told
    assert "humane end-point" in told
    known = notes(table[~early], outcome(table, np.repeat([0, 1], 8)), plan(made_of="volume_DWI"))
    assert "humane end-point" not in known["immortal_time"]
    turned = notes(table[~early], outcome(table, np.repeat([1, 0], 8)), plan())
    assert "negatives to day 21 or later, positives to day 7 at most" in turned["immortal_time"]


def test_few_subjects_are_reproduced_by_chance_and_not_asked():
    small = study(count=8)
    last = small[(small["biomarker"] == "weight") & (small["day"] == 14)]["value"].to_numpy()
    said = notes(small, outcome(small, (last > np.median(last)).astype(int)), plan(("weight",)))
    assert "perhaps_circular" not in said
