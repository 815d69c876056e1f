"""Blocks of curves against the same curves one at a time, and against the objective itself."""

import numpy as np
import pytest
from kernel_cases import NONE, ONE, TISSUE, TISSUE_INPUT, TWO, lay, slope

from biomarkers.kinetics._blocks import (
    _project,
    _store,
    column_scale,
    fit_block,
    fit_block_of_one_rate,
    fit_block_of_two_rates,
    new_block,
    polish_block,
    predict_block,
    sums_of_squares,
)
from biomarkers.kinetics._search import Bounds

MODELS = {ONE: None, TWO: None, TISSUE: TISSUE_INPUT, NONE: None}


@pytest.fixture(scope="module", params=MODELS)
def laid(request):
    source = MODELS[request.param]
    return lay(request.param) if source is None else lay(request.param, source)


def fitted(laid, curves):
    rates = len(laid.setup.upper)
    out = new_block(len(curves), len(laid.signs), rates)
    bounds = Bounds(laid.signs, np.zeros(rates), laid.setup.upper)
    basis, grid, table = laid.reduced.basis, laid.reduced.search, laid.reduced.table
    if rates == 1:
        fit_block_of_one_rate(curves, basis, grid, table, laid.signs, out)
    elif rates == 2:
        fit_block_of_two_rates(curves, basis, laid.reduced.pair, grid, table, bounds, out)
    else:
        fit_block(curves, basis, grid, table, bounds, out)
    return out


def test_a_new_block_is_empty_and_of_the_right_shape():
    out = new_block(7, 3, 2)
    shapes = [(3, 7), (2, 7), (7,), (7,), (5, 5, 7)]
    assert [each.shape for each in out] == shapes
    assert not any(each.any() for each in out)


def test_results_of_a_curve_are_stored_at_its_place():
    out, normal = new_block(4, 2, 1), np.arange(9.0).reshape(3, 3)
    _store(np.array([1.0, 2.0]), np.array([3.0]), normal, 2, out)
    np.testing.assert_array_equal(out.coefficients[:, 2], [1.0, 2.0])
    assert out.unknowns[0, 2] == 3.0
    np.testing.assert_array_equal(out.normal[:, :, 2], np.tril(normal))
    others = [0, 1, 3]
    assert not any(each[..., others].any() for each in (out.coefficients, out.normal))


def test_a_curve_is_parted_into_what_columns_reach_and_the_rest(laid):
    curves, target = laid.curves(3, noise=0.3), np.full(laid.size, 9.0)
    outside = _project(curves, 1, laid.reduced.basis, target)
    np.testing.assert_allclose(target, curves[1] @ laid.reduced.basis, rtol=1e-9, atol=1e-12)
    rest = curves[1] - target @ laid.reduced.basis.T
    assert outside == pytest.approx(rest @ rest)
    assert _project(target[None] @ laid.reduced.basis.T, 0, laid.reduced.basis, target) >= 0.0


def test_a_curve_is_fitted_the_same_in_any_company(laid):
    curves = laid.curves(20, noise=0.1)
    together = fitted(laid, curves)
    for v in (0, 7, 19):
        alone = fitted(laid, curves[v : v + 1].copy())
        for whole, single in zip(together, alone, strict=True):
            np.testing.assert_array_equal(whole[..., v], single[..., 0])


def test_estimates_belong_together(laid):
    """Sum of squares and normal matrix are those of the curve at the estimates."""
    curves, terms = laid.curves(6, noise=0.02), len(laid.signs)
    out = fitted(laid, curves)
    assert out.converged.all()

    def model(x):
        return x[:terms] @ laid.columns(*x[terms:]) @ laid.reduced.basis.T

    for v, curve in enumerate(curves):
        x = np.concatenate([out.coefficients[:, v], out.unknowns[:, v]])
        assert out.rss[v] == pytest.approx(((curve - model(x)) ** 2).sum(), rel=1e-6)
        assert (out.coefficients[laid.signs, v] >= 0.0).all()
        jacobian = slope(model, x)
        expected = np.tril(jacobian @ jacobian.T)
        scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected))) + 1e-12
        np.testing.assert_allclose(out.normal[:, :, v] / scale, expected / scale, atol=1e-4)
        nearby = [x[terms:] + move for move in 0.02 * np.eye(x.size - terms)]
        nearby += [x[terms:] - move for move in 0.02 * np.eye(x.size - terms)]
        for u in nearby:
            inside = ((u >= 0.0) & (u <= laid.setup.upper)).all()
            target = curve @ laid.reduced.basis
            outside = curve @ curve - target @ target
            assert not inside or laid.best(target, *u)[1] + outside >= out.rss[v] * (1 - 1e-7)


def test_two_rates_are_fitted_the_same_with_and_without_the_approach():
    laid = lay(TWO)
    curves, out = laid.curves(30, noise=0.05), new_block(30, 2, 2)
    bounds = Bounds(laid.signs, np.zeros(2), laid.setup.upper)
    fit_block(curves, laid.reduced.basis, laid.reduced.search, laid.reduced.table, bounds, out)
    np.testing.assert_allclose(out.rss, fitted(laid, curves).rss, rtol=1e-6)


def physical(laid, coefficients, unknowns):
    """Amplitudes (V, p) in the units of `predict_block`."""
    fixed = coefficients.shape[1] - unknowns.shape[1] + 1
    scales = [
        [
            column_scale(kind, laid.exact.tau, x[c - fixed] if c >= fixed else 0.0)
            for c, kind in enumerate(laid.exact.kind)
        ]
        for x in unknowns
    ]
    return coefficients * scales


def predicted(laid, coefficients, unknowns):
    out = np.full((len(unknowns), len(laid.exact.duration)), 9.0)
    predict_block(laid.exact, physical(laid, coefficients, unknowns), unknowns, out)
    return out


def test_predictions_are_amplitudes_times_columns(laid):
    rates, terms = len(laid.setup.upper), len(laid.signs)
    random = np.random.default_rng(3)
    unknowns = np.column_stack([random.uniform(0.5, 3.0, (4, rates)), np.zeros(4)])
    coefficients = random.uniform(0.2, 1.0, (4, terms))
    expected = [
        a @ laid.columns(*x[:-1]) @ laid.reduced.basis.T
        for a, x in zip(coefficients, unknowns, strict=True)
    ]
    np.testing.assert_allclose(
        predicted(laid, coefficients, unknowns), expected, rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("name", [ONE, TWO])
def test_polishing_recovers_a_delay_from_the_best_start(name):
    laid = lay(name)
    rates, terms = len(laid.setup.upper), len(laid.signs)
    truth = np.array([[*np.linspace(1.5, 3.0, rates), 3.3], [*np.linspace(1.0, 3.5, rates), 1.7]])
    amplitudes = np.array([np.linspace(0.5, 1.0, terms), np.linspace(0.3, 1.2, terms)])
    curves = predicted(laid, amplitudes, truth)
    starts = np.stack([truth + 1.2, truth + 0.05, truth - 0.9])
    lower, upper = np.zeros(rates + 1), np.append(laid.setup.upper, 8.0)
    out = new_block(2, terms, rates + 1)
    polish_block(curves, starts, laid.exact, Bounds(laid.signs, lower, upper), out)
    assert out.converged.all()
    np.testing.assert_allclose(out.unknowns.T, truth, atol=1e-3)
    np.testing.assert_allclose(out.coefficients.T, amplitudes, rtol=1e-3)
    assert (out.rss < 1e-8 * (curves**2).sum(axis=1)).all()


def test_sums_of_squares_about_zero_and_about_the_weighted_mean():
    random = np.random.default_rng(4)
    curves, weights = random.normal(2.0, 1.0, size=(5, 9)), random.uniform(0.2, 3.0, 9)
    about_zero, about_mean = np.full((2, 5), 9.0)
    sums_of_squares(np.sqrt(weights) * curves, np.sqrt(weights), about_zero, about_mean)
    mean = np.average(curves, axis=1, weights=weights)[:, None]
    np.testing.assert_allclose(about_zero, (weights * curves**2).sum(axis=1))
    np.testing.assert_allclose(about_mean, (weights * (curves - mean) ** 2).sum(axis=1))
