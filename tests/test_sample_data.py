"""The data of the examples are what they say, seen by code that did not make them."""

from pathlib import Path

import numpy as np
import pytest

from biomarkers import sample_data, study
from biomarkers.kinetics import MODELS, Input
from biomarkers.plan import make_plan
from biomarkers.stats import analyse
from biomarkers.table import check_measurements
from biomarkers.timing import Frames


def test_the_measurements_are_a_table_that_passes_its_checks() -> None:
    table = check_measurements(sample_data.measurements())
    assert set(table.subject) == set(sample_data.participants().subject)


def test_ktrans_tells_responders_first_and_its_true_effect_lies_within_the_error() -> None:
    table = sample_data.measurements().pivot_table(
        index="subject", columns=["biomarker", "day"], values="value"
    )
    responder = sample_data.participants().set_index("subject").responder.astype(bool)
    for (biomarker, day), truth in sample_data.TRUE_EFFECTS.items():
        change = np.log(table[biomarker][day] / table[biomarker][0])
        yes, no = change[responder], change[~responder]
        error = np.sqrt(yes.var() / 8 + no.var() / 8)
        assert abs(yes.mean() - no.mean() - truth) < 2.2 * error, (biomarker, day)


def test_the_earliest_day_of_the_example_is_day_3_by_ktrans() -> None:
    plan = make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "3": [3], "10": [10]},
            "biomarkers": {"Ktrans": {}, "volume": {}},
            "separation": {"permutations": 999},
        }
    )
    results = analyse(sample_data.measurements(), sample_data.participants(), plan)
    assert "Ktrans" in str(results.earliest)
    assert "3" in str(results.earliest)


def test_the_dce_curve_gives_its_truth_back() -> None:
    curve = sample_data.dce_curve()
    aif = Input(curve.time, plasma=curve.plasma)
    fit = MODELS["extended_tofts"].fit(curve.tissue, curve.time, aif)
    for name, truth in sample_data.DCE_TRUTH.items():
        assert float(fit.values[name]) == pytest.approx(truth, rel=0.01), name


def test_the_pet_curves_give_their_truth_back() -> None:
    curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    frames = Frames(curves.start.to_numpy(), curves.duration.to_numpy())
    fed = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
    fit = MODELS["2tcm_irreversible"].fit(curves.tumor, frames, fed)
    for name, truth in sample_data.PET_TRUTH.items():
        assert float(fit.values[name]) == pytest.approx(truth, rel=0.02), name
    muscle = MODELS["1tcm"].fit(curves.muscle, frames, fed)
    assert float(muscle.values["K1"]) == pytest.approx(0.05, rel=0.01)
    assert float(muscle.values["VT"]) == pytest.approx(0.5, rel=0.01)


def test_study_measures_what_the_table_says(tmp_path: Path) -> None:
    measured = study.measure(
        sample_data.write_study(tmp_path / "rats", subjects=["02"]), tmp_path / "out"
    ).table
    truth = sample_data.measurements().query("subject == '02'")
    keys = ["biomarker", "day"]
    both = truth.merge(measured, on=["subject", "region", *keys], suffixes=("", "_measured"))
    assert len(both) == len(truth)
    np.testing.assert_allclose(both["value_measured"], both["value"], rtol=1e-6)
    assert (both["unit_measured"] == both["unit"]).all()
