"""The head: regions have the volumes and values they are said to have."""

from itertools import pairwise

import numpy as np
import pytest

from biomarkers.simulate import phantom
from biomarkers.simulate.cohort import DAYS, TRAJECTORIES, Tumour, draw_rat, stream

VOXEL = float(np.prod(phantom.VOXEL_MM))


def head(number=1):
    return phantom.draw_head(stream(1, number, 1))


def tumour(**values):
    return Tumour(0, {name: course.start for name, course in TRAJECTORIES.items()} | values)


@pytest.mark.parametrize("volume", [0.01, 5.0, 33.3, 120.0])
def test_tumour_has_its_volume_to_the_nearest_voxel(volume):
    built = phantom.build(head(), tumour(volume=volume))
    assert built.volume("tumor") == pytest.approx(max(volume, VOXEL), abs=0.5 * VOXEL)


@pytest.mark.parametrize("number", range(1, 9))
def test_medians_over_the_tumour_are_the_stated_values(number):
    for state in draw_rat(number, seed=2).tumours:
        built = phantom.build(head(number), state)
        for name in ("Ktrans", "vp", "ve", "ADC", "T1"):
            assert built.median("tumor", name) == pytest.approx(state.values[name], rel=1e-12)


def test_tumour_is_uneven_inside_and_its_surroundings_are_not():
    built = phantom.build(head(), tumour(volume=60.0))
    inside = built.maps["Ktrans"][built.mask("tumor")]
    assert 0.10 < np.log(inside).std() < 0.40
    assert np.ptp(built.maps["Ktrans"][built.mask("contralateral")]) == 0.0


def test_a_growing_tumour_keeps_the_voxels_it_had():
    masks = [
        phantom.build(head(), tumour(volume=volume)).mask("tumor") for volume in (5.0, 20.0, 80.0)
    ]
    assert all((small <= large).all() for small, large in pairwise(masks))


def test_a_tumour_never_grows_over_the_other_regions():
    small = phantom.build(head(), tumour(volume=5.0))
    vast = phantom.build(head(), tumour(volume=1e4))
    for region in ("contralateral", "artery"):
        assert np.array_equal(small.mask(region), vast.mask(region))
    assert 300 < vast.volume("tumor") < 1e4


def test_artery_is_whole_voxels_of_blood():
    built = phantom.build(head(), tumour())
    artery = built.mask("artery")
    assert artery.sum() == 24
    assert (built.maps["T1"][artery] == phantom.BLOOD_T1).all()
    assert (built.maps["Ktrans"][artery] == 0).all()


def test_air_has_no_signal_and_no_diffusion():
    maps = phantom.build(head(), tumour()).maps
    air = maps["m0"] == 0
    assert 0.1 < air.mean() < 0.5
    assert np.isnan(maps["ADC"][air]).all()
    assert np.isfinite(maps["ADC"][~air]).all()
    assert all(np.isfinite(maps[name]).all() for name in maps if name != "ADC")


def test_grid_is_centred_and_has_the_stated_voxels():
    image = phantom.grid()
    assert image.shape == phantom.SHAPE
    assert np.allclose(image.voxel_size, phantom.VOXEL_MM)
    middle = image.affine @ [*(0.5 * (np.array(phantom.SHAPE) - 1)), 1]
    assert np.allclose(middle[:3], 0.0)


def test_every_day_of_a_rat_has_the_tumour_in_one_place():
    rat = draw_rat(2, seed=1)
    assert len(rat.tumours) == len(DAYS)
    centres = [
        np.argwhere(phantom.build(head(2), state).mask("tumor")).mean(axis=0)
        for state in rat.tumours
    ]
    assert np.abs(np.diff(centres, axis=0)).max() < 2.5
