"""Tensor and kurtosis against the tensors that made the signal, and against their definitions."""

import numpy as np
import pytest
from diffusion_truth import anisotropy, covered, magnitudes, rotation, series_of, tensor_signal

from biomarkers import dwi
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag

SHELL = series_of((1000, 30))
TWO_SHELLS = series_of((1000, 30), (2000, 30))
FIBRE, ROUND = np.array([1.7e-3, 0.3e-3, 0.3e-3]), np.array([1.1e-3, 0.9e-3, 0.7e-3])


@pytest.mark.parametrize("method", ["loglinear", "nonlinear", "rician"])
def test_without_noise_the_tensor_comes_back(method):
    b, g = SHELL
    fit = dwi.tensor(300.0 * tensor_signal(b, g, FIBRE), b, g, method=method)
    assert float(fit["MD"]) == pytest.approx(FIBRE.mean(), rel=1e-6)
    assert float(fit["FA"]) == pytest.approx(anisotropy(FIBRE), rel=1e-6)
    assert float(fit["S0"]) == pytest.approx(300.0)


@pytest.mark.parametrize("eigenvalues", [FIBRE, ROUND])
def test_errors_of_the_tensor_cover_the_truth(eigenvalues):
    b, g = SHELL
    fit = dwi.tensor(magnitudes(tensor_signal(b, g, eigenvalues), 1 / 40, 3000), b, g)
    for name, truth in (("MD", eigenvalues.mean()), ("FA", anisotropy(eigenvalues))):
        assert 0.92 <= covered(fit, name, truth) <= 0.97
        assert np.mean(fit.se[name]) == pytest.approx(np.std(fit[name]), rel=0.06)
    assert abs(np.mean(fit["MD"]) / eigenvalues.mean() - 1.0) < 0.01


def test_turning_all_gradients_changes_nothing():
    b, g = SHELL
    signal = magnitudes(tensor_signal(b, g, FIBRE), 0.03, 5)
    turned = g @ rotation(1) * [1.0, 1.0, -1.0]
    for call in (dwi.tensor, dwi.adc):
        one, two = (
            call(signal, b, bvecs=each)["MD" if call is dwi.tensor else "ADC"]
            for each in (g, turned)
        )
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_a_negative_eigenvalue_is_kept_and_flagged():
    b, g = SHELL
    fit = dwi.tensor(tensor_signal(b, g, [1e-3, 0.5e-3, -0.2e-3]), b, g)
    assert float(fit["MD"]) == pytest.approx(1.3e-3 / 3)
    assert fit.reasons.has(FitFlag.NEGATIVE) and fit.flags


def test_what_does_not_determine_a_tensor_is_refused():
    b, g = SHELL
    few = np.r_[0:5, 30:33]
    with pytest.raises(InputError, match="determine 6 of 7 unknowns; expected b = 0 and six"):
        dwi.tensor(np.ones(8), b[few], g[few])
    with pytest.raises(InputError, match="of 22 unknowns; expected b = 0, two further"):
        dwi.kurtosis(np.ones(33), b, g)


def two_compartments(b, g):
    return 0.5 * tensor_signal(b, g, FIBRE) + 0.5 * np.exp(-b * 0.9e-3)


def mean_kurtosis_of_compartments():
    """Return MK of the mixture by its definition: 3 var(D) / mean(D)^2, over many directions."""
    rng = np.random.default_rng(0)
    g = rng.normal(size=(200_000, 3))
    g /= np.linalg.norm(g, axis=1)[:, None]
    one, two = g**2 @ FIBRE, 0.9e-3
    return float(np.mean(3.0 * (0.5 * (one - two)) ** 2 / (0.5 * (one + two)) ** 2))


def test_kurtosis_of_two_compartments_is_that_of_their_moments():
    # The series in b holds for small ones: on them the fit is the moments' own.
    b, g = series_of((150, 30), (300, 30))
    fit = dwi.kurtosis(two_compartments(b, g), b, g)
    assert float(fit["MK"]) == pytest.approx(mean_kurtosis_of_compartments(), rel=0.03)
    assert float(fit["MD"]) == pytest.approx(0.5 * FIBRE.mean() + 0.45e-3, rel=1e-3)


def test_a_gaussian_tensor_has_no_kurtosis():
    b, g = TWO_SHELLS
    fit = dwi.kurtosis(tensor_signal(b, g, FIBRE), b, g)
    assert float(fit["MK"]) == pytest.approx(0.0, abs=1e-5)
    assert float(fit["FA"]) == pytest.approx(anisotropy(FIBRE), rel=1e-5)


def test_errors_of_kurtosis_cover_its_value():
    b, g = TWO_SHELLS
    clean = two_compartments(b, g)
    truth = dwi.kurtosis(clean, b, g)
    fit = dwi.kurtosis(magnitudes(clean, 1 / 100, 800), b, g)
    for name in ("MK", "MD", "FA"):
        assert 0.92 <= covered(fit, name, float(truth[name])) <= 0.975
        assert np.mean(fit.se[name]) == pytest.approx(np.std(fit[name]), rel=0.1)


def test_negative_kurtosis_is_kept_and_flagged():
    b, g = TWO_SHELLS
    restricted = np.exp(-b * 1e-3 - 0.05 * (b * 1e-3) ** 2)
    fit = dwi.kurtosis(restricted, b, g)
    assert float(fit["MK"]) == pytest.approx(-0.3, abs=1e-5)
    assert fit.flags


def test_without_diffusion_there_is_no_kurtosis_to_know():
    b, g = TWO_SHELLS
    fit = dwi.kurtosis(np.ones((2, b.size)), b, g)
    np.testing.assert_allclose(fit["MD"], 0.0, atol=1e-12)
    unknown = np.isnan(fit["MK"])
    assert (fit.reasons.has(FitFlag.NOT_IDENTIFIABLE) | fit.flags)[unknown].all()


@pytest.mark.parametrize("call", [dwi.tensor, dwi.kurtosis])
def test_whatever_voxels_hold_a_value_is_known_or_has_a_reason(call):
    b, g = TWO_SHELLS
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((200, b.size))
    signal = np.vstack([noise, np.abs(noise), 1e12 * noise, np.exp(8 * noise), np.round(noise)])
    fit = call(signal, b, g)
    for name in fit.names:
        assert not np.isinf(fit[name]).any()
        assert (np.asarray(fit.reasons)[np.isnan(fit[name])] > 0).all()
