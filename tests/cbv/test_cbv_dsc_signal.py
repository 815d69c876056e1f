"""From signal to the change of R2*: one echo and two, baselines, and what cannot be read."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, Leak, Tissue, artery, noisy, sampled, signal

from biomarkers import cbv
from biomarkers.cbv.bolus.signal import (
    REMARKS,
    DSCFlag,
    checked_echoes,
    checked_signal,
    find_baseline,
    relaxation_change,
)
from biomarkers.errors import InputError
from biomarkers.images import Image

SOURCE = artery()
SEEN = sampled(SOURCE)
TISSUE = Tissue(60.0, 0.04)
CURVE = TISSUE.curve(SOURCE)
ONE, TWO = checked_echoes(TE), checked_echoes((0.012, 0.030))


def test_one_echo_gives_back_the_change():
    found = relaxation_change(signal([CURVE])[:, None], ONE, (0, 10))
    np.testing.assert_allclose(found.curves[0], CURVE, atol=1e-9)
    assert found.flags[0] == 0


def test_two_echoes_do_not_see_t1():
    leak = Leak(ktrans=0.2, kep=0.0, flip_deg=75.0, r2s=0.0)
    pair = np.stack([leak.signal(CURVE, SOURCE, te=te) for te in TWO.times])
    found = relaxation_change(pair[None], TWO, (0, 10)).curves[0]
    np.testing.assert_allclose(found, CURVE, atol=1e-9)
    single = relaxation_change(pair[None, 1:], checked_echoes(0.030), (0, 10)).curves[0]
    assert single[-1] < -5.0


def test_spread_is_the_variance_of_noise():
    rng = np.random.default_rng(2)
    pair = np.stack([signal(CURVE, te=te) for te in TWO.times])[None]
    many = pair + 5.0 * rng.standard_normal((20_000, *pair.shape[1:]))
    found = relaxation_change(many, TWO, (0, 10)).curves[:, 15:].var(axis=0)
    expected = relaxation_change(pair, TWO, (0, 10)).spread[0, 15:] * (5.0 / 1000.0) ** 2
    # What the baseline's own scatter adds is carried separately.
    before = (TWO.weights**2).sum() * (5.0 / 1000.0) ** 2 / 10
    np.testing.assert_allclose(found, expected + before, rtol=0.06)


@pytest.mark.parametrize("snr", [20.0, 100.0])
def test_the_baseline_ends_before_the_bolus(snr):
    kinds = [Tissue(60.0, 0.04, delay=d).curve(SOURCE) for d in (0.0, 1.0, 3.0)]
    seen = noisy(np.repeat(signal(kinds), 100, axis=0), snr, np.random.default_rng(4))
    start, stop = find_baseline(seen[:, None], ONE)
    assert start == 0
    assert 7 <= stop <= 12
    assert np.abs(CURVE[:stop]).max() < 0.05 * CURVE.max()


def test_volumes_before_the_steady_state_are_left_out():
    bright = 1.0 + 0.8 * 0.2 ** np.arange(TIME.size)
    seen = noisy(bright * np.repeat(signal([CURVE]), 100, axis=0), 100.0, np.random.default_rng(5))
    scan = cbv.BolusScan(seen, TIME, te=TE)
    assert scan.left_out.unsteady in ((0, 1, 2, 3), (0, 1, 2, 3, 4))
    start, stop = scan.baseline
    assert start == 0
    assert 4 <= stop <= 7


def test_no_bolus_is_said():
    flat = noisy(np.full((50, TIME.size), 100.0), 50.0, np.random.default_rng(6))
    with pytest.raises(InputError, match="no arrival"):
        find_baseline(flat[:, None], ONE)


def test_the_artery_tells_the_baseline_where_tissue_does_not():
    """One voxel in much noise; without an input there is no telling."""
    seen = noisy(signal(TISSUE.curve(SOURCE)), 12.0, np.random.default_rng(1))
    with pytest.raises(InputError, match="no arrival"):
        cbv.dsc_input(seen, TIME, te=TE, artery=True)
    found = cbv.dsc(seen, TIME, te=TE, input=SEEN, method="cSVD")
    first, stop = found.settings["BaselineSamples"]
    assert (first, stop) == (0, 11)


def test_layouts_of_echoes_are_told_apart():
    pair = np.stack([signal([CURVE] * 3, te=te) for te in TWO.times])  # (E, V, T)
    expected = np.moveaxis(pair, 0, 1)
    for given in (list(pair), expected, np.moveaxis(expected, 1, 2)):
        np.testing.assert_array_equal(checked_signal(given, TIME.size, 2), expected)
    one = signal(np.ones((4, 3, 2, TIME.size)))
    image = Image(one, np.eye(4), "series")
    for given in (one, image, [image], [one]):
        assert checked_signal(given, TIME.size, 1).shape == (4, 3, 2, 1, TIME.size)
    assert checked_signal([image, image], TIME.size, 2).shape == (4, 3, 2, 2, TIME.size)
    assert checked_signal([list(CURVE)], TIME.size, 1).shape == (1, 1, TIME.size)
    with pytest.raises(InputError, match=r"signal of shape \(2, 3, 60\) does not fit"):
        checked_signal(pair, TIME.size, 2)


def test_bad_voxels_are_flagged_and_have_no_numbers():
    seen = noisy(np.repeat(signal([CURVE]), 6, axis=0), 60.0, np.random.default_rng(7))
    seen[0, 30] = np.nan
    seen[1] = 0.0
    seen[2] = noisy(signal(20.0 * CURVE), 60.0, np.random.default_rng(8))
    seen[3] = noisy(np.full(TIME.size, 1000.0), 60.0, np.random.default_rng(9))
    mask = np.array([True] * 5 + [False])
    found = cbv.dsc(seen, TIME, te=TE, input=SEEN, method="cSVD", mask=mask, baseline=(0, 9))
    expected = [DSCFlag.MISSING, DSCFlag.MISSING, DSCFlag.NOISE_FLOOR, DSCFlag.NO_BOLUS, 0, 0]
    np.testing.assert_array_equal(found.reasons & ~np.uint16(REMARKS), expected)
    np.testing.assert_array_equal(found.flags, np.array(expected) > 0)
    assert np.isnan([found[name][[0, 1, 2, 5]] for name in found.names]).all()
    assert np.isnan([found[name][3] for name in ("CBF", "MTT", "Tmax", "TTP")]).all()
    assert np.abs(found["CBV"][3]) < 4.0 * found.se["CBV"][3]
    counts = {name: count for name, count in found.reasons.counts().items() if count}
    assert counts == {"MISSING": 2, "NOISE_FLOOR": 1, "NO_BOLUS": 1, "FLOW_BIASED": 1}


def test_uneven_steps_are_brought_to_even_ones():
    uneven = np.sort(np.concatenate([TIME, [20.2, 24.8, 30.1]]))
    clean = signal([TISSUE.curve(SOURCE, uneven)])
    found = cbv.dsc(clean, uneven, te=TE, input=SOURCE, method="cSVD")
    even = cbv.dsc(signal([CURVE]), TIME, te=TE, input=SOURCE, method="cSVD")
    assert found["CBF"][0] == pytest.approx(even["CBF"][0], rel=0.2)
    assert found["CBV"][0] == pytest.approx(0.04, rel=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"te": 30.0}, "look like ms"),
        ({"te": -0.03}, "te is"),
        ({"te": (0.03, 0.01)}, "2 echo times"),
        ({"time": TIME[::-1]}, "time must"),
        ({"time": TIME[:5]}, "at least 8"),
        ({"method": "fSVD"}, "method is 'fSVD'; expected 'sSVD' or"),
        ({"leakage": "both"}, "leakage is 'both'"),
        ({"volume": "all"}, "volume is"),
        ({"regularisation": 2.0}, "between 0 and 1"),
        ({"method": "tikhonov", "regularisation": 0.1}, "'l_curve' or 'gcv'"),
        ({"baseline": (5, 3)}, "baseline is"),
        ({"mask": np.zeros(3, bool)}, "mask"),
        ({"mask": np.ones(4, bool)}, "mask of shape"),
        ({"leakage": "bsw", "reference": np.ones(4, bool)}, "reference of shape"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"signal": signal([CURVE] * 3), "time": TIME, "te": TE, "input": SEEN} | change
    data, time = given.pop("signal"), given.pop("time")
    with pytest.raises(InputError, match=message):
        cbv.dsc(data, time, **given)
