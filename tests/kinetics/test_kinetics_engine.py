"""The engine: shapes, masks, weights, delays, flags, and the same result however it is run."""

import numba
import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input, engine, read, respond
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 4.0)
FRAMES = Frames.instants(TIME)
MODEL = MODELS["extended_tofts"]


def tissue(aif, ktrans, kep, vp, frames=FRAMES, delay=0.0):
    spread = respond(kep / 60, aif.time, aif.plasma, frames, delay=delay).value
    return ktrans / 60 * spread + vp * read(aif.time, aif.plasma, frames, delay=delay)


@pytest.fixture
def noisy(aif):
    rng = np.random.default_rng(5)
    draws = rng.uniform([0.02, 0.1, 0.0], [0.4, 2.0, 0.1], (60, 3))
    clean = np.array([tissue(aif, *row) for row in draws])
    return clean + 0.03 * rng.standard_normal(clean.shape)


def test_any_leading_shape_and_one_curve(aif, noisy):
    flat = MODEL.fit(noisy, TIME, aif)
    shaped = MODEL.fit(noisy.reshape(3, 4, 5, -1), TIME, aif)
    assert shaped["Ktrans"].shape == (3, 4, 5)
    np.testing.assert_array_equal(shaped["Ktrans"].ravel(), flat["Ktrans"])
    one = MODEL.fit(noisy[7], TIME, aif)
    assert one["Ktrans"].shape == ()
    assert one["Ktrans"] == flat["Ktrans"][7]
    assert MODEL.fit(noisy[:0], TIME, aif)["Ktrans"].shape == (0,)


def test_fortran_order_and_single_precision_are_read_as_they_are(aif, noisy):
    block = np.asfortranarray(noisy.reshape(6, 10, -1))
    np.testing.assert_array_equal(
        MODEL.fit(block, TIME, aif)["kep"].ravel(), MODEL.fit(noisy, TIME, aif)["kep"]
    )
    single = MODEL.fit(noisy.astype(np.float32), TIME, aif)
    np.testing.assert_allclose(single["Ktrans"], MODEL.fit(noisy, TIME, aif)["Ktrans"], rtol=1e-4)


def test_threads_chunks_and_neighbours_change_nothing(aif, noisy, monkeypatch):
    whole = MODEL.fit(noisy, TIME, aif)
    run = engine.in_chunks
    for threads, chunk in ((1, 7), (3, 7), (2, 1)):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        monkeypatch.setattr(engine, "in_chunks", lambda w, n, size, c=chunk: run(w, n, size=c))
        again = MODEL.fit(noisy, TIME, aif)
        for name in ("Ktrans", "kep", "ve", "vp"):
            np.testing.assert_array_equal(again[name], whole[name])
            np.testing.assert_array_equal(again.se[name], whole.se[name])


def test_outside_the_mask_there_is_nothing(aif, noisy):
    mask = np.arange(60) % 3 == 0
    fit = MODEL.fit(noisy, TIME, aif, mask=mask)
    assert np.isnan(fit["Ktrans"][~mask]).all()
    assert not fit.converged[~mask].any()
    np.testing.assert_array_equal(fit["Ktrans"][mask], MODEL.fit(noisy[mask], TIME, aif)["Ktrans"])
    assert fit.residuals().shape == noisy.shape


def test_weight_zero_leaves_a_point_out(aif, noisy):
    weights = np.ones(TIME.size)
    weights[[3, 20]] = 0.0
    spoilt = noisy.copy()
    spoilt[:, [3, 20]] = np.nan
    keep = weights > 0
    without = MODEL.fit(noisy[:, keep], TIME[keep], aif)
    fit = MODEL.fit(spoilt, TIME, aif, weights=weights)
    np.testing.assert_allclose(fit["Ktrans"], without["Ktrans"], rtol=1e-8)
    np.testing.assert_allclose(fit.se["Ktrans"], without.se["Ktrans"], rtol=1e-6)
    assert fit.predicted().shape == noisy.shape


def test_the_scale_of_weights_does_not_matter(aif, noisy):
    weights = np.linspace(0.5, 2.0, TIME.size)
    one, ten = (MODEL.fit(noisy, TIME, aif, weights=k * weights) for k in (1.0, 10.0))
    np.testing.assert_allclose(one["ve"], ten["ve"], rtol=1e-6)
    np.testing.assert_allclose(one.se["ve"], ten.se["ve"], rtol=1e-5)
    np.testing.assert_allclose(one.r2, ten.r2, rtol=1e-9)


def test_rss_is_that_of_the_residuals(aif, noisy):
    fit = MODEL.fit(noisy, TIME, aif)
    np.testing.assert_allclose(fit.rss, (fit.residuals() ** 2).sum(-1), rtol=1e-9)


@pytest.mark.parametrize("delay", [-2.5, 0.0, 3.7])
def test_a_given_delay_shifts_the_input(aif, delay):
    fit = MODEL.fit(tissue(aif, 0.2, 0.8, 0.05, delay=delay), TIME, aif, delay=delay)
    assert fit["Ktrans"] == pytest.approx(0.2, rel=1e-8)
    assert fit["delay"] == delay
    assert fit.se["delay"] == 0.0


@pytest.mark.parametrize("delay", [0.3, 4.3, 8.8])
def test_a_delay_is_found(aif, delay):
    curve = tissue(aif, 0.2, 0.8, 0.05, delay=delay)
    fit = MODEL.fit(curve, TIME, aif, delay=(0, 10))
    assert fit["delay"] == pytest.approx(delay, abs=1e-6)
    assert fit["Ktrans"] == pytest.approx(0.2, rel=1e-6)
    assert fit["vp"] == pytest.approx(0.05, rel=1e-5)


def test_frames_are_integrated_not_sampled(aif):
    frames = Frames(np.arange(0, 300, 20.0), np.full(15, 20.0))
    fit = MODEL.fit(tissue(aif, 0.2, 0.8, 0.05, frames), frames, aif)
    assert fit["vp"] == pytest.approx(0.05, rel=1e-8)
    assert MODEL.fit(tissue(aif, 0.2, 0.8, 0.05, frames), frames.mid, aif)["vp"] != pytest.approx(
        0.05, rel=0.01
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time": TIME[:-1]}, "last axis"),
        ({"weights": np.ones(3)}, "one per time point"),
        ({"weights": -np.ones(TIME.size)}, "0 or more"),
        ({"mask": np.ones(4, dtype=bool)}, r"mask of shape \(4,\)"),
        ({"delay": (5, 2)}, "low < high"),
        ({"delay": np.nan}, "delay"),
        ({"input": Input([0.0, 100.0], plasma=[1.0, 1.0])}, "input ends at 100 s"),
        ({"input": Input([0.0, 400.0], blood=[1.0, 1.0])}, "needs the concentration in plasma"),
        ({"input": Input([500.0, 900.0], plasma=[1.0, 1.0])}, "before the input begins"),
    ],
)
def test_bad_arguments_are_named(aif, noisy, arguments, message):
    call = {"time": TIME, "input": aif} | arguments
    with pytest.raises(InputError, match=message):
        MODEL.fit(noisy, **call)


def test_an_unknown_parameter_is_named(aif, noisy):
    with pytest.raises(InputError, match="it has Ktrans, kep, ve, vp, delay"):
        MODEL.fit(noisy, TIME, aif)["ktrans"]


def test_the_printed_fit_names_values_and_flags(aif, noisy):
    assert "shape (60,)" in repr(MODEL.fit(noisy, TIME, aif))
    assert "±" in repr(MODEL.fit(noisy[0], TIME, aif))
