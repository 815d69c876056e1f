"""The scanner: forward models against independent calculations."""

import csv
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from biomarkers.simulate import phantom, signal
from biomarkers.simulate.cohort import draw_rat, stream

RAT = draw_rat(2, seed=1)
HEAD = phantom.draw_head(stream(1, 2, 1))
PHANTOM = phantom.build(HEAD, RAT.tumours[0])
SCAN = signal.draw_acquisition(stream(1, 2, 2))
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


@pytest.mark.parametrize("region", ["tumor", "contralateral"])
def test_tissue_concentration_is_the_extended_tofts_model(region):
    curves = signal.concentration(PHANTOM, SCAN)
    for voxel in np.argwhere(PHANTOM.mask(region))[::20]:
        parameters = [PHANTOM.maps[name][tuple(voxel)] for name in ("Ktrans", "ve", "vp")]
        found = curves[tuple(voxel)]
        after = np.flatnonzero(times > SCAN.arrival)
        for index in after[[0, 1, 3, 10, 40, -1]]:
            expected = extended_tofts(parameters, times[index])
            assert found[index] == pytest.approx(expected, rel=1e-3)
        assert (found[times < SCAN.arrival] == 0).all()


def test_artery_holds_blood():
    found = signal.concentration(PHANTOM, SCAN)[PHANTOM.mask("artery")]
    expected = SCAN.dose * signal.rat_blood(times - SCAN.arrival)
    assert np.allclose(found, expected, atol=2e-3)


def test_afi_signals_are_the_steady_state_of_the_pulse_train():
    t1, b1 = np.array([0.5, 1.7, 2.2]), np.array([0.8, 1.0, 1.15])
    cosine, sine = np.cos(np.radians(60) * b1), np.sin(np.radians(60) * b1)
    longitudinal, seen = np.ones(3), [np.zeros(3), np.zeros(3)]
    for _ in range(2000):
        for number, echo in enumerate(signal.AFI):
            seen[number] = longitudinal * sine
            longitudinal = 1 + (longitudinal * cosine - 1) * np.exp(-echo.tr / t1)
    assert np.allclose(signal.afi_magnetisation(t1, b1), seen, rtol=1e-10)


def quiet(monkeypatch):
    monkeypatch.setattr(signal, "NOISE", 1e-12)
    monkeypatch.setattr(signal, "SCALE", 1e9)  # rounding to whole numbers then hardly shows


def test_dynamic_series_gives_back_the_concentration_by_the_inverse_of_the_echo(monkeypatch):
    quiet(monkeypatch)
    series = signal.dce_series(PHANTOM, SCAN, stream(1, 2, 2))
    mask = PHANTOM.mask("tumor") | PHANTOM.mask("artery")
    angle = np.radians(signal.DCE.flip) * SCAN.b1[mask][:, None]
    rest = np.exp(-signal.DCE.tr / PHANTOM.maps["T1"][mask])[:, None]
    per_m0 = (1 - rest) / (1 - rest * np.cos(angle))
    enhanced = series[mask] / series[mask][:, :1] * per_m0
    rate = -np.log((1 - enhanced) / (1 - enhanced * np.cos(angle))) / signal.DCE.tr
    found = (rate - 1 / PHANTOM.maps["T1"][mask][:, None]) / signal.RELAXIVITY
    assert np.allclose(found, signal.concentration(PHANTOM, SCAN)[mask], atol=1e-5)


def test_vfa_images_lie_on_the_line_whose_slope_is_t1(monkeypatch):
    quiet(monkeypatch)
    mask = PHANTOM.maps["m0"] > 0
    images = signal.vfa_images(PHANTOM, SCAN, stream(1, 2, 2))
    angles = [np.radians(echo.flip) * SCAN.b1[mask] for echo in signal.VFA]
    y = [image[mask] / np.sin(a) for image, a in zip(images, angles, strict=True)]
    x = [image[mask] / np.tan(a) for image, a in zip(images, angles, strict=True)]
    slopes = (y[-1] - y[0]) / (x[-1] - x[0])
    assert np.allclose(-signal.VFA[0].tr / np.log(slopes), PHANTOM.maps["T1"][mask], rtol=1e-4)


def test_noise_is_that_of_a_magnitude_image():
    series = signal.dce_series(PHANTOM, SCAN, stream(1, 2, 2))
    spread = signal.NOISE / np.sqrt(signal.DCE.averages) * signal.SCALE
    air = series[PHANTOM.maps["m0"] == 0]
    # Rayleigh: mean sd √(π/2), standard deviation sd √(2 - π/2).
    assert air.mean() == pytest.approx(spread * np.sqrt(np.pi / 2), rel=0.01)
    assert air.std() == pytest.approx(spread * np.sqrt(2 - np.pi / 2), rel=0.01)
    brain = series[PHANTOM.mask("contralateral")][:, times < signal.ARRIVAL_S[0]]
    assert brain.std(axis=1, ddof=1).mean() == pytest.approx(spread, rel=0.1)
    assert 20 < brain.mean() / spread < 40


def test_transmit_field_is_smooth_and_uneven():
    for number in range(1, 20):
        b1 = signal.draw_acquisition(stream(1, number, 2)).b1[PHANTOM.maps["m0"] > 0]
        assert 0.7 < b1.min() < b1.max() < 1.25
        assert np.ptp(b1) > 0.1
    assert max(np.abs(np.diff(SCAN.b1, axis=axis)).max() for axis in range(3)) < 0.04


def test_images_are_whole_numbers_that_fit_sixteen_bits():
    rng = stream(1, 2, 2)
    images = [
        signal.anatomical_image(PHANTOM, SCAN, rng),
        *signal.vfa_images(PHANTOM, SCAN, rng),
        *signal.afi_images(PHANTOM, SCAN, rng),
        signal.dce_series(PHANTOM, SCAN, rng),
    ]
    for image in images:
        assert (image == np.rint(image)).all()
        assert 0 <= image.min() < image.max() < 2**15
