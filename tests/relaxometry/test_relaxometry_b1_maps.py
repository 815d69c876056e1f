"""B1 as a record: its error, shared by a neighbourhood or not, and what T1 makes of it."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.relaxometry import (
    RelaxationFlag,
    afi_map,
    b1_afi,
    share_kept_by_mean,
    smooth_pair,
    spgr_signal,
    t1_vfa,
)

AFI = {"flip_deg": 60, "tr1": 0.01, "tr2": 0.05}
SMOOTHING = {"voxel_size": [0.5, 0.5, 1.0], "fwhm_mm": 2.0}
FLIP = [2.0, 6.0, 12.0, 20.0]


def pair(noise=1.0, seed=0):
    rng, cosine, n = np.random.default_rng(seed), np.cos(np.radians(57)), 5.0
    first, second = (noise * rng.normal(size=(16, 14, 6)) for _ in range(2))
    return 100.0 + first, 100.0 * (1 + n * cosine) / (n + cosine) + second


def series(shape, t1=1.2, b1=0.95, noise=0.0):
    signal = spgr_signal(100.0, t1, tr=0.006, flip_deg=FLIP, b1=b1) * np.ones((*shape, 1))
    return signal + noise * np.random.default_rng(5).normal(size=signal.shape)


def test_a_smoothed_field_shares_its_error_over_the_neighbourhood():
    signals = pair()
    field = afi_map(*signals, **AFI, smoothing=SMOOTHING)
    np.testing.assert_array_equal(field["B1"], b1_afi(*smooth_pair(*signals, **SMOOTHING), **AFI))
    np.testing.assert_array_equal(field.shared["B1"].se, field.se["B1"])
    region = np.zeros(field.shape, dtype=bool)
    region[4:12, 4:10] = True
    size = np.array(SMOOTHING["voxel_size"])
    # Of the trend across the head a region keeps more than of what its neighbourhoods share.
    near = share_kept_by_mean(region, size, fwhm_mm=2.0)
    assert near < field.shared["B1"].kept(region, size) < 0.9
    assert np.isnan(field.shared["B1"].kept(np.zeros_like(region), size))
    assert field.settings["SmoothingFWHM"] == 2.0


def test_a_rough_field_without_known_noise_has_no_error():
    field = afi_map(*pair(), **AFI)
    assert not field.se and not field.shared


def test_what_has_no_field_says_why():
    field = afi_map([100.0, 100.0, np.nan], [80.0, 120.0, 80.0], **AFI)
    assert field.flags.tolist() == [False, True, True]
    assert field.reasons.has(RelaxationFlag.NO_SIGNAL).tolist() == [False, True, True]


def test_t1_takes_the_field_with_its_errors():
    field = afi_map(*pair(), **AFI, smoothing=SMOOTHING)
    signal = series(field.shape, noise=0.05)
    fit = t1_vfa(signal, flip_deg=FLIP, tr=0.006, b1=field)
    plain = t1_vfa(signal, flip_deg=FLIP, tr=0.006, b1=field["B1"], b1_se=field.se["B1"])
    np.testing.assert_array_equal(fit.t1, plain.t1)
    np.testing.assert_array_equal(fit.se["T1"], plain.se["T1"])
    assert fit.shared["T1"].kept is field.shared["B1"].kept
    # At small angles T1 goes with the inverse square of B1.
    relative = np.nanmedian(fit.shared["T1"].se / fit.t1) / np.median(field.se["B1"] / field["B1"])
    assert relative == pytest.approx(2.0, rel=0.1)
    with pytest.raises(InputError, match="leave b1_se out"):
        t1_vfa(signal, flip_deg=FLIP, tr=0.006, b1=field, b1_se=0.1)


def test_errors_of_a_rough_field_average_out_over_a_region():
    field = afi_map(*pair(), **AFI, noise=1.0)
    fit = t1_vfa(series(field.shape), flip_deg=FLIP, tr=0.006, b1=field)
    region = np.ones((5, 5, 4), dtype=bool)
    assert fit.shared["T1"].kept(region, np.ones(3)) == pytest.approx(0.1)


def test_pooled_noise_is_the_scatter_and_leaves_what_b1_adds():
    signal = series((30, 30, 3), noise=0.05)
    fit = t1_vfa(signal, flip_deg=FLIP, tr=0.006, b1=0.95, b1_se=0.02)
    pooled = fit.with_pooled_noise()
    shared = fit.shared["T1"].se
    own = np.sqrt(pooled.se["T1"] ** 2 - shared**2)
    assert np.median(own) == pytest.approx(fit.t1.std(), rel=0.05)
    assert np.std(own) < 0.3 * np.std(np.sqrt(fit.se["T1"] ** 2 - shared**2))


def test_a_typical_t1_takes_away_most_of_what_neglecting_it_costs():
    e1, e2 = np.exp(-0.015 / 0.9), np.exp(-0.075 / 0.9)
    cosine = np.cos(np.radians(60))
    first = 1 - e2 + (1 - e1) * e2 * cosine
    second = 1 - e1 + (1 - e2) * e1 * cosine
    how = {"flip_deg": 60, "tr1": 0.015, "tr2": 0.075}
    off = [float(afi_map(first, second, **how, t1=t1)["B1"]) - 1 for t1 in (None, 1.4, 0.9)]
    assert abs(off[2]) < 1e-12
    assert abs(off[1]) < 0.4 * abs(off[0]) < 0.002
    assert afi_map(first, second, **how, t1=1.4).settings["T1"] == 1.4
