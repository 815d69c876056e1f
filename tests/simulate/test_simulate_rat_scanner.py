"""The scanner: forward models against independent calculations."""

import csv
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.ndimage import binary_erosion

from biomarkers.simulate import STUDIES, noise
from biomarkers.simulate.cohort import draw_cohort, stream
from biomarkers.simulate.studies import rat_head as phantom
from biomarkers.simulate.studies import rat_scanner as signal

RAT = draw_cohort(STUDIES["rat-glioma"], subjects=2, seed=1)[1]
HEAD = phantom.draw_head(stream(1, "head", 2))
PHANTOM = phantom.build(HEAD, RAT.states[0].values)
SCAN = signal.draw_acquisition(stream(1, "acquisition", 2))
times = signal.DCE_TIMES


def test_blood_of_rats_is_the_published_curve(shared_data):
    # OSIPI DCE-DSC-MRI_CodeCollection, preclinical AIF (whole blood, mM).
    path = shared_data("dce-osipi/PopulationAIF_DCE/preclinicalAIF_ref.csv")
    with path.open() as stream_:
        rows = [row for row in csv.DictReader(stream_) if row["label"] == "original_AIF"]
    time = np.array([float(row["time"]) for row in rows])
    reference = np.array([float(row["Cb"]) for row in rows])
    assert np.allclose(signal.rat_blood(time), reference, atol=1e-12)


def test_blood_is_empty_before_arrival_and_peaks_at_the_published_height():
    assert (signal.rat_blood([-10.0, 0.0]) == 0).all()
    assert signal.rat_blood(7.0) == pytest.approx(5.21)
    assert signal.rat_blood(6.9) < signal.rat_blood(7.0) > signal.rat_blood(7.1)


def extended_tofts(parameters, t):
    """Quadrature of the model as its authors write it, mM; t in s."""

    def plasma(s):
        blood = SCAN.dose * signal.rat_blood(s - SCAN.arrival)
        return float(blood) / (1 - signal.HEMATOCRIT)

    ktrans, ve, vp = (parameters[0] / 60, *parameters[1:])
    corners = [SCAN.arrival, SCAN.arrival + 7.0, t]
    pieces = pairwise(corners) if t > corners[1] else [(corners[0], t)]
    leaked = sum(
        quad(lambda s: plasma(s) * np.exp(-ktrans / ve * (t - s)), *piece, epsabs=1e-10)[0]
        for piece in pieces
    )
    return vp * plasma(t) + ktrans * leaked


def at_samples(region):
    return np.flatnonzero(PHANTOM.samples.take(PHANTOM.tissue(region)))


@pytest.mark.parametrize("region", ["tumor", "contralateral"])
def test_tissue_concentration_is_the_extended_tofts_model(region):
    curves = signal.concentration(PHANTOM, SCAN)
    delays = PHANTOM.samples.take(SCAN.delay)
    assert 0.05 < delays.std() < 0.3
    for place in at_samples(region)[::40]:
        parameters = [PHANTOM.at(name)[place] for name in ("Ktrans", "ve", "vp")]
        late = times - delays[place]
        after = np.flatnonzero(late > SCAN.arrival)
        for index in after[[0, 1, 3, 10, 40, -1]]:
            expected = extended_tofts(parameters, late[index])
            assert curves[place, index] == pytest.approx(expected, rel=1e-3)
        assert (curves[place, late < SCAN.arrival] == 0).all()


def test_artery_holds_blood():
    found = signal.concentration(PHANTOM, SCAN)[at_samples("artery")]
    expected = SCAN.dose * signal.rat_blood(times - SCAN.arrival)
    assert np.allclose(found, expected, atol=1e-12)


def quiet(monkeypatch):
    monkeypatch.setattr(signal, "NOISE", 1e-12)
    monkeypatch.setattr(noise, "SCALE", 1e9)  # rounding to whole numbers then hardly shows


def even(region):
    """Voxels (x, y, z) of one tissue alone, and the first sample of each."""
    one = PHANTOM.samples.weight == 1.0
    inside = one & PHANTOM.samples.take(PHANTOM.tissue(region))
    return np.unravel_index(PHANTOM.samples.voxel[inside], phantom.SHAPE), inside


def test_dynamic_series_gives_back_the_concentration_by_the_inverse_of_the_echo(monkeypatch):
    quiet(monkeypatch)
    held = replace(SCAN, drift=np.zeros(3))
    series = signal.dce_series(PHANTOM, held, stream(1, "dce"))
    for region in ("artery", "contralateral"):
        voxels, places = even(region)
        angle = np.radians(signal.DCE.flip) * PHANTOM.samples.take(SCAN.b1)[places][:, None]
        t1 = PHANTOM.at("T1")[places][:, None]
        rest = np.exp(-signal.DCE.tr / t1)
        per_m0 = (1 - rest) / (1 - rest * np.cos(angle))
        enhanced = series[voxels] / series[voxels][:, :1] * per_m0
        rate = -np.log((1 - enhanced) / (1 - enhanced * np.cos(angle))) / signal.DCE.tr
        found = (rate - 1 / t1) / signal.RELAXIVITY
        assert np.allclose(found, signal.concentration(PHANTOM, SCAN)[places], atol=1e-5)


def test_a_head_that_drifts_changes_its_borders_and_hardly_its_inside(monkeypatch):
    quiet(monkeypatch)
    moving = replace(SCAN, drift=np.array([0.05, 0.0, 0.0]))
    held = replace(SCAN, drift=np.zeros(3))
    still, moved = (signal.dce_series(PHANTOM, scan, stream(1, "dce")) for scan in (held, moving))
    change = abs(moved / np.maximum(still, 1.0) - 1)[..., -1]
    assert (moved[..., 0] == still[..., 0]).all()
    assert change[PHANTOM.mask("contralateral")].max() < 0.02
    assert np.sort(change[still[..., 0] > 0])[-50:].mean() > 0.02


def test_vfa_images_lie_on_the_line_whose_slope_is_t1(monkeypatch):
    quiet(monkeypatch)
    images = signal.vfa_images(PHANTOM, SCAN, stream(1, "VFA"))
    voxels, places = even("contralateral")
    b1 = PHANTOM.samples.take(SCAN.b1)[places]
    angles = [np.radians(echo.flip) * b1 for echo in signal.VFA]
    y = [image[voxels] / np.sin(a) for image, a in zip(images, angles, strict=True)]
    x = [image[voxels] / np.tan(a) for image, a in zip(images, angles, strict=True)]
    slopes = (y[-1] - y[0]) / (x[-1] - x[0])
    assert np.allclose(-signal.VFA[0].tr / np.log(slopes), PHANTOM.at("T1")[places], rtol=1e-4)


def test_noise_is_that_of_a_magnitude_image():
    series = signal.dce_series(PHANTOM, SCAN, stream(1, "scan"))
    spread = signal.NOISE / np.sqrt(signal.DCE.averages) * noise.SCALE
    far = np.isin(np.arange(np.prod(phantom.SHAPE)), PHANTOM.samples.voxel, invert=True)
    far = binary_erosion(far.reshape(phantom.SHAPE), border_value=1)  # the head drifts
    air = series[far]
    # Rayleigh: mean sd √(π/2), standard deviation sd √(2 - π/2).
    assert air.mean() == pytest.approx(spread * np.sqrt(np.pi / 2), rel=0.01)
    assert air.std() == pytest.approx(spread * np.sqrt(2 - np.pi / 2), rel=0.01)
    brain = series[PHANTOM.mask("contralateral")][:, times < signal.ARRIVAL_S[0]]
    assert brain.std(axis=1, ddof=1).mean() == pytest.approx(spread, rel=0.1)
    assert 20 < brain.mean() / spread < 40


def test_transmit_field_is_smooth_and_uneven():
    for number in range(1, 20):
        b1 = signal.draw_acquisition(stream(1, "acquisition", number)).b1[PHANTOM.maps["m0"] > 0]
        assert 0.7 < b1.min() < b1.max() < 1.25
        assert np.ptp(b1) > 0.1
    assert max(np.abs(np.diff(SCAN.b1, axis=axis)).max() for axis in range(3)) < 0.02


def test_images_are_whole_numbers_that_fit_sixteen_bits():
    rng = stream(1, "scan")
    images = [
        signal.anatomical_image(PHANTOM, SCAN, rng),
        *signal.vfa_images(PHANTOM, SCAN, rng),
        *signal.afi_images(PHANTOM, SCAN, rng),
        signal.dce_series(PHANTOM, SCAN, rng),
    ]
    for image in images:
        assert (image == np.rint(image)).all()
        assert 0 <= image.min() < image.max() < 2**15
