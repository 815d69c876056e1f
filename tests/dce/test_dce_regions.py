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
    assert found.voxels == 40
    np.testing.assert_allclose(found.tissue, curves().mean(axis=0))
    assert np.std(found.tissue - found.fitted) < 0.02 / np.sqrt(40) * 1.3
    for name, truth in {**TRUTH, "ve": 0.3}.items():
        each = found[name]
        assert each.low < each.value < each.high
        assert each.value == pytest.approx(truth, abs=4 * each.se)


@pytest.mark.parametrize(
    ("model", "name"),
    [(model, name) for model in ("tofts", "extended_tofts") for name in MODELS[model].names],
)
def test_intervals_are_those_of_a_general_profile(model, name):
    fit = fit_region(curves(), TIME, SOURCE, model=model)
    ends = profile_interval(MODELS[model], found.tissue, TIME, SOURCE, parameter=name)
    np.testing.assert_allclose((found[name].low, found[name].high), ends, rtol=2e-5)


@pytest.mark.parametrize("name", ["Ktrans", "kep", "vp"])
def test_intervals_are_those_of_lmfit(name):
    fit = fit_region(curves(), TIME, SOURCE)
    minimizer = to_lmfit(MODELS["extended_tofts"], found.tissue, TIME, SOURCE)
    ends = lmfit.conf_interval(minimizer, minimizer.minimize(), p_names=[name], sigmas=[0.95])[name]
    np.testing.assert_allclose(
        (found[name].low, found[name].high), (ends[0][1], ends[-1][1]), rtol=2e-4
    )


def test_an_interval_without_a_limit_is_open():
    truth = {"Ktrans": 0.1, "kep": 0.002, "vp": 0.03}  # in 3.5 minutes nothing returns
    fit = fit_region(curves(truth, voxels=3), TIME, SOURCE)
    assert 0 < found["Ktrans"].low < found["Ktrans"].high < 0.3
    assert np.isnan(found["ve"].high) or np.isinf(found["ve"].high)


def test_intervals_cover_the_truth_as_often_as_they_say():
    hits = [
        found.low <= TRUTH["Ktrans"] <= found.high
        for seed in range(60)
        for found in (fit_region(curves(voxels=5, seed=seed), TIME, SOURCE, level=0.8)["Ktrans"],)
    ]
    assert 0.64 <= np.mean(hits) <= 0.94  # 48 of 60, three standard deviations


def test_other_models_and_a_fitted_delay():
    fit = fit_region(curves(delay=1.5), TIME, SOURCE, delay=(0.0, 5.0))
    assert found["delay"].low < 1.5 < found["delay"].high
    patlak = fit_region(
        curves({"Ktrans": 0.02, "vp": 0.03}, "patlak"), TIME, SOURCE, model="patlak"
    )
    assert patlak["vp"].low < patlak["vp"].value < patlak["vp"].high
    assert patlak["vp"].value == pytest.approx(0.03, abs=4 * patlak["vp"].se)
    assert set(patlak.estimates) == {"Ktrans", "vp"}


def test_a_parameter_at_its_bound_has_no_interval():
    fit = fit_region(curves({**TRUTH, "vp": 0.0}, seed=1), TIME, SOURCE)
    assert np.isnan(found["vp"].low) or found["vp"].low >= 0
    nothing = fit_region(curves({"Ktrans": 0.0, "kep": 0.4, "vp": 0.03}), TIME, SOURCE)
    assert np.isnan(nothing["ve"].low)


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
