"""What holds for every method of T1: exact without noise, unbiased and honest with it."""

import numba
import numpy as np
import pytest
from protocols import B1, NAMES, PROTOCOLS, fitted, magnitudes

from biomarkers.errors import InputError
from biomarkers.relaxometry import RelaxationFlag, problem

COUNT = 4000
every = pytest.mark.parametrize("method", PROTOCOLS, ids=NAMES)


@every
def test_noise_free_signals_give_t1_back(method):
    t1 = np.geomspace(0.1, 8.0, 300)
    found = method.fit(1000.0 * np.abs(method.clean(t1)))
    assert not found.flags.any()
    np.testing.assert_allclose(found.t1, t1, rtol=1e-6)
    np.testing.assert_allclose(found.m0, 1000.0, rtol=1e-6)
    if "B1" in found.values:
        np.testing.assert_allclose(found["B1"], B1, rtol=1e-6)


@every
@pytest.mark.parametrize("t1", [0.45, 1.5])
def test_at_signal_to_noise_30_the_median_is_right_and_intervals_cover(method, t1):
    clean = method.clean(np.full(COUNT, t1))
    noise = np.abs(clean).max() / 30
    found = method.fit(magnitudes(clean, noise), noise=noise)
    low, high = found.interval(0.95)
    # The median of 4000 is known to 2 % of the spread.
    spread = np.std(found.t1[~found.flags])
    assert abs(np.median(found.t1[~found.flags]) - t1) < max(0.005 * t1, 0.06 * spread)
    assert 0.93 < np.mean((low < t1) & (t1 < high)) < 0.97
    assert found.freedom == np.inf


@every
def test_residuals_give_intervals_that_cover_too(method):
    # Gaussian noise of unknown size on signed signals: exactly what least squares supposes.
    clean = method.clean(np.full(COUNT, 1.2))
    noise = np.abs(clean).max() / 40
    found = method.fit_signed(clean + noise * np.random.default_rng(3).normal(size=clean.shape))
    low, high = found.interval(0.95)
    assert 0.93 < np.mean((low < 1.2) & (high > 1.2)) < 0.97
    assert np.sqrt(np.mean(found.quality["residual_sd"] ** 2)) == pytest.approx(noise, rel=0.02)


@every
def test_a_thread_more_changes_nothing(method, monkeypatch):
    clean = method.clean(np.linspace(0.3, 3.0, 200))
    signal = magnitudes(clean, np.abs(clean).max() / 25)
    monkeypatch.setattr(problem, "CHUNK", 7)
    results = []
    for threads in (1, 4):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        results.append(_everything(method.fit(signal)))
    alone = _everything(method.fit(signal[17]))
    for one, many, single in zip(*results, alone, strict=True):
        np.testing.assert_array_equal(one, many)
        np.testing.assert_array_equal(single, one[17])


def _everything(found):
    return [*found.values.values(), *found.se.values(), *found.quality.values(), found.reasons.bits]


@every
def test_voxels_outside_the_mask_are_left_alone(method):
    signal = np.abs(method.clean(np.full((2, 3), 1.0)))
    mask = np.array([[True, False, True], [False, False, True]])
    found = method.fit(signal, mask=mask)
    np.testing.assert_array_equal(np.isfinite(found.t1), mask)
    np.testing.assert_array_equal(found.mask, mask)
    assert not found.flags.any()
    np.testing.assert_allclose(found.t1[mask], 1.0, rtol=1e-6)
    with pytest.raises(InputError, match="mask of shape"):
        method.fit(signal, mask=mask[0])
    with pytest.raises(InputError, match="mask has voxels without a value"):
        method.fit(signal, mask=np.where(mask, 1.0, np.nan))


@every
def test_t1_beyond_its_bounds_is_flagged(method):
    signal = np.abs(method.clean(np.array([0.3, 1.0, 4.0])))
    found = method.fit(signal, t1_bounds=(0.5, 2.0))
    assert found.reasons.has(RelaxationFlag.AT_BOUND)[[0, 2]].all()
    assert np.isnan(found.t1[[0, 2]]).all()
    assert found.t1[1] == pytest.approx(1.0)
    for bad in ((2.0, 1.0), (0.0, 1.0), (1.0,)):
        with pytest.raises(InputError, match="t1_bounds"):
            method.fit(signal, t1_bounds=bad)


@every
def test_no_value_comes_of_nothing(method):
    signal = np.abs(method.clean(np.ones(6)))
    signal[0], signal[1, 2], signal[2, 1], signal[3] = 0.0, np.nan, np.inf, -signal[3]
    found = method.fit(signal)
    assert fitted(found).tolist() == [False] * 4 + [True] * 2
    assert np.isnan(
        [found.t1[:4], found.se["T1"][:4], found.m0[:4], found.quality["residual_sd"][:4]]
    ).all()
    with pytest.raises(InputError, match="real numbers"):
        method.fit(signal.astype(complex))


@every
def test_voxels_of_mere_noise_are_flagged_as_such(method):
    shape = method.clean(np.ones(2000)).shape
    found = method.fit(magnitudes(np.zeros(shape), 5.0), noise=5.0)
    assert found.flags.mean() > 0.97
    assert found.reasons.has(RelaxationFlag.BELOW_NOISE)[fitted(found)].mean() > 0.99
    for bad in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="noise"):
            method.fit(np.ones(shape), noise=bad)


@every
@pytest.mark.parametrize("scale", [1e-12, 1e9])
def test_the_unit_of_the_signal_does_not_matter(method, scale):
    signal = np.abs(method.clean(np.array([0.4, 2.0])))
    found = method.fit(scale * signal, noise=scale * 1e-4)
    np.testing.assert_allclose(found.t1, [0.4, 2.0], rtol=1e-4)
    np.testing.assert_allclose(found.m0, scale, rtol=1e-4)
