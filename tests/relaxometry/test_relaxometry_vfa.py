"""T1 from variable flip angles."""

import numpy as np
import pytest
from protocols import fitted
from scipy import optimize

from biomarkers.errors import InputError
from biomarkers.relaxometry import RelaxationFlag, spgr_signal, t1_vfa
from biomarkers.relaxometry.problem import T1_BOUNDS

FLIP = [2.0, 5.0, 8.0, 12.0, 16.0, 20.0]
TR = 0.0055
METHODS = ["nonlinear", "linear"]


def noisy(t1, snr, seed=0, flip=FLIP, b1=1.0):
    """Return signals of M0 = 1000 with noise of 1/snr of the brightest."""
    signal = spgr_signal(1000.0, t1, tr=TR, flip_deg=flip, b1=b1)
    noise = np.random.default_rng(seed).normal(size=signal.shape)
    return signal + noise * signal.max() / snr


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("flip", [FLIP, [3.0, 18.0], [20.0, 2.0, 20.0]])
def test_noise_free_signals_give_t1_back(method, flip):
    t1 = np.geomspace(0.03, 8.0, 60).reshape(3, 20)
    b1 = np.linspace(0.6, 1.3, 20)
    signal = spgr_signal(500.0, t1, tr=TR, flip_deg=flip, b1=b1)
    result = t1_vfa(signal, flip_deg=flip, tr=TR, b1=b1, method=method)
    np.testing.assert_allclose(result.t1, t1, rtol=1e-9)
    np.testing.assert_allclose(result.m0, 500.0, rtol=1e-9)
    assert fitted(result).all()
    assert not result.flags.any()


def test_a_general_solver_finds_the_same_minimum():
    t1 = np.random.default_rng(5).uniform(0.3, 4.0, 40)
    signal = noisy(t1, snr=30)
    result = t1_vfa(signal, flip_deg=FLIP, tr=TR)
    for row, found, se in zip(signal, result.t1, result.se["T1"], strict=True):
        fit = optimize.least_squares(
            lambda p, row=row: (
                1000 * p[0] * np.sin(np.radians(FLIP)) * -np.expm1(-TR / p[1])
                / (1 - np.exp(-TR / p[1]) * np.cos(np.radians(FLIP)))
                - row
            ),
            [1.0, 1.0],
            xtol=1e-15, ftol=1e-15, gtol=1e-15, bounds=([0, 0.01], [np.inf, 20]),
        )  # fmt: skip
        covariance = np.linalg.inv(fit.jac.T @ fit.jac) * 2 * fit.cost / (len(FLIP) - 2)
        assert found == pytest.approx(fit.x[1], rel=1e-6)
        assert se == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-3)


def test_the_nonlinear_fit_is_never_worse_than_any_other_t1():
    signal = noisy(np.full(200, 1.5), snr=6, seed=8)
    result = t1_vfa(signal, flip_deg=FLIP, tr=TR)
    curves = spgr_signal(1.0, np.geomspace(0.02, 15, 2000), tr=TR, flip_deg=FLIP)
    explained = (signal @ curves.T) ** 2 / (curves**2).sum(axis=1)
    best = (signal**2).sum(axis=1) - explained.max(axis=1)
    found = spgr_signal(result.m0, result.t1, tr=TR, flip_deg=FLIP)
    rss = ((signal - found) ** 2).sum(axis=1)
    known = ~result.flags
    assert known.mean() > 0.8
    assert (rss[known] <= best[known] * (1 + 1e-6)).all()


@pytest.mark.parametrize("method", METHODS)
def test_standard_errors_cover_the_truth(method):
    signal = noisy(np.full(20_000, 1.5), snr=100, seed=6)
    result = t1_vfa(signal, flip_deg=FLIP, tr=TR, method=method)
    pull = (result.t1 - 1.5) / result.se["T1"]
    # Four degrees of freedom: 95 % of Student's t lie within 2.776.
    assert np.mean(np.abs(pull) < 2.776) == pytest.approx(0.95, abs=0.015)


def test_noise_biases_the_linear_fit_and_not_the_nonlinear_one():
    signal = noisy(np.full(20_000, 1.5), snr=12, seed=7)
    median = {m: np.nanmedian(t1_vfa(signal, flip_deg=FLIP, tr=TR, method=m).t1) for m in METHODS}
    assert median["nonlinear"] == pytest.approx(1.5, rel=0.005)
    assert median["linear"] > 1.5 * 1.015


def test_ignoring_the_field_is_wrong_by_its_square():
    signal = spgr_signal(1.0, 2.0, tr=TR, flip_deg=FLIP, b1=0.8)
    assert t1_vfa(signal, flip_deg=FLIP, tr=TR).t1 == pytest.approx(2.0 * 0.8**2, rel=0.01)


@pytest.mark.parametrize("method", METHODS)
class TestNothingKnown:
    def test_no_signal(self, method):
        signal = np.ones((6, 6))
        signal[0], signal[1, 2], signal[2, 3], signal[3] = 0.0, np.nan, np.inf, -1.0
        signal[4:] = spgr_signal(1.0, 1.0, tr=TR, flip_deg=FLIP)
        result = t1_vfa(signal, flip_deg=FLIP, tr=TR, method=method)
        assert result.flags.tolist() == [True] * 4 + [False] * 2
        for values in (result.t1, result.se["T1"], result.m0):
            assert np.isnan(values[:4]).all()

    @pytest.mark.parametrize("b1", [np.nan, 0.0, -1.0, np.inf])
    def test_no_field(self, method, b1):
        signal = spgr_signal(1.0, [1.0, 1.0], tr=TR, flip_deg=FLIP)
        result = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=[1.0, b1], method=method)
        assert fitted(result).tolist() == [True, False]
        assert np.isnan(result.t1[1])

    @pytest.mark.parametrize("t1", [0.002, 60.0])
    def test_beyond_the_bounds(self, method, t1):
        result = t1_vfa(spgr_signal(1.0, t1, tr=TR, flip_deg=FLIP), flip_deg=FLIP, tr=TR,
                        method=method)  # fmt: skip
        assert result.reasons.has(RelaxationFlag.AT_BOUND)
        assert result.flags
        assert np.isnan(result.t1)

    def test_mere_noise_is_mostly_flagged(self, method):
        rng = np.random.default_rng(9)
        signal = np.hypot(rng.normal(size=(5000, 6)), rng.normal(size=(5000, 6)))
        result = t1_vfa(signal, flip_deg=FLIP, tr=TR, method=method)
        assert result.flags.mean() > 0.8
        assert (2 * result.se["T1"] < result.t1)[~result.flags].all()


def test_two_angles_leave_the_error_unknown():
    result = t1_vfa(spgr_signal(1.0, 1.0, tr=TR, flip_deg=[3, 15]), flip_deg=[3, 15], tr=TR)
    assert result.t1 == pytest.approx(1.0)
    assert np.isnan(result.se["T1"])
    assert not result.flags


def test_shapes_of_voxels_are_kept():
    signal = spgr_signal(np.ones((2, 3, 4)), 1.0, tr=TR, flip_deg=FLIP)
    result = t1_vfa(signal.astype(np.float32), flip_deg=FLIP, tr=TR, b1=np.ones((3, 1)))
    for values in (
        result.t1,
        result.se["T1"],
        result.m0,
        result.flags,
        result.reasons.has(RelaxationFlag.AT_BOUND),
    ):
        assert values.shape == (2, 3, 4)
    np.testing.assert_allclose(result.t1, 1.0, rtol=1e-5)


def test_the_bounds_hold_every_tissue():
    assert T1_BOUNDS[0] < 0.05
    assert T1_BOUNDS[1] > 5.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flip_deg": [5.0] * 6}, "two different angles"),
        ({"flip_deg": 5.0}, "two different angles"),
        ({"flip_deg": [2.0, 5.0]}, "each of the 2 flip angles"),
        ({"tr": 0.0}, "tr is"),
        ({"b1": np.ones(5)}, "b1 of shape"),
        ({"method": "magic"}, "nonlinear, linear"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        t1_vfa(np.ones((4, 6)), **{"flip_deg": FLIP, "tr": TR, **change})


@pytest.mark.parametrize("method", METHODS)
def test_the_error_of_b1_is_in_that_of_t1(method):
    rng = np.random.default_rng(11)
    t1, spread = 1.5, 0.03
    b1 = 0.9 + spread * rng.normal(size=4000)
    clean = spgr_signal(1000.0, np.full(b1.shape, t1), tr=TR, flip_deg=FLIP, b1=0.9)
    signal = clean + rng.normal(size=clean.shape) * clean.max() / 300
    told = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=b1, b1_se=spread, method=method)
    untold = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=b1, method=method)
    np.testing.assert_array_equal(told.t1, untold.t1)
    assert np.std((told.t1 - t1) / told.se["T1"]) == pytest.approx(1.0, abs=0.06)
    assert np.std((untold.t1 - t1) / untold.se["T1"]) > 2.0
    # At small angles T1 goes with the inverse square of B1.
    added = np.sqrt(np.median(told.se["T1"] ** 2 - untold.se["T1"] ** 2))
    assert added == pytest.approx(2 * t1 * spread / 0.9, rel=0.05)


def test_an_error_of_b1_that_leaves_nothing_known_is_flagged():
    signal = noisy([1.0, 1.0, 1.0], snr=200)
    found = t1_vfa(signal, flip_deg=FLIP, tr=TR, b1=1.0, b1_se=[0.02, 0.4, np.nan])
    np.testing.assert_array_equal(found.flags, [False, True, False])
    np.testing.assert_array_equal(np.isnan(found.t1), [False, True, False])
    np.testing.assert_array_equal(np.isnan(found.se["T1"]), [False, True, True])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"b1_se": 0.02}, "give b1 too"),
        ({"b1": 1.0, "b1_se": -0.1}, "expected 0 or more"),
        ({"b1": 1.0, "b1_se": [0.1, 0.2, 0.3]}, "does not fit voxels"),
    ],
)
def test_the_error_of_b1_has_to_make_sense(given, message):
    with pytest.raises(InputError, match=message):
        t1_vfa(noisy([1.0, 1.5], snr=200), flip_deg=FLIP, tr=TR, **given)
