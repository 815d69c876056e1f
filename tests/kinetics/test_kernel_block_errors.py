"""Errors of amplitudes, rates and what is derived from them, against matrices of numpy."""

import numpy as np
import pytest
from kernel_cases import slope

from biomarkers.kinetics._blocks import (
    NEGLIGIBLE,
    NO_EFFECT,
    column_scale,
    fill_variances,
    invert_normal,
    mark_active,
    propagate,
    to_physical,
)
from biomarkers.kinetics._convolve import DECAY, DIRECT, RELATIVE
from biomarkers.kinetics._linear import normalise, sweep

COUNT = 5


@pytest.fixture
def random():
    return np.random.default_rng(6)


def normals(random, size):
    """Normal matrices (n, n, V) of columns of very different lengths."""
    columns = random.normal(size=(COUNT, size, 12)) * 10.0 ** np.arange(size)[:, None]
    return np.ascontiguousarray(np.einsum("vit,vjt->ijv", columns, columns))


def test_a_decay_is_scaled_by_rate_and_the_reciprocal_of_tau():
    theta = np.expm1(0.7) / 50.0
    assert column_scale(DECAY, 50.0, 0.7) == pytest.approx(theta + 1.0 / 50.0)
    assert column_scale(DIRECT, 50.0, 0.7) == column_scale(RELATIVE, 50.0, 0.7) == 1.0


def test_a_rate_without_amplitude_is_not_spoken_about(random):
    normal, length = normals(random, 4), np.full(COUNT, 3.0)
    coefficients = np.full((2, COUNT), 1.0)  # fixed, and one of a rate
    rounding = np.sqrt(NEGLIGIBLE * 3.0 / normal[1, 1])
    coefficients[1] = rounding * np.array([1.1, 0.9, 1.0, 0.0, -1.1])
    coefficients[0, 4] = 0.0
    active = np.zeros((3, COUNT), dtype=bool)
    normal[2, 2, 0] = 0.0
    mark_active(coefficients, normal, length, 1, active)
    np.testing.assert_array_equal(active[0], True)
    np.testing.assert_array_equal(active[1][[0, 1, 3, 4]], [True, False, False, True])
    np.testing.assert_array_equal(active[2][[0, 1, 3, 4]], [False, False, False, True])


def test_a_normalised_matrix_has_a_unit_diagonal(random):
    matrix, active = normals(random, 3), np.ones((3, COUNT), dtype=bool)
    active[1, 2] = False
    whole, unit = matrix.copy(), np.full((3, COUNT), 9.0)
    normalise(matrix, active, unit)
    for v in range(COUNT):
        expected = np.where(active[:, v], 1.0 / np.sqrt(np.diag(whole[:, :, v])), 0.0)
        np.testing.assert_allclose(unit[:, v], expected)
        scaled = whole[:, :, v] * np.outer(expected, expected)
        np.fill_diagonal(scaled, 1.0)
        np.testing.assert_allclose(matrix[:, :, v], scaled)


def test_sweeping_every_row_leaves_minus_the_inverse(random):
    matrix, inverse = normals(random, 4), np.empty(COUNT)
    matrix /= matrix.max()
    expected = [np.linalg.inv(matrix[:, :, v]) for v in range(COUNT)]
    for k in range(4):
        sweep(matrix, k, inverse)
    for v in range(COUNT):
        np.testing.assert_allclose(-matrix[:, :, v], expected[v], rtol=1e-5)


@pytest.mark.parametrize(("pivot", "known"), [(1e-12, True), (1e-14, False), (-1.0, False)])
def test_a_pivot_that_vanished_gives_no_inverse(pivot, known):
    matrix, inverse = np.full((1, 1, 1), pivot), np.empty(1)
    sweep(matrix, 0, inverse)
    assert np.isfinite(matrix[0, 0, 0]) == known


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_inverses_are_those_of_numpy_over_what_is_active(random, size):
    matrix, active = normals(random, size), random.uniform(size=(size, COUNT)) < 0.7
    whole = matrix.copy()
    matrix[np.triu_indices(size, 1)] = 9.0  # only the lower half is read
    invert_normal(matrix, active)
    for v in range(COUNT):
        used = np.flatnonzero(active[:, v])
        expected = np.zeros((size, size))
        expected[np.ix_(used, used)] = np.linalg.inv(whole[np.ix_(used, used, [v])][..., 0])
        np.testing.assert_allclose(matrix[:, :, v], expected, rtol=1e-6, atol=1e-300)


def test_a_singular_matrix_has_no_inverse_and_spoils_no_other():
    matrix = np.ones((2, 2, 2))
    matrix[1, 1, 1] = 4.0
    invert_normal(matrix, np.ones((2, 2), dtype=bool))
    assert np.isnan(matrix[:, :, 0]).any()
    np.testing.assert_allclose(matrix[:, :, 1], np.linalg.inv([[1.0, 1.0], [1.0, 4.0]]))


def test_amplitudes_and_rates_change_to_physical_ones_with_their_covariance(random):
    kind, tau = np.array([DIRECT, DECAY, RELATIVE]), 50.0
    coefficients, unknowns = (
        random.uniform(0.5, 2.0, (3, COUNT)),
        random.uniform(0.5, 3, (2, COUNT)),
    )
    covariance = normals(random, 5) * 1e-9
    before = coefficients.copy(), covariance.copy()

    def physical(x):
        a, u = x[:3], x[3:]
        theta = np.expm1(u) / tau
        return np.array([a[0], a[1] * (theta[0] + 1 / tau), a[2], *theta])

    to_physical(kind, tau, coefficients, unknowns, 2, covariance)
    for v in range(COUNT):
        x = np.concatenate([before[0][:, v], unknowns[:, v]])
        jacobian = slope(physical, x).T
        np.testing.assert_allclose(coefficients[:, v], physical(x)[:3])
        expected = jacobian @ before[1][:, :, v] @ jacobian.T
        np.testing.assert_allclose(covariance[:, :, v], expected, rtol=1e-6)


def test_an_integral_has_the_scale_of_a_rate_of_nothing(random):
    coefficients, covariance = np.ones((1, COUNT)), np.ones((1, 1, COUNT))
    to_physical(np.array([DECAY]), 50.0, coefficients, np.zeros((0, COUNT)), 0, covariance)
    np.testing.assert_allclose(coefficients, 1.0 / 50.0)
    np.testing.assert_allclose(covariance, 1.0 / 50.0**2)


def spread_case(random, size=3):
    slopes, covariance = random.normal(size=(size, COUNT)), normals(random, size)
    return slopes, covariance, np.ones((size, COUNT), dtype=bool)


def test_variances_are_those_of_the_delta_method(random):
    slopes, covariance, active = spread_case(random)
    active[1, 0] = False
    slopes[2] = 0.0
    covariance[2] = np.nan  # of what it does not hang on
    covariance[1, 1, 0] = np.nan
    variance = np.full(COUNT, 9.0)
    fill_variances(slopes, np.where(np.arange(3)[:, None] == 2, 0.0, covariance), active, variance)
    for v in range(COUNT):
        used = np.flatnonzero(active[:, v] & (slopes[:, v] != 0.0))
        g = slopes[used, v]
        expected = g @ covariance[np.ix_(used, used, [v])][..., 0] @ g
        assert variance[v] == pytest.approx(expected)


def propagated(slopes, covariance, active, terms=2, value=1.0):
    values, error = np.full(COUNT, value), np.full(COUNT, 9.0)
    propagate(slopes, covariance, active, terms, values, error)
    return values, error


def test_errors_are_roots_of_variances(random):
    slopes, covariance, active = spread_case(random)
    value, error = propagated(slopes, covariance, active)
    expected = np.sqrt(np.einsum("iv,ijv,jv->v", slopes, covariance, slopes))
    np.testing.assert_allclose(error, expected)
    np.testing.assert_array_equal(value, 1.0)


def test_what_hangs_on_a_rate_without_amplitude_is_not_known(random):
    slopes, covariance, active = spread_case(random)
    active[2] = False  # the rate
    slopes[2] = NO_EFFECT * np.array([0.0, 1.9, 2.1, -1.9, -2.1])
    value, _ = propagated(slopes, covariance, active)
    np.testing.assert_array_equal(np.isnan(value), [False, False, True, False, True])


def test_what_amplitudes_at_their_bound_fix_has_a_value_but_no_error(random):
    slopes, covariance, active = spread_case(random)
    active[0], slopes[1:] = False, 0.0
    value, error = propagated(slopes, covariance, active)
    np.testing.assert_array_equal(value, 1.0)
    assert np.isnan(error).all()


def test_a_constant_is_certain_and_a_variance_below_nothing_is_rounding(random):
    slopes, covariance, active = spread_case(random)
    _, error = propagated(np.zeros_like(slopes), covariance, active)
    np.testing.assert_array_equal(error, 0.0)
    _, error = propagated(slopes, -1e-20 * np.abs(covariance), active)
    assert (error >= 0.0).all()
    covariance[0, 0, 1] = np.nan
    _, error = propagated(slopes, covariance, active)
    np.testing.assert_array_equal(np.isnan(error), np.arange(COUNT) == 1)
