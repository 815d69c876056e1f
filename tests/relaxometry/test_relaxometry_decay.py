"""R2 and R2* from several echoes: exact without noise, unbiased in the noise floor, and honest."""

import numpy as np
import pytest
from scipy.optimize import curve_fit, minimize
from scipy.special import i0e

from biomarkers.errors import InputError
from biomarkers.relaxometry import RelaxationFlag, noise_floor, r2_multi_echo

TE = np.array([4.0, 8.0, 12.0, 16.0, 20.0, 24.0]) * 1e-3


def decays(count, seed, low=15.0, high=110.0):
    rng = np.random.default_rng(seed)
    rate, s0 = rng.uniform(low, high, count), rng.uniform(500.0, 1500.0, count)
    return rate, s0, s0[:, None] * np.exp(-TE * rate[:, None])


def magnitudes(clean, sd, seed):
    one, two = np.random.default_rng(seed).normal(0.0, sd, (2, *clean.shape))
    return np.hypot(clean + one, two)


@pytest.mark.parametrize("noise", [None, 1e-9])
def test_signal_without_noise_is_recovered_exactly(noise):
    rate, s0, signal = decays(500, 1)
    found = r2_multi_echo(signal.reshape(20, 25, -1), te=TE, noise=noise)
    assert found.rate.shape == (20, 25)
    np.testing.assert_allclose(found.rate.ravel(), rate, rtol=1e-10)
    np.testing.assert_allclose(found["S0"].ravel(), s0, rtol=1e-10)
    assert not found.flags.any()


def test_two_echoes_in_any_order_are_enough_and_have_no_residual():
    found = r2_multi_echo([[200.0, 800.0]], te=[0.02, 0.01])
    assert found.rate[0] == pytest.approx(np.log(4.0) / 0.01)
    assert np.isnan(found.se["R2"][0])
    assert np.isnan(found.quality["residual_sd"][0])


@pytest.mark.parametrize("echoes", [3, 6])
def test_least_squares_agree_with_scipy(echoes):
    te = TE[:echoes]  # three leave one degree of freedom
    rate, s0, clean = decays(40, 2)
    noisy = magnitudes(clean, 20.0, 3)[:, :echoes]
    found = r2_multi_echo(noisy, te=te)
    for k in range(len(noisy)):
        best, spread = curve_fit(
            lambda t, a, r: a * np.exp(-t * r), te, noisy[k], p0=(s0[k], rate[k]), xtol=1e-12
        )
        assert found.rate[k] == pytest.approx(best[1], rel=1e-6)
        assert found.se["R2"][k] == pytest.approx(np.sqrt(spread[1, 1]), rel=1e-4)


def test_the_greatest_likelihood_is_found():
    rate, s0, clean = decays(12, 4, low=60.0)
    noisy = magnitudes(clean, 60.0, 5)
    found = r2_multi_echo(noisy, te=TE, noise=60.0)

    def deviance(p, m):
        a = np.exp(p[0] - TE * p[1] * 100.0)
        z = m * a / 60.0**2
        return -np.sum(np.log(i0e(z)) + z - a**2 / (2.0 * 60.0**2))

    for k in np.flatnonzero(~found.flags):
        best = minimize(
            deviance,
            (np.log(s0[k]), rate[k] / 100.0),
            args=(noisy[k],),
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
        )
        assert found.rate[k] == pytest.approx(100.0 * best.x[1], rel=1e-4)


def test_the_noise_floor_biases_least_squares_but_not_the_likelihood():
    rate, _, clean = decays(6000, 6, low=80.0)
    noisy = magnitudes(clean, 50.0, 7)
    plain, aware = r2_multi_echo(noisy, te=TE), r2_multi_echo(noisy, te=TE, noise=50.0)
    known = ~aware.flags
    bias = [np.median((each.rate / rate - 1)[known]) for each in (plain, aware)]
    assert bias[0] < -0.03
    assert abs(bias[1]) < 0.005
    inside = np.abs((aware.rate - rate) / aware.se["R2"])[known] < 1.96
    assert 0.94 < inside.mean() < 0.965


def test_standard_errors_without_known_noise_come_from_residuals():
    rate, _, clean = decays(4000, 8)
    found = r2_multi_echo(magnitudes(clean, 5.0, 9), te=TE)
    # Student's t of 4 degrees of freedom.
    inside = np.abs((found.rate - rate) / found.se["R2"]) < 2.776
    assert 0.94 < inside.mean() < 0.96
    assert np.sqrt(np.mean(found.quality["residual_sd"] ** 2)) == pytest.approx(5.0, rel=0.02)


def test_what_cannot_be_known_is_nan_and_flagged():
    signal = np.array(
        [
            [100, 80, 60, 40, 30, 20],
            [100, 80, np.nan, 40, 30, 20],
            [100, 80, 0, 40, 30, 20],
            [10, 20, 30, 40, 50, 60],
            [4, 3, 5, 4, 3, 5],
        ],
        dtype=float,
    )
    found = r2_multi_echo(signal, te=TE, noise=5.0)
    assert found.flags.tolist() == [False, True, True, True, True]
    assert np.isfinite(found.rate).tolist() == [True, False, False, False, False]
    assert (~found.reasons.has(RelaxationFlag.BELOW_NOISE)).tolist() == [
        True,
        True,
        True,
        True,
        False,
    ]
    inside = r2_multi_echo(signal, te=TE, mask=[True, False, False, False, False])
    assert np.isfinite(inside.rate).tolist() == [True, False, False, False, False]
    assert "4 flagged" in repr(found)


def test_the_floor_is_passed_by_one_voxel_of_mere_noise_in_twenty():
    noise = magnitudes(np.zeros((20000, 6)), 3.0, 10)
    assert (noise > noise_floor(3.0, 6)).any(axis=1).mean() == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize(
    ("signal", "te", "says"),
    [
        (np.ones((2, 3)), [0.01, 0.02], "end in one value for each of the 2 echo times"),
        (np.ones((2, 2)), [0.01, 0.01], "two different positive echo times"),
        (np.ones((2, 2)), [0.0, 0.01], "two different positive echo times"),
        (np.ones((2, 2)), [0.01, -0.01], "expected a list of times"),
    ],
)
def test_bad_input_is_refused(signal, te, says):
    with pytest.raises(InputError, match=says):
        r2_multi_echo(signal, te=te)
