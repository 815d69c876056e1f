"""The record of a fit: reasons, and one estimate per curve out of several fits."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, FitFlag
from biomarkers.kinetics import MODELS, logan, picked, respond, with_zero
from biomarkers.kinetics.selection import best_by_aicc
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 3.0)
EXTENDED, TOFTS = MODELS["extended_tofts"], MODELS["tofts"]


@pytest.fixture(scope="module")
def curves(aif):
    rng = np.random.default_rng(0)
    plain = 0.2 / 60 * respond(0.8 / 60, aif.time, aif.plasma, Frames.instants(TIME)).value
    noisy = plain + 0.02 * rng.standard_normal((6, TIME.size))
    noisy[3], noisy[4] = 0.0, 2.0 + 0.01 * rng.standard_normal(TIME.size)
    return noisy


def test_reasons_say_what_the_properties_say(aif, curves):
    mask = [True] * 5 + [False]
    fit = EXTENDED.fit(curves, TIME, aif, mask=mask)
    assert isinstance(fit, Estimates)
    assert fit.reasons.words(3) == "no signal"
    assert fit.reasons.has(FitFlag.WORSE_THAN_CONSTANT).tolist() == [False] * 4 + [True, False]
    np.testing.assert_array_equal(fit.flags, [False] * 3 + [True, True, False])
    np.testing.assert_array_equal(
        fit.identifiable, [*np.isfinite(fit["vp"][:3]), False, False, False]
    )
    np.testing.assert_array_equal(fit.converged, [True] * 3 + [False, True, False])
    assert fit.reasons[5] == 0
    assert np.isnan(fit["Ktrans"][5])
    assert set(fit.quality) == {"rss", "r2", "aicc"}
    assert fit.settings == {"Delay": 0.0}
    assert len(fit.table) == 6 * 4


def test_a_fitted_delay_is_one_of_the_quantities(aif, curves):
    assert TOFTS.fit(curves[:1], TIME, aif, delay=(-2, 2)).names == ("Ktrans", "kep", "ve", "delay")
    assert TOFTS.fit(curves[:1], TIME, aif, delay=1.0).names == ("Ktrans", "kep", "ve")


def test_a_line_says_where_it_was_laid(aif, curves):
    fit = logan(curves[[0, 3]] + [[0.05], [0.0]], TIME, aif, t_star=150.0)
    assert fit.settings == {"TStar": 150.0, "Points": 50}
    assert (fit.t_star, fit.points) == (150.0, 50)
    np.testing.assert_array_equal(fit.linear, [fit.deviation[0] <= 0.1, False])
    assert fit.reasons.has(FitFlag.NO_SIGNAL).tolist() == [False, True]


def test_each_curve_is_picked_from_its_fit(aif, curves):
    fits = [TOFTS.fit(curves, TIME, aif), EXTENDED.fit(curves, TIME, aif)]
    best, weights = best_by_aicc(fits)
    np.testing.assert_array_equal(best[[0, 3]], [np.nanargmin([f.aicc[0] for f in fits]), -1])
    np.testing.assert_allclose(weights[:3].sum(axis=1), 1.0)
    taken = picked(fits, np.array([0, 1, 0, 1, 0, -1]))
    assert taken.names == ("Ktrans", "kep", "ve", "vp")
    np.testing.assert_array_equal(taken["kep"][:2], [fits[0]["kep"][0], fits[1]["kep"][1]])
    np.testing.assert_array_equal(taken["vp"][[0, 2]], 0.0)  # Tofts holds it at zero
    assert np.isnan(taken.se["vp"][0])
    assert np.isnan(taken["kep"][5])
    np.testing.assert_array_equal(taken.reasons[:2], [fits[0].reasons[0], fits[1].reasons[1]])
    np.testing.assert_array_equal(taken.quality["rss"][1], fits[1].rss[1])
    assert picked(fits[:1], np.zeros(6, dtype=int)) is fits[0]
    listed = picked(fits, [0, 1, 0, 1, 0, -1])
    np.testing.assert_array_equal(listed["ve"], taken["ve"])
    with pytest.raises(InputError, match="choice has 2; expected the index of one of 2 fits"):
        picked(fits, [0, 1, 2, 1, 0, -1])
    with pytest.raises(InputError, match="fits is empty"):
        picked([], [0])


def test_a_simpler_model_stands_in_where_a_parameter_is_held_at_zero(aif, curves):
    fit, simpler = EXTENDED.fit(curves, TIME, aif), TOFTS.fit(curves, TIME, aif)
    where = np.array([True, False, True, False, False, False])
    mixed = with_zero(fit, simpler, "vp", where)
    np.testing.assert_array_equal(
        mixed["Ktrans"], np.where(where, simpler["Ktrans"], fit["Ktrans"])
    )
    np.testing.assert_array_equal(mixed["vp"][where], 0.0)
    assert np.isnan(mixed.se["vp"][where]).all()
    assert mixed.at_bound[where].all()
    np.testing.assert_array_equal(mixed.at_bound[~where], fit.at_bound[~where])
    np.testing.assert_array_equal(mixed.predicted()[0], simpler.predicted()[0])
    np.testing.assert_array_equal(mixed.predicted()[1], fit.predicted()[1])
