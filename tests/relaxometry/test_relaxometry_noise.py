"""The noise floor: what magnitudes say of the signal under it."""

import numpy as np
import pytest
from protocols import NAMES, PROTOCOLS, magnitudes
from scipy import optimize, special, stats

from biomarkers.relaxometry import spgr_signal, t1_inversion_recovery, t1_vfa
from biomarkers.relaxometry._rician import bessel_ratio, information, information_table

BY_NAME = dict(zip(NAMES, PROTOCOLS, strict=True))


def test_the_ratio_of_bessel_functions():
    z = np.concatenate([np.linspace(0.0, 60.0, 3001), [1e3, 1e8]])
    expected = special.i1e(z) / special.i0e(z)
    np.testing.assert_allclose([bessel_ratio(each) for each in z], expected, atol=1e-7)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 2.5, 7.0, 20.0])
def test_the_information_is_the_variance_of_the_score(ratio):
    m = stats.rice.rvs(ratio, size=400_000, random_state=1)
    score = m * special.i1e(ratio * m) / special.i0e(ratio * m) - ratio
    assert information(information_table(), ratio) == pytest.approx(score.var(), rel=0.01)


def test_it_is_the_maximum_of_the_rician_likelihood():
    flip, noise = [2.0, 5.0, 10.0, 20.0], 3.0
    clean = spgr_signal(700.0, np.array([0.6, 1.0, 1.8, 2.5]), tr=0.005, flip_deg=flip)
    signal = magnitudes(clean, noise, seed=4)
    found = t1_vfa(signal, flip_deg=flip, tr=0.005, noise=noise)
    for row, t1, m0 in zip(signal, found.t1, found.m0, strict=True):

        def loss(p, row=row):
            model = spgr_signal(1000.0 * p[0], np.exp(p[1]), tr=0.005, flip_deg=flip)
            return -stats.rice.logpdf(row, model / noise, scale=noise).sum()

        best = optimize.minimize(
            loss, [0.7, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
        )
        assert [m0 / 1000.0, np.log(t1)] == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "t1", "ratio", "lifted", "right"),
    [
        # Bias of the median: least squares on magnitudes, and with the noise known. Measured:
        # -7.8 and -0.7 %; -2.4 and -0.1 %; -5.3 and -0.1 %; 0.9 and 0.0 %.
        ("saturation", 1.5, 10, -0.05, 0.015),
        ("Look-Locker, B1 known", 0.5, 10, -0.015, 0.005),
        ("inversion", 0.5, 10, -0.04, 0.01),
        ("vfa", 0.5, 10, 0.004, 0.005),
    ],
)
def test_known_noise_takes_the_bias_of_the_floor_away(name, t1, ratio, lifted, right):
    method = BY_NAME[name]
    clean = method.clean(np.full(8000, t1))
    noise = np.abs(clean).max() / ratio
    signal = magnitudes(clean, noise, seed=2)
    plain, aware = (np.nanmedian(each.t1) / t1 - 1 for each in (
        method.fit(signal), method.fit(signal, noise=noise)
    ))  # fmt: skip
    assert plain / lifted > 1.0
    assert abs(aware) < right


def test_a_map_of_the_noise_is_taken_voxel_by_voxel():
    flip = [2.0, 6.0, 15.0]
    signal = np.tile(spgr_signal(1000.0, 1.0, tr=0.005, flip_deg=flip), (2, 1))
    found = t1_vfa(signal, flip_deg=flip, tr=0.005, noise=[1.0, 2.0])
    assert found.se["T1"][1] / found.se["T1"][0] == pytest.approx(2.0, rel=0.01)


def test_known_noise_gives_two_angles_an_error():
    flip = [3.0, 15.0]
    clean = spgr_signal(1000.0, np.full(4000, 1.0), tr=0.005, flip_deg=flip)
    found = t1_vfa(magnitudes(clean, 1.5), flip_deg=flip, tr=0.005, noise=1.5)
    assert np.isnan(found.quality["residual_sd"]).all()
    assert np.median(found.se["T1"]) == pytest.approx(found.t1.std(), rel=0.1)


def test_the_residuals_of_many_voxels_tell_the_noise():
    method = BY_NAME["inversion"]
    clean = 500.0 * method.clean(np.linspace(0.3, 2.5, 3000))
    signal = magnitudes(clean, 12.0, seed=5)
    estimate = np.nanmedian(method.fit(signal).quality["residual_sd"])
    # The root of the median of chi-square with 4 degrees of freedom over 4 is 0.916.
    assert estimate / 0.916 == pytest.approx(12.0, rel=0.05)


def test_signed_signals_have_no_floor():
    ti, t1 = np.array([0.1, 0.347, 0.8, 1.5, 3.0]), np.full(8000, 0.5)
    clean = 100.0 * (1.0 - 2.0 * np.exp(-ti / t1[:, None]))
    signal = clean + 10.0 * np.random.default_rng(6).normal(size=clean.shape)
    found = t1_inversion_recovery(signal, ti=ti, efficiency=1.0, signed=True, noise=10.0)
    low, high = found.interval()
    assert np.median(found.t1) == pytest.approx(0.5, rel=0.005)
    assert 0.93 < np.mean((low < 0.5) & (high > 0.5)) < 0.97
