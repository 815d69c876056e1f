"""The apparent diffusion coefficient against the truth that made the signal."""

import numpy as np
import pytest
from diffusion_truth import B, covered, magnitudes, rotation, series_of, tensor_signal
from scipy.optimize import curve_fit

from biomarkers import dwi
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag

METHODS = ("loglinear", "nonlinear", "rician")
VOXELS = 8000


def bias(fit, truth):
    return float(np.mean(fit["ADC"]) / truth - 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_without_noise_the_truth_comes_back(method):
    truth = np.array([[0.2e-3, 0.7e-3], [1.2e-3, 3.0e-3]])
    fit = dwi.adc(250.0 * np.exp(-B * truth[..., None]), B, method=method)
    np.testing.assert_allclose(fit["ADC"], truth, rtol=1e-6)
    np.testing.assert_allclose(fit["S0"], 250.0, rtol=1e-6)
    assert not fit.flags.any()
    assert fit.quantities[0].unit == "mm^2/s"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("truth", [0.7e-3, 1.2e-3])
def test_bias_and_coverage_at_a_ratio_of_twenty(method, truth):
    fit = dwi.adc(magnitudes(100 * np.exp(-B * truth), 5.0, VOXELS), B, method=method)
    assert abs(bias(fit, truth)) <= 0.01
    assert 0.92 <= covered(fit, "ADC", truth) <= 0.97
    assert np.mean(fit.quality["residual_sd"] ** 2) ** 0.5 == pytest.approx(5.0, rel=0.05)


@pytest.mark.parametrize("truth", [0.7e-3, 1.2e-3])
@pytest.mark.parametrize("noise", [None, 10.0])
def test_the_rician_likelihood_holds_at_a_ratio_of_ten(truth, noise):
    signal = magnitudes(100 * np.exp(-B * truth), 10.0, VOXELS)
    fit = dwi.adc(signal, B, method="rician", noise=noise)
    assert abs(bias(fit, truth)) <= 0.015
    assert 0.92 <= covered(fit, "ADC", truth) <= 0.975
    plain = dwi.adc(signal, B)
    assert bias(plain, truth) < -0.015  # what the noise floor does to least squares


@pytest.mark.parametrize("method", METHODS)
def test_free_water_at_a_ratio_of_forty(method):
    fit = dwi.adc(magnitudes(100 * np.exp(-B * 2.2e-3), 2.5, VOXELS), B, method=method)
    assert abs(bias(fit, 2.2e-3)) <= 0.01
    assert 0.92 <= covered(fit, "ADC", 2.2e-3) <= 0.97


def test_weights_by_the_fit_have_less_bias_than_weights_by_the_signal():
    # Straight lines weighted by the noisy signal itself (Veraart 2013) as numpy fits them.
    signal = magnitudes(100 * np.exp(-B * 1.2e-3), 8.0, 1500, seed=3)
    once = [-np.polyfit(B, np.log(row), 1, w=row)[0] for row in signal]
    fit = dwi.adc(signal, B, method="loglinear")
    assert abs(bias(fit, 1.2e-3)) < abs(np.mean(once) / 1.2e-3 - 1.0)


def test_least_squares_are_those_of_scipy():
    signal = magnitudes(100 * np.exp(-B * 0.9e-3), 6.0, 20, seed=1)
    fit = dwi.adc(signal, B)
    for row, value, error in zip(signal, fit["ADC"], fit.se["ADC"], strict=True):
        x, covariance = curve_fit(lambda b, s, d: s * np.exp(-b * 1e-3 * d), B, row, (100, 1))
        assert value == pytest.approx(1e-3 * x[1], rel=1e-5)
        assert error == pytest.approx(1e-3 * covariance[1, 1] ** 0.5, rel=1e-4)


def test_the_order_of_volumes_does_not_matter():
    signal = magnitudes(100 * np.exp(-B * 0.9e-3), 4.0, 50)
    turned = np.array([3, 0, 5, 1, 4, 2])
    a, b = dwi.adc(signal, B), dwi.adc(signal[:, turned], B[turned])
    np.testing.assert_allclose(a["ADC"], b["ADC"], rtol=1e-8)


def test_a_negative_value_is_kept_and_flagged():
    fit = dwi.adc(100.0 * np.exp(0.3e-3 * B), B)
    assert float(fit["ADC"]) == pytest.approx(-0.3e-3)
    assert bool(fit.flags)
    assert fit.reasons.has(FitFlag.NEGATIVE)
    assert fit.reasons.words() == "negative"


def test_voxels_without_signal_are_flagged_and_do_not_touch_others():
    signal = np.tile(100 * np.exp(-B * 1e-3), (4, 1))
    signal[0], signal[1, 2], signal[2, 5] = 0.0, np.nan, 0.0
    fit = dwi.adc(signal, B)
    np.testing.assert_array_equal(fit.reasons.has(FitFlag.NO_SIGNAL), [True, True, False, False])
    assert np.isnan(fit["ADC"][:2]).all()
    assert fit["ADC"][3] == pytest.approx(1e-3)
    assert dwi.adc(signal, B, method="loglinear").flags[2]  # 0 has no logarithm


def test_outside_the_mask_there_is_nothing():
    fit = dwi.adc(np.tile(100 * np.exp(-B * 1e-3), (2, 2, 1)), B, mask=np.eye(2))
    assert np.isnan(fit["ADC"][0, 1]) and np.isfinite(fit["ADC"][1, 1])
    assert not fit.flags.any()


def test_as_many_unknowns_as_volumes_leave_no_error():
    fit = dwi.adc(np.array([100.0, 45.0]), [0, 800])
    assert float(fit["ADC"]) == pytest.approx(np.log(100 / 45) / 800)
    assert np.isnan(fit.se["ADC"])
    with pytest.raises(InputError, match="give noise"):
        dwi.adc(np.array([100.0, 45.0]), [0, 800], method="rician")
    known = dwi.adc(np.array([100.0, 45.0]), [0, 800], method="rician", noise=2.0)
    assert np.isfinite(known.se["ADC"])


def test_the_mean_over_directions_is_the_trace_of_anisotropic_tissue():
    axes, eigenvalues = rotation(), np.array([1.5e-3, 0.3e-3, 0.3e-3])
    b = np.concatenate([[0.0], np.repeat([300.0, 600.0, 1000.0], 3)])
    g = np.vstack([np.zeros(3), np.tile(np.eye(3), (3, 1))])
    signal = tensor_signal(b, g, eigenvalues, axes)
    by_direction = dwi.adc(signal, b, bvecs=g)
    assert float(by_direction["ADC"]) == pytest.approx(0.7e-3, rel=1e-6)
    # One decay for all directions underestimates it.
    assert float(dwi.adc(signal, b)["ADC"]) < 0.68e-3
    b, g = series_of((1000, 30))
    signal = tensor_signal(b, g, eigenvalues, axes)
    assert float(dwi.adc(signal, b, bvecs=g)["ADC"]) == pytest.approx(0.7e-3, rel=1e-6)


def test_trace_weighted_volumes_have_no_direction():
    signal = 100 * np.exp(-B * 1e-3)
    bvecs = np.zeros((6, 3))
    with pytest.raises(InputError, match="length 0; expected 1"):
        dwi.adc(signal, B, bvecs=bvecs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "magic"}, "method is 'magic'"),
        ({"noise": 3.0}, "method='rician' alone"),
        ({"method": "rician", "noise": -1.0}, "noise is not positive"),
        ({"mask": np.ones(3)}, "mask of shape"),
    ],
)
def test_what_cannot_be_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        dwi.adc(np.tile(100 * np.exp(-B * 1e-3), (2, 1)), B, **change)
