"""Selection, intervals, bootstrap and lmfit: they agree with each other and with arithmetic."""

import lmfit
import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.kinetics import (
    MODELS,
    Decay,
    Model,
    Parameter,
    bootstrap,
    compare,
    profile_interval,
    read,
    respond,
    select,
    to_lmfit,
)
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 3.0)
FRAMES = Frames.instants(TIME)
MODEL = MODELS["extended_tofts"]


@pytest.fixture(scope="module")
def curve(aif):
    clean = 0.2 / 60 * respond(0.8 / 60, aif.time, aif.plasma, FRAMES).value
    clean = clean + 0.05 * read(aif.time, aif.plasma, FRAMES)
    return clean + 0.05 * np.random.default_rng(3).standard_normal(TIME.size)


def test_akaike_weights_are_their_formula(aif, curve):
    chosen = select([MODELS["tofts"], MODEL, MODELS["patlak"]], [curve, curve], TIME, aif)
    criteria = np.array([fit.aicc[0] for fit in chosen.fits])
    relative = np.exp(-0.5 * (criteria - criteria.min()))
    np.testing.assert_allclose(chosen.weights[0], relative / relative.sum())
    assert chosen.models == ("tofts", "extended_tofts", "patlak")
    np.testing.assert_array_equal(chosen.best, [1, 1])
    np.testing.assert_array_equal(chosen["vp"], chosen.fits[1]["vp"])
    np.testing.assert_array_equal(chosen.se["kep"], chosen.fits[1].se["kep"])


def test_the_criterion_is_its_formula(aif, curve):
    fit = MODEL.fit(curve, TIME, aif)
    n, k = TIME.size, 4  # three parameters and the noise
    expected = n * np.log(float(fit.rss) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    assert fit.aicc == pytest.approx(expected)
    assert MODEL.fit(curve, TIME, aif, delay=(-2, 2)).aicc > expected


def test_selection_follows_the_truth(aif):
    rng = np.random.default_rng(0)
    plain = 0.2 / 60 * respond(0.8 / 60, aif.time, aif.plasma, FRAMES).value
    rich = plain + 0.06 * read(aif.time, aif.plasma, FRAMES)
    noise = 0.05 * rng.standard_normal((2, 300, TIME.size))
    chosen = select([MODELS["tofts"], MODEL], noise + np.array([[plain], [rich]]), TIME, aif)
    assert (chosen.best[0] == 0).mean() > 0.8
    assert (chosen.best[1] == 1).all()
    assert np.isnan(chosen["vp"][chosen.best == 0]).all()


def test_a_curve_without_data_has_no_best_model(aif):
    chosen = select([MODELS["tofts"], MODEL], np.full((1, TIME.size), np.nan), TIME, aif)
    assert chosen.best[0] == -1
    assert np.isnan(chosen.weights).all()
    assert np.isnan(chosen["Ktrans"]).all()


def test_bad_comparisons_are_refused(aif, curve):
    fit = MODEL.fit(curve, TIME, aif)
    with pytest.raises(InputError, match="two or more"):
        compare([fit])
    with pytest.raises(InputError, match="has no 'PS'"):
        compare([fit, fit])["PS"]


@pytest.mark.parametrize("name", ["Ktrans", "kep", "vp"])
def test_profiles_agree_with_lmfit(aif, curve, name):
    low, high = profile_interval(MODEL, curve, TIME, aif, parameter=name)
    minimizer = to_lmfit(MODEL, curve, TIME, aif)
    found = lmfit.conf_interval(minimizer, minimizer.minimize(), p_names=[name], sigmas=[0.95])
    ends = [value for level, value in found[name] if level > 0]
    assert [low, high] == pytest.approx(ends, rel=1e-4)


def test_profiles_of_derived_parameters_and_of_the_delay(aif, curve):
    fit = MODEL.fit(curve, TIME, aif, delay=(-3, 5))
    for name in ("ve", "delay"):
        low, high = profile_interval(MODEL, curve, TIME, aif, parameter=name, delay=(-3, 5))
        assert low < fit[name] < high
        width = (high - low) / (2 * 1.985 * fit.se[name])
        assert 0.5 < width < 2.0  # the objective has kinks in the delay


def test_an_open_interval_is_infinite(aif):
    flat = 0.01 / 60 * respond(0.0, aif.time, aif.plasma, FRAMES).value
    noisy = flat + 0.05 * np.random.default_rng(1).standard_normal(TIME.size)
    low, high = profile_interval(MODELS["2cxm"], noisy, TIME, aif, parameter="Fp")
    assert (np.isnan(low) and np.isnan(high)) or high > 10 * MODELS["2cxm"].fit(noisy, TIME, aif)[
        "Fp"
    ]
    assert np.isnan(profile_interval(MODEL, np.zeros(TIME.size), TIME, aif, parameter="kep")).all()


def test_the_bootstrap_agrees_with_standard_errors(aif, curve):
    fit = MODEL.fit(curve, TIME, aif)
    again = bootstrap(MODEL, curve, TIME, aif, samples=2000, seed=4)
    for name in ("Ktrans", "kep", "ve", "vp"):
        assert np.std(again.estimates[name]) == pytest.approx(float(fit.se[name]), rel=0.1)
        low, high = again.interval(name)
        assert (high - low) / 3.92 == pytest.approx(float(fit.se[name]), rel=0.12)
    repeat = bootstrap(MODEL, curve, TIME, aif, samples=2000, seed=4)
    np.testing.assert_array_equal(again.estimates["ve"], repeat.estimates["ve"])
    with pytest.raises(InputError, match="no interval"):
        again.interval("PS")


def test_single_curves_only(aif, curve):
    block = np.stack([curve, curve])
    for call in (
        lambda: profile_interval(MODEL, block, TIME, aif, parameter="kep"),
        lambda: bootstrap(MODEL, block, TIME, aif),
        lambda: to_lmfit(MODEL, block, TIME, aif),
    ):
        with pytest.raises(InputError, match="expected one curve"):
            call()
    with pytest.raises(InputError, match="level"):
        profile_interval(MODEL, curve, TIME, aif, parameter="kep", level=95)
    with pytest.raises(InputError, match="no residual"):
        bootstrap(MODEL, curve[::40][:3], TIME[::40][:3], aif)


@pytest.mark.parametrize(
    "name", [name for name, model in MODELS.items() if model.inverse is not None]
)
def test_lmfit_starts_at_the_optimum_and_stays(aif, name):
    model = MODELS[name]
    rng = np.random.default_rng(5)
    clean = 0.3 / 60 * respond(0.6 / 60, aif.time, aif.plasma, FRAMES).value
    slow = 0.05 / 60 * respond(0.05 / 60, aif.time, aif.plasma, FRAMES).value
    noisy = clean + slow + 0.08 * read(aif.time, aif.blood, FRAMES)
    noisy = noisy + 0.02 * rng.standard_normal(TIME.size)
    fit = model.fit(noisy, TIME, aif)
    result = to_lmfit(model, noisy, TIME, aif).minimize(xtol=1e-12, ftol=1e-12)
    assert result.chisqr == pytest.approx(float(fit.rss), rel=1e-4)
    if fit.identifiable and not fit.at_bound:
        for each in model.names:
            assert result.params[each].value == pytest.approx(float(fit[each]), rel=2e-2), each


def test_lmfit_takes_fixed_parameters(aif, curve):
    minimizer = to_lmfit(MODEL, curve, TIME, aif, weights=np.r_[0.0, np.ones(TIME.size - 1)])
    minimizer.params["vp"].set(value=0.05, vary=False)
    result = minimizer.minimize()
    assert result.params["vp"].value == 0.05
    assert result.ndata == TIME.size - 1
    assert result.params["ve"].value == pytest.approx(0.25, abs=0.02)


def test_lmfit_fits_the_delay(aif, curve):
    fit = MODEL.fit(curve, TIME, aif, delay=(-3, 5))
    result = to_lmfit(MODEL, curve, TIME, aif, delay=(-3, 5)).minimize()
    assert result.params["delay"].value == pytest.approx(float(fit["delay"]), abs=0.1)


def test_a_model_of_ones_own_is_a_dozen_lines(aif, curve):
    model = Model(
        "parallel",
        terms=(Decay("a", rate="fast"), Decay("b", rate="slow")),
        parameters=(Parameter("K1", "mL/min/mL", "total delivery"),),
        physiology=lambda x: {"K1": x["a"] + x["b"]},
    )
    fast = 0.3 / 60 * respond(4.0 / 60, aif.time, aif.plasma, FRAMES).value
    fit = model.fit(curve + fast, TIME, aif)
    both = MODELS["2cxm"].fit(curve + fast, TIME, aif)
    assert fit["K1"] == pytest.approx(float(both["Fp"]) / 100, rel=1e-3)
    with pytest.raises(InputError, match="no inverse"):
        to_lmfit(model, curve, TIME, aif)


def test_models_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="distinct names"):
        Model("twice", (Decay("a", rate="a"),), (), lambda x: x)
    with pytest.raises(InputError, match="at most two decays"):
        Model("many", tuple(Decay(f"a{k}", rate=f"r{k}") for k in range(3)), (), lambda x: x)
