"""A PET scanner: frames, blur, noise, and what the sidecar says."""

import numpy as np
import pytest

from biomarkers.simulate.pet import HALF_LIFE_F18, Frames, resolved

FRAMES = Frames.following([(2, 10.0), (1, 60.0)], start=5.0)


def test_frames_follow_one_another():
    assert FRAMES.start.tolist() == [5.0, 15.0, 25.0]
    assert FRAMES.end.tolist() == [15.0, 25.0, 85.0]


def test_the_sidecar_is_complete():
    said = FRAMES.sidecar(tracer="FLT", dose_mbq=20.12345, ModeOfAdministration="bolus")
    assert said["FrameTimesStart"] == FRAMES.start.tolist()
    assert said["InjectedRadioactivity"] == 20.123
    assert said["ModeOfAdministration"] == "bolus"
    assert said["ImageDecayCorrected"] is True


def test_blur_keeps_activity_and_has_the_stated_width():
    point = np.zeros((41, 41, 41, 2))
    point[20, 20, 20] = 1.0, 2.0
    seen = resolved(point, fwhm_mm=6.0, voxel_mm=(1.0, 1.0, 2.0))
    np.testing.assert_allclose(seen.sum(axis=(0, 1, 2)), [1.0, 2.0], rtol=1e-6)
    assert seen[23, 20, 20, 0] / seen[20, 20, 20, 0] == pytest.approx(0.5, rel=1e-6)
    assert seen[20, 20, 23, 0] / seen[20, 20, 20, 0] == pytest.approx(0.5**4, rel=1e-6)


def test_noise_falls_with_counts_and_decay():
    frames = Frames(np.array([0.0, 0.0, HALF_LIFE_F18]), np.array([1.0, 100.0, 1.0]))
    even = np.full((40, 40, 20, 3), 4.0)
    noisy = frames.noisy(even, spread=0.5, rng=np.random.default_rng(1))
    left = np.exp2(-0.5 / HALF_LIFE_F18)
    expected = [1.0 / np.sqrt(left), 0.1, np.sqrt(2.0 / left)]
    np.testing.assert_allclose(noisy.std(axis=(0, 1, 2)), expected, rtol=0.02)
    np.testing.assert_allclose(noisy.mean(axis=(0, 1, 2)), 4.0, atol=0.05)


def test_smooth_noise_is_as_strong_and_alike_in_voxels_side_by_side():
    frames = Frames(np.array([0.0]), np.array([100.0]))
    even = np.full((40, 40, 40, 1), 4.0)
    rng = np.random.default_rng(2)
    noisy = frames.noisy(even, spread=0.5, rng=rng, fwhm_mm=4.0, voxel_mm=(4.0, 4.0, 4.0)) - 4.0
    assert noisy.std() == pytest.approx(0.1 * np.exp2(25.0 / HALF_LIFE_F18), rel=1e-3)
    beside = np.corrcoef(noisy[1:].ravel(), noisy[:-1].ravel())[0, 1]
    weight = np.exp(-0.5 * (np.sqrt(8.0 * np.log(2.0))) ** 2)  # of a neighbour, one width away
    assert beside == pytest.approx(2 * weight / (1 + 2 * weight**2), abs=0.02)
