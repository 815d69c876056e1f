"""What the data cannot tell is NaN with a flag; nothing raises, nothing is invented."""

import numpy as np
import pytest

from biomarkers.kinetics import MODELS, Input, read, respond
from biomarkers.timing import Frames
from conftest import bolus

TIME = np.arange(0.0, 400.0, 4.0)
FRAMES = Frames.instants(TIME)


@pytest.fixture(scope="module")
def source():
    time = np.arange(0.0, 601.0)
    return Input(time, plasma=bolus(time), blood=0.6 * bolus(time))


def spread(source, rate):
    return respond(rate / 60, source.time, source.plasma, FRAMES).value / 60


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "curve",
    [np.zeros(100), np.full(100, np.nan), np.r_[np.ones(99), np.inf]],
    ids=["zero", "nan", "inf"],
)
def test_empty_and_broken_curves_are_nothing(source, name, curve):
    model = MODELS[name].given(0.1) if name in ("srtm2", "crrm") else MODELS[name]
    fit = model.fit(np.stack([curve, spread(source, 0.5)]), TIME, source)
    for parameter in model.names:
        assert np.isnan(fit[parameter][0])
        assert np.isnan(fit.se[parameter][0])
    assert not fit.converged[0]
    assert not fit.identifiable[0]
    assert fit.converged[1]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("level", [1.0, -1.0])
def test_flat_curves_do_not_raise(source, name, level):
    model = MODELS[name].given(0.1) if name in ("srtm2", "crrm") else MODELS[name]
    rng = np.random.default_rng(1)
    fit = model.fit(level + 0.05 * rng.standard_normal((20, 100)), TIME, source)
    if level < 0 and name not in {"srtm", "patlak_reference"}:
        assert fit.at_bound.all()
    whole = np.all([np.isfinite(fit[each]) & np.isfinite(fit.se[each]) for each in model.names], 0)
    np.testing.assert_array_equal(fit.identifiable, whole)


@pytest.mark.parametrize("name", MODELS)
def test_too_few_points_determine_nothing(source, name):
    model = MODELS[name].given(0.1) if name in ("srtm2", "crrm") else MODELS[name]
    count = len(model.for_input(source).terms) + len(model.decays)
    time = np.linspace(20, 300, count)
    fit = model.fit(np.linspace(1, 2, count), time, source)
    assert not fit.identifiable
    assert all(np.isnan(fit[parameter]) for parameter in model.names)


def test_no_washout_leaves_ve_unknown(source):
    rng = np.random.default_rng(2)
    curves = 0.05 * spread(source, 0.0) + 0.02 * rng.standard_normal((200, 100))
    fit = MODELS["tofts"].fit(curves, TIME, source)
    assert fit.at_bound[fit["kep"] == 0].all()
    known = np.isfinite(fit["ve"])
    assert known.mean() < 0.2
    assert fit.at_bound[known].all()
    np.testing.assert_allclose(np.nanmean(fit["Ktrans"]), 0.05, rtol=0.02)


def test_no_delivery_leaves_rates_unknown(source):
    rng = np.random.default_rng(3)
    curves = 0.05 * read(source.time, source.blood, FRAMES)
    curves = curves + 0.01 * rng.standard_normal((200, 100))
    fit = MODELS["1tcm"].fit(curves, TIME, source)
    none = fit["K1"] == 0
    assert none.mean() > 0.05
    assert np.isnan(fit["k2"][none]).all()
    assert np.isnan(fit["VT"][none]).all()
    assert np.isnan(fit.se["K1"][none]).all()
    assert fit.at_bound[none].all()
    assert np.isfinite(fit.se["vB"]).all()


def test_no_binding_leaves_its_release_unknown(source):
    rng = np.random.default_rng(4)
    curves = 0.4 * spread(source, 0.6) + 0.01 * rng.standard_normal((200, 100))
    fit = MODELS["2tcm"].fit(curves, TIME, source)
    known = np.isfinite(fit["k4"])
    assert (fit.se["k4"][known] <= np.maximum(fit["k4"][known], 1.0)).all()
    assert known.mean() < 0.9
    pure = MODELS["2tcm"].fit(0.4 * spread(source, 0.6), TIME, source)
    assert np.isnan(pure["k4"])
    assert not pure.identifiable
    assert pure["K1"] == pytest.approx(0.4, rel=1e-6)
    assert pure["VT"] == pytest.approx(0.4 / 0.6, rel=1e-6)


def test_a_volume_above_one_is_flagged(source):
    fit = MODELS["tofts"].fit(0.6 * spread(source, 0.4), TIME, source)
    assert fit["ve"] == pytest.approx(1.5, rel=1e-6)
    assert fit.at_bound


def test_a_rate_at_its_bound_is_flagged(source):
    fit = MODELS["tofts"].fit(0.05 * read(source.time, source.plasma, FRAMES), TIME, source)
    assert fit.at_bound
