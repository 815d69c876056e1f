"""The MRSinMRS table: what headers, steps and settings say, and what stays open."""

from types import MappingProxyType

import numpy as np
import pytest
from spectra import fitted, spectrum

from biomarkers import mrs
from biomarkers.errors import InputError

HEADER = {"Manufacturer": "Maker", "ManufacturersModelName": "Magnet", "SoftwareVersions": "V1",
          "RxCoil": "32 channel head", "MixingTime": 0.01}  # fmt: skip


@pytest.fixture(scope="module")
def scan():
    place = np.diag([30.0, 20.0, 25.0, 1.0])
    return spectrum(header=MappingProxyType(HEADER), affine=place, sequence="press")


@pytest.fixture(scope="module")
def fit(scan):
    return fitted(mrs.preprocess(scan, broaden_hz=1.0))


def values(table):
    return dict(zip(table["item"].str[:2], table["value"], strict=True))


def test_every_item_of_the_checklist_is_there(scan, fit):
    table = mrs.methods_table(scan, fit)
    counts = table.groupby("section", sort=False).size()
    assert list(counts) == [5, 9, 4, 4]
    assert table["item"].is_unique


def test_headers_steps_and_settings_speak(scan, fit):
    said = values(mrs.methods_table(scan, fit, output="ratios to tCr"))
    assert said["1a"] == "2.89 T"
    assert said["1c"] == "Magnet, V1"
    assert said["2a"] == "press"
    assert said["2c"] == "30 × 20 × 25 mm^3"
    assert said["2d"] == "TR 2000 ms, TE 30 ms"
    assert "2000 Hz, 1024 points" in said["2f"]
    assert "TM 10 ms" in said["2f"]
    assert "line broadening" in said["3b"]
    assert said["3c"] == "ratios to tCr"
    assert "baseline: spline" in said["3d"]
    assert "FWHM" in said["4a"]
    assert "0.1 ppm" in said["4b"]


def test_open_items_are_listed_as_open_unless_they_are_known(scan, fit):
    said = values(mrs.methods_table(scan, fit))
    assert {key for key, value in said.items() if value == "open"} == {
        "1e", "2e", "2g", "2h", "2i", "3c"
    }  # fmt: skip
    known = mrs.methods_table(scan, fit, known={"2h": "FASTMAP", "2e": "64"})
    assert values(known)["2h"] == "FASTMAP"
    with pytest.raises(InputError, match="known names 9z"):
        mrs.methods_table(scan, fit, known={"9z": "?"})


def test_coils_and_averages_are_counted(fit):
    signals = np.ones((1, 1, 1, 8, 16, 64), dtype=complex)
    raw = mrs.Scan(signals, 5e-4, 123.2, axes=("DIM_COIL", "DIM_DYN"))
    said = values(mrs.methods_table(raw, fit))
    assert said["1d"] == "1H, 8 channels"
    assert said["2e"] == "16 signals"
    assert said["2d"] == "open"
    assert values(mrs.methods_table(raw, fitted()))["3b"] == "none"


def test_markdown_has_a_line_for_every_item(scan, fit):
    text = mrs.methods_markdown(mrs.methods_table(scan, fit))
    lines = text.splitlines()
    assert len(lines) == 2 + 4 + 22
    assert all(line.count("|") == 3 for line in lines)
    assert "| **2. Acquisition** | |" in lines
