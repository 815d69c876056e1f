"""The images of a patient give back the truth by means of their own, and by those of the study."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from placed_patients import lying

from biomarkers import simulate, study
from biomarkers.images import read_image, read_series
from biomarkers.simulate.studies import patient_mri as mri
from biomarkers.simulate.studies.patient_day import REGIONS
from biomarkers.table import read_measurements

DAY = "sub-01/ses-baseline"
STEM = DAY.replace("/", "_")


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    """Write two patients, on their first visit."""
    declared = simulate.STUDIES["gbm-dce-rgd"]
    first = replace(declared, visits=declared.visits[:1])
    return simulate.write_study(first, tmp_path_factory.mktemp("patients"), subjects=2, seed=1)


@pytest.fixture(scope="module")
def measured(patients, tmp_path_factory):
    """Measured and true values of the tumour, a row for each session and biomarker."""
    done = study.measure(patients, tmp_path_factory.mktemp("measured"))
    assert not done.failures
    truth = read_measurements(patients / "sourcedata" / "truth" / "truth.tsv")
    keys = ["subject", "day", "region", "biomarker"]
    table = done.table.merge(truth, on=keys, suffixes=("", "_true"))
    return table[table["region"] == "tumor"]


def test_files_say_that_they_are_simulated(patients):
    sidecar = json.loads((patients / DAY / "pet" / f"{STEM}_trc-RGD_pet.json").read_text())
    assert sidecar["Manufacturer"] == "simulated"
    for name in ("README", "plan.toml", "dataset_description.json"):
        assert "Simulated" in (patients / name).read_text(encoding="utf-8")


def test_the_outcome_is_survival_without_progression(patients):
    people = pd.read_csv(patients / "participants.tsv", sep="\t")
    assert (people["responder"] == (people["pfs_days"] >= 274)).all()
    assert set(people["progressed"]) <= {0, 1}
    assert people["weight_kg"].between(45, 120).all()


# How far a session may stray: three times the bias and scatter of 30 sessions.
@pytest.mark.parametrize(
    ("name", "stray"),
    [("B1", 0.01), ("T1", 0.03), ("Ktrans", 0.06), ("ve", 0.08), ("vp", 0.08), ("volume", 0.08)],
)
def test_a_study_measures_the_truth(measured, name, stray):
    rows = measured[measured["biomarker"] == name]
    assert len(rows) == 2
    assert (rows["value"] / rows["value_true"] - 1).abs().max() < stray


def test_uptake_is_that_of_the_image_and_less_than_that_of_the_tissue(measured, patients):
    truth = read_measurements(patients / "sourcedata" / "truth" / "truth.tsv")
    tissue = truth[truth["region"] == "tumor"].set_index(["biomarker", "subject"])["value"]
    for name, stray in (("SUVmean", 0.03), ("TBR", 0.10)):
        rows = measured[measured["biomarker"] == name]
        assert (rows["value"] / rows["value_true"] - 1).abs().max() < stray
        share = rows.set_index("subject")["value_true"] / tissue[f"{name}_tissue"]
        assert share.between(0.75, 0.97).all()


def test_the_artery_shows_the_input(patients):
    series = read_series(patients / DAY / "perf" / f"{STEM}_dce.nii.gz")
    place = patients / "derivatives" / "segmentation" / DAY / "anat"
    labels = np.asarray(read_image(place / f"{STEM}_dseg.nii.gz").data)
    curve = np.asarray(series.data)[labels == REGIONS["artery"]].mean(axis=0)
    first, last = mri.ARRIVAL_S
    quiet = curve[: round(first / mri.DCE_STEP_S)]
    assert quiet.std() < 0.03 * quiet.mean()
    assert first < mri.DCE_TIMES[curve.argmax()] < last + 15.0
    assert curve.max() > 5.0 * quiet.mean()


def test_tissue_takes_up_as_the_integral_that_solves_its_balance(monkeypatch):
    monkeypatch.setattr(mri, "TISSUE_DELAY_S", (1.5, 0.0))
    placed = lying(mri.MRI, volume=2e3)
    acquisition = mri.Acquisition(np.ones(1), np.ones(1), 24.0, 1.0, np.zeros((1, 3)))
    curves, which = mri.concentrations(placed, acquisition)
    inside = np.argwhere(placed.within("tumour"))[0]
    ktrans, ve, vp = (placed.map(name)[tuple(inside)] for name in ("Ktrans", "ve", "vp"))
    step, time = 0.05, np.arange(0.0, mri.DCE_TIMES[-1] + 0.05, 0.05)
    plasma = mri.blood(acquisition, time - 25.5) / (1.0 - mri.HEMATOCRIT)
    leaked = np.convolve(plasma, np.exp(-ktrans / ve / 60.0 * time))[: time.size] * step
    expected = np.interp(mri.DCE_TIMES, time, ktrans / 60.0 * leaked + vp * plasma)
    assert curves[which[tuple(inside)]] == pytest.approx(expected, rel=0.01, abs=1e-3)
