"""The digital phantom of IBSI-1 against its published values, all 482 that there are.

Image Biomarker Standardisation Initiative, Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145;
CC BY 4.0. Values have three figures and many a tolerance of 0: half a unit of the third figure is
added to each tolerance.
"""

import math

import nibabel as nib
import pandas as pd
import pytest

from biomarkers import radiomics

pytest.importorskip("skimage", reason="scikit-image is an extra")


@pytest.fixture(scope="module")
def reference(shared_data) -> pd.DataFrame:
    path = shared_data("ibsi1/ibsi_1_dig_phantom.csv")
    rows = pd.read_csv(path, sep=";", encoding="utf-8-sig").set_index("tag")
    return rows[rows["reference value"].notna()]


@pytest.fixture(scope="module")
def values(shared_data) -> dict[str, float]:
    image = nib.load(shared_data("ibsi1/digital_image.nii.gz"))
    mask = nib.load(shared_data("ibsi1/digital_mask.nii.gz")).get_fdata().T
    measured: dict[str, float] = {}
    for planes in ("2d", "3d"):
        settings = radiomics.Settings(bins=6, planes=planes)
        spacing = image.header.get_zooms()[::-1]
        measured |= radiomics.features(
            image.get_fdata().T, mask, spacing_mm=spacing, settings=settings
        )
    return measured


def half_a_unit(value: float) -> float:
    """Return half a unit of the third figure of a number."""
    return 0.5 * 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 0.0005


def test_every_value_of_the_digital_phantom(reference, values) -> None:
    assert len(reference) == 482
    wrong = {
        tag: (row["reference value"], values[tag])
        for tag, row in reference.iterrows()
        if not abs(values[tag] - row["reference value"])
        <= row["tolerance"] + half_a_unit(row["reference value"]) * (1.0 + 1e-9)
    }
    assert wrong == {}


def test_tags_are_spelled_as_there(shared_data, values) -> None:
    path = shared_data("ibsi1/ibsi_1_dig_phantom.csv")
    assert set(values) == set(pd.read_csv(path, sep=";", encoding="utf-8-sig")["tag"])
