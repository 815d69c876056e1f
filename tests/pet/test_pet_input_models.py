"""Fitted inputs against curves of known parameters."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.pet.blood_fractions import (
    PARENT_FRACTIONS,
    RATIOS,
    fit_parent_fraction,
    fit_ratio,
)
from biomarkers.pet.input_models import fit_input

# The FDG input of Feng et al. 1993: amplitudes uCi/mL/min and uCi/mL, rates 1/min.
FENG = {"A1": 851.1225, "A2": 21.8798, "A3": 20.8113, "rates": (4.133859, 0.1191, 0.01043449)}
SAMPLES = np.concatenate([np.arange(0, 120, 5), np.arange(120, 600, 60), np.arange(600, 5401, 600)])


def feng(time, delay=12.0):
    t = np.maximum(time - delay, 0) / 60
    fast, middle, slow = (np.exp(-rate * t) for rate in FENG["rates"])
    a, b, c = FENG["A1"], FENG["A2"], FENG["A3"]
    return (a * t - b - c) * fast + b * middle + c * slow


def test_feng_recovers_its_own_parameters():
    fit = fit_input(SAMPLES, feng(SAMPLES), model="feng")
    assert fit.rms < 1e-6 * feng(SAMPLES).max()
    assert fit.parameters["arrival"] == pytest.approx(12.0, abs=1e-3)
    rates = [fit.parameters[f"rate_{k}"] for k in (1, 2, 3)]
    np.testing.assert_allclose(rates, FENG["rates"], rtol=1e-4)
    assert fit.parameters["A1"] == pytest.approx(FENG["A1"], rel=1e-4)
    fine = np.arange(0.0, 5400.0, 7.0)
    np.testing.assert_allclose(fit.at(fine), feng(fine), atol=1e-4 * feng(fine).max())


def test_feng_tolerates_noise_and_missing_samples():
    rng = np.random.default_rng(1)
    clean = feng(SAMPLES)
    noisy = clean * (1 + 0.03 * rng.standard_normal(clean.size))
    noisy[7] = np.nan
    fit = fit_input(SAMPLES, noisy, model="feng", weights=1 / np.maximum(clean, 1.0) ** 2)
    fine = np.arange(0.0, 5400.0)
    assert np.trapezoid(fit.at(fine), fine) == pytest.approx(
        np.trapezoid(feng(fine), fine), rel=0.02
    )


def test_three_exponentials_after_a_straight_rise():
    def truth(time):
        since = time - 20.0
        after = np.maximum(since - 25.0, 0) / 60
        tail = 70 * np.exp(-5 * after) + 20 * np.exp(-0.3 * after) + 10 * np.exp(-0.01 * after)
        return np.clip(since / 25.0, 0, 1) * tail

    time = np.concatenate(
        [np.arange(0.0, 150, 3), np.arange(150, 600, 30), np.arange(600, 5401, 600)]
    )
    fit = fit_input(time, truth(time), model="triexponential")
    assert fit.rms < 1e-5 * 100
    assert fit.parameters["arrival"] == pytest.approx(20.0, abs=0.01)
    assert fit.parameters["rise"] == pytest.approx(25.0, abs=0.02)
    assert fit.parameters["rate_3"] == pytest.approx(0.01, rel=1e-2)
    np.testing.assert_allclose(fit.at(time), truth(time), atol=1e-3)


@pytest.mark.parametrize(
    ("form", "truth"),
    [
        ("hill", [0.05, 1.8, 12.0]),
        ("power", [0.08, 2.0, 0.5]),
        ("exponential", [0.85, 0.09, 0.004]),
        ("inverse_gamma", [0.95, 1.2, 8.0]),
        ("gamma", [0.9, 1.5, 0.12]),
        ("sigmoid", [11.0, 0.5, 0.06]),
    ],
)
def test_parent_fractions_recover_their_own_parameters(form, truth):
    time = np.array([0, 60, 180, 300, 600, 900, 1500, 2400, 3600, 5400.0])
    fraction = PARENT_FRACTIONS[form].curve(np.array(truth), time / 60)
    assert fraction[0] == pytest.approx(1.0)
    assert (np.diff(fraction) <= 1e-12).all()
    fit = fit_parent_fraction(time, fraction, form=form)
    assert fit.rms < 1e-6
    fine = np.linspace(0, 5400, 200)
    exact = PARENT_FRACTIONS[form].curve(np.array(truth), fine / 60)
    np.testing.assert_allclose(fit.at(fine), exact, atol=1e-4)


def test_the_ratio_of_plasma_to_blood():
    time = np.array([60, 300, 900, 1800, 3600, 5400.0])
    truth = RATIOS["exponential"].curve(np.array([1.6, 1.1, 0.03]), time / 60)
    assert fit_ratio(time, truth).parameters["late"] == pytest.approx(1.6, rel=1e-4)
    assert fit_ratio(time, truth, form="constant").at([0, 99])[1] == pytest.approx(truth.mean())
    assert fit_ratio(time, truth, form="interpolated").at([1350.0])[0] == pytest.approx(
        truth[2:4].mean()
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fit_parent_fraction([0, 60], [1.0, 95.0]), "95 at 60 s.*percentage"),
        (lambda: fit_parent_fraction([0, 60], [1.0, 0.9]), "2 samples.*3 or more"),
        (lambda: fit_parent_fraction([0, 60], [1.0, 0.9], form="cubic"), "'cubic'.*hill"),
        (lambda: fit_ratio([0, 60], [1.0]), "shape"),
        (lambda: fit_input(SAMPLES, feng(SAMPLES), model="spline"), "'spline'.*feng"),
        (lambda: fit_input(SAMPLES[:7], feng(SAMPLES[:7])), "7 samples"),
        (lambda: fit_input(SAMPLES, feng(SAMPLES), weights=[1.0]), "weights"),
    ],
)
def test_what_cannot_be_fitted_is_refused(call, said):
    with pytest.raises(InputError, match=said):
        call()
