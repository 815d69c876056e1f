"""Curves laid side by side, and their integrals."""

import numpy as np
import pytest

from biomarkers.kinetics._lanes import LANES, integrate, turn


@pytest.mark.parametrize(("curves", "first", "expected"), [(3, 0, 3), (70, 0, 64), (70, 64, 6)])
def test_as_many_curves_are_turned_as_there_are_and_fit(curves, first, expected):
    rows, turned = np.random.default_rng(0).normal(size=(curves, 5)), np.full((5, LANES), 9.0)
    assert turn(rows, first, turned) == expected
    np.testing.assert_array_equal(turned[:, :expected].T, rows[first : first + expected])
    assert (turned[:, expected:] == 9.0).all()


@pytest.mark.parametrize("used", [1, 4, 6])
def test_integrals_are_running_sums_of_the_steps(used):
    random = np.random.default_rng(1)
    turned, steps = random.normal(size=(6, LANES)), random.uniform(size=(2, 6))
    steps[0, 0] = 0.0  # nothing comes before the first point
    running, integrals = np.full(LANES, 9.0), np.full((used, LANES), 9.0)
    integrate(turned, steps, running, integrals)
    before = np.vstack([np.zeros(LANES), turned[:-1]])
    expected = np.cumsum(steps[0][:, None] * before + steps[1][:, None] * turned, axis=0)
    np.testing.assert_allclose(integrals, expected[-used:], rtol=1e-12, atol=1e-14)
