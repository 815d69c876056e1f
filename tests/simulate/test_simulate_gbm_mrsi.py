"""The study of glioblastoma by spectroscopic imaging: what it says, files, and its recovery."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from biomarkers import mrs, simulate
from biomarkers.errors import InputError
from biomarkers.simulate.cohort import draw
from biomarkers.simulate.studies import mrsi_slice
from biomarkers.simulate.studies.gbm_mrsi import GBM_MRSI
from biomarkers.stats import roc
from biomarkers.study import measure

STEM = "sub-01/ses-day000/mrs/sub-01_ses-day000"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The first visit of two patients."""
    first = replace(GBM_MRSI, visits=GBM_MRSI.visits[:1])
    return simulate.write_study(first, tmp_path_factory.mktemp("mrsi") / "study", subjects=2)


@pytest.fixture(scope="module")
def measured(study, tmp_path_factory):
    return measure(study, tmp_path_factory.mktemp("out"))


def test_files_are_nifti_mrs_with_water_and_labels(study):
    path = study / f"{STEM}_mrsi.nii.gz"
    scan = mrs.load(path, water=study / f"{STEM}_mrsref.nii.gz")
    assert scan.fid.shape == (16, 16, 1, 512)
    assert scan.te == pytest.approx(0.03)
    height = np.abs(scan.water.voxel(11, 8).fid[0, 0, 0, 0])
    assert height > 100.0 * np.abs(scan.voxel(11, 8).fid[0, 0, 0, 0])
    assert (study / "derivatives/segmentation" / f"{STEM}_dseg.nii.gz").exists()


def test_the_same_seed_gives_the_same_bytes(study, tmp_path):
    first = replace(GBM_MRSI, visits=GBM_MRSI.visits[:1])
    again = simulate.write_study(first, tmp_path / "again", subjects=2)
    for name in (f"{STEM}_mrsi.nii.gz", f"{STEM}_mrsref.nii.gz", "sourcedata/truth/truth.tsv"):
        assert (study / name).read_bytes() == (again / name).read_bytes()


def test_spectra_can_be_left_out_as_the_scans_of_other_studies(tmp_path):
    folder = simulate.gbm_mrsi(tmp_path / "study", subjects=2, scans=())
    assert not list(folder.rglob("*mrsi.nii.gz"))
    truth = pd.read_table(folder / "sourcedata/truth/truth.tsv")
    assert {"tNAA/tCho", "Glx/tCr"} <= set(truth["biomarker"])
    with pytest.raises(InputError, match="scans names 'T2w'"):
        simulate.gbm_mrsi(tmp_path / "other", subjects=2, scans=["T2w"])


def test_what_a_tumour_holds_gives_its_ratios():
    values = {"tNAA/tCho": 1.8, "Lac/tNAA": 0.9, "Ins/ctCr": 0.8, "Glx/tCr": 1.7}
    held = mrsi_slice.tumour_amounts(values)
    total = {name: sum(held[part] for part in parts) for name, parts in mrs.COMBINED.items()
             if set(parts) <= set(held)}  # fmt: skip
    assert total["tNAA"] / total["tCho"] == pytest.approx(1.8)
    assert held["Lac"] / total["tNAA"] == pytest.approx(0.9)
    assert held["Ins"] / 5.8 == pytest.approx(0.8)
    assert total["Glx"] / total["tCr"] == pytest.approx(1.7)


def test_truth_is_near_the_declared_course(study):
    truth = pd.read_csv(study / "sourcedata/truth/truth.tsv", sep="\t", dtype={"subject": str})
    tumour = truth[(truth["region"] == "tumor") & (truth["subject"] == "01")]
    found = tumour.set_index("biomarker")["value"]
    cohort = draw(GBM_MRSI, subjects=2, seed=1)
    for name, course in cohort.values.items():  # noqa: PD011
        assert found[name] == pytest.approx(course[0, 0], rel=0.15)


def test_the_published_pattern_comes_about():
    cohort = draw(GBM_MRSI, subjects=4000, seed=2)
    courses, auc = cohort.values, {}  # noqa: PD011
    for day, published in ((0, 0.75), (1, 0.87), (56, 1.0)):
        k, there = GBM_MRSI.days.index(day), cohort.present[:, GBM_MRSI.days.index(day)]
        found = roc(courses["Ins/ctCr"][there, k], cohort.responder[there].astype(int))
        auc[day] = found.auc
        assert found.auc == pytest.approx(published, abs=0.08)
    assert auc[0] < auc[1] < auc[56]
    change = np.log(courses["Glx/tCr"][:, 1] / courses["Glx/tCr"][:, 0])
    assert roc(change, cohort.responder.astype(int)).auc == pytest.approx(0.5, abs=0.03)


def test_ratios_are_recovered_within_their_errors(study, measured):
    assert measured.failures == ()
    truth = pd.read_csv(study / "sourcedata/truth/truth.tsv", sep="\t", dtype={"subject": str})
    keys = ["subject", "day", "region", "biomarker"]
    pair = measured.table.merge(truth, on=keys, suffixes=("", "_true"))
    wanted = ["tNAA/tCho", "Lac/tNAA", "Ins/ctCr", "Glx/tCr"]
    tumour = pair[(pair["region"] == "tumor") & pair["biomarker"].isin(wanted)]
    assert len(tumour) == 2 * len(wanted)
    off = (tumour["value"] - tumour["value_true"]) / tumour["se"]
    assert off.abs().max() < 3.0
    assert (tumour["value"] / tumour["value_true"] - 1.0).abs().max() < 0.3
