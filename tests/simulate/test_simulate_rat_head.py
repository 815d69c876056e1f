"""The head: regions have the volumes and values they are said to have."""

from itertools import pairwise

import numpy as np
import pytest

from biomarkers.simulate import STUDIES
from biomarkers.simulate.cohort import draw_cohort, stream
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies import rat_head as phantom

RATS = STUDIES["rat-glioma"]

FINE, VOXEL = float(np.prod(phantom.FINE_MM)), float(np.prod(phantom.VOXEL_MM))


def head(number=1):
    return phantom.draw_head(stream(1, "head", number))


def tumour(**values):
    return {name: course.start for name, course in RATS.courses.items()} | values


@pytest.mark.parametrize("volume", [0.01, 5.0, 33.3, 120.0])
def test_tumour_has_its_volume_to_the_nearest_voxel(volume):
    built = phantom.build(head(), tumour(volume=volume))
    assert built.volume("tumor") == pytest.approx(max(volume, VOXEL), abs=0.5 * FINE)


@pytest.mark.parametrize("rat", draw_cohort(RATS, subjects=8, seed=2), ids=lambda rat: rat.label)
def test_medians_over_the_tumour_are_the_stated_values(rat):
    for state in rat.states:
        built = phantom.build(head(rat.number), state.values)
        for name in ("Ktrans", "vp", "ve", "ADC", "T1"):
            inside = built.maps[name][built.tissue("tumor")]
            assert np.median(inside) == pytest.approx(state.values[name], rel=1e-12)


def test_voxels_at_the_border_hold_brain_too():
    built = phantom.build(head(), tumour(volume=60.0))
    share = block_mean(built.tissue("tumor"), phantom.FACTORS)
    drawn = built.mask("tumor")
    assert (share[drawn] >= 0.5).all()
    assert (share[~drawn] <= 0.5).all()
    assert 0.1 < (share[drawn] < 1.0).mean() < 0.9
    assert drawn.sum() * VOXEL == pytest.approx(built.volume("tumor"), rel=0.1)
    # So the region as drawn holds less on average than the tissue, and its median nearly as much.
    whole = np.median(built.maps["Ktrans"][built.tissue("tumor")])
    assert 0.75 * whole < built.median("tumor", "Ktrans") < whole


def test_a_tumour_of_less_than_a_voxel_is_drawn_where_most_of_it_is():
    for number in range(1, 9):
        assert phantom.build(head(number), tumour(volume=0.01)).mask("tumor").any()


def test_tumour_is_uneven_inside_and_its_surroundings_are_not():
    built = phantom.build(head(), tumour(volume=60.0))
    inside = built.maps["Ktrans"][built.tissue("tumor")]
    assert 0.10 < np.log(inside).std() < 0.40
    assert np.ptp(built.maps["Ktrans"][built.tissue("contralateral")]) == 0.0


def test_a_growing_tumour_keeps_the_voxels_it_had():
    masks = [
        phantom.build(head(), tumour(volume=volume)).tissue("tumor") for volume in (5.0, 20.0, 80.0)
    ]
    assert all((small <= large).all() for small, large in pairwise(masks))


def test_a_tumour_never_grows_over_the_other_regions():
    small = phantom.build(head(), tumour(volume=5.0))
    vast = phantom.build(head(), tumour(volume=1e4))
    for region in ("contralateral", "artery"):
        assert np.array_equal(small.tissue(region), vast.tissue(region))
    assert 300 < vast.volume("tumor") < 1e4


def test_artery_is_whole_voxels_of_blood():
    built = phantom.build(head(), tumour())
    assert built.mask("artery").sum() == 24
    artery = built.tissue("artery")
    assert artery.sum() == 24 * np.prod(phantom.FACTORS)
    assert (built.maps["T1"][artery] == phantom.BLOOD_T1).all()
    assert (built.maps["Ktrans"][artery] == 0).all()


def test_air_has_no_signal_and_no_diffusion():
    maps = phantom.build(head(), tumour()).maps
    air = maps["m0"] == 0
    assert 0.1 < air.mean() < 0.5
    assert (maps["ADC"][air] < 1e-6).all()
    assert (maps["ADC"][~air] > 1e-4).all()
    assert all(np.isfinite(maps[name]).all() for name in maps)


def test_grid_is_centred_and_has_the_stated_voxels():
    image = phantom.grid()
    assert image.shape == phantom.SHAPE
    assert np.allclose(image.voxel_size, phantom.VOXEL_MM)
    middle = image.affine @ [*(0.5 * (np.array(phantom.SHAPE) - 1)), 1]
    assert np.allclose(middle[:3], 0.0)


def test_every_day_of_a_rat_has_the_tumour_in_one_place():
    rat = draw_cohort(RATS, subjects=2, seed=1)[1]
    assert len(rat.states) == len(RATS.visits)
    centres = [
        np.argwhere(phantom.build(head(2), state.values).mask("tumor")).mean(axis=0)
        for state in rat.states
    ]
    assert np.abs(np.diff(centres, axis=0)).max() < 2.5
