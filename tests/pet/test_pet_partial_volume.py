"""Partial-volume correction of a sphere whose blur was computed on a finer grid."""

from dataclasses import replace

import numpy as np
import pytest
from phantom import SHOWN, sphere_scan

from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, LabelMap
from biomarkers.pet.partial_volume import gtm, muller_gartner, rbv
from biomarkers.pet.point_spread import blurred
from biomarkers.pet.time_activity import tacs

HOT, WARM = np.array([20.0, 2.0]), np.array([4.0, 8.0])


@pytest.fixture(scope="module")
def phantom():
    return sphere_scan(HOT, WARM)


def test_gtm_recovers_a_sphere_in_a_background_within_two_percent(phantom):
    scan, regions, _ = phantom
    seen = tacs(scan, regions)
    assert seen["sphere"][0] < 0.8 * HOT[0]  # what there is to correct
    assert seen["sphere"][1] > 1.4 * HOT[1]
    found = gtm(scan, regions, fwhm_mm=SHOWN)
    np.testing.assert_allclose(found["background"], WARM, rtol=0.01)
    np.testing.assert_allclose(found["sphere"], HOT, rtol=0.02)
    assert found.regions == regions.regions


def test_gtm_counts_what_is_outside_every_region(phantom):
    scan, regions, _ = phantom
    only = LabelMap(regions.image, {1: "sphere"})
    np.testing.assert_allclose(gtm(scan, only, fwhm_mm=SHOWN)["sphere"], HOT, rtol=0.02)


def test_rbv_gives_regions_the_means_of_gtm(phantom):
    scan, regions, share = phantom
    corrected = rbv(scan, regions, fwhm_mm=(SHOWN, SHOWN, SHOWN))
    core = share == 1.0
    np.testing.assert_allclose(corrected.series[core].mean(axis=0), HOT, rtol=0.02)
    assert corrected.frames is scan.frames
    assert "RBV" in corrected.source


@pytest.mark.parametrize("known", [True, False])
def test_muller_gartner_takes_white_matter_out(phantom, known):
    scan, _, share = phantom
    grey = Image(share, scan.image.affine, "grey")
    white = Image(1.0 - share, scan.image.affine, "white")
    given = {"white_activity": WARM} if known else {}
    corrected = muller_gartner(scan, grey, white, fwhm_mm=SHOWN, **given)
    core = share == 1.0
    np.testing.assert_allclose(corrected.series[core].mean(axis=0), HOT, rtol=0.02)
    assert np.isnan(corrected.series[0, 0, 0]).all()


def test_a_gaussian_of_one_millimetre_width_is_that_wide():
    point = np.zeros((41, 41, 41))
    point[20, 20, 20] = 1.0
    profile = blurred(point, [1.0, 1.0, 2.0], 8.0)
    assert profile.sum() == pytest.approx(1.0)
    assert profile[24, 20, 20] == pytest.approx(0.5 * profile[20, 20, 20], rel=1e-6)
    assert profile[20, 20, 22] == pytest.approx(0.5 * profile[20, 20, 20], rel=1e-6)


def test_what_cannot_be_corrected_is_refused(phantom):
    scan, regions, share = phantom
    with pytest.raises(InputError, match="fwhm_mm is 0"):
        gtm(scan, regions, fwhm_mm=0.0)
    holed = scan.image.with_data(np.where(share[..., None] == 1, np.nan, 1.0) * [1, 1], source="s")
    with pytest.raises(InputError, match="no value at voxel"):
        gtm(replace(scan, image=replace(holed, unit="kBq/mL")), regions, fwhm_mm=SHOWN)
    shifted = np.diag([2.0, 2.0, 2.0, 1.0])
    shifted[0, 3] = 5.0
    moved = LabelMap(Image(regions.image.data, shifted, "moved"), regions.names)
    with pytest.raises(GeometryError):
        rbv(scan, moved, fwhm_mm=SHOWN)
    grey = Image(share * 1.5, scan.image.affine, "grey")
    with pytest.raises(InputError, match="grey: expected shares"):
        muller_gartner(scan, grey, grey, fwhm_mm=SHOWN)
    named = LabelMap(regions.image, {1: "outside"})
    with pytest.raises(InputError, match="another name"):
        gtm(scan, named, fwhm_mm=SHOWN)
