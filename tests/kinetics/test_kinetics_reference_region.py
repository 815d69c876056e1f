"""The reference region models against curves of one compartment with an input they never see."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input, clrrm, lrrm, respond
from biomarkers.timing import Frames

TIME = np.arange(0.0, 360.0, 2.0)
FINE = np.arange(0.0, 361.0, 0.1)
SINCE = np.maximum(FINE - 20.0, 0.0)
PLASMA = 8.0 * SINCE / 5.0 * np.exp(1 - SINCE / 5.0) + 1.2 * (1 - np.exp(-SINCE / 8.0))
KTRANS_R, KEP_R = 0.1, 1.0


def tissue(ktrans, kep):
    leaked = respond(kep / 60, FINE, PLASMA, Frames.instants(TIME)).value
    return ktrans / 60 * leaked


@pytest.fixture(scope="module")
def source():
    return Input.reference_region(TIME, tissue(KTRANS_R, KEP_R))


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(3)
    ktrans, kep = rng.uniform(0.05, 0.4, 300), rng.uniform(0.2, 0.8, 300)
    return {
        "Ktrans_ratio": ktrans / KTRANS_R,
        "ve_ratio": ktrans / kep / (KTRANS_R / KEP_R),
        "kep": kep,
        "kep_reference": np.full(300, KEP_R),
    }


@pytest.fixture(scope="module")
def curves(truth):
    ktrans = KTRANS_R * truth["Ktrans_ratio"]
    return np.array([tissue(k, kep) for k, kep in zip(ktrans, truth["kep"], strict=True)])


WAYS = {
    "rrm": MODELS["rrm"].fit,
    "crrm": MODELS["crrm"].fit,
    "lrrm": lrrm,
    "clrrm": clrrm,
}


def test_the_curves_are_those_of_the_differential_equation():
    solved = solve_ivp(
        lambda t, c: 0.2 / 60 * np.interp(t, FINE, PLASMA) - 0.5 / 60 * c,
        (0, 358),
        [0.0],
        t_eval=TIME,
        rtol=1e-8,
        atol=1e-10,
        max_step=0.5,
    )
    np.testing.assert_allclose(tissue(0.2, 0.5), solved.y[0], atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_without_noise_truth_is_recovered(curves, truth, source, way):
    found = WAYS[way](curves, TIME, source)
    for name, value in truth.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-3)


@pytest.mark.parametrize("way", ["rrm", "crrm"])
def test_errors_are_those_of_the_scatter(curves, truth, source, way):
    noisy = curves + np.random.default_rng(1).normal(scale=0.01, size=curves.shape)
    found = WAYS[way](noisy, TIME, source)
    for name in ("Ktrans_ratio", "ve_ratio", "kep"):
        pull = (found[name] - truth[name]) / found.se[name]
        assert np.nanstd(pull) == pytest.approx(1.0, abs=0.15)
        assert abs(np.nanmedian(found[name] / truth[name] - 1)) < 0.01


def test_one_kep_for_all_is_more_precise(curves, truth, source):
    noisy = curves + np.random.default_rng(2).normal(scale=0.02, size=curves.shape)
    off = {
        way: np.nanmedian(np.abs(WAYS[way](noisy, TIME, source)["kep"] / truth["kep"] - 1))
        for way in WAYS
    }
    assert off["crrm"] < 0.5 * off["rrm"]
    assert off["clrrm"] < 0.5 * off["lrrm"]
    assert off["crrm"] < off["clrrm"]


def test_the_linear_form_is_the_simplified_tissue_model_under_other_names(curves, source):
    ours, theirs = (MODELS[name].fit(curves[:20], TIME, source) for name in ("rrm", "srtm"))
    np.testing.assert_allclose(ours["Ktrans_ratio"], theirs["R1"], rtol=1e-9)
    np.testing.assert_allclose(ours["kep"], theirs["k2a"], rtol=1e-9)
    np.testing.assert_allclose(ours["ve_ratio"], theirs["BPND"] + 1, rtol=1e-9)


def test_kep_of_the_reference_can_be_given(curves, truth, source):
    for found in (
        clrrm(curves, TIME, source, kep_reference=KEP_R),
        MODELS["crrm"].given(KEP_R).fit(curves, TIME, source),
    ):
        np.testing.assert_array_equal(found["kep_reference"], KEP_R)
        np.testing.assert_allclose(found["kep"], truth["kep"], rtol=2e-3)


def test_shapes_and_masks_are_kept(curves, source):
    mask = np.arange(300).reshape(20, 15) % 2 == 0
    found = clrrm(curves.reshape(20, 15, -1), TIME, source, mask=mask)
    np.testing.assert_array_equal(np.isfinite(found["kep"]), mask)


@pytest.mark.parametrize("way", ["crrm", "clrrm"])
def test_where_nothing_determines_the_reference_it_is_asked_for(source, way):
    falling = np.full((3, TIME.size), np.nan)
    with pytest.raises(InputError, match=f"{way}: no curve determines kep_reference"):
        WAYS[way](falling, TIME, source)


def test_an_impossible_kep_is_refused(curves, source):
    with pytest.raises(InputError, match="clrrm: kep_reference -1"):
        clrrm(curves, TIME, source, kep_reference=-1.0)
    with pytest.raises(InputError, match="crrm: kep_reference 0"):
        MODELS["crrm"].given(0.0)
