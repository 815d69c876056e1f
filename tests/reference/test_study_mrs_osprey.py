"""The command line on Osprey's example subject: NIfTI-MRS, its water, a vendor's basis."""

import json
import shutil

import pandas as pd
import pytest

from biomarkers import mrs
from biomarkers.cli import main

BASIS = "3T_PRESS_Philips_35ms_noMM.BASIS"
STEM = "sub-01_ses-day00"
PLAN = f"""
[measure.mrs]
basis = "{BASIS}"
tissue = [0.6, 0.4, 0.0]
"""


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data("mrs/osprey")


@pytest.fixture(scope="module")
def out(folder, tmp_path_factory):
    """Return what is measured of a study of that one visit."""
    root = tmp_path_factory.mktemp("osprey") / "study"
    place = root / "sub-01" / "ses-day00" / "mrs"
    place.mkdir(parents=True)
    shutil.copy(folder / "sub-01_act.nii.gz", place / f"{STEM}_svs.nii.gz")
    shutil.copy(folder / "sub-01_ref.nii.gz", place / f"{STEM}_mrsref.nii.gz")
    shutil.copy(folder / BASIS, root)
    (root / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tdays\nses-day00\t0\n")
    (root / "plan.toml").write_text(PLAN)
    out = root.parent / "out"
    assert main(["measure", str(root), str(out), "--jobs", "1"]) == 0
    return out


@pytest.fixture(scope="module")
def rows(out):
    return pd.read_csv(out / "measurements.tsv", sep="\t").set_index("biomarker")


def test_rows_are_those_of_the_fit(folder, rows):
    scan = mrs.load(folder / "sub-01_act.nii.gz", water=folder / "sub-01_ref.nii.gz")
    fit = mrs.fit(mrs.preprocess(scan), mrs.load_basis(folder / BASIS))
    ratios = fit.ratios("tCr", total=False).set_index("metabolite")
    amounts = fit.concentrations(tissue={"gm": 0.6, "wm": 0.4, "csf": 0.0}).set_index("metabolite")
    for name in ("tNAA", "tCho", "Ins", "Glx"):
        assert rows.value[f"{name}/tCr"] == pytest.approx(ratios.ratio[name], rel=1e-6)
        assert rows.value[name] == pytest.approx(amounts.concentration[name], rel=1e-6)
        assert rows.se[f"{name}/tCr"] > ratios.se[name]


def test_values_are_those_of_a_brain(rows):
    assert set(rows.qc[["tNAA/tCr", "tCho/tCr", "Ins/tCr", "Glx/tCr"]]) == {"ok"}
    assert 8.0 < rows.value["tNAA"] < 14.0
    assert 7.0 < rows.value["tCr"] < 11.0
    assert 1.0 < rows.value["tCho"] < 2.5


def test_the_interval_of_glx_covers_what_tools_disagree_about(rows):
    """0.50 and 1.31: two programs, one spectrum."""
    assert rows.low["Glx/tCr"] < 0.50
    assert rows.high["Glx/tCr"] > 1.31


def test_cards_show_fit_and_processing(out):
    card = json.loads((out / "qc" / f"{STEM}_mrs-voxel.json").read_text())
    assert card["status"] == "ok"
    assert card["values"]["fwhm_hz"] == pytest.approx(6.4, abs=0.5)
    assert card["values"]["ppm_shift"] == pytest.approx(0.024, abs=0.005)
    steps = json.loads((out / "qc" / f"{STEM}_mrs-voxel-processing.json").read_text())["caption"]
    for words in ("first sample: doubled", "eddy-current correction", "water removal"):
        assert words in steps
    for kind in ("mrs-voxel", "mrs-voxel-processing"):
        assert (out / "qc" / f"{STEM}_{kind}.png").stat().st_size > 10_000
