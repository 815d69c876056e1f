"""A curve that falls is no estimate of zero; one that is flat within its noise is."""

import numpy as np
import pytest
from arterial_bolus import bolus

from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag
from biomarkers.kinetics import MODELS, FunctionModel, Input, Noise, Parameter, patlak
from biomarkers.timing import Frames

TIME = np.arange(0.0, 400.0, 4.0)
SD = 0.02
NAMES = ("tofts", "extended_tofts", "patlak", "2cum", "2cxm", "1tcm", "2tcm", "2tcm_irreversible")


@pytest.fixture(scope="module")
def source():
    time = np.arange(0.0, 601.0)
    return Input(time, plasma=bolus(time), blood=0.6 * bolus(time))


def noisy(curve, count=40, seed=3):
    return curve + SD * np.random.default_rng(seed).standard_normal((count, TIME.size))


FALLING = {
    "falls at arrival": np.where(TIME > 30.0, -0.3, 0.0),
    "drifts down": -0.001 * TIME,
    "lies below zero": np.full(TIME.size, -1.0),
}


def proportional():
    """A function model of its own: the input, times an amplitude that may not be negative."""

    def curves(values, frames: Frames, source: Input):
        shape = np.interp(frames.mid, source.time, source.plasma)
        return values * shape, np.broadcast_to(shape, (len(values), 1, len(frames)))

    return FunctionModel(
        "proportional",
        (Parameter("v", "", "volume"),),
        curves,
        np.array([0.0]),
        np.array([5.0]),
        np.array([[0.1]]),
    )


@pytest.mark.parametrize("kind", FALLING)
@pytest.mark.parametrize("name", [*NAMES, "proportional"])
def test_a_curve_that_falls_is_refuted_in_every_model(source, name, kind):
    model = proportional() if name == "proportional" else MODELS[name]
    curves = noisy(FALLING[kind])
    for noise in (None, SD, Noise(SD, SD / np.sqrt(7)), np.full(40, SD)):
        fit = model.fit(curves, TIME, source, noise=noise)
        assert fit.reasons.has(FitFlag.WORSE_THAN_CONSTANT).all()
        assert fit.flags.all()
        assert all(np.isnan(fit[each.name]).all() for each in fit.parameters)


@pytest.mark.parametrize("kind", ["falls at arrival", "lies below zero"])
def test_a_curve_that_falls_is_refuted_by_the_line_of_patlak(source, kind):
    line = patlak(noisy(FALLING[kind]), TIME, source, t_star=20.0)
    assert line.reasons.has(FitFlag.WORSE_THAN_CONSTANT).all()
    assert np.isnan(line["Ki"]).all()


def test_of_a_region_only_the_voxels_that_fall_are_lost(source):
    rising = MODELS["extended_tofts"].predict({"Ktrans": 0.1, "ve": 0.3, "vp": 0.02}, TIME, source)
    curves = np.concatenate([noisy(rising, 60), noisy(FALLING["falls at arrival"], 40)])
    fit = MODELS["extended_tofts"].fit(curves, TIME, source)
    assert np.isfinite(fit["Ktrans"]).sum() == 60
    assert np.nanmean(fit["Ktrans"]) == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize("name", ["tofts", "extended_tofts", "patlak"])
@pytest.mark.parametrize("before", [np.inf, 8, 3, 1])
def test_where_nothing_happens_the_mean_of_a_region_does_not_rise(source, name, before):
    """True Ktrans 0, noise about a baseline of so many samples: NaN must not pick the positive."""
    rng = np.random.default_rng(5)
    count, shared = 4000, SD / np.sqrt(before)
    curves = noisy(shared * rng.standard_normal((count, 1)), count)
    for noise in (None, Noise(SD, shared)):
        fit = MODELS[name].fit(curves, TIME, source, noise=noise)
        amplitudes = [fit.coefficients[each] for each in list(fit.coefficients)[:2]]
        zero = np.all([each == 0 for each in amplitudes], axis=0)
        lost = fit.reasons.has(FitFlag.WORSE_THAN_CONSTANT)
        assert (lost & zero).sum() <= 0.002 * count  # of those at zero hardly one is taken away
        value = fit[fit.parameters[0].name]
        kept_zero = np.where(lost & zero, 0.0, value)
        assert np.nanmean(value) <= np.nanmean(kept_zero) * 1.005


def test_noise_that_is_none_is_refused(source):
    with pytest.raises(InputError, match="noise is -1; expected 0 or more"):
        MODELS["tofts"].fit(noisy(0.0, 3), TIME, source, noise=-1.0)


def test_one_curve_may_be_a_view_with_gaps(source):
    curves = np.asfortranarray(noisy(0.1 * TIME / 400.0, 3))
    np.testing.assert_array_equal(
        MODELS["tofts"].fit(curves[1], TIME, source)["Ktrans"],
        MODELS["tofts"].fit(curves, TIME, source)["Ktrans"][1],
    )


# Beside a bound


@pytest.mark.parametrize("name", ["extended_tofts", "patlak", "2tcm_irreversible"])
def test_what_is_known_at_a_volume_of_zero_is_known_beside_it(source, name):
    """With a fitted delay, errors pass smoothly from vp held at zero to vp known."""
    kinetics, volume = {
        "extended_tofts": ({"Ktrans": 0.1, "ve": 0.3}, "vp"),
        "patlak": ({"Ktrans": 0.02}, "vp"),
        "2tcm_irreversible": ({"K1": 0.1, "k2": 0.2, "k3": 0.05}, "vB"),
    }[name]
    model = MODELS[name]
    lead = "K1" if "K1" in kinetics else "Ktrans"
    free = Input(source.time, plasma=source.plasma, blood=source.plasma)
    truth = model.predict({**kinetics, volume: 0.0}, TIME, free, delay=3.0)
    curves = truth + 1e-3 * np.random.default_rng(8).standard_normal((1000, TIME.size))
    fit = model.fit(curves, TIME, free, delay=(-4.0, 10.0))
    amount = next(iter(fit.coefficients.values()))
    assert np.isfinite(fit[lead]).all()
    assert np.isfinite(fit.se[lead]).all()
    held, beside = amount == 0, (amount > 0) & (amount < 1e-5)
    assert held.sum() > 50
    if beside.any():
        typical = np.median(fit.se[lead][held])
        assert np.median(fit.se[lead][beside]) == pytest.approx(typical, rel=0.25)
        scatter = fit[lead][held | beside].std()
        assert typical == pytest.approx(scatter, rel=0.25)
