"""All sets of the OSIPI collection for DCE-MRI (Apache-2.0), by benchmarks/osipi.py."""

import importlib.util
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from biomarkers.dce import find_artery, population_input

TABLE = Path(__file__).resolve().parents[2] / "benchmarks" / "osipi.py"

# Share of the collection's tolerance that the worst case of each test may use. Where it is above
# a tenth, the distance is the noise of the curves (2CXM: within 3 standard errors of the fit; T1
# of the phantom) or in how the reference curves were made (the others).
MOST = {
    ("T1", "QIBA phantom"): 0.35,
    ("Tofts, QIBA phantom", "Ktrans"): 0.25,
    ("extended Tofts, QIBA phantom", "Ktrans"): 0.2,
    ("2CUM", "PS"): 0.2,
    ("2CXM", "ve"): 0.25,
    ("2CXM", "vp"): 0.6,
    ("2CXM", "PS"): 1.0,
    ("2CXM, delay 5 s fitted", "ve"): 0.2,
    ("2CXM, delay 5 s fitted", "vp"): 0.4,
    ("2CXM, delay 5 s fitted", "Fp"): 0.15,
    ("2CXM, delay 5 s fitted", "PS"): 1.0,
}
CASES = {"T1": 121, "SI to concentration": 5, "population input": 37, "2CXM": 24}


@pytest.fixture(scope="module")
def osipi():
    """Return the module that makes the table."""
    spec = importlib.util.spec_from_file_location("osipi_table", TABLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_set_is_met_with_room_to_spare(osipi, shared_data):
    table = list(osipi.rows(shared_data("dce-osipi").parent))
    assert len(table) == 25
    for collection, cases in CASES.items():
        tests = [row for row in table if row.collection == collection]
        counted = tests[0].cases if collection == "2CXM" else sum(row.cases for row in tests)
        assert counted == cases
    for row in table:
        assert row.passed, row
        assert row.used <= MOST.get((row.collection, row.test), 0.1), row
        if row.collection.startswith("2CXM"):
            assert row.sigmas < 3.5, row


def test_absent_data_is_said_plainly(osipi, tmp_path, capsys):
    assert osipi.main([str(tmp_path)]) == 2
    assert "is not there. Name the folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "file", "seconds"),
    [
        ("parker", "ParkerAIF_ref.csv", 60),
        ("parker", "ParkerAIF_ref_with_delay.csv", 60),
        ("georgiou", "GeorgiouAIF_ref.csv", 60),
        ("mcgrath_rat", "preclinicalAIF_ref.csv", 1),
    ],
)
def test_population_inputs_are_within_a_ten_thousandth_of_their_peak(
    osipi, shared_data, name, file, seconds
):
    rows = osipi.read(shared_data(f"dce-osipi/PopulationAIF_DCE/{file}"))
    for label in {row["label"] for row in rows}:
        part = [row for row in rows if row["label"] == label]
        time = seconds * np.array([float(row["time"]) for row in part])
        expected = np.array([float(row["Cb"]) for row in part])
        found = population_input(name, time, delay=float(part[0].get("delay", 0))).blood
        assert np.abs(found - expected).max() < 1e-4 * expected.max()


@pytest.mark.parametrize("step", [0.5, 1.0, 1.5, 2.5])
def test_the_artery_of_the_collection_is_found(shared_data, step):
    """The label covers every voxel; 125 of them, the last five columns, fill first."""
    folder = shared_data("dce-osipi/AIF_selection/test_concentration.nii").parent
    series = nib.load(folder / "test_concentration.nii").get_fdata()
    label = nib.load(folder / "test_artery_ROI.nii").get_fdata() > 0
    found = find_artery(series, step * np.arange(series.shape[-1]))
    first = np.zeros(label.shape, dtype=bool)
    first[:, 20:] = True
    np.testing.assert_array_equal(found.mask, first & label)
