"""Uptake of the digital phantom of IBSI against the values its participants agreed on.

Image Biomarker Standardisation Initiative, Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145;
phantom from github.com/theibsi/data_sets (CC BY 4.0), values from the reference manual,
arXiv:1612.07003. Identifiers of the features stand beside them.
"""

import numpy as np
import pandas as pd
import pytest

from biomarkers import pet
from biomarkers.images import Image, LabelMap
from biomarkers.pet.uptake_features import entropy
from biomarkers.timing import Frames

# z, y, x; voxels of 2 mm. The region is all but a few voxels at the rim and one within.
PHANTOM = np.array(
    [
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [1, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 9, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ],
    dtype=float,
)
OUTSIDE = ((1, 2, 0), (2, 0, 3), (2, 0, 4), (2, 2, 2), (3, 0, 3), (3, 0, 4))
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


def region() -> np.ndarray:
    inside = np.ones(PHANTOM.shape, dtype=bool)
    inside[tuple(np.transpose(OUTSIDE))] = False
    return inside


@pytest.fixture(scope="module")
def found() -> "pd.Series[float]":
    # 1 kg and 1 MBq: SUV is activity in kBq/mL.
    image = Image(PHANTOM, AFFINE, "phantom", "kBq/mL")
    body = pet.Body(weight_g=1000.0)
    scan = pet.Scan(image, Frames([3600.0], [600.0]), pet.nuclide("F18"), 1.0, body)
    labels = LabelMap(Image(region().astype(np.int32), AFFINE, "mask"), {1: "lesion"})
    return pet.uptake(scan, labels, fixed=0.5).set_index("biomarker")["value"]


@pytest.mark.parametrize(
    ("biomarker", "value", "digits"),
    [
        ("SUVmean", 2.15, 0.005),  # Q4LE
        ("SUVmedian", 1.0, 0.0),  # Y12H
        ("SUV_p10", 1.0, 0.0),  # QG58
        ("SUV_p90", 4.0, 0.0),  # 8DWT
        ("SUVmax", 6.0, 0.0),  # 84IY
        ("SUVskewness", 1.08, 0.005),  # KE2A
        ("SUVkurtosis", -0.355, 0.0005),  # IPH6
        ("SUVcov", 0.812, 0.0005),  # 7TET
        ("SUVpeak_ibsi", 3.1, 0.05),  # 0F91
        ("MTV_fixed", 592.0, 0.0),  # YEKZ, of all voxels of the region
    ],
)
def test_agreed_values(found, biomarker: str, value: float, digits: float) -> None:
    assert found[biomarker] == pytest.approx(value, abs=digits or 1e-9)


def test_the_agreed_entropy_of_six_bins(found) -> None:
    """TLU2; the intensities are bins already, and in 32 bins no two of them share one either."""
    assert entropy(PHANTOM[region()], bins=6) == pytest.approx(1.27, abs=0.005)
    assert found["SUVentropy"] == pytest.approx(1.27, abs=0.005)


def test_the_agreed_local_peak() -> None:
    """VJGA, the mean around the highest voxels."""
    highest = region() & (PHANTOM == 6.0)
    local = pet.peak(Image(PHANTOM, AFFINE, "phantom"), highest, whole_voxels=True)
    assert local.value == pytest.approx(2.6, abs=0.05)


def test_shared_voxels_differ_where_little_of_the_sphere_is_in_the_image(found) -> None:
    """The phantom is smaller than the sphere: whole voxels and shares of them part by 7 %."""
    assert found["SUVpeak_covered"] < 0.25
    assert found["SUVpeak"] == pytest.approx(2.90, abs=0.005)
