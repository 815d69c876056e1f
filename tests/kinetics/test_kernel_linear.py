"""Small linear algebra against numpy and scipy."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import lsq_linear, nnls

from biomarkers.kinetics._linear import (
    _solve_support,
    amplitudes,
    axpys,
    copy,
    dot,
    factorise,
    substitute,
    subtract,
)


@pytest.fixture
def random():
    return np.random.default_rng(4)


@pytest.mark.parametrize("size", range(10))
def test_vectors(random, size):
    a, b, out = random.normal(size=(3, size))
    assert dot(a, b) == pytest.approx(float(a @ b), abs=1e-14)
    copy(a, out)
    np.testing.assert_array_equal(out, a)


@pytest.mark.parametrize("count", range(10))
def test_weighted_rows_are_summed_in_fours_and_the_rest(random, count):
    weights, rows, out = random.normal(size=count), random.normal(size=(count, 7)), np.full(7, 9.0)
    axpys(weights, rows, out)
    np.testing.assert_allclose(out, weights @ rows, atol=1e-13)


def test_what_is_left_of_a_target(random):
    columns, target = random.normal(size=(3, 8)), random.normal(size=8)
    coefficients, residual = np.array([0.5, 0.0, -2.0]), np.full(8, 9.0)
    squared = subtract(target, columns, coefficients, residual)
    np.testing.assert_allclose(residual, target - coefficients @ columns)
    assert squared == pytest.approx(float(residual @ residual))


@pytest.mark.parametrize("size", range(1, 7))
def test_factors_rebuild_the_matrix_and_solve_it(random, size):
    root = random.normal(size=(size, size + 2))
    matrix, wanted = root @ root.T, random.normal(size=size)
    factor = np.pad(matrix, (0, 1), constant_values=7.0)
    assert factorise(factor, size)
    lower = np.tril(factor[:size, :size], -1) + np.eye(size)
    diagonal = np.diag(1.0 / np.diag(factor)[:size])
    np.testing.assert_allclose(lower @ diagonal @ lower.T, matrix, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        np.triu(factor[:size, :size], 1), np.triu((lower @ diagonal).T, 1), atol=1e-12
    )
    assert (factor[size] == 7.0).all()
    assert (factor[:, size] == 7.0).all()
    vector = matrix @ wanted
    substitute(factor, size, vector)
    np.testing.assert_allclose(vector, wanted, rtol=1e-8)


@pytest.mark.parametrize(("share", "regular"), [(1e-12, True), (1e-14, False), (0.0, False)])
def test_a_matrix_is_singular_where_a_pivot_is_rounding(share, regular):
    matrix = np.array([[4.0, 2.0], [2.0, 1.0 + share]])
    assert factorise(matrix, 2) is regular


def test_a_negative_or_unknown_pivot_is_refused():
    assert not factorise(np.array([[-1.0]]), 1)
    assert not factorise(np.array([[np.nan]]), 1)


def problem(random, size):
    columns, target = np.abs(random.normal(size=(size, 12))), random.normal(0.3, 1.0, size=12)
    return columns, target, columns @ columns.T, columns @ target, np.zeros((size, size))


@pytest.mark.parametrize("support", range(1, 8))
def test_least_squares_on_some_of_the_columns(random, support):
    columns, target, gram, rhs, work = problem(random, 3)
    chosen = [i for i in range(3) if support >> i & 1]
    trial, free = np.full(3, 9.0), np.zeros(3, dtype=bool)
    gain = _solve_support(gram, rhs, support, free, work, trial)
    expected = np.zeros(3)
    expected[chosen] = np.linalg.lstsq(columns[chosen].T, target, rcond=None)[0]
    np.testing.assert_allclose(trial, expected, rtol=1e-9)
    rest = target - expected @ columns
    assert gain == pytest.approx(float(target @ target - rest @ rest))
    held = np.zeros(3, dtype=bool)
    held[chosen[-1]] = True
    refused = _solve_support(gram, rhs, support, held, work, trial) == -1.0
    assert refused == (expected[chosen[-1]] < 0.0)


def test_columns_that_are_one_are_refused_together_and_fitted_by_one():
    gram, rhs = np.ones((2, 2)), np.full(2, 0.5)
    work, trial, best, free = np.zeros((2, 2)), np.empty(2), np.empty(2), np.zeros(2, dtype=bool)
    assert _solve_support(gram, rhs, 0b11, free, work, trial) == -1.0
    assert amplitudes(gram, rhs, free, work, trial, best) == 0.25
    assert sorted(best) == [0.0, 0.5]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_sign_bound_amplitudes_are_those_of_nnls(random, size):
    bound, ended = np.ones(size, dtype=bool), 0
    for _ in range(40):
        columns, target, gram, rhs, work = problem(random, size)
        trial, best = np.empty(size), np.full(size, 9.0)
        gain = amplitudes(gram, rhs, bound, work, trial, best)
        expected, norm = nnls(columns.T, target)
        np.testing.assert_allclose(best, expected, atol=1e-8)
        assert gain == pytest.approx(float(target @ target) - norm**2, abs=1e-8)
        ended += (expected == 0.0).any()
    assert 0 < ended < 40


@pytest.mark.parametrize("bound", list(product([False, True], repeat=3)))
def test_only_bound_amplitudes_are_kept_from_being_negative(random, bound):
    for _ in range(10):
        columns, target, gram, rhs, work = problem(random, 3)
        trial, best = np.empty(3), np.empty(3)
        amplitudes(gram, rhs, np.array(bound), work, trial, best)
        lowest = np.where(bound, 0.0, -np.inf)
        expected = lsq_linear(columns.T, target, bounds=(lowest, np.inf), tol=1e-14).x
        np.testing.assert_allclose(best, expected, atol=1e-5)


def test_nothing_is_gained_where_every_sign_is_wrong():
    best = np.full(2, 9.0)
    gram, rhs, bound = np.eye(2), np.array([-1.0, -2.0]), np.ones(2, dtype=bool)
    assert amplitudes(gram, rhs, bound, np.zeros((2, 2)), np.zeros(2), best) == 0.0
    np.testing.assert_array_equal(best, 0.0)
