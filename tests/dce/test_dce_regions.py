"""The mean curve of a region and its intervals."""

import lmfit
import numpy as np
import pytest

from biomarkers.dce import fit_region
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input, profile_interval, to_lmfit
from biomarkers.kinetics.forward import Forward
from biomarkers.timing import Frames

TIME = 3.0 * np.arange(70)
FINE = np.arange(0.0, 210.0, 0.5)
SINCE = np.maximum(FINE - 25.0, 0.0)
SOURCE = Input(
    FINE,
    plasma=np.minimum(SINCE / 6, 1) * (4 * np.exp(-SINCE / 20) + 1.5 * np.exp(-SINCE / 500)),
)
TRUTH = {"Ktrans": 0.12, "kep": 0.4, "vp": 0.03}


def curves(truth=TRUTH, model="extended_tofts", delay=0.0, voxels=40, seed=0):
    forward = Forward(MODELS[model], SOURCE, Frames.instants(TIME))
    clean = forward.curve({**truth, "delay": delay})
    return clean + 0.02 * np.random.default_rng(seed).normal(size=(voxels, TIME.size))


def test_the_mean_curve_is_fitted_with_intervals():
    fit = fit_region(curves(), TIME, SOURCE)
    assert fit.voxels == 40
    np.testing.assert_allclose(fit.curves, curves().mean(axis=0))
    np.testing.assert_array_equal(fit.time, TIME)
    assert np.std(fit.residuals()) < 0.02 / np.sqrt(40) * 1.3
    for name, truth in {**TRUTH, "ve": 0.3}.items():
        low, high = fit.ends[name]
        assert low < fit[name] < high
        assert fit[name] == pytest.approx(truth, abs=4 * fit.se[name])


@pytest.mark.parametrize(
    ("model", "name"),
    [(model, name) for model in ("tofts", "extended_tofts") for name in MODELS[model].names],
)
def test_intervals_are_those_of_a_general_profile(model, name):
    fit = fit_region(curves(), TIME, SOURCE, model=model)
    ends = profile_interval(MODELS[model], fit.curves, TIME, SOURCE, parameter=name)
    np.testing.assert_allclose(fit.ends[name], ends, rtol=2e-5)


@pytest.mark.parametrize("name", ["Ktrans", "kep", "vp"])
def test_intervals_are_those_of_lmfit(name):
    fit = fit_region(curves(), TIME, SOURCE)
    minimizer = to_lmfit(MODELS["extended_tofts"], fit.curves, TIME, SOURCE)
    ends = lmfit.conf_interval(minimizer, minimizer.minimize(), p_names=[name], sigmas=[0.95])[name]
    np.testing.assert_allclose(fit.ends[name], (ends[0][1], ends[-1][1]), rtol=2e-4)


def test_an_interval_without_a_limit_is_open():
    truth = {"Ktrans": 0.1, "kep": 0.002, "vp": 0.03}  # in 3.5 minutes nothing returns
    fit = fit_region(curves(truth, voxels=3), TIME, SOURCE)
    low, high = fit.ends["Ktrans"]
    assert 0 < low < high < 0.3
    assert not np.isfinite(fit.ends["ve"][1])


def test_intervals_cover_the_truth_as_often_as_they_say():
    hits = [
        low <= TRUTH["Ktrans"] <= high
        for seed in range(60)
        for fit in (fit_region(curves(voxels=5, seed=seed), TIME, SOURCE, level=0.8),)
        for low, high in (fit.ends["Ktrans"],)
    ]
    assert 0.64 <= np.mean(hits) <= 0.94  # 48 of 60, three standard deviations


def test_other_models_and_a_fitted_delay():
    fit = fit_region(curves(delay=1.5), TIME, SOURCE, delay=(0.0, 5.0))
    low, high = fit.ends["delay"]
    assert low < 1.5 < high
    patlak = fit_region(
        curves({"Ktrans": 0.02, "vp": 0.03}, "patlak"), TIME, SOURCE, model="patlak"
    )
    low, high = patlak.ends["vp"]
    assert low < patlak["vp"] < high
    assert patlak["vp"] == pytest.approx(0.03, abs=4 * patlak.se["vp"])
    assert patlak.names == tuple(patlak.ends) == ("Ktrans", "vp")


def test_a_parameter_at_its_bound_has_no_interval():
    fit = fit_region(curves({**TRUTH, "vp": 0.0}, seed=1), TIME, SOURCE)
    assert np.isnan(fit.ends["vp"][0]) or fit.ends["vp"][0] >= 0
    nothing = fit_region(curves({"Ktrans": 0.0, "kep": 0.4, "vp": 0.03}), TIME, SOURCE)
    assert np.isnan(nothing.ends["ve"]).all()


def test_curves_with_gaps_do_not_count():
    rows = curves()
    rows[0, 3] = np.nan
    assert fit_region(rows, TIME, SOURCE).voxels == 39
    with pytest.raises(InputError, match="none of 40 curves"):
        fit_region(np.full_like(rows, np.nan), TIME, SOURCE)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="model is 'magic'"):
        fit_region(curves(), TIME, SOURCE, model="magic")
    with pytest.raises(InputError, match="has no 'Fp'"):
        fit_region(curves(), TIME, SOURCE)["Fp"]
