"""Graphical methods against curves for which they are exact, and against their own promises."""

import numpy as np
import pytest
from arterial_bolus import bolus

from biomarkers.errors import InputError
from biomarkers.kinetics import (
    Input,
    logan,
    logan_reference,
    ma1,
    mrtm1,
    mrtm2,
    patlak,
    patlak_reference,
    read,
    respond,
)
from biomarkers.timing import Frames

START = np.concatenate(
    [np.arange(0, 300, 10.0), np.arange(300, 1200, 30.0), np.arange(1200, 5400, 60.0)]
)
FRAMES = Frames(START, np.diff(np.append(START, 5400.0)))
FINE = np.arange(0.0, 5401.0)
SOURCE = Input(FINE, plasma=bolus(FINE) * np.exp(-FINE / 3000))


def one_tissue(k1, k2, frames=FRAMES):
    return k1 / 60 * respond(k2 / 60, FINE, SOURCE.plasma, frames).value


def test_patlak_is_exact_for_trapping():
    curve = 0.04 / 60 * respond(0.0, FINE, SOURCE.plasma, FRAMES).value
    curve = curve + 0.3 * read(FINE, SOURCE.plasma, FRAMES)
    line = patlak(curve, FRAMES, SOURCE, t_star=1200)
    assert line["Ki"] == pytest.approx(0.04, rel=2e-4)
    assert line["V0"] == pytest.approx(0.3, rel=1e-2)
    assert line.linear
    assert line.t_star == 1230.0
    assert line.points == 70


@pytest.mark.parametrize("method", [logan, ma1])
def test_volume_of_one_tissue(method):
    line = method(one_tissue(0.3, 0.1), FRAMES, SOURCE)
    assert line["VT"] == pytest.approx(3.0, rel=2e-3)
    assert line.linear
    assert line.r2 > 0.999


def reference():
    fine = Frames.instants(FINE)
    return Input(FINE, plasma=one_tissue(0.3, 0.15, fine))


def target(r1, k2, bp, source):
    k2a = k2 / (1 + bp)
    spread = respond(k2a / 60, FINE, source.plasma, FRAMES).value
    return r1 * read(FINE, source.plasma, FRAMES) + (k2 - r1 * k2a) / 60 * spread


def test_reference_methods_find_binding():
    source = reference()
    rows = [(1.1, 0.165, 2.0), (0.9, 0.135, 0.6)]
    curves = np.array([target(*row, source) for row in rows])
    full = mrtm1(curves, FRAMES, source)
    np.testing.assert_allclose(full["BPND"], [2.0, 0.6], rtol=2e-3)
    np.testing.assert_allclose(full["R1"], [1.1, 0.9], rtol=2e-3)
    np.testing.assert_allclose(full["k2_reference"], 0.15, rtol=5e-3)
    two = mrtm2(curves, FRAMES, source, k2_reference=0.15)
    np.testing.assert_allclose(two["BPND"], [2.0, 0.6], rtol=2e-3)
    ratio = logan_reference(curves, FRAMES, source, k2_reference=0.15)
    np.testing.assert_allclose(ratio["BPND"], [2.0, 0.6], rtol=5e-3)
    np.testing.assert_allclose(ratio["DVR"], ratio["BPND"] + 1)


def test_reference_patlak():
    source = reference()
    curve = 0.02 / 60 * respond(0.0, FINE, source.plasma, FRAMES).value
    line = patlak_reference(curve + 0.9 * read(FINE, source.plasma, FRAMES), FRAMES, source)
    assert line["Kiref"] == pytest.approx(0.02, rel=1e-3)


def test_errors_are_those_of_the_spread():
    rng = np.random.default_rng(1)
    clean = one_tissue(0.3, 0.1)
    noisy = clean + 0.01 * clean.max() * rng.standard_normal((400, clean.size))
    # constant noise in C is noise in C/Cp that grows as Cp falls
    weights = read(FINE, SOURCE.plasma, FRAMES) ** 2
    line = patlak(noisy, FRAMES, SOURCE, t_star=2400, weights=weights)
    assert np.std(line["Ki"]) == pytest.approx(np.median(line.se["Ki"]), rel=0.15)


def test_t_star_is_the_first_straight_point():
    curve = one_tissue(0.3, 0.03)
    line = logan(curve, FRAMES, SOURCE)
    first = int(np.searchsorted(FRAMES.mid, line.t_star))
    earlier = logan(curve, FRAMES, SOURCE, t_star=FRAMES.mid[first - 1])
    assert line.deviation <= 0.1 < earlier.deviation
    assert not earlier.linear


def test_a_curved_plot_is_not_called_linear():
    # washout makes a Patlak plot bend
    line = patlak(one_tissue(0.3, 0.2), FRAMES, SOURCE, t_star=30)
    assert not line.linear


def test_shapes_masks_weights_and_broken_curves():
    curves = np.stack([one_tissue(0.3, 0.1)] * 4).reshape(2, 2, -1)
    curves[0, 1] = np.nan
    curves[1, 1] = 0.0
    weights = np.r_[np.zeros(10), np.ones(len(FRAMES) - 10)]
    line = logan(curves, FRAMES, SOURCE, t_star=100, weights=weights, mask=[[1, 1], [0, 1]])
    np.testing.assert_array_equal(np.isfinite(line["VT"]), [[True, False], [False, False]])
    np.testing.assert_array_equal(line.identifiable, np.isfinite(line["VT"]))
    assert not line.linear[0, 1]
    with pytest.raises(InputError, match="it has VT, intercept"):
        line["Ki"]


def test_instants_use_the_trapezoid_rule():
    time = np.arange(0.0, 5400.0, 20.0)
    line = logan(one_tissue(0.3, 0.1, Frames.instants(time)), time, SOURCE, t_star=1200)
    assert line["VT"] == pytest.approx(3.0, rel=2e-3)


def test_bad_arguments_are_named():
    curve = one_tissue(0.3, 0.1)
    with pytest.raises(InputError, match="2 points from t"):
        logan(curve, FRAMES, SOURCE, t_star=5300)
    with pytest.raises(InputError, match="needs the concentration in plasma"):
        logan(curve, FRAMES, Input(FINE, blood=SOURCE.plasma))
    with pytest.raises(InputError, match="k2_reference"):
        mrtm2(curve, FRAMES, SOURCE, k2_reference=-1.0)
    with pytest.raises(InputError, match="input ends"):
        patlak(curve, FRAMES, Input([0.0, 60.0], plasma=[1.0, 1.0]))
