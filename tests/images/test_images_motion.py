"""Motion taken out of a series whose contrast comes and goes."""

import time

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from benchmarks.rat_head import (
    ENHANCED,
    PLAIN,
    STILL,
    errors,
    fractions,
    moved_by,
    picture,
)

from biomarkers.errors import GeometryError, ImageError, InputError, MotionWarning
from biomarkers.images import Image, correct_motion

POSES = [STILL, moved_by((1.0, -2.0, 3.0), (1.5, -2.0, 0.6))]
ORDER = [(0, PLAIN), (1, PLAIN), (0, ENHANCED), (1, ENHANCED)]  # pose and contrast


@pytest.fixture(scope="module")
def series():
    shares = [fractions(pose) for pose in POSES]
    volumes = [
        picture(shares[pose], contrast, seed=number, matrix=POSES[pose])
        for number, (pose, contrast) in enumerate(ORDER)
    ]
    data = np.stack([each.data for each in volumes], axis=-1)
    return volumes[0].with_data(data, source="a simulated series")


@pytest.fixture(scope="module")
def still(series):
    return correct_motion(series)


def test_every_volume_is_brought_to_the_one_with_most_signal(still):
    assert still.reference in (2, 3)
    reference = POSES[ORDER[still.reference][0]]
    assert still.transforms.shape == (4, 4, 4)
    for (pose, _), matrix in zip(ORDER, still.transforms, strict=True):
        away, turned = errors(matrix, POSES[pose] @ np.linalg.inv(reference))
        assert away < 0.1
        assert turned < 0.25


def test_the_score_says_how_far_and_when(still):
    score = still.score
    assert list(score) == ["volume", "voxels", "degrees", "framewise_mm"]
    apart = [pose != ORDER[still.reference][0] for pose, _ in ORDER]
    assert (score["voxels"] > 1.0).tolist() == apart
    assert (score["degrees"] > 1.0).tolist() == apart
    assert np.isnan(score["framewise_mm"][0])
    assert (score["framewise_mm"][1:] > 0.3).all()


def test_what_is_left_changes_less(series, still):
    def change(data):
        return np.nanmean(np.abs(data[..., 0] - data[..., 1]))

    assert change(still.image.data) < 0.6 * change(series.data)
    assert still.picture()[1:4] == b"PNG"
    assert still.image.source.endswith("motion taken out")


def test_a_volume_takes_little_time(series, still):
    began = time.process_time()  # compiled by now
    correct_motion(series)
    assert (time.process_time() - began) / 3 < 0.6


def test_a_given_volume_is_the_reference_and_stays_as_it_is(series):
    pair = series.with_data(series.data[..., :2], source="pair")
    corrected = correct_motion(pair, reference=0)
    np.testing.assert_array_equal(corrected.image.data[..., 0], pair.data[..., 0])
    np.testing.assert_array_equal(corrected.transforms[0], np.eye(4))


def test_volumes_that_show_nothing_are_put_where_their_neighbours_are(series):
    rng = np.random.default_rng(0)
    noise = np.abs(rng.normal(0.0, 0.02, series.shape[:3]))
    data = np.stack([np.zeros_like(noise), noise, series.data[..., 1], series.data[..., 2]], -1)
    with pytest.warns(MotionWarning, match=r"volumes 0, 1 \(from 0\)"):
        corrected = correct_motion(series.with_data(data, source="late"), reference=3)
    assert np.isnan(corrected.score["voxels"]).tolist() == [True, True, False, False]
    np.testing.assert_array_equal(corrected.transforms[0], corrected.transforms[2])
    np.testing.assert_array_equal(corrected.transforms[1], corrected.transforms[2])


def test_nibabel_in_nibabel_out(series):
    small = series.data[32:96:2, 32:96:2, :, :2]
    given = nib.Nifti1Image(small, np.diag([0.5, 0.5, 1.0, 1.0]))
    given.header["pixdim"][4] = 6.0
    corrected = correct_motion(given)
    assert isinstance(corrected.image, nib.Nifti1Image)
    assert corrected.image.header["pixdim"][4] == 6.0
    assert isinstance(corrected.score, pd.DataFrame)


def test_what_cannot_be_is_refused(series):
    volume = series.with_data(series.data[..., 0], source="volume")
    with pytest.raises(ImageError, match="expected \\(x, y, z, time\\)"):
        correct_motion(volume)
    with pytest.raises(GeometryError, match="no affine"):
        correct_motion(series.data)
    with pytest.raises(InputError, match="4 volumes count from 0"):
        correct_motion(series, reference=4)
    with pytest.raises(InputError, match="'auto' or the number"):
        correct_motion(series, reference="first")
    with pytest.raises(InputError, match="rigid, affine"):
        correct_motion(series, kind="syn")
    even = Image(np.ones((8, 8, 8, 3)), np.eye(4), "even")
    with pytest.raises(GeometryError, match="same everywhere"):
        correct_motion(even)
