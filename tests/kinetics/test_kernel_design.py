"""A model's columns from the table, from the exact convolution, and fitted to a curve."""

import numpy as np
import pytest
from kernel_cases import ONE, TISSUE, TISSUE_INPUT, TWO, lay, polynomial, slope

from biomarkers.kinetics._convolve import Column, Sampling, column
from biomarkers.kinetics._design import (
    _bend,
    evaluate,
    exact_columns,
    interpolate,
    lay_fixed,
    new_state,
    no_bends,
    point_directions,
    tabulated_bends,
    tabulated_columns,
)


@pytest.fixture(scope="module")
def tissue():
    return lay(TISSUE, TISSUE_INPUT)


def u_of_interest(laid):
    """Edges of panels, their insides, the ends of the range."""
    width, upper = laid.reduced.table.width, laid.setup.upper.max()
    return [0.0, 0.4 * width, width, 1.7 * width, 3.0, upper - 0.1 * width, upper]


def test_interpolation_is_the_panels_polynomial_and_its_slope(tissue):
    table = tissue.reduced.table
    values, slopes = np.full((2, 3, tissue.size), 9.0)
    for u in u_of_interest(tissue):
        interpolate(table, 1, u, values, 2, slopes, 1)
        np.testing.assert_allclose(values[2], polynomial(table, 1, u), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(slopes[1], polynomial(table, 1, u, 1), rtol=1e-9, atol=1e-10)
    assert (values[:2] == 9.0).all()
    assert (slopes[[0, 2]] == 9.0).all()


def test_second_derivatives_are_multiplied_with_the_residual(tissue):
    table, residual = tissue.reduced.table, np.random.default_rng(1).normal(size=tissue.size)
    for u in u_of_interest(tissue):
        expected = residual @ polynomial(table, 0, u, 2)
        assert _bend(table, 0, u, residual) == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_bends_are_of_the_table_and_left_out_without_one(tissue):
    table, x = tissue.reduced.table, np.array([1.0, 2.5])
    state = new_state(3, 2, 2, tissue.size)
    state.residual[:] = np.random.default_rng(1).normal(size=tissue.size)
    tabulated_bends(table, x, state)
    expected = [state.residual @ polynomial(table, k, u, 2) for k, u in enumerate(x)]
    np.testing.assert_allclose(state.bend, expected, rtol=1e-8)
    no_bends(tissue.exact, x, state)
    np.testing.assert_array_equal(state.bend, 0.0)


def exact_state(laid, x, weights=None):
    size = laid.exact.duration.size
    state = new_state(len(laid.signs), len(x) - 1, len(x), size)
    exact_columns(laid.exact, np.array(x, dtype=float), state)
    return state


def test_exact_columns_are_convolutions_times_the_root_of_the_weights():
    weights = np.linspace(0.5, 2.0, 60)
    laid = lay(TISSUE, TISSUE_INPUT, weights=weights)
    exact, x = laid.exact, (0.7, 2.2, 1.5)
    state, out = exact_state(laid, x), np.empty((3, 60))
    sampling = Sampling(exact.points, exact.start, exact.end, exact.duration)
    for c, u in enumerate((0.0, *x[:2])):
        term = Column(exact.kind[c], exact.constant[c], exact.tau)
        column(term, u, exact.knots, exact.values[c], sampling, x[2], out)
        expected = out * np.sqrt(weights)
        np.testing.assert_allclose(state.columns[c], expected[0])
        np.testing.assert_allclose(state.shifts[c], expected[2])
        if c > 0:
            np.testing.assert_allclose(state.slopes[c - 1], expected[1])


@pytest.mark.parametrize("u", [(0.0, 1.0), (0.6, 2.7), (2.0, 4.1)])
def test_the_table_holds_the_exact_columns(tissue, u):
    exact = exact_state(tissue, (*u, 0.0))
    state = new_state(3, 2, 2, tissue.size)
    lay_fixed(tissue.reduced.table, state)
    tabulated_columns(tissue.reduced.table, np.array(u), state)
    size = np.linalg.norm(exact.columns, axis=1, keepdims=True)
    basis = tissue.reduced.basis.T
    np.testing.assert_allclose(state.columns @ basis / size, exact.columns / size, atol=1e-10)
    np.testing.assert_allclose(state.slopes @ basis, exact.slopes, atol=1e-8 * size.max())


def test_fixed_columns_are_laid_with_their_products(tissue):
    state, fixed = new_state(3, 2, 2, tissue.size), tissue.reduced.table.fixed
    lay_fixed(tissue.reduced.table, state)
    np.testing.assert_array_equal(state.columns[:1], fixed)
    np.testing.assert_allclose(state.gram[:1, :1], fixed @ fixed.T)


@pytest.mark.parametrize(("name", "u"), [(ONE, (1.3,)), (TWO, (0.8, 3.0))])
def test_evaluation_gives_the_best_amplitudes_and_what_they_leave(name, u):
    laid = lay(name)
    state = new_state(len(laid.signs), len(u), len(u), laid.size)
    lay_fixed(laid.reduced.table, state)
    for target in laid.targets(8, noise=0.3)[0]:
        left = evaluate(laid.reduced.table, laid.signs, target, np.array(u), state)
        expected, rss = laid.best(target, *u)
        np.testing.assert_allclose(state.coefficients, expected, rtol=1e-6, atol=1e-8)
        assert left == pytest.approx(rss, rel=1e-8)
        np.testing.assert_allclose(
            state.residual, target - expected @ laid.columns(*u), rtol=1e-6, atol=1e-8
        )


def test_exact_evaluation_is_that_of_the_table(tissue):
    curve, x = tissue.curves(1)[0], np.array([0.6, 2.7, 0.0])
    exact = new_state(3, 2, 3, curve.size)
    state = new_state(3, 2, 2, tissue.size)
    lay_fixed(tissue.reduced.table, state)
    target = curve @ tissue.reduced.basis
    outside = curve @ curve - target @ target
    by_table = evaluate(tissue.reduced.table, tissue.signs, target, x[:2], state)
    by_convolution = evaluate(tissue.exact, tissue.signs, curve, x, exact)
    assert by_convolution == pytest.approx(by_table + outside, rel=1e-8)
    np.testing.assert_allclose(exact.coefficients, state.coefficients, rtol=1e-6)


def test_directions_are_the_slopes_of_the_model_at_held_amplitudes(tissue):
    x = np.array([0.6, 2.7, 1.3])
    state = exact_state(tissue, x)
    state.coefficients[:] = 0.4, 1.5, -0.7

    def model(at):
        return state.coefficients @ exact_state(tissue, at).columns

    point_directions(state, 2)
    np.testing.assert_allclose(state.directions, slope(model, x), rtol=1e-5, atol=1e-6)
