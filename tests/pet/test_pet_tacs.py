"""Curves of regions, the weights of frames, and less noise."""

from dataclasses import replace

import numpy as np
import pytest
from phantom import sphere_scan

from biomarkers import pet
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, LabelMap
from biomarkers.pet.denoise import denoise_hypr, denoise_nlm
from biomarkers.pet.nuclides import nuclide
from biomarkers.pet.scan import Scan
from biomarkers.pet.time_activity import tacs
from biomarkers.pet.weights import frame_weights, scan_weights
from biomarkers.timing import Frames


@pytest.fixture(scope="module")
def phantom():
    course = np.array([2.0, 10.0, 6.0, 5.0])
    return sphere_scan(course, 0.5 * course)


def test_curves_are_means_of_regions(phantom):
    scan, regions, _ = phantom
    found = tacs(scan, regions)
    assert found.shape == (2, 4)
    inside = regions.mask("sphere")
    np.testing.assert_allclose(found["sphere"], scan.series[inside].mean(axis=0))
    np.testing.assert_array_equal(np.asarray(found), found.values)
    assert found.voxels[0] == inside.sum()
    assert found.tracer == "FLT"
    table = found.table
    assert list(table.columns) == ["region", "start", "duration", "value", "n"]
    assert table.value[1] == found["sphere"][1]
    source = found.reference("background")
    np.testing.assert_allclose(source.plasma[1:], found["background"])
    with pytest.raises(InputError, match=r"'tumour'.*sphere, background"):
        found["tumour"]


def test_regions_may_be_masks_or_labels(phantom):
    scan, regions, _ = phantom
    whole = tacs(scan, regions)
    masks = {name: regions.mask(name) for name in regions.regions}
    named = tacs(scan, masks)
    assert named.regions == whole.regions
    np.testing.assert_array_equal(named.values, whole.values)
    for labels in (regions.image, np.asarray(regions.image.data)):
        found = tacs(scan, labels)
        assert found.regions == tuple(f"label_{label}" for label in sorted(regions.names))
        np.testing.assert_array_equal(found.values, whole.values)
    dosed = replace(scan, dose_mbq=10.0, body=pet.Body(weight_g=300.0))
    for table in (pet.uptake(dosed, each, window=(0.0, 1e6)) for each in (regions, masks)):
        assert set(table.region) == set(whole.regions)


def test_a_voxel_without_a_value_does_not_count(phantom):
    scan, regions, _ = phantom
    data = scan.series.copy()
    places = np.argwhere(regions.mask("sphere"))
    data[tuple(places[0])] = np.nan
    holed = replace(scan, image=scan.image.with_data(data, source="holed", unit="kBq/mL"))
    found = tacs(holed, regions)
    assert found.voxels[0] == len(places) - 1
    assert np.isfinite(found.values).all()
    data[regions.mask("sphere")] = np.nan
    empty = tacs(
        replace(scan, image=scan.image.with_data(data, source="h", unit="kBq/mL")), regions
    )
    assert np.isnan(empty["sphere"]).all()
    assert empty.voxels[0] == 0


def test_regions_on_another_grid_are_refused(phantom):
    scan, regions, _ = phantom
    smaller = LabelMap(Image(regions.image.data[1:], scan.image.affine, "smaller"), regions.names)
    with pytest.raises(GeometryError):
        tacs(scan, smaller)


def test_weights_are_one_over_the_variance_of_counting():
    """Simulated: Poisson counts of each frame, shown as activity with decay corrected."""
    carbon = nuclide("C11")
    length = np.array([10.0, 30, 60, 120, 300, 600, 600])
    frames = Frames(np.concatenate([[0.0], np.cumsum(length)[:-1]]), length)
    activity = np.array([0.5, 12.0, 20.0, 15.0, 8.0, 5.0, 4.0])
    decay = scan_factor(frames, carbon)
    expected = 40.0 * activity * length / decay
    counts = np.random.default_rng(0).poisson(expected, size=(20_000, 7))
    shown = counts * decay / length / 40.0
    weights = frame_weights(frames, activity, nuclide=carbon, floor=1e-3)
    product = weights * shown.var(axis=0)
    np.testing.assert_allclose(product, product.mean(), rtol=0.05)
    assert weights.mean() == pytest.approx(1.0)


def scan_factor(frames, source):
    """Decay correction of constant activity in each frame, from the integral itself."""
    rate = np.log(2) / source.half_life
    return [
        length / np.trapezoid(np.exp(-rate * t), t)
        for start, length in zip(frames.start, frames.duration, strict=True)
        for t in [np.linspace(start, start + length, 2001)]
    ]


def test_frames_without_counts_are_not_trusted_beyond_measure():
    frames = Frames([0.0, 10.0, 20.0], [10.0, 10.0, 10.0])
    weights = frame_weights(frames, [0.0, 100.0, 50.0], nuclide=None, floor=0.01)
    assert weights[0] == pytest.approx(100 * weights[1])
    with pytest.raises(InputError, match="no frame has activity"):
        frame_weights(frames, [0.0, -1.0, 0.0], nuclide=None)
    with pytest.raises(InputError, match="no duration"):
        frame_weights(Frames.instants([0.0, 1.0]), [1.0, 1.0], nuclide=None)
    with pytest.raises(InputError, match="shape"):
        frame_weights(frames, [1.0], nuclide=None)


def test_decay_is_corrected_once(phantom):
    """Curves and weights are the same whether the scanner corrected for decay or we do."""
    scan, regions, _ = phantom
    factors = pet.correction_factors(scan.frames, scan.nuclide)
    raw_image = scan.image.with_data(scan.series / factors, source="raw", unit="kBq/mL")
    raw = Scan(raw_image, scan.frames, scan.nuclide, decay_corrected_to=None)
    np.testing.assert_allclose(tacs(raw, regions).values, tacs(scan, regions).values)
    np.testing.assert_allclose(scan_weights(raw), scan_weights(scan))


def noisy(scan, sd):
    noise = np.random.default_rng(2).normal(scale=sd, size=scan.series.shape)
    return replace(
        scan, image=scan.image.with_data(scan.series + noise, source="noisy", unit="kBq/mL")
    )


@pytest.mark.parametrize("denoise", [lambda scan: denoise_hypr(scan, fwhm_mm=6.0), denoise_nlm])
def test_denoising_brings_voxels_closer_to_truth(phantom, denoise):
    clean, regions, _ = phantom
    before = noisy(clean, 0.6)
    after = denoise(before)
    error = [np.sqrt(np.mean((each.series - clean.series) ** 2)) for each in (before, after)]
    assert error[1] < 0.6 * error[0]
    np.testing.assert_allclose(
        tacs(after, regions)["sphere"], tacs(clean, regions)["sphere"], rtol=0.05
    )


def test_hypr_leaves_voxels_of_one_time_course_as_they_are(phantom):
    scan, _, _ = phantom  # sphere and background differ by a factor
    found = denoise_hypr(scan, fwhm_mm=8.0).series
    np.testing.assert_allclose(found, scan.series, rtol=1e-9)


def test_hypr_weighs_late_frames_by_what_was_counted(phantom):
    """The same counts give the same image, whether decay is corrected before denoising or after."""
    clean, _, _ = phantom
    counted = replace(
        noisy(clean, 0.6),
        nuclide=nuclide("C11"),
        frames=Frames(1200.0 * np.arange(4), np.full(4, 1200.0)),
        decay_corrected_to=None,
    )
    before = denoise_hypr(counted.decay_corrected(), fwhm_mm=6.0)
    after = denoise_hypr(counted, fwhm_mm=6.0).decay_corrected()
    np.testing.assert_allclose(before.series, after.series, rtol=1e-9, atol=1e-9)


def test_denoising_needs_what_it_works_on(phantom):
    scan, _, _ = phantom
    one = Scan(
        scan.image.with_data(scan.series[..., 0], source="one", unit="kBq/mL"),
        Frames([0.0], [60.0]),
        scan.nuclide,
    )
    with pytest.raises(InputError, match="one frame"):
        denoise_hypr(one, fwhm_mm=6.0)
    with pytest.raises(InputError, match="sigma"):
        denoise_nlm(scan, sigma=[1.0, 2.0])
