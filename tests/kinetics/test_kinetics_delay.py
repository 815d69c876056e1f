"""A fitted delay: exact without noise, and at the best of a fine scan with it."""

import numpy as np
import pytest
from benchmarks.kinetic_cases import CASES
from benchmarks.kinetics_optimum import DELAYED, delayed


@pytest.mark.parametrize("name", DELAYED)
def test_a_delay_and_all_else_are_recovered_without_noise(name):
    case, (low, high) = CASES[name], DELAYED[name]
    truth = case.draw(20, seed=51)
    delay = np.random.default_rng(51).uniform(0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high, 20)
    fit = case.model.fit(case.clean(truth, delay), case.frames, case.input, delay=(low, high))
    np.testing.assert_allclose(fit["delay"], delay, atol=1e-6)
    for parameter, value in case.meaning(truth).items():
        np.testing.assert_allclose(fit[parameter], value, rtol=1e-6, err_msg=parameter)


def test_no_scan_of_the_delay_finds_better():
    assert delayed(CASES["tofts"], (0.0, 10.0), 8, seed=52).max() <= 1e-6


def test_a_delay_at_its_end_is_flagged():
    case = CASES["tofts"]
    late = case.clean(case.draw(3, seed=53), [1.0, 4.0, 8.0])
    fit = case.model.fit(late, case.frames, case.input, delay=(2.0, 6.0))
    np.testing.assert_array_equal(fit.at_bound, [True, False, True])
    np.testing.assert_allclose(fit["delay"], [2.0, 4.0, 6.0], atol=1e-6)


def test_without_plasma_volume_the_rest_is_known_as_without_its_term(source_of_tofts):
    """There the delay and vp change the curve alike: vp is held at zero, and the rest is known."""
    curves, frames, source = source_of_tofts
    lone = CASES["tofts"].model.fit(curves, frames, source, delay=(0.0, 10.0))
    fit = CASES["extended_tofts"].model.fit(curves, frames, source, delay=(0.0, 10.0))
    none = fit["vp"] == 0
    assert 0.1 < none.mean() < 0.9
    assert fit.at_bound[none].all()
    assert not fit.identifiable[none].any()
    assert np.isnan(fit.se["vp"][none]).all()
    for name in ("Ktrans", "kep", "ve", "delay"):
        off = np.abs(fit[name] - lone[name])[none]
        assert (off < 0.01 * lone.se[name][none]).all(), name
        np.testing.assert_allclose(fit.se[name][none], lone.se[name][none], rtol=0.01)


@pytest.fixture(scope="module")
def source_of_tofts():
    """Noisy Tofts curves that arrive late, their timing and the input."""
    case = CASES["tofts"]
    truth = {"Ktrans": np.full(60, 0.1), "kep": np.full(60, 0.5)}
    curves = case.noisy(case.clean(truth, np.linspace(2.0, 8.0, 60)), seed=54)
    return curves, case.frames, case.input
