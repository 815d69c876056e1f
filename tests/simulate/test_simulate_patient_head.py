"""The head of a patient lies where it is told to, in any scanner."""

import numpy as np
import pytest
from placed_patients import VALUES, lying

from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies import patient_head as head
from biomarkers.simulate.studies.patient_day import FACTORS, REGIONS
from biomarkers.simulate.studies.patient_mri import MRI
from biomarkers.simulate.studies.patient_rgd import PET


@pytest.mark.parametrize("volume", [2e3, 20e3])
def test_a_tumour_has_the_volume_it_is_said_to_have(volume):
    placed = lying(MRI, volume=volume)
    tissue = placed.within("tumour").sum() * np.prod(MRI.fine_mm)
    assert tissue == pytest.approx(volume, abs=np.prod(MRI.fine_mm))
    drawn = (placed.labels == REGIONS["tumor"]).sum() * np.prod(MRI.voxel_mm)
    assert drawn == pytest.approx(volume, rel=0.05)


def test_both_scanners_see_one_tumour():
    seen = lying(MRI)
    hot = lying(PET, size=seen.size)
    volumes = [each.within("tumour").sum() * np.prod(each.scanner.fine_mm) for each in (seen, hot)]
    assert volumes[1] == pytest.approx(volumes[0], rel=0.02)


def test_a_head_that_is_shifted_is_seen_shifted():
    pose = head.Pose(np.array([4.0, -8.0, 0.0]), np.zeros(3))
    still, moved = lying(MRI), lying(MRI, pose, size=lying(MRI).size)
    expected = np.roll(still.tissue, (2, -4), axis=(0, 1))
    assert np.array_equal(moved.tissue[6:-6, 6:-6], expected[6:-6, 6:-6])


def test_a_pose_is_a_rotation():
    pose = head.Pose(np.array([1.0, 2.0, -1.0]), np.array([3.0, -2.0, 1.0]))
    points = np.random.default_rng(0).normal(size=(20, 3)) * 50
    apart = np.linalg.norm(points[:-1] - points[1:], axis=1)
    placed = pose.in_head(points)
    assert np.linalg.norm(placed[:-1] - placed[1:], axis=1) == pytest.approx(apart)
    assert pose.in_head(pose.shift_mm) == pytest.approx(0.0)


@pytest.mark.parametrize("name", ["Ktrans", "ve", "vp", "T1"])
def test_the_median_over_the_tumour_is_the_value_it_is_said_to_have(name):
    placed = lying(MRI)
    assert np.median(placed.map(name)[placed.within("tumour")]) == pytest.approx(VALUES[name])


def test_uptake_has_the_means_it_is_said_to_have():
    placed = lying(PET)
    uptake = placed.map("SUVmean")
    assert uptake[placed.within("tumour")].mean() == pytest.approx(VALUES["SUVmean"])
    normal = placed.labels == REGIONS["contralateral"]
    expected = VALUES["SUVmean_contralateral"]
    assert block_mean(uptake, FACTORS)[normal] == pytest.approx(expected)


def test_an_artery_is_drawn_in_voxels_of_blood_alone():
    placed = lying(MRI)
    blood = block_mean(placed.within("blood"), FACTORS)[placed.labels == REGIONS["artery"]]
    assert blood.size > 20
    assert (blood == 1.0).all()
