"""Dynamic PET in a study: with arterial blood, and with a reference region."""

import json

import nibabel as nib
import numpy as np
import pytest
from bids_of_known_truth import SHAPE, labels, write
from test_study_pet import KEYS

from biomarkers.cli import main
from biomarkers.kinetics import MODELS, Input
from biomarkers.study import MeasureSettings, measure
from biomarkers.timing import Frames

LENGTH = np.concatenate([[10.0] * 6, [30.0] * 4, [60.0] * 5, [300.0] * 10])
START = np.concatenate([[0.0], np.cumsum(LENGTH)[:-1]])
KNOTS = np.concatenate([np.arange(0.0, 120.0, 2.0), np.arange(120.0, 3600.0, 20.0)])
SINCE = np.maximum(KNOTS - 10.0, 0.0)
PLASMA = 40.0 * SINCE / 20.0 * np.exp(-SINCE / 40.0) + 3.0 * (1 - np.exp(-SINCE / 60.0))
VT = {1: 1.5, 2: 0.8}
K1 = 0.1


def add_scan(study):
    """Add a dynamic scan of two regions with one tissue compartment, and blood samples."""
    frames, source = Frames(START, LENGTH), Input(KNOTS, plasma=PLASMA, blood=PLASMA)
    series = np.zeros((*SHAPE, LENGTH.size))
    rng = np.random.default_rng(1)
    for label, volume in VT.items():
        rates = {"K1": K1, "k2": K1 / volume, "vB": 0.0}
        series[labels() == label] = MODELS["1tcm"].predict(rates, frames, source)
    series += 0.02 * rng.standard_normal(series.shape)
    path = study.session() / "pet" / "sub-01_ses-day00_trc-FLT_pet.nii.gz"
    times = {"FrameTimesStart": START.tolist(), "FrameDuration": LENGTH.tolist()}
    write(path, series, {**KEYS, "ScanStart": 0, **times})
    table = study.root / "sub-01" / "sub-01_sessions.tsv"
    table.write_text("session_id\tdays\tweight_g\nses-day00\t0\t250\nses-day07\t7\tn/a\n")
    next(study.root.rglob("dseg.tsv")).write_text("index\tname\n1\ttumor\n2\tcontralateral\n")
    return path


def add_blood(path):
    columns = ["time", "whole_blood_radioactivity", "plasma_radioactivity"]
    lines = [f"{t}\t{c}\t{c}" for t, c in zip(KNOTS, PLASMA, strict=True)]
    blood = path.with_name("sub-01_ses-day00_trc-FLT_recording-manual_blood.tsv")
    blood.write_text("\n".join(["\t".join(columns), *lines]) + "\n")
    units = {"Units": "s"}, {"Units": "kBq/mL"}, {"Units": "kBq/mL"}
    blood.with_suffix(".json").write_text(json.dumps(dict(zip(columns, units, strict=True))))


def measured(study, out, **kinetics):
    window = {"window": [1500, 3600]}
    settings = MeasureSettings(steps={"pet_kinetics": kinetics, "pet_uptake": window})
    found = measure(study.root, out, settings=settings)
    assert found.failures == ()
    return found.table[found.table["day"] == 0].set_index(["region", "biomarker"])


def card(out, kind):
    return json.loads((out / "qc" / f"sub-01_ses-day00_{kind}.json").read_text())


def test_blood_gives_volumes_of_distribution(small_study, tmp_path):
    add_blood(add_scan(small_study))
    out = tmp_path / "out"
    rows = measured(small_study, out, model="1tcm", parent=1.0, weights="scan")
    for region, label in (("tumor", 1), ("contralateral", 2)):
        assert rows.loc[(region, "VT"), "value"] == pytest.approx(VT[label], rel=0.02)
        assert rows.loc[(region, "VT_curve"), "value"] == pytest.approx(VT[label], rel=0.02)
        assert 0 < rows.loc[(region, "VT"), "se"] < 0.1
        assert 0 < rows.loc[(region, "VT_curve"), "se"] < 0.1
    assert rows.loc[("tumor", "K1"), "unit"] == "mL/min/mL"
    assert "SUVmean" in rows.loc["tumor"].index
    stem = out / "derivatives/biomarkers/sub-01/ses-day00/pet/sub-01_ses-day00"
    values = nib.load(f"{stem}_VT.nii.gz").get_fdata()
    assert np.median(values[labels() == 1]) == pytest.approx(VT[1], rel=0.05)
    for name in ("VT_se", "desc-pet_kinetics_flags"):
        assert nib.load(f"{stem}_{name}.nii.gz").shape == SHAPE
    sidecar = json.loads((stem.parent / f"{stem.name}_VT.json").read_text())
    assert sidecar["Step"]["Settings"]["model"] == "1tcm"
    assert [source["file"].split("_")[-1] for source in sidecar["Sources"]] == [
        "pet.nii.gz", "blood.tsv",
    ]  # fmt: skip
    assert "1tcm with blood as input, 25 frames" in card(out, "pet-kinetics")["caption"]


def test_a_reference_region_gives_binding_relative_to_it(small_study, tmp_path):
    add_scan(small_study)
    rows = measured(small_study, tmp_path / "out", input="Contralateral", model="logan_reference")
    assert rows.loc[("tumor", "DVR"), "value"] == pytest.approx(VT[1] / VT[2], rel=0.05)
    assert rows.loc[("tumor", "DVR_curve"), "value"] == pytest.approx(VT[1] / VT[2], rel=0.05)
    assert ("contralateral", "DVR_curve") not in rows.index


@pytest.mark.parametrize(
    ("kinetics", "says"),
    [
        ({}, "no *_recording-*_blood.tsv lies beside it"),
        ({"input": "cerebellum"}, "no region cerebellum is drawn"),
    ],
)
def test_without_an_input_kinetics_are_left_out_and_that_is_noted(
    small_study, tmp_path, kinetics, says
):
    add_scan(small_study)
    rows = measured(small_study, tmp_path / "out", **kinetics)
    assert "VT" not in set(rows.index.get_level_values("biomarker"))
    assert says in card(tmp_path / "out", "notes")["caption"]


def test_plasma_with_metabolites_needs_to_know_of_them(small_study, tmp_path):
    add_blood(add_scan(small_study))
    measured(small_study, tmp_path / "out")
    assert "no metabolite_parent_fraction was sampled" in card(tmp_path / "out", "notes")["caption"]


def test_the_command_line_takes_a_file_of_settings(small_study, tmp_path, capsys):
    add_blood(add_scan(small_study))
    path = tmp_path / "settings.toml"
    path.write_text('[measure.pet_kinetics]\nmodel = "logan"\nparent = 1\nt_star = 900\n')
    asked = ["measure", str(small_study.root), str(tmp_path / "out"), "--settings", str(path)]
    assert main([*asked, "--jobs", "1"]) == 0
    assert "logan with blood" in card(tmp_path / "out", "pet-kinetics")["caption"]
    path.write_text('[measure.pet_kinetics]\nmodel = "loggan"\n')
    assert main(asked) == 2
    assert "model is 'loggan'" in capsys.readouterr().err
