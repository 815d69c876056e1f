"""The fit of one curve along one rate, against least squares and exhaustive search."""

import numpy as np
import pytest
from kernel_cases import ONE, lay, slope

from biomarkers.kinetics._one_rate import (
    _fixed_alone,
    _own_products,
    _residual,
    begin,
    finish,
    finish_with_signs,
    new_finish,
    signs_hold,
)
from biomarkers.kinetics._profile import new_climb


@pytest.fixture(scope="module")
def laid():
    return lay(ONE)


@pytest.fixture
def work(laid):
    return new_finish(laid.reduced.table)


def test_products_of_a_column_and_its_slope():
    column, slopes = np.random.default_rng(1).normal(size=(2, 1, 11))
    expected = (column @ column.T, column @ slopes.T, slopes @ slopes.T)
    np.testing.assert_allclose(_own_products(column, slopes), np.ravel(expected))


def test_the_residual_is_what_columns_leave():
    random = np.random.default_rng(1)
    fixed, column, target = random.normal(size=(2, 9)), random.normal(size=(1, 9)), np.arange(9.0)
    coefficients, rest = np.array([0.5, -1.0, 2.0]), np.full((1, 9), 7.0)
    squared = _residual(fixed, target, column, coefficients, rest)
    expected = target - coefficients @ np.vstack([fixed, column])
    np.testing.assert_allclose(rest[0], expected)
    assert squared == pytest.approx(float(expected @ expected))


@pytest.mark.parametrize("choice", [0, 1])
@pytest.mark.parametrize("u", [0.4, 1.7, 3.6])
def test_a_fit_is_finished_with_the_best_fixed_amplitudes_and_its_normal_matrix(
    laid, work, choice, u
):
    table, target = laid.reduced.table, laid.targets(1, seed=3)[0][0]
    begin(table, target, work)
    amplitude = 0.7
    rss = finish(table, laid.reduced.search.solvers[choice], target, u, amplitude, work)
    fixed, column = np.split(laid.columns(u), [1])
    rest = target - amplitude * column[0]
    expected = np.array([0.0, amplitude])
    if choice == 0:
        expected[0] = np.linalg.lstsq(fixed.T, rest, rcond=None)[0][0]
    np.testing.assert_allclose(work.coefficients, expected, rtol=1e-9)
    np.testing.assert_allclose(rss, ((rest - expected[0] * fixed[0]) ** 2).sum())

    def model(x):
        return x[:2] @ laid.columns(x[2])

    jacobian = slope(model, [*expected, u])
    if choice == 1:  # the product with an absent column is still that with the column
        jacobian[0] = fixed[0]
    np.testing.assert_allclose(np.tril(work.normal), np.tril(jacobian @ jacobian.T), rtol=1e-6)


@pytest.mark.parametrize(
    ("signs", "coefficients", "hold"),
    [
        ([True, True], [1.0, 2.0], True),
        ([True, True], [0.0, 2.0], True),
        ([True, True], [-1e-9, 2.0], False),
        ([False, True], [-1.0, 2.0], True),
        ([False, True], [-1.0, -2.0], False),
    ],
)
def test_signs_hold_where_no_bound_amplitude_is_negative(signs, coefficients, hold):
    assert signs_hold(np.array(signs), np.array(coefficients)) is hold


def test_what_the_fixed_columns_explain_alone(laid, work):
    table, solvers = laid.reduced.table, laid.reduced.search.solvers
    for target in (laid.targets(1)[0][0], -laid.columns()[0]):
        begin(table, target, work)
        fixed = laid.columns()
        amplitude = np.linalg.lstsq(fixed.T, target, rcond=None)[0][0]
        gain, right = _fixed_alone(solvers[0], laid.signs, work)
        left = ((target - amplitude * fixed[0]) ** 2).sum()
        assert gain == pytest.approx(target @ target - left)
        assert right == (amplitude >= 0.0)
        assert _fixed_alone(solvers[1], laid.signs, work) == (0.0, True)


def with_wrong_signs(laid, count):
    """Curves (V, r) whose best amplitudes, with free signs, are not all right."""
    random, found = np.random.default_rng(12), []
    while len(found) < count:
        u = random.uniform(0.3, 5.0, 2)
        a, b = laid.columns(u[0]), laid.columns(u[1])
        scatter = 0.05 * random.normal(size=laid.size)
        weights = random.uniform([-1.0, 0.2, -0.6], [0.3, 1.0, 0.3])
        found.append(weights @ np.vstack([a, b[-1]]) / np.linalg.norm(a[-1]) + scatter)
    return found


def test_with_signs_the_best_is_that_of_an_exhaustive_search(laid, work):
    climbing, profile = new_climb(laid.reduced.search), laid.reduced.search
    every = np.linspace(0.0, laid.setup.upper[0], 200)
    for target in with_wrong_signs(laid, 15):
        begin(laid.reduced.table, target, work)
        u, rss = finish_with_signs(profile, laid.reduced.table, laid.signs, target, work, climbing)
        assert (work.coefficients >= 0.0).all()
        exhaustive = min(laid.best(target, each)[1] for each in every)
        assert rss <= exhaustive * (1.0 + 1e-9)
        np.testing.assert_allclose(
            rss, ((target - work.coefficients @ laid.columns(u)) ** 2).sum(), rtol=1e-8
        )


def test_where_every_amplitude_is_wrong_all_are_zero(laid, work):
    target = -laid.columns(2.0).sum(axis=0)
    begin(laid.reduced.table, target, work)
    climbing, profile = new_climb(laid.reduced.search), laid.reduced.search
    u, rss = finish_with_signs(profile, laid.reduced.table, laid.signs, target, work, climbing)
    np.testing.assert_allclose(work.coefficients, 0.0, atol=1e-12)
    assert u == 0.0
    assert rss == pytest.approx(float(target @ target))
