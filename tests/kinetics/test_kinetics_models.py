"""Every model recovers its parameters from curves made by integrating its differential equations.

The truth never convolves: compartments are integrated by an eighth-order Runge-Kutta method from
one bend of the input to the next, with the running integral as one more unknown for frames.
"""

from itertools import pairwise

import numpy as np
import pytest
from arterial_bolus import bolus
from scipy.integrate import solve_ivp

from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input
from biomarkers.timing import Frames

KNOTS = np.array([0, 6, 12, 14, 16, 18, 20, 23, 27, 32, 40, 55, 80, 130, 200, 320, 460, 700.0])
PLASMA = bolus(KNOTS)
BLOOD = 0.62 * PLASMA + 0.04 * np.sqrt(KNOTS / 700)
SOURCE = Input(KNOTS, plasma=PLASMA, blood=BLOOD)

UNIFORM = Frames.instants(np.arange(0.0, 600.0, 5.0))
UNEVEN = Frames.instants(np.concatenate([np.arange(8, 60, 2.0), np.geomspace(62, 690, 30)]))
START = np.concatenate([np.arange(0, 60, 5.0), np.arange(60, 180, 15.0), np.arange(180, 660, 40.0)])
FRAMES = Frames(START, np.diff(np.append(START, 690.0)))


def compartments(matrix, feed, frames, curve=PLASMA):
    """Sum of the compartments fed by `curve`; rates in 1/s."""
    matrix, feed = np.atleast_2d(matrix), np.atleast_1d(feed)
    size = feed.size

    def slope(t, y):
        inside = matrix @ y[:size] + feed * np.interp(t, KNOTS, curve)
        return np.append(inside, y[:size].sum())

    wanted = np.unique(np.concatenate([frames.start, frames.end]))
    edges = np.unique(np.concatenate([KNOTS, wanted[wanted < KNOTS[-1]]]))
    state, found = np.zeros(size + 1), {edges[0]: np.zeros(size + 1)}
    for a, b in pairwise(edges):
        run = solve_ivp(slope, (a, b), state, method="DOP853", rtol=1e-12, atol=1e-14)
        state = run.y[:, -1]
        found[b] = state
    begin = np.array([found[t] for t in frames.start])
    if frames.are_instants:
        return begin[:, :size].sum(axis=1)
    end = np.array([found[t] for t in frames.end])
    return (end - begin)[:, size] / frames.duration


def direct(curve, frames):
    """The input itself: exact area of straight lines, or its value."""
    if frames.are_instants:
        return np.interp(frames.start, KNOTS, curve)
    bends = np.unique(np.concatenate([KNOTS, frames.start, frames.end]))
    levels = np.interp(bends, KNOTS, curve)
    area = np.concatenate([[0], np.cumsum(np.diff(bends) * (levels[1:] + levels[:-1]) / 2)])
    at = dict(zip(bends, area, strict=True))
    whole = [at[b] - at[a] for a, b in zip(frames.start, frames.end, strict=True)]
    return np.array(whole) / frames.duration


def exchange(k1, k2, k3, k4, frames):
    """Two tissue compartments; rates in 1/min."""
    matrix = np.array([[-(k2 + k3), k4], [k3, -k4]]) / 60
    return compartments(matrix, np.array([k1, 0.0]) / 60, frames)


def plasma_exchange(fp, ps, ve, vp, frames):
    """Two-compartment exchange written in its own terms: flow, permeability, volumes."""
    f, p = fp / 6000, ps / 6000
    matrix = np.array([[-(f + p) / vp, p / ve if ve else 0.0], [p / vp, -p / ve if ve else 0.0]])
    return compartments(matrix, np.array([f, 0.0]), frames)


def tofts(ktrans, kep, frames):
    return compartments(-kep / 60, ktrans / 60, frames)


def blend(tissue, vb, frames):
    return (1 - vb) * tissue + vb * direct(BLOOD, frames)


CASES = {
    "tofts": ({"Ktrans": 0.23, "kep": 0.9, "ve": 0.23 / 0.9}, lambda f: tofts(0.23, 0.9, f)),
    "extended_tofts": (
        {"Ktrans": 0.11, "kep": 0.4, "ve": 0.275, "vp": 0.043},
        lambda f: tofts(0.11, 0.4, f) + 0.043 * direct(PLASMA, f),
    ),
    "patlak": (
        {"Ktrans": 0.02, "vp": 0.06},
        lambda f: tofts(0.02, 0.0, f) + 0.06 * direct(PLASMA, f),
    ),
    "2cum": (
        {"Fp": 31.0, "PS": 6.0, "vp": 0.07, "Ktrans": 0.31 * 0.06 / 0.37},
        lambda f: plasma_exchange(31.0, 6.0, 0.0, 0.07, f),
    ),
    "2cxm": (
        {"Fp": 42.0, "PS": 9.0, "ve": 0.21, "vp": 0.08, "Ktrans": 0.42 * 0.09 / 0.51},
        lambda f: plasma_exchange(42.0, 9.0, 0.21, 0.08, f),
    ),
    "1tcm": (
        {"K1": 0.3, "k2": 0.5, "VT": 0.6, "vB": 0.05},
        lambda f: blend(compartments(-0.5 / 60, 0.3 / 60, f), 0.05, f),
    ),
    "2tcm": (
        {
            "K1": 0.4,
            "k2": 0.9,
            "k3": 0.5,
            "k4": 0.2,
            "vB": 0.04,
            "VT": 0.4 / 0.9 * 3.5,
            "BPND": 2.5,
            "Ki": 0.4 * 0.5 / 1.4,
        },
        lambda f: blend(exchange(0.4, 0.9, 0.5, 0.2, f), 0.04, f),
    ),
    "2tcm_irreversible": (
        {"K1": 0.4, "k2": 0.9, "k3": 0.3, "vB": 0.04, "Ki": 0.1},
        lambda f: blend(exchange(0.4, 0.9, 0.3, 0.0, f), 0.04, f),
    ),
    "srtm": (
        {"R1": 1.15, "k2": 0.6, "k2a": 0.2, "BPND": 2.0},
        lambda f: 1.15 * direct(PLASMA, f) + compartments(-0.2 / 60, (0.6 - 1.15 * 0.2) / 60, f),
    ),
    "patlak_reference": (
        {"Kiref": 0.05, "V0ref": 0.8},
        lambda f: 0.8 * direct(PLASMA, f) + tofts(0.05, 0.0, f),
    ),
}


@pytest.mark.parametrize("frames", [UNIFORM, UNEVEN, FRAMES], ids=["uniform", "uneven", "frames"])
@pytest.mark.parametrize("name", CASES)
def test_noise_free_curves_are_recovered(name, frames):
    truth, make = CASES[name]
    fit = MODELS[name].fit(make(frames), frames, SOURCE)
    assert fit.converged
    assert fit.identifiable
    assert not fit.at_bound
    assert set(truth) == {each.name for each in fit.parameters}
    for parameter, value in truth.items():
        assert fit[parameter] == pytest.approx(value, rel=1e-6), parameter


@pytest.mark.parametrize("frames", [UNIFORM, FRAMES], ids=["instants", "frames"])
def test_srtm2_finds_one_rate_for_all(frames):
    shared = 0.5
    rows = [(0.9, 1.0), (1.0, 2.0), (1.2, 0.5)]
    curves = []
    for r1, bp in rows:
        k2a = r1 * shared / (1 + bp)
        feed = r1 * (shared - k2a) / 60
        curves.append(r1 * direct(PLASMA, frames) + compartments(-k2a / 60, feed, frames))
    both = (
        MODELS["srtm2"].fit(curves, frames, SOURCE),
        MODELS["srtm2"].given(shared).fit(curves, frames, SOURCE),
    )
    for fit in both:
        np.testing.assert_allclose(fit["k2_reference"], shared, rtol=1e-6)
        np.testing.assert_allclose(fit["R1"], [r1 for r1, _ in rows], rtol=1e-6)
        np.testing.assert_allclose(fit["BPND"], [bp for _, bp in rows], rtol=1e-5)


def test_srtm2_says_when_nothing_determines_its_rate():
    flat = np.full((2, 120), np.nan)
    with pytest.raises(InputError, match="k2_reference"):
        MODELS["srtm2"].fit(flat, UNIFORM, SOURCE)
    with pytest.raises(InputError, match="above 0"):
        MODELS["srtm2"].given(0.0)


def test_without_blood_there_is_no_blood_volume():
    plasma = Input(KNOTS, plasma=PLASMA)
    fit = MODELS["1tcm"].fit(compartments(-0.5 / 60, 0.3 / 60, FRAMES), FRAMES, plasma)
    assert fit["K1"] == pytest.approx(0.3, rel=1e-6)
    assert "vB" not in fit.values


def test_coarse_sampling_of_a_fine_truth_is_unbiased(aif):
    # 2.5 s sampling; the usual sampled convolution is 3.4 % off in vp here
    time = np.arange(0.0, 300.0, 2.5)
    frames = Frames.instants(time)
    fine = np.arange(0.0, 301.0, 0.01)
    source = Input(fine, plasma=bolus(fine))
    kernel = 0.2 / 60 * np.exp(-0.8 / 60 * fine)
    size = 2 * fine.size
    spectrum = np.fft.rfft(kernel, size) * np.fft.rfft(source.plasma, size)
    spread = np.fft.irfft(spectrum)[: fine.size] - 0.5 * kernel * source.plasma[0]
    spread -= 0.5 * kernel[0] * source.plasma  # trapezoid ends
    curve = np.interp(time, fine, 0.01 * spread + 0.05 * source.plasma)
    fit = MODELS["extended_tofts"].fit(curve, frames, source)
    assert fit["vp"] == pytest.approx(0.05, rel=1e-3)
    assert fit["Ktrans"] == pytest.approx(0.2, rel=1e-3)


def test_every_model_names_its_units_and_sources():
    for model in MODELS.values():
        assert model.source
        assert all(each.meaning for each in model.parameters)
