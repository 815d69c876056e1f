"""Transmit field from actual flip-angle imaging, voxel by voxel and smoothed."""

import numpy as np
import pytest
from scipy import ndimage

from biomarkers.errors import InputError
from biomarkers.relaxometry import b1_afi, b1_smoothing_fwhm, smooth_b1, smooth_pair, t1_vfa
from biomarkers.relaxometry.spgr import spgr_signal

AFI = {"flip_deg": 60.0, "tr1": 0.013, "tr2": 0.065}
SIZE = np.array([0.25, 0.25, 1.5])
FWHM = 2.4


def afi_signals(b1, t1=2.0):
    """Return both exact steady-state signals (Yarnykh 2007, equations 1 and 2)."""
    angle = np.radians(AFI["flip_deg"]) * b1
    e1, e2 = np.exp(-AFI["tr1"] / t1), np.exp(-AFI["tr2"] / t1)
    rest = 1 - e1 * e2 * np.cos(angle) ** 2
    first = np.sin(angle) * (1 - e2 + (1 - e1) * e2 * np.cos(angle)) / rest
    second = np.sin(angle) * (1 - e1 + (1 - e2) * e1 * np.cos(angle)) / rest
    return first, second


def phantom(level, snr, seed=1, shape=(96, 96, 12)):
    """Return B1 (slowly varying), where the object is, and two Rician signals of it."""
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    inside = x**2 + y**2 < 0.6
    b1 = level * (1 + 0.08 * np.cos(2 * y) - 0.04 * x)
    brightness = np.where(inside, 1 + 0.5 * np.sin(9 * x) * np.sin(7 * y), 0.0)
    rng = np.random.default_rng(seed)
    first, second = afi_signals(b1)
    scale = snr / first[inside].mean()
    return (
        b1,
        inside & (x**2 + y**2 < 0.5),
        *(
            np.hypot(scale * brightness * s + rng.normal(size=shape), rng.normal(size=shape))
            for s in (first, second)
        ),
    )


def smoothed(first, second):
    return b1_afi(*smooth_pair(first, second, voxel_size=SIZE, fwhm_mm=FWHM), **AFI)


@pytest.mark.parametrize("b1", [0.5, 0.8, 1.0, 1.3])
def test_the_formula_inverts_its_own_approximation(b1):
    # For TR much shorter than T1 the ratio is (1 + n cos a)/(n + cos a).
    cosine, n = np.cos(np.radians(60) * b1), 5.0
    ratio = (1 + n * cosine) / (n + cosine)
    assert b1_afi(7.0, 7.0 * ratio, **AFI) == pytest.approx(b1, rel=1e-12)


def test_short_repetition_times_make_it_nearly_exact():
    first, second = afi_signals(np.array([0.7, 0.9, 1.1]), t1=2.0)
    np.testing.assert_allclose(b1_afi(first, second, **AFI), [0.7, 0.9, 1.1], rtol=5e-3)


def test_what_no_flip_angle_explains_is_nan():
    first = [10, 10, 0, -1, np.nan, 10, 10, 0]
    second = [10, 11, 5, 5, 5, 0, np.nan, 0]
    assert np.isnan(b1_afi(first, second, **AFI)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tr1": 0.1}, "swap"),
        ({"tr1": 0.0}, "tr1"),
        ({"tr2": -1.0}, "tr2"),
        ({"flip_deg": 0.0}, "flip_deg"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        b1_afi(2.0, 1.0, **{**AFI, **change})


def test_signals_of_two_shapes_are_refused():
    with pytest.raises(InputError, match="same shape"):
        b1_afi(np.ones(3), np.ones(4), **AFI)


@pytest.mark.parametrize("level", [0.7, 0.85, 1.0])
@pytest.mark.parametrize(("snr", "bias", "spread"), [(5, 0.015, 0.055), (8, 0.01, 0.032)])
def test_smoothing_the_pair_finds_the_field_in_noise(level, snr, bias, spread):
    b1, inside, first, second = phantom(level, snr)
    error = (smoothed(first, second) / b1 - 1)[inside]
    assert abs(np.median(error)) < bias
    assert np.sqrt(np.mean(error**2)) < spread


@pytest.mark.parametrize("t1", [0.3, 2.0, np.array([0.3, 1.0, 2.0])])
def test_with_t1_a_pair_is_solved_exactly(t1):
    b1 = np.array([0.7, 0.9, 1.1])
    pair = afi_signals(b1, t1=t1)
    np.testing.assert_allclose(b1_afi(*pair, **AFI, t1=t1), b1, rtol=1e-9)
    assert np.isnan(b1_afi(*pair, **AFI, t1=np.nan)).all()
    with pytest.raises(InputError, match="does not fit voxels"):
        b1_afi(*pair, **AFI, t1=[1.0, 2.0])


def test_averaging_the_voxelwise_field_is_biased_where_the_pair_is_not():
    b1, inside, first, second = phantom(0.7, 5)
    averaged = smooth_b1(b1_afi(first, second, **AFI), voxel_size=SIZE, fwhm_mm=FWHM)
    assert np.median((averaged / b1)[inside]) > 1.05
    assert np.median((smoothed(first, second) / b1)[inside]) == pytest.approx(1.0, abs=0.015)


def test_a_smoothed_field_makes_t1_better_without_bias():
    b1, inside, first, second = phantom(0.8, 8)
    flip = [2, 5, 8, 12, 16, 20]
    signal = spgr_signal(1.0, np.full(b1.shape, 2.0), tr=0.0055, flip_deg=flip, b1=b1)
    signal += 0.02 * signal.max() * np.random.default_rng(2).normal(size=signal.shape)
    rough, smooth = (
        t1_vfa(signal[inside], flip_deg=flip, tr=0.0055, b1=field[inside]).t1
        for field in (b1_afi(first, second, **AFI), smoothed(first, second))
    )
    rough_error, smooth_error = (np.nanmedian(np.abs(t1 / 2.0 - 1)) for t1 in (rough, smooth))
    assert smooth_error < 0.4 * rough_error
    assert np.median(smooth) == pytest.approx(2.0, rel=0.02)


def test_without_noise_smoothing_changes_a_uniform_field_nowhere():
    first, second = afi_signals(np.full((20, 20, 6), 0.9))
    brightness = np.random.default_rng(0).uniform(1, 5, first.shape)
    pair = smooth_pair(brightness * first, brightness * second, voxel_size=SIZE, fwhm_mm=2.0)
    np.testing.assert_allclose(pair[1] / pair[0], second / first, rtol=1e-7)


def test_voxels_that_are_not_finite_do_not_spread():
    first, second = afi_signals(np.full((12, 12, 6), 0.9))
    expected = b1_afi(first, second, **AFI)
    first[6, 6, 3], second[2, 2, 2] = np.nan, np.inf
    np.testing.assert_allclose(smoothed(first, second), expected, rtol=1e-7)


def test_voxels_without_signal_count_as_little_as_those_without_a_value():
    random = np.random.default_rng(7)
    pair = [level + random.normal(0, 4.0, (12, 12, 3)) for level in (100.0, 70.0)]
    gone = np.zeros((12, 12, 3), dtype=bool)
    gone[6:, 3:9] = True
    empty, absent = (
        smooth_pair(*(np.where(gone, value, each) for each in pair), voxel_size=SIZE, fwhm_mm=2.0)
        for value in (0.0, np.nan)
    )
    for one, other in zip(empty, absent, strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.isfinite(one[~gone]).all()


def test_far_from_any_signal_there_is_no_field():
    first, second = np.zeros((2, 40, 8, 4))
    first[:4], second[:4] = 2.0, 1.0
    field = b1_afi(*smooth_pair(first, second, voxel_size=[1, 1, 1], fwhm_mm=3.0), **AFI)
    assert np.isfinite(field[:4]).all()
    assert np.isnan(field[20:]).all()


def test_a_pair_of_two_shapes_is_refused():
    with pytest.raises(InputError, match="same shape"):
        smooth_pair(np.ones((3, 3, 3)), np.ones((3, 3, 2)), voxel_size=SIZE, fwhm_mm=1.0)


def test_smooth_b1_is_a_gaussian_of_the_stated_width():
    # The exponential of a parabola: half of its height at half of the width from its middle.
    point = np.ones((141, 1, 1))
    point[70] = 2.0
    response = smooth_b1(point, voxel_size=[0.5, 1, 1], fwhm_mm=8.0)[:, 0, 0] - 1.0
    assert response[78] / response[70] == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("missing", [np.nan, 0.0, -1.0])
def test_smooth_b1_leaves_missing_voxels_out(missing):
    b1 = np.full((9, 9, 9), 0.8)
    b1[::2] = missing
    np.testing.assert_allclose(smooth_b1(b1, voxel_size=[1, 1, 1], fwhm_mm=3.0), 0.8)


def test_smooth_b1_leaves_voxels_without_a_value_out():
    b1 = np.random.default_rng(3).normal(1, 0.1, (15, 14, 9))
    known = np.random.default_rng(4).uniform(0, 1, b1.shape) > 0.3
    sigma = 3.0 / np.sqrt(8 * np.log(2)) / SIZE
    top, bottom = (
        ndimage.gaussian_filter(x, sigma, mode="constant") for x in (known * b1, 1.0 * known)
    )
    result = smooth_b1(np.where(known, b1, np.nan), voxel_size=SIZE, fwhm_mm=3.0)
    np.testing.assert_allclose(result, top / bottom)


def test_smooth_b1_has_no_value_out_of_reach():
    b1 = np.full((60, 3, 3), np.nan)
    b1[0] = 1.0
    result = smooth_b1(b1, voxel_size=[1, 1, 1], fwhm_mm=2.0)
    assert np.isfinite(result[:4]).all()
    assert np.isnan(result[5:]).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fwhm_mm": 0.0}, "fwhm_mm"),
        ({"voxel_size": [1, 1]}, "voxel_size"),
        ({"voxel_size": [1, 1, -1]}, "voxel_size"),
    ],
)
def test_impossible_smoothing_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        smooth_b1(np.ones((3, 3, 3)), **{"voxel_size": [1, 1, 1], "fwhm_mm": 2.0, **settings})


@pytest.mark.parametrize(("field", "expected"), [(9.4, 2.42), (7.0, 3.25), (3.0, 7.58)])
def test_the_default_width_follows_the_wavelength(field, expected):
    # 299.79 / (42.577 B0 sqrt(60)) m, over 40.
    assert b1_smoothing_fwhm(field) == pytest.approx(expected, rel=5e-3)


def test_the_default_width_hardly_damps_what_can_vary():
    fwhm = b1_smoothing_fwhm(9.4)
    x = np.arange(0, 120 * fwhm, 0.25)  # three wavelengths
    wave = 0.1 * np.cos(2 * np.pi * x / (20 * fwhm)).reshape(-1, 1, 1)  # of half a wavelength
    middle = slice(len(x) // 3, 2 * len(x) // 3)
    once = smooth_b1(1 + wave, voxel_size=SIZE, fwhm_mm=fwhm)[middle]
    assert np.ptp(once) / np.ptp(wave) == pytest.approx(0.991, abs=5e-4)
    # The exact tangent makes the field itself the angle that is smoothed.
    pair = smooth_pair(np.cos(1 + wave), np.sin(1 + wave), voxel_size=SIZE, fwhm_mm=fwhm)
    twice = np.arctan2(pair[1], pair[0])[middle]
    assert np.ptp(twice) / np.ptp(wave) == pytest.approx(1.0, abs=5e-4)


def test_a_curved_field_keeps_its_level():
    # A quarter less at the edge than in the middle, 10 mm away.
    x = np.linspace(-10, 10, 60)
    b1 = 1.06 - 0.0028 * (x[:, None, None] ** 2 + x[None, :, None] ** 2) + np.zeros(8)
    size = [x[1] - x[0], x[1] - x[0], 1.0]
    signals = afi_signals(b1)
    middle = (slice(25, 35), slice(25, 35), slice(3, 5))
    exact = b1_afi(*signals, **AFI)
    pair = b1_afi(*smooth_pair(*signals, voxel_size=size, fwhm_mm=3.2), **AFI)
    once = smooth_b1(exact, voxel_size=size, fwhm_mm=3.2)
    assert np.median((once / exact)[middle]) < 0.993
    assert np.median((pair / exact)[middle]) == pytest.approx(1.0, abs=5e-4)


@pytest.mark.parametrize("bend", [0.0, -0.003])
def test_a_thin_slab_keeps_its_field_up_to_its_edges(bend):
    # As wide as two of the Gaussian's widths, so that every slice has neighbours on one side only.
    x, z = np.linspace(-8, 8, 30), np.linspace(-2.5, 2.5, 6)
    b1 = 1.0 + 0.01 * z + bend * z**2 - 0.001 * x[:, None, None] ** 2 + np.zeros((30, 30, 1))
    size = {"voxel_size": [x[1] - x[0], x[1] - x[0], 1.0], "fwhm_mm": 3.2}
    signals = afi_signals(b1)
    pair = b1_afi(*smooth_pair(*signals, **size), **AFI)
    np.testing.assert_allclose(pair, b1_afi(*signals, **AFI), rtol=2e-3)


@pytest.mark.parametrize("slices", [2, 3, 5])
def test_a_wide_slab_of_few_slices_keeps_its_field(slices):
    # More voxels than tell the trend: those that do must lie in three slices, if there are three.
    x = np.linspace(-1, 1, 320)
    b1 = 1.1 - 0.2 * (x[:, None, None] ** 2 + x[:, None] ** 2) + np.zeros(slices)
    signals = afi_signals(b1)
    pair = b1_afi(*smooth_pair(*signals, voxel_size=[0.5, 0.5, 1.0], fwhm_mm=3.2), **AFI)
    np.testing.assert_allclose(pair, b1_afi(*signals, **AFI), rtol=5e-3)  # .3 % in the corners
