"""T1 from variable flip angles: the optimum itself, to rounding."""

import numpy as np
import pytest
from protocols import fitted, magnitudes
from scipy import special
from scipy.optimize import curve_fit

from biomarkers.errors import UnusualValueWarning
from biomarkers.relaxometry import RelaxationFlag, spgr_signal, t1_vfa

FLIP = np.array([2.0, 5.0, 8.0, 12.0, 16.0, 20.0])
TR = 0.0055


def voxels(count, snr, seed):
    rng = np.random.default_rng(seed)
    t1 = np.exp(rng.uniform(np.log(0.1), np.log(5.0), count))
    b1 = rng.uniform(0.6, 1.3, count)
    clean = spgr_signal(1000.0, t1, tr=TR, flip_deg=FLIP, b1=b1)
    noise = clean.max(axis=1) / snr
    return magnitudes(clean, noise[:, None], seed=seed), b1, noise


def slope_of_squares(log_t1, signal, b1, step=1e-5):
    """Return the slope of what the best amplitude leaves over, by the formula of the signal."""
    left = []
    for moved in (log_t1 - step, log_t1 + step):
        curve = spgr_signal(1.0, np.exp(moved), tr=TR, flip_deg=FLIP, b1=b1)
        best = (curve * signal).sum(axis=1) / (curve**2).sum(axis=1)
        left.append(((signal - best[:, None] * curve) ** 2).sum(axis=1))
    return left[1] - left[0]


@pytest.mark.parametrize("snr", [40, 10])
def test_least_squares_are_found_to_rounding(snr):
    signal, b1, _ = voxels(2000, snr, seed=1)
    found = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=b1)
    known = ~found.flags
    assert known.mean() > 0.9
    signal, b1, x = signal[known], b1[known], np.log(found.t1[known])
    # The optimum by bisection of the analytic slope, in the variables of the textbook formula.
    angle = b1[:, None] * np.radians(FLIP)
    low, high = x - 1e-3, x + 1e-3
    for _ in range(60):
        middle = 0.5 * (low + high)
        rate = TR * np.exp(-middle)[:, None]
        e1 = np.exp(-rate)
        rest = 1.0 - e1 * np.cos(angle)
        curve = np.sin(angle) * -np.expm1(-rate) / rest
        # d curve / d E1 times d E1 / d log T1
        answer = np.sin(angle) * (np.cos(angle) - 1.0) / rest**2 * e1 * rate
        best = (curve * signal).sum(axis=1) / (curve**2).sum(axis=1)
        up = ((signal - best[:, None] * curve) * answer).sum(axis=1) > 0
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    np.testing.assert_allclose(x, middle, atol=1e-10, rtol=0)
    assert (slope_of_squares(x + 0.01, signal, b1) > 0).all()
    assert (slope_of_squares(x - 0.01, signal, b1) < 0).all()


def test_curve_fit_finds_the_same_values_and_errors():
    signal, b1, _ = voxels(300, 30, seed=2)
    found = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=b1)
    assert not found.flags.any()
    for row, field, t1, m0, se in zip(signal, b1, found.t1, found.m0, found.se["T1"], strict=True):

        def curve(_, size, time, field=field):
            return spgr_signal(1000.0 * size, time, tr=TR, flip_deg=FLIP, b1=field)

        best, covariance = curve_fit(curve, None, row, p0=[1.0, 1.0], xtol=1e-12, ftol=1e-12)
        assert [t1, m0] == pytest.approx([best[1], 1000.0 * best[0]], rel=2e-6)
        assert se == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-4)


def test_the_likelihood_has_no_slope_where_it_is_greatest():
    signal, b1, noise = voxels(2000, 8, seed=3)
    found = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=b1, noise=noise)
    known = ~found.flags
    assert known.mean() > 0.8
    t1, m0, sd = found.t1[known], found.m0[known], noise[known, None]
    model = spgr_signal(m0, t1, tr=TR, flip_deg=FLIP, b1=b1[known])
    step = 1e-6
    ahead, behind = (
        spgr_signal(m0, t1 * np.exp(each), tr=TR, flip_deg=FLIP, b1=b1[known])
        for each in (step, -step)
    )
    z = signal[known] * model / sd**2
    score = (signal[known] * special.i1e(z) / special.i0e(z) - model) / sd**2
    for slope in (model, (ahead - behind) / (2 * step)):
        # In units of its own spread; what is left is the error of the table of Bessel functions.
        worth = np.sqrt((slope**2 / sd**2).sum(axis=1))
        assert np.abs((score * slope).sum(axis=1) / worth).max() < 1e-5


def test_magnitudes_in_known_noise_that_tell_nothing_are_flagged_and_hold_no_number():
    good = spgr_signal(1000.0, 1.2, tr=TR, flip_deg=FLIP)
    signal = np.tile(good, (9, 1))
    signal[1], signal[2, 3], signal[3, 0], signal[4, 1] = 0.0, np.nan, np.inf, -1.0
    signal[5, 1:] = 0.0
    b1, noise = np.ones(9), np.full(9, 2.0)
    b1[6:8], noise[8] = (0.0, np.nan), 1e6
    found = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=b1, noise=noise)
    assert found.flags.tolist() == [False] + [True] * 8
    assert (~found.reasons.has(RelaxationFlag.BELOW_NOISE)).tolist() == [True] * 5 + [
        False,
        True,
        True,
        False,
    ]
    for values in (found.t1, found.se["T1"], found.m0, found.quality["residual_sd"]):
        assert np.isnan(values[1:]).all()


@pytest.mark.parametrize("share", [1.005, 0.995])
def test_in_known_noise_t1_is_found_up_to_its_bounds(share):
    bounds = (0.5, 2.0)
    t1 = bounds[0] * share if share > 1 else bounds[1] * share
    found = t1_vfa(
        spgr_signal(1000.0, t1, tr=TR, flip_deg=FLIP), flip_deg=FLIP, tr=TR, noise=1e-3,
        t1_bounds=bounds,
    )  # fmt: skip
    assert not found.flags
    assert found.t1 == pytest.approx(t1, rel=1e-4)


def test_a_repetition_far_longer_than_t1_tells_nothing():
    signal = np.tile(spgr_signal(1000.0, 0.011, tr=2.0, flip_deg=FLIP), (2, 1))
    with pytest.warns(UnusualValueWarning, match="tr is 2 s"):
        found = t1_vfa(signal * [[1.0], [2.0]], flip_deg=FLIP, tr=2.0)
    assert found.flags.all()
    assert np.isnan(found.t1).all()


def test_signals_that_carry_a_sign_are_fitted_too():
    rng = np.random.default_rng(4)
    clean = spgr_signal(1000.0, np.full(500, 1.2), tr=TR, flip_deg=FLIP)
    found = t1_vfa(clean + 4.0 * rng.normal(size=clean.shape), flip_deg=FLIP, tr=TR)
    assert np.nanmedian(found.t1) == pytest.approx(1.2, rel=0.05)
    assert not fitted(t1_vfa(-clean, flip_deg=FLIP, tr=TR)).any()
