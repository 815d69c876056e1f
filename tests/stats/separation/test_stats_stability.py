"""The bootstrap distribution of the chosen visit."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.plan import make_plan


def study(seed, effect, subjects=24, **separation):
    """One marker, baseline 0, no effect on day 3, the effect on days 7 and 14."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(subjects):
        height = random.normal()
        for day in (0, 3, 7, 14):
            shift = effect * (number % 2) * (day >= 7)
            value = 0.0 if day == 0 else height + shift + random.normal()
            rows.append((f"s{number}", day, "ADC", value))
    table = pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])
    who = pd.DataFrame(
        {
            "subject": [f"s{number}" for number in range(subjects)],
            "responder": [number % 2 for number in range(subjects)],
            "site": [number // 2 % 2 for number in range(subjects)],
            "patient": [number % 2 + 2 * (number // 4) for number in range(subjects)],
        }
    )
    plan = make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "3": [3], "7": [7], "14": [14]},
            "biomarkers": {"ADC": {"change": "absolute", "direction": "higher"}},
            "separation": {"permutations": 199, **separation},
        }
    )
    return table, who, plan


def shares(results):
    found = results.analysis["stability"]["shares"]
    return {row["visit"]: row["share"] for row in found}


def test_a_clear_effect_is_chosen_again_and_again():
    found = stats.analyse(*study(1, 4.0))
    assert found.earliest[0]["visit"] == 7
    assert shares(found)["7"] > 0.8
    assert sum(shares(found).values()) == pytest.approx(1)
    assert "stability" in set(found.tables["notes"]["topic"])


def test_no_effect_is_mostly_not_chosen():
    found = stats.analyse(*study(2, 0.0))
    assert shares(found)[""] > 0.5
    # They are shares of the 1 000 resamples that the first tutorial speaks of.
    counts = 1000 * np.array(list(shares(found).values()))
    assert counts == pytest.approx(counts.round(), abs=1e-9)
    assert 0 < counts.max() < 1000


def test_the_chosen_area_is_corrected_towards_its_true_worth():
    chosen, corrected, true = [], [], []
    for seed in range(40):
        found = stats.analyse(*study(seed, 1.4, subjects=20))
        entry = found.earliest[0]
        if entry["visit"] is None:
            continue
        chosen.append(entry["auc"])
        corrected.append(found.analysis["stability"]["corrected"][0]["auc_corrected"])
        # Φ(1.4/2), as the marker has variance 2 in each class
        true.append(0.758 if entry["visit"] in (7, 14) else 0.5)
    assert len(true) > 15
    assert np.mean(chosen) - np.mean(true) > 0.05
    assert abs(np.mean(corrected) - np.mean(true)) < np.mean(chosen) - np.mean(true)


def test_blocks_and_clusters_come_from_participants():
    blocked = stats.analyse(*study(1, 4.0, blocks="site"))
    assert "within each site" in blocked.analysis["methods"]["test"]
    assert blocked.earliest[0]["visit"] == 7
    clustered = stats.analyse(*study(1, 4.0, cluster="patient"))
    assert "whole patients" in clustered.analysis["methods"]["test"]
    assert "clusters" in set(clustered.tables["notes"]["topic"])
    p_values = [found.separation["p_value"].tolist() for found in (blocked, clustered)]
    assert p_values[0] != p_values[1]


def test_intervals_count_patients_not_lesions():
    table, who, plan = study(3, 1.0, cluster="patient")
    found = stats.analyse(table, who, plan)
    row = found.separation.iloc[1]
    changes = found.tables["changes"].query("visit == '7'").merge(who, on="subject")
    alone = stats.clustered_roc(
        changes["change"], changes["responder"], changes["patient"], direction="higher"
    )
    assert (row["auc_low"], row["auc_high"]) == pytest.approx((alone.auc_low, alone.auc_high))
    with pytest.raises(ValueError, match="calibrated for independent subjects"):
        stats.second_gate(found)


@pytest.mark.parametrize(
    ("separation", "changed", "message"),
    [
        ({"blocks": "batch"}, {}, "separation.blocks: 'batch' is no column of participants"),
        ({"blocks": "subject"}, {}, "separation.blocks: 'subject' is no column of participants"),
        ({"blocks": "site"}, {"site": ["a", None] * 12}, "site is blank for subject s1, s3"),
        ({"cluster": "site"}, {}, "site 0 has subjects of more than one value of outcome"),
        (
            {"cluster": "patient", "blocks": "batch"},
            {"batch": list("abcdef") * 4},
            "more than one value of blocks",
        ),
    ],
)
def test_structure_that_does_not_fit_is_explained(separation, changed, message):
    table, who, plan = study(1, 1.0, **separation)
    with pytest.raises(ValueError, match=message):
        stats.analyse(table, who.assign(**changed), plan)


def test_a_declared_sustained_effect_is_also_tested_backward():
    found = stats.analyse(*study(1, 4.0, sustained=True))
    steps = {step["visit"]: step["separates"] for step in found.analysis["sequence"]}
    assert steps == {3: False, 7: True, 14: True}
    text = found.tables["notes"].set_index("topic").loc["sequence", "text"]
    assert "the classes differ from visit 7 on" in text
    nothing = stats.analyse(*study(2, 0.0, sustained=True)).tables["notes"].set_index("topic")
    assert "not even the last visit separates" in nothing.loc["sequence", "text"]


def test_the_sequence_does_not_claim_an_effect_the_wrong_way():
    table, who, plan = study(1, 4.0, sustained=True)
    who["responder"] = 1 - who["responder"]
    found = stats.analyse(table, who, plan)
    assert not any(step["separates"] for step in found.analysis["sequence"])


def test_too_few_subjects_to_tell_anything_is_said():
    found = stats.analyse(*study(1, 9.0, subjects=6))
    text = found.tables["notes"].set_index("topic").loc["too_few_to_tell", "text"]
    assert "no p-value can be smaller than 0.1" in text


def test_stability_can_be_read_and_drawn():
    table, who, _ = study(1, 4.0)
    found = stats.earliest(table, who, change="absolute", permutations=199).stability
    assert "ADC (whole): visit 7 in" in found.headline
    assert found.table["share"].sum() == pytest.approx(1)
    assert found.plot().get_ylabel() == "Share of resamples"
    assert found.to_dict()["draws"] == 1000
