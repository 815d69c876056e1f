"""Changes as subjects by tests, and what ties subjects together."""

import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import PlanError
from biomarkers.plan import make_plan
from biomarkers.stats.labels import permuted_labels
from biomarkers.stats.separation.maxt import permutation_statistics
from biomarkers.stats.separation.panel import make_panel

SUBJECTS = list("abcdef")
POSITIVE = pd.Series([True, False] * 3, index=pd.Index(SUBJECTS, name="subject"))
PEOPLE = pd.DataFrame(
    {
        "subject": list("fedcba"),
        "site": [1, 1, 1, 1, 2, 2],
        "patient": ["q", "p", "q", "p", "s", "r"],
    }
)


def plan_of(**separation):
    return make_plan(
        {
            "outcome": "responder", "positive": 1, "baseline": 0,
            "visits": {"-3": [-3], "0": [0], "3": [3], "7": [7]},
            "biomarkers": {"T1": {"direction": "lower"}, "ADC": {}},
            "separation": {"permutations": 199, "seed": 4, **separation},
        }
    )  # fmt: skip


def tables_of():
    """A change of n for the nth subject, in tests told apart by 100 and 10; some are missing."""
    series = [("T1", "rim"), ("T1", "core"), ("ADC", "rim")]
    changes = pd.DataFrame(
        [
            (subject, biomarker, region, visit, number + 100 * place + 10 * (visit == "7"))
            for number, subject in enumerate(SUBJECTS)
            for place, (biomarker, region) in enumerate(series)
            for visit in ("-3", "0", "3", "7")
            if (subject, visit) != ("c", "7")
        ],
        columns=["subject", "biomarker", "region", "visit", "change"],
    )
    changes["change"] = changes["change"].astype(float)
    changes.loc[(changes["subject"] == "a") & (changes["biomarker"] == "ADC"), "change"] = np.nan
    attendance = changes[["subject", "biomarker", "region", "visit"]]
    return {"changes": changes.sample(frac=1, random_state=1), "attendance": attendance}


def test_every_series_is_tested_at_every_follow_up_visit():
    panel = make_panel(tables_of(), POSITIVE, PEOPLE, plan_of())
    assert panel.tests.to_numpy().tolist() == [
        ["T1", "rim", "3", "lower"],
        ["T1", "rim", "7", "lower"],
        ["T1", "core", "3", "lower"],
        ["T1", "core", "7", "lower"],
        ["ADC", "rim", "3", "auto"],
        ["ADC", "rim", "7", "auto"],
    ]
    expected = np.arange(6.0)[:, None] + [0, 10, 100, 110, 200, 210]
    expected[2, 1::2] = np.nan  # c is not there on day 7
    expected[0, 4:] = np.nan  # a has no change of ADC
    np.testing.assert_array_equal(panel.values, expected)
    assert panel.positive.tolist() == [True, False] * 3
    assert panel.subjects.tolist() == SUBJECTS
    assert panel.units.member.tolist() == list(range(6))
    assert not panel.units.are_clusters
    assert set(panel.units.block) == {0}


def test_blocks_and_clusters_are_those_of_the_subjects_whatever_their_order():
    positive = pd.Series([True, True, False, False, False, False], index=POSITIVE.index)
    people = PEOPLE.assign(patient=["q", "p", "q", "p", "s", "s"])
    panel = make_panel(tables_of(), positive, people, plan_of(blocks="site", cluster="patient"))
    # a and b are of patient s and site 2; c and e of p, d and f of q, all of site 1.
    member = panel.units.member
    assert member[0] == member[1]
    assert member[2] == member[4]
    assert member[3] == member[5]
    assert len(set(member)) == 3
    block = panel.units.block[member]
    assert block[0] == block[1] != block[2] == block[3] == block[4] == block[5]
    assert panel.units.are_clusters


def test_relabelling_uses_the_settings_of_the_plan():
    plan = plan_of()
    panel = make_panel(tables_of(), POSITIVE, PEOPLE, plan)
    labels = permuted_labels(panel.positive, permutations=199, seed=4)
    expected = permutation_statistics(panel.values, labels)
    np.testing.assert_array_equal(panel.relabelled(plan), expected)
    blocked = plan_of(blocks="site")
    panel = make_panel(tables_of(), POSITIVE, PEOPLE, blocked)
    labels = permuted_labels(panel.positive, permutations=199, seed=4, units=panel.units)
    np.testing.assert_array_equal(
        panel.relabelled(blocked), permutation_statistics(panel.values, labels)
    )
    assert not np.array_equal(expected, panel.relabelled(blocked))


def test_a_blank_block_names_the_first_ten_subjects():
    names = [f"s{number:02d}" for number in range(14)]
    positive = pd.Series([True, False] * 7, index=pd.Index(names, name="subject"))
    people = pd.DataFrame({"subject": names, "site": [None] * 12 + ["x", "y"]})
    with pytest.raises(PlanError, match=r"site is blank for subject s00, .*, s09$"):
        make_panel(tables_of(), positive, people, plan_of(blocks="site"))


@pytest.mark.parametrize(
    ("positive", "message"),
    [
        (
            [True, False, False, False, False, False],
            "subjects of .* value of outcome",
        ),
        ([True, True, False, False, False, False], "subjects of .* value of blocks"),
    ],
)
def test_a_cluster_of_two_classes_or_blocks_is_refused(positive, message):
    people = PEOPLE.assign(patient=["q", "p", "q", "p", "r", "r"], site=[1, 1, 1, 1, 2, 3])
    truth = pd.Series(positive, index=POSITIVE.index)
    with pytest.raises(PlanError, match=f"patient r has {message}"):
        make_panel(tables_of(), truth, people, plan_of(cluster="patient", blocks="site"))
