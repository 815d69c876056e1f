"""A small version of `benchmarks/kinetics_optimum.py`: nothing that fifty starts find is missed."""

import numpy as np
import pytest
from benchmarks.kinetic_cases import CASES
from benchmarks.kinetics_optimum import simulated
from benchmarks.multistart import Multistart


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rates == 1])
def test_one_rate_reaches_the_best_of_fifty_starts(name):
    assert simulated(CASES[name], 12, seed=31).max() <= 1e-6


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.rates == 2])
def test_two_rates_reach_the_best_of_fifty_starts(name):
    """Required of a thousand curves: 99.5 % within 1e-4 and none above 1 %."""
    excess = simulated(CASES[name], 15, seed=32)
    assert np.mean(excess <= 1e-4) >= 0.995
    assert excess.max() <= 0.01


@pytest.mark.parametrize("name", ["extended_tofts", "2tcm"])
def test_the_many_starts_agree_with_the_trust_region_fit_alone(name):
    """Every start left to SciPy at tolerances of 1e-14 finds the same."""
    case, random = CASES[name], np.random.default_rng(33)
    curve = case.noisy(case.clean(case.draw(1, seed=33)), seed=33)[0]
    search = Multistart(case.model, case.input, case.frames)
    assert search.best(curve, random) == pytest.approx(search.plain(curve, random, 20), rel=1e-10)
