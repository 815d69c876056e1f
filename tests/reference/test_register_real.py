"""Real data and published curves pass without a word of another unit."""

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

from biomarkers import dce, pet, simulate, stats, study
from biomarkers.errors import BiomarkersWarning, UnusualValueWarning
from biomarkers.kinetics import Input
from biomarkers.plan import make_plan
from biomarkers.table import read_measurements, read_participants
from biomarkers.timing import Frames


@pytest.fixture(autouse=True)
def silence():
    """Turn what is warned of as not usual into an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BiomarkersWarning)
        warnings.simplefilter("error", UnusualValueWarning)
        yield


def test_a_mouse_at_9_4_t(shared_data, tmp_path):
    root = shared_data("kpc-mouse")
    found = study.measure(root, tmp_path, derivatives=[root / "derivatives" / "upstream"])
    assert not found.failures
    assert not found.table["reason"].str.contains("usual").any()
    captions = [json.loads(path.read_text())["caption"] for path in tmp_path.glob("qc/*.json")]
    assert not any("usual" in caption for caption in captions)


def test_brains_with_pbr28(pbr28):
    for subject, frames, curves, weights, source in pbr28:
        for model in ("2tcm", "logan"):
            fit = pet.fit(curves, frames, source, model=model, weights=weights)
            assert "scale" not in {each.kind for each in fit.cautions}, subject


def test_simulated_reference_tissue_curves(shared_data):
    table = pd.read_csv(shared_data("pet/simref_tacs.csv"))
    for _, rows in table[table["Duration"] > 0].groupby("PET"):
        frames = Frames(60 * rows["StartTime"].to_numpy(), 60 * rows["Duration"].to_numpy() - 1e-6)
        source = Input.reference_region(frames, rows["Reference"].to_numpy())
        curves = rows[["ROI1", "ROI2", "ROI3"]].to_numpy().T
        fit = pet.fit(curves, frames, source, model="srtm")
        assert np.isfinite(fit["BPND"]).all()


@pytest.mark.parametrize("name", ["tofts", "extended_tofts"])
def test_curves_of_osipi(shared_data, name):
    table = pd.read_csv(shared_data(f"dce-osipi/DCEmodels/dce_DRO_data_{name}.csv"))
    for row in table.to_dict("records"):
        time, tissue, when, plasma = (
            np.array(row[key].split(), dtype=float) for key in ("t", "C", "ta", "ca")
        )
        fit = dce.fit_region(tissue, time, Input(when, plasma=plasma), model=name)
        assert np.isfinite(fit["Ktrans"])


def test_mice_with_glioblastoma(shared_data):
    table = read_measurements(shared_data("gbm-xenograft/measurements.csv"))
    people = read_participants(shared_data("gbm-xenograft/participants.csv"))
    plan = make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "7": [6, 7], "11": [10, 11]},
            "biomarkers": {"tumor_volume": {}, "body_weight": {}},
            "separation": {"permutations": 19},
        }
    )
    notes = stats.analyse(table, people, plan).tables["notes"]
    assert not (notes["topic"] == "odd_values").any()


def test_the_demonstration(tmp_path):
    rats = simulate.rat_glioma(tmp_path / "rats", subjects=2, seed=1)
    for session in sorted(rats.rglob("ses-day*"))[1:]:  # one is enough of a cohort
        if session.is_dir() and session.name != "ses-day00":
            shutil.rmtree(session)
    found = study.measure(rats, tmp_path / "out")
    assert not found.failures
    assert not found.table["reason"].str.contains("usual").any()
