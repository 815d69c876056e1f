"""From parameters to curves: the way back is the inverse of the fit, for every kind of model."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.kinetics import (
    MODELS,
    FunctionModel,
    Input,
    Parameter,
    clrrm,
    logan,
    lrrm,
    ma1,
    mrtm1,
    mrtm2,
    patlak,
    patlak_reference,
    profile_interval,
    read,
    respond,
)
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 3.0)
FRAMES = Frames.instants(TIME)
TOFTS = MODELS["tofts"]


def convolved(aif, ktrans, kep, delay=0.0):
    return ktrans / 60 * respond(kep / 60, aif.time, aif.plasma, FRAMES, delay=delay).value


def test_tofts_is_its_convolution(aif):
    curve = TOFTS.predict({"Ktrans": 0.1, "kep": 0.3}, TIME, aif)
    assert curve.shape == TIME.shape
    np.testing.assert_allclose(curve, convolved(aif, 0.1, 0.3), rtol=1e-12)
    late = TOFTS.predict({"Ktrans": 0.1, "kep": 0.3}, TIME, aif, delay=4.0)
    np.testing.assert_allclose(late, convolved(aif, 0.1, 0.3, delay=4.0), rtol=1e-12)


def test_values_broadcast(aif):
    values = {"Ktrans": [[0.1], [0.2]], "kep": [0.3, 0.5, 0.9]}
    curves = TOFTS.predict(values, TIME, aif, delay=[0.0, 1.0, 2.0])
    assert curves.shape == (2, 3, TIME.size)
    np.testing.assert_allclose(curves[1, 2], convolved(aif, 0.2, 0.9, delay=2.0), rtol=1e-12)
    assert np.isnan(TOFTS.predict({"Ktrans": [0.1, np.nan], "kep": 0.3}, TIME, aif)[1]).all()


@pytest.mark.parametrize(
    ("name", "given", "other"),
    [
        ("tofts", {"Ktrans": 0.1, "ve": 0.25}, {"Ktrans": 0.1, "kep": 0.4}),
        ("tofts", {"kep": 0.4, "ve": 0.25}, {"Ktrans": 0.1, "kep": 0.4}),
        (
            "2cxm",
            {"Fp": 60.0, "Ktrans": 0.12, "ve": 0.2, "vp": 0.05},
            {"Fp": 60.0, "PS": 15.0, "ve": 0.2, "vp": 0.05},
        ),
        ("1tcm", {"K1": 0.3, "VT": 3.0, "vB": 0.04}, {"K1": 0.3, "k2": 0.1, "vB": 0.04}),
        (
            "2tcm",
            {"K1": 0.3, "VT": 9.0, "BPND": 2.0, "k4": 0.05, "vB": 0.0},
            {"K1": 0.3, "k2": 0.1, "k3": 0.1, "k4": 0.05, "vB": 0.0},
        ),
        ("srtm", {"R1": 0.9, "k2a": 0.1, "BPND": 1.0}, {"R1": 0.9, "k2": 0.2, "BPND": 1.0}),
        (
            "rrm",
            {"Ktrans_ratio": 0.8, "ve_ratio": 1.2, "kep_reference": 0.6},
            {"Ktrans_ratio": 0.8, "kep": 0.4, "kep_reference": 0.6},
        ),
    ],
)
def test_any_set_that_determines_the_curve(aif, name, given, other):
    model = MODELS[name]
    np.testing.assert_allclose(
        model.predict(given, TIME, aif), model.predict(other, TIME, aif), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", list(MODELS))
def test_the_estimates_of_a_fit_give_its_curves(aif, name):
    rng = np.random.default_rng(4)
    clean = convolved(aif, 0.3, 0.8) + 0.05 * read(aif.time, aif.plasma, FRAMES)
    model = MODELS[name]
    fit = model.fit(clean + 0.002 * rng.standard_normal((3, TIME.size)), TIME, aif, delay=1.0)
    known = fit.identifiable
    again = model.predict(fit.values, TIME, aif)
    np.testing.assert_allclose(again[known], fit.predicted()[known], rtol=1e-7, atol=1e-9)


def test_what_is_missing_strange_or_contradictory_is_named(aif):
    for values, message in (
        ({"Ktrans": 0.1}, "no kep to predict from; expected Ktrans, kep"),
        ({"Ktrans": 0.1, "Kep": 0.3}, "no parameter Kep"),
        ({"Ktrans": 0.1, "kep": 0.3, "ve": 0.5}, "ve is 0.5, but the other"),
    ):
        with pytest.raises(InputError, match=message):
            TOFTS.predict(values, TIME, aif)
    with pytest.raises(InputError, match="plasma"):
        TOFTS.predict({"Ktrans": 0.1, "kep": 0.3}, TIME, Input(aif.time, blood=aif.plasma))
    with pytest.raises(InputError, match="k2_reference is to be one number"):
        MODELS["srtm2"].predict({"R1": 1.0, "k2a": 0.1}, TIME, aif)


def test_without_blood_there_is_no_blood_volume(aif):
    plasma = Input(aif.time, plasma=aif.plasma)
    curve = MODELS["1tcm"].predict({"K1": 0.2, "k2": 0.5}, TIME, plasma)
    np.testing.assert_allclose(curve, convolved(aif, 0.2, 0.5), rtol=1e-12)


@pytest.mark.parametrize(
    ("method", "values", "extra"),
    [
        (patlak, {"Ki": 0.05, "V0": 0.2}, {}),
        (patlak_reference, {"Kiref": 0.02, "V0ref": 0.9}, {}),
        (mrtm1, {"R1": 0.9, "k2": 0.8, "k2a": 0.3, "BPND": 5 / 3}, {}),
        (mrtm2, {"R1": 1.6, "k2": 0.8, "k2a": 0.3}, {"k2_reference": 0.5}),
        (lrrm, {"Ktrans_ratio": 0.8, "kep": 0.4, "kep_reference": 0.6, "ve_ratio": 1.2}, {}),
    ],
)
def test_lines_predict_what_they_fit(aif, method, values, extra):
    rate = extra.get("k2_reference")
    curve = method.predict(values, TIME, aif, k2_reference=rate)
    fit = method(curve, TIME, aif, **extra)
    for name, value in values.items():
        assert fit[name] == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(fit.predicted(), curve, rtol=1e-6, atol=1e-9)
    with pytest.raises(InputError, match="to predict from"):
        method.predict({}, TIME, aif, k2_reference=rate)


def test_the_constrained_line_predicts_with_its_rate(aif):
    curve = lrrm.predict({"Ktrans_ratio": 0.8, "kep": 0.4, "kep_reference": 0.6}, TIME, aif)
    fit = clrrm(curve, TIME, aif, kep_reference=0.6)
    np.testing.assert_allclose(fit.predicted(), curve, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("method", [logan, ma1])
def test_a_line_through_the_curve_s_integral_determines_no_curve(aif, method):
    fit = method(convolved(aif, 0.3, 0.8) + 0.1, TIME, aif)
    with pytest.raises(InputError, match="does not determine the curve"):
        fit.predicted()


def test_intervals_of_lines_are_those_of_student(aif):
    curve = convolved(aif, 0.2, 0.0) + 0.01 * np.random.default_rng(1).standard_normal(TIME.size)
    fit = patlak(curve, TIME, aif, t_star=100.0)
    low, high = patlak.interval(curve, TIME, aif, parameter="Ki", t_star=100.0)
    assert (low + high) / 2 == pytest.approx(float(fit["Ki"]))
    assert (high - low) / 2 == pytest.approx(1.9971 * float(fit.se["Ki"]), rel=1e-3)  # 65 degrees


def function(values, frames, source):
    curves, rows = [], []
    for ktrans, kep in values:
        spread = respond(kep / 60, source.time, source.plasma, frames)
        curves.append(ktrans / 60 * spread.value)
        rows.append([spread.value / 60, ktrans / 3600 * spread.by_rate])
    return np.array(curves), np.array(rows)


def test_a_function_model_shares_the_verbs(aif):
    model = FunctionModel(
        "own",
        (Parameter("Ktrans", "1/min", "K"), Parameter("kep", "1/min", "k")),
        function,
        lower=[0.0, 0.0],
        upper=[2.0, 5.0],
        starts=[[0.1, 0.5]],
    )
    values = {"Ktrans": [0.1, 0.2], "kep": 0.3}
    np.testing.assert_allclose(
        model.predict(values, TIME, aif, delay=2.0),
        TOFTS.predict(values, TIME, aif, delay=2.0),
        rtol=1e-10,
    )
    noisy = convolved(aif, 0.2, 0.6) + 0.05 * np.random.default_rng(2).standard_normal(TIME.size)
    own = model.interval(noisy, TIME, aif, parameter="kep")
    assert own == pytest.approx(TOFTS.interval(noisy, TIME, aif, parameter="kep"), rel=1e-4)
    with pytest.raises(InputError, match="no kep"):
        model.predict({"Ktrans": 0.1}, TIME, aif)


def test_a_model_of_two_passes_has_the_interval_of_the_second(aif):
    rng = np.random.default_rng(6)
    curve = MODELS["srtm"].predict({"R1": 0.9, "k2": 0.8, "BPND": 1.0}, TIME, aif)
    curve = curve + 0.02 * curve.max() * rng.standard_normal(TIME.size)
    model = MODELS["srtm2"]
    fit = model.fit(curve, TIME, aif)
    held = model.given(float(fit["k2_reference"]))
    assert model.interval(curve, TIME, aif, parameter="BPND") == pytest.approx(
        profile_interval(held, curve, TIME, aif, parameter="BPND")
    )


@pytest.mark.parametrize("mask", [[True, np.nan], ["yes", "no"], [True]])
@pytest.mark.parametrize("method", [*MODELS.values(), logan, mrtm1], ids=lambda each: each.name)
def test_a_mask_that_is_none_is_refused(aif, method, mask):
    with pytest.raises(InputError, match="mask"):
        method.fit(np.stack([convolved(aif, 0.1, 0.3)] * 2), TIME, aif, mask=mask)
