"""Variable projection against a general optimiser, and its steps against plain linear algebra."""

import numpy as np
import pytest
from kernel_cases import ONE, TISSUE, TISSUE_INPUT, TWO, lay, slope
from scipy.optimize import minimize

from biomarkers.kinetics._design import lay_fixed, new_state, tabulated_bends
from biomarkers.kinetics._refine import (
    LONGEST_STEP,
    _bounded_move,
    _find_step,
    _mark_used,
    _solve,
    merge_coinciding,
    normal_matrix,
    refine,
    settle,
)


@pytest.fixture(scope="module", params=[(ONE, None), (TWO, None), (TISSUE, TISSUE_INPUT)])
def laid(request):
    name, source = request.param
    return lay(name) if source is None else lay(name, source)


def state_of(laid):
    rates = len(laid.setup.upper)
    state = new_state(len(laid.signs), rates, rates, laid.size)
    lay_fixed(laid.reduced.table, state)
    return state


def settled(laid, target, u):
    state = state_of(laid)
    rss = settle(laid.reduced.table, laid.signs, target, np.array(u), state)
    return state, rss


def middle(laid):
    return np.linspace(1.0, 3.0, len(laid.setup.upper))


def model(laid):
    terms = len(laid.signs)
    return lambda x: x[:terms] @ laid.columns(*x[terms:])


def test_settling_leaves_the_normal_matrix_and_the_downhill_direction(laid):
    target, u = laid.targets(1, noise=0.01)[0][0], middle(laid)
    state, rss = settled(laid, target, u)
    expected, left = laid.best(target, *u)
    assert rss == pytest.approx(left, rel=1e-8)
    jacobian = slope(model(laid), [*expected, *u])
    np.testing.assert_allclose(
        np.tril(state.normal), np.tril(jacobian @ jacobian.T), rtol=1e-5, atol=1e-7
    )
    residual = target - expected @ laid.columns(*u)
    downhill = jacobian[len(expected) :] @ residual
    np.testing.assert_allclose(state.gradient, downhill, rtol=1e-5, atol=1e-7)


def test_the_normal_matrix_is_made_of_columns_and_directions(laid):
    state, random = state_of(laid), np.random.default_rng(4)
    for array in (state.columns, state.directions, state.residual):
        array[:] = random.normal(size=array.shape)
    state.gram[:] = state.columns @ state.columns.T
    normal_matrix(state)
    rows = np.vstack([state.columns, state.directions])
    np.testing.assert_allclose(np.tril(state.normal), np.tril(rows @ rows.T))
    np.testing.assert_allclose(state.gradient, state.directions @ state.residual)


@pytest.mark.parametrize("damping", [0.0, 0.5])
def test_a_step_solves_the_normal_equations_of_what_is_used(laid, damping):
    state, _ = settled(laid, laid.targets(1, noise=0.01)[0][0], middle(laid))
    terms, size = len(laid.signs), state.step.size
    state.used[:] = state.coefficients.tolist() + [1.0] * (size - terms)
    state.used[0] = False
    assert _solve(state, False, damping)
    full = np.tril(state.normal) + np.tril(state.normal, -1).T
    full[range(terms, size), range(terms, size)] *= 1.0 + damping
    rhs = np.concatenate([np.zeros(terms), state.gradient])
    used, expected = np.flatnonzero(state.used), np.zeros(size)
    expected[used] = np.linalg.solve(full[np.ix_(used, used)], rhs[used])
    np.testing.assert_allclose(state.step, expected, rtol=1e-6, atol=1e-10)


def test_newtons_step_is_that_of_the_objective_in_all_unknowns(laid):
    """The Hessian of half the sum of squares, by differences of its gradient."""
    target, u = laid.targets(1, noise=0.01)[0][0], middle(laid)
    state, x, terms = state_of(laid), middle(laid), len(laid.signs)
    refine(laid.reduced.table, laid.signs, target, 0.0, x, 0.0 * x, laid.setup.upper, state)
    u = x + 0.01
    state, _ = settled(laid, target, u)
    assert (state.coefficients != 0.0).all()
    predict = model(laid)

    def gradient(at):
        return slope(predict, at, 1e-4) @ (predict(at) - target)

    at = np.concatenate([state.coefficients, u])
    tabulated_bends(laid.reduced.table, u, state)
    state.used[:] = True
    assert _solve(state, True, 0.0)
    expected = np.linalg.solve(slope(gradient, at, 1e-4), -gradient(at))
    np.testing.assert_allclose(state.step[terms:], expected[terms:], rtol=2e-3)


def test_a_long_step_is_shortened_and_a_singular_one_is_damped(laid):
    state, _ = settled(laid, laid.targets(1, noise=0.01)[0][0], middle(laid))
    terms = len(laid.signs)
    state.used[:] = True
    state.gradient[:] *= 1e4
    state.bend[:] = 0.0
    _find_step(state)
    assert np.abs(state.step[terms:]).max() == pytest.approx(LONGEST_STEP)
    state.normal[terms:] = 0.0  # unknowns that change nothing
    state.normal[range(terms, state.step.size), range(terms, state.step.size)] = -1.0
    state.used[terms:] = False
    _find_step(state)
    np.testing.assert_array_equal(state.step[terms:], 0.0)


@pytest.mark.parametrize(
    ("place", "downhill", "used"),
    [(0.0, -1.0, False), (0.0, 1.0, True), (2.0, 1.0, True), (5.0, 1.0, False), (5.0, -1.0, True)],
)
def test_what_is_pressed_against_a_bound_is_not_used(laid, place, downhill, used):
    state, _ = settled(laid, laid.targets(1)[0][0], middle(laid))
    rates, terms = len(laid.setup.upper), len(laid.signs)
    state.gradient[:], state.coefficients[0] = downhill, 0.0
    _mark_used(state, np.full(rates, place), np.zeros(rates), np.full(rates, 5.0))
    assert not state.used[0]
    expected = np.full(rates, used) & (np.diag(state.normal)[terms:] > 0.0)
    np.testing.assert_array_equal(state.used[terms:], expected)


def test_moves_end_at_the_bounds(laid):
    state, rates = state_of(laid), len(laid.setup.upper)
    x, lower, upper = np.full(rates, 1.0), np.full(rates, 0.8), np.full(rates, 1.5)
    state.step[-rates:] = 0.2
    assert _bounded_move(state, x, lower, upper) == pytest.approx(0.2)
    np.testing.assert_allclose(state.moved, 1.2)
    state.step[-1] = 9.0
    assert _bounded_move(state, x, lower, upper) == pytest.approx(0.5)
    assert state.moved[-1] == 1.5
    state.step[-1] = -9.0
    assert _bounded_move(state, x, lower, upper) == pytest.approx(0.2)
    assert state.moved[-1] == 0.8
    np.testing.assert_array_equal(x, 1.0)


def test_refining_ends_where_a_general_optimiser_does(laid):
    lower, upper, state = np.zeros(len(laid.setup.upper)), laid.setup.upper, state_of(laid)
    for target, outside in zip(*laid.targets(8, noise=0.01, seed=2), strict=True):
        x = middle(laid)
        rss, converged = refine(
            laid.reduced.table, laid.signs, target, outside, x, lower, upper, state
        )
        assert converged
        assert ((lower <= x) & (x <= upper)).all()
        assert rss == pytest.approx(laid.best(target, *x)[1], rel=1e-7)
        near = list(zip(np.maximum(x - 0.2, lower), np.minimum(x + 0.2, upper), strict=True))
        best = minimize(
            lambda u, y=target: laid.best(y, *u)[1],
            [np.clip(each + 0.05, *ends) for each, ends in zip(x, near, strict=True)],
            bounds=near,
            method="Nelder-Mead",
            options={"xatol": 1e-6, "fatol": 1e-12},
        )
        assert rss <= best.fun + 1e-6 * (rss + outside)
        np.testing.assert_allclose(state.coefficients, laid.best(target, *x)[0], atol=1e-6)


def test_the_exact_columns_lead_to_the_minimum_of_the_table(laid):
    rates = len(laid.setup.upper)
    lower, upper = np.zeros(rates + 1), np.append(laid.setup.upper, 0.0)
    state = new_state(len(laid.signs), rates, rates + 1, len(laid.exact.duration))
    curve = laid.curves(1, noise=0.001, seed=2)[0]
    target, x, y = curve @ laid.reduced.basis, middle(laid), np.append(middle(laid), 0.0)
    outside = curve @ curve - target @ target
    by_table, _ = refine(
        laid.reduced.table, laid.signs, target, outside, x, lower[:-1], upper[:-1], state_of(laid)
    )
    exactly, converged = refine(laid.exact, laid.signs, curve, 0.0, y, lower, upper, state)
    assert converged
    assert y[-1] == 0.0
    assert exactly == pytest.approx(by_table + outside, rel=1e-4)


TWINS_AT = np.array([2.0, 2.0 + 1e-3])


@pytest.fixture(scope="module")
def two():
    return lay(TWO)


def twins(laid, target, u):
    state, x = state_of(laid), np.array(u)
    rss = settle(laid.reduced.table, laid.signs, target, x, state)
    merged = merge_coinciding(laid.reduced.table, laid.signs, target, x, rss, state)
    return state, x, rss, merged


def test_two_exponentials_that_are_one_become_one_and_none(two):
    target = two.columns(2.0004, 2.0004)[0] * 1.7
    state, x, rss, (left, merged) = twins(two, target, TWINS_AT)
    assert merged
    assert left <= rss + 1e-14 * (target @ target)
    assert x[0] == x[1] == pytest.approx(2.0004, abs=1e-5)
    np.testing.assert_allclose(state.coefficients, [1.7, 0.0], rtol=1e-5)
    columns = two.columns(*x)
    np.testing.assert_allclose(np.tril(state.gram), np.tril(columns @ columns.T), rtol=1e-10)
    assert state.normal[3, 3] == 0.0


@pytest.mark.parametrize("u", [(1.0, 3.0), (2.0, 2.5)])
def test_two_different_exponentials_stay_two(two, u):
    target = np.array([0.8, 0.9]) @ two.columns(*u)
    state, x, rss, (left, merged) = twins(two, target, u)
    assert not merged
    assert left == rss
    np.testing.assert_array_equal(x, u)
    np.testing.assert_allclose(state.coefficients, [0.8, 0.9], rtol=1e-5)


def test_close_ones_that_explain_more_than_one_stay_two(two):
    target = np.array([0.8, 0.9]) @ two.columns(2.0, 2.05)
    state, x, rss, (left, merged) = twins(two, target, (2.0, 2.05))
    assert not merged
    assert left == rss
    np.testing.assert_array_equal(x, (2.0, 2.05))
    np.testing.assert_allclose(state.coefficients, [0.8, 0.9], rtol=1e-4)
