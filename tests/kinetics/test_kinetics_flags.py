"""What the data cannot tell is NaN with a flag; nothing raises, nothing is invented."""

from functools import partial

import numpy as np
import pytest
from arterial_bolus import bolus

from biomarkers.errors import InputError
from biomarkers.kinetics import (
    MODELS,
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

TIME = np.arange(0.0, 400.0, 4.0)
FRAMES = Frames.instants(TIME)


@pytest.fixture(scope="module")
def source():
    time = np.arange(0.0, 601.0)
    return Input(time, plasma=bolus(time), blood=0.6 * bolus(time))


def spread(source, rate):
    return respond(rate / 60, source.time, source.plasma, FRAMES).value / 60


def model_of(name):
    return MODELS[name].given(0.1) if name in ("srtm2", "crrm") else MODELS[name]


def noise(count, level, seed=6):
    return level * np.random.default_rng(seed).standard_normal((count, TIME.size))


# What a curve can fail to say: made of the input's own responses, so that every model has it.
CURVES = {
    "zero": lambda s: np.zeros((20, 100)),
    "nan": lambda s: np.full((20, 100), np.nan),
    "one nan": lambda s: np.where(np.arange(100) == 50, np.nan, spread(s, 0.5)) * np.ones((20, 1)),
    "infinite": lambda s: np.r_[np.ones(99), np.inf] * np.ones((20, 1)),
    "flat": lambda s: np.full((20, 100), 0.7),
    "flat and noisy": lambda s: 0.7 + noise(20, 0.02),
    "below zero": lambda s: -1.0 + noise(20, 0.02),
    "noise": lambda s: noise(20, 0.02),
    "offset": lambda s: 1.0 + 0.3 * spread(s, 0.6) + noise(20, 0.01),
    "no washout": lambda s: 0.05 * spread(s, 0.0) + noise(20, 0.02),
    "no delivery": lambda s: 0.05 * read(s.time, s.blood, FRAMES) + noise(20, 0.01),
    "no binding": lambda s: 0.4 * spread(s, 0.6) + noise(20, 0.01),
}
SILENT = {"zero", "nan", "one nan", "infinite"}
REFUTED = {"flat", "flat and noisy", "offset"}


@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize("name", MODELS)
def test_no_model_invents_a_number(source, name, kind):
    """No exception, no warning; what is reported is finite with its error, or NaN and flagged."""
    model = model_of(name)
    fit = model.fit(CURVES[kind](source), TIME, source)
    found = np.array([fit[each] for each in model.names])
    errors = np.array([fit.se[each] for each in model.names])
    assert not np.isinf(found).any()
    assert not np.isinf(errors).any()
    assert np.isnan(errors[np.isnan(found)]).all()
    np.testing.assert_array_equal(
        fit.identifiable, (np.isfinite(found) & np.isfinite(errors)).all(0)
    )
    if kind in SILENT:
        assert np.isnan(found).all()
        assert not fit.converged.any()
    elif kind in REFUTED:
        assert np.isnan(found).all()
        assert not fit.identifiable.any()
    elif kind == "below zero":  # nothing of it is the model's: zero, held there, or NaN
        assert fit.at_bound.all() or not fit.identifiable.any()
        assert (found[np.isfinite(found)] == 0).all()
    for parameter, values in zip(model.parameters, found, strict=True):
        if parameter.origin is not None:
            assert (values[np.isfinite(values)] >= parameter.origin).all(), parameter.name


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", MODELS)
def test_few_points_determine_nothing_more_than_they_can(source, name, count):
    model = model_of(name)
    time = np.array([40.0, 100.0, 300.0])[:count]
    curve = 0.3 * spread(source, 0.6)[[10, 25, 75]][:count]
    fit = model.fit(curve, time, source)
    unknowns = len(model.for_input(source).terms) + len(model.decays)
    if count <= unknowns:
        assert not fit.identifiable
        assert all(np.isnan(fit[each]) for each in model.names)
    assert np.isnan(fit.aicc)


LINES = {
    "logan": logan,
    "patlak": patlak,
    "ma1": ma1,
    "mrtm1": mrtm1,
    "mrtm2": partial(mrtm2, k2_reference=0.1),
    "logan_reference": logan_reference,
    "logan_reference with k2'": partial(logan_reference, k2_reference=0.1),
    "patlak_reference": patlak_reference,
}


@pytest.mark.parametrize("t_star", [None, 100.0])
@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize("name", LINES)
def test_no_line_invents_a_number(source, name, kind, t_star):
    line = LINES[name](CURVES[kind](source), TIME, source, t_star=t_star)
    found = np.array([line[each.name] for each in line.parameters])
    errors = np.array([line.se[each.name] for each in line.parameters])
    np.testing.assert_array_equal(np.isnan(found), np.isnan(errors))
    np.testing.assert_array_equal(line.identifiable, np.isfinite(found).all(axis=0))
    if kind in SILENT:
        assert np.isnan(found).all()
        assert np.isnan(line.rss).all()
        assert not line.linear.any()
    if kind == "noise":
        assert not (line.identifiable & line.linear).any()
    for parameter, values in zip(line.parameters, found, strict=True):
        if parameter.origin is not None:
            assert (values[np.isfinite(values)] >= parameter.origin).all(), parameter.name


@pytest.mark.parametrize("name", LINES)
def test_too_few_points_for_a_line_are_nothing(source, name):
    curve = 0.3 * spread(source, 0.6)[[25, 75]]
    line = LINES[name](curve, TIME[[25, 75]], source)
    assert not line.identifiable
    assert not line.linear
    assert all(np.isnan(line[each.name]) for each in line.parameters)
    with pytest.raises(InputError, match="give an earlier t_star"):
        LINES[name](curve, TIME[[25, 75]], source, t_star=100.0)


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
