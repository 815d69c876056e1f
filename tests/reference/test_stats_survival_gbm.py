"""81 mice with human glioblastoma, 16 dose groups (R package maeve): how long do they stay?

The data say on which day a mouse was last measured, not why it left. The study ended on day 97:
the 13 mice measured then are censored. Of the other 68, most left with a tumour above 1 500 mm³,
the burden at which a mouse is taken out, but some with a small one, for reasons not recorded: to
call every leaving an event is an assumption, and one that is made of the tumour's volume.
"""

import pytest

from biomarkers import stats
from biomarkers.table import read_measurements, read_participants

DAYS = (7, 14, 21)


@pytest.fixture(scope="module")
def mice(shared_data):
    table = read_measurements(shared_data("gbm-xenograft/measurements.csv"))
    participants = read_participants(shared_data("gbm-xenograft/participants.csv"))
    return table, participants.assign(left=participants["days_on_study"] < 97)


@pytest.fixture(scope="module")
def early(mice):
    """Responders: the tumour is no larger than at the start; two cohorts, a day apart."""
    table, participants = mice
    found = stats.early_response(table, DAYS, biomarker="tumor_volume", threshold=0, within=1)
    return participants.merge(found, on="subject")


def test_nothing_but_the_end_of_the_study_tells_censoring(mice):
    table, participants = mice
    assert participants["left"].sum() == 68
    volumes = table[table["biomarker"] == "tumor_volume"].dropna(subset="value")
    last = volumes.sort_values("day").drop_duplicates("subject", keep="last")
    last = last.merge(participants, on="subject")
    gone = last[last["left"]]
    assert (gone["value"] < 500).sum() == 9
    assert (gone["value"] > 1500).sum() == 57


def test_growth_by_day_seven_foretells_leaving(early):
    found = stats.landmark_analysis(early, {7: "response_7"}, time="days_on_study", event="left")
    row = found.table.iloc[0]
    assert (row["response"], row["no_response"]) == (42, 36)
    assert (row["gone_response"], row["gone_no_response"]) == (3, 0)
    assert row["hazard_ratio"] == pytest.approx(0.261, abs=0.001)
    assert row["low"] < 0.2 < 0.4 < row["high"]
    assert row["p_value"] < 1e-6
    assert (row["median_response"], row["median_no_response"]) == (68, 35)
    assert "Left out: 3 whose time was over" in found.headline


def test_every_landmark_says_who_is_left_out(early):
    responses = {day: f"response_{day}" for day in DAYS}
    found = stats.landmark_analysis(early, responses, time="days_on_study", event="left")
    sizes = found.table[["response", "no_response"]].sum(axis=1)
    gone = found.table[["gone_response", "gone_no_response", "gone_unknown", "unknown"]]
    assert (sizes + gone.sum(axis=1) == 81).all()
    assert sizes.tolist() == [78, 75, 73]
    assert (found.table["p_adjusted"] < 1e-6).all()


def test_volume_at_day_seven_foretells_leaving_by_day_sixty(mice):
    table, participants = mice
    rows = table[(table["biomarker"] == "tumor_volume") & table["day"].between(6, 7)]
    marker = rows.set_index("subject")["value"]
    later = participants[participants["days_on_study"] > 7]
    found = stats.time_roc(
        later["subject"].map(marker), later["days_on_study"] - 7, later["left"], horizons=[53]
    )
    # Nobody is censored before, so it is the plain AUC.
    plain = stats.roc(
        later["subject"].map(marker), (later["days_on_study"] <= 60).astype(int), direction="higher"
    )
    assert found.table["unknown"].item() == 0
    assert found.table["auc"].item() == pytest.approx(plain.auc)
    assert 0.6 < plain.auc < 0.9


def test_growing_volume_goes_with_leaving(mice):
    table, participants = mice
    intervals = stats.measured_intervals(
        table, participants, time="days_on_study", event="left", biomarkers=["tumor_volume"]
    )
    assert (intervals.events_used, intervals.subjects_used) == (68, 81)
    model = intervals.cox("log(tumor_volume)")
    assert model.table["hazard_ratio"].item() == pytest.approx(6.35, abs=0.01)
    assert model.proportional_hazards().table["p_value"].iloc[-1] < 0.01
    assert "Assumed: tumor_volume keeps each measured value" in model.headline


def test_dose_groups_differ(mice):
    found = stats.log_rank(mice[1], time="days_on_study", event="left", group="group")
    assert found.df == 15
    assert found.p_value < 1e-4
