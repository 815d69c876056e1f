"""T2w images of a mouse with a pancreatic tumour, days 0, 7, 14: moved on purpose, and as they lie.

The body bends and the tumour grows between days, so that no rigid motion is true there; what can be
asked is that it helps, and that it does not depend on which day is called fixed.
"""

from itertools import permutations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biomarkers.images import Image, Transform, read_image, read_labels, register

DAYS = ("day00", "day07", "day14")
PAIRS = list(permutations(DAYS, 2))
RAW = "kpc-mouse/sub-KPC27583/ses-{0}/anat/sub-KPC27583_ses-{0}_T2w.nii.gz"
DRAWN = (
    "kpc-mouse/derivatives/upstream/sub-KPC27583/ses-{0}/anat/"
    "sub-KPC27583_ses-{0}_space-VFA_dseg.nii.gz"
)
TUMOR = "label_3"

# Turns about the axes in degrees, shifts in voxels.
MOTIONS = [((0.0, 0.0, 5.0), (3.0, -2.0, 0.0)), ((2.0, -3.0, 3.0), (-1.5, 3.0, 1.0)),
           ((-5.0, 0.0, 0.0), (0.0, 0.5, -0.5))]  # fmt: skip


@pytest.fixture(scope="module")
def days(shared_data):
    return {day: read_image(shared_data(RAW.format(day))) for day in DAYS}


@pytest.fixture(scope="module")
def between(days):
    return {(a, b): register(days[b], days[a]) for a, b in PAIRS}


def middle(image):
    return image.affine[:3, :3] @ (0.5 * (np.array(image.shape) - 1)) + image.affine[:3, 3]


def motion_about_the_middle(image, degrees, voxels):
    matrix, centre = np.eye(4), middle(image)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    shift = image.affine[:3, :3] @ voxels
    matrix[:3, 3] = centre - matrix[:3, :3] @ centre + shift
    return matrix


def body(image):
    """Points of the body: what is brighter than noise, above the two phantoms."""
    bright = image.data > np.percentile(image.data, 60)
    bright[:, :35] = False
    return np.argwhere(bright) @ image.affine[:3, :3].T + image.affine[:3, 3]


@pytest.mark.parametrize(("degrees", "voxels"), MOTIONS)
def test_known_motion_of_day_0_with_new_noise(days, degrees, voxels):
    fixed = days["day00"]
    true = motion_about_the_middle(fixed, degrees, voxels)
    moved = Transform(np.linalg.inv(true), fixed).apply(fixed).data
    noise = np.random.default_rng(1).normal(0.0, np.percentile(fixed.data, 20), fixed.shape)
    found = register(Image(moved + noise, fixed.affine, "moved"), fixed)
    rest = found.matrix @ np.linalg.inv(true)
    at = true[:3, :3] @ middle(fixed) + true[:3, 3]
    away = np.linalg.solve(fixed.affine[:3, :3], rest[:3, :3] @ at + rest[:3, 3] - at)
    assert np.abs(away).max() < 0.1
    assert np.degrees(Rotation.from_matrix(rest[:3, :3]).magnitude()) < 0.25


@pytest.mark.parametrize("pair", PAIRS)
def test_days_become_more_alike(between, pair):
    quality = between[pair].quality
    assert quality["mi"] > 1.05 * quality["mi_before"]
    assert quality["dice"] > quality["dice_before"]


@pytest.mark.parametrize("pair", PAIRS)
def test_forward_and_backward_agree_inside_the_body(days, between, pair):
    points, image = body(days[pair[0]]), days[pair[0]]
    back = between[pair[::-1]].map_points(between[pair].map_points(points))
    away = np.linalg.norm((back - points) @ np.linalg.inv(image.affine[:3, :3]).T, axis=1)
    assert away.max() < 0.5


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if "day14" not in pair])
def test_the_tumour_keeps_its_volume_there_and_back(shared_data, between, pair):
    drawn = read_labels(shared_data(DRAWN.format(pair[1])))
    back = between[pair].inverse().apply(between[pair].apply(drawn))
    assert back.volumes()[TUMOR] == pytest.approx(drawn.volumes()[TUMOR], rel=0.02)
    overlap = (back.mask(TUMOR) & drawn.mask(TUMOR)).sum()
    assert 2 * overlap / (back.mask(TUMOR).sum() + drawn.mask(TUMOR).sum()) > 0.95
