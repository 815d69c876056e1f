"""The approach along two rates, against least squares, differences and a general optimiser."""

import numpy as np
import pytest
from kernel_cases import TISSUE, TISSUE_INPUT, TWO, explained_off, lay, polynomial, slope
from scipy.optimize import minimize

from biomarkers.kinetics._pair import (
    FARTHEST,
    _explain,
    _gather_lanes,
    _polynomial,
    _project_panel,
    _signs_hold,
    _step,
    approach,
    meet_curve,
    new_approach,
)


@pytest.fixture(scope="module", params=[(TWO, None), (TISSUE, TISSUE_INPUT)])
def laid(request):
    name, source = request.param
    return lay(name) if source is None else lay(name, source)


def met(laid, target, u):
    """Working arrays at two rates, the curve taken up; and what the fixed columns explain."""
    work = new_approach(laid.reduced.pair)
    gain = meet_curve(laid.reduced.pair, target, work)
    work.at[:] = u
    return work, gain


def explained(laid, target, u):
    columns = laid.columns(*u)
    return explained_off(columns[:-2], columns[-2:], target)


def amplitudes(laid, target, u):
    return np.linalg.lstsq(laid.columns(*u).T, target, rcond=None)[0]


@pytest.mark.parametrize("s", [-1.0, 0.2, 0.9])
def test_polynomials_of_rows_are_those_of_numpy(s):
    rows = np.random.default_rng(2).normal(size=(3, 9))
    expected = np.polynomial.Polynomial(rows[1])
    wanted = [expected(s), expected.deriv()(s), expected.deriv(2)(s)]
    np.testing.assert_allclose(_polynomial(rows, 1, s), wanted, rtol=1e-11)


def test_products_of_two_panels_are_polynomials_of_both_rates(laid):
    pair, s = laid.reduced.pair, 0.4
    work = new_approach(pair)
    _gather_lanes(pair, 2, 5, s, work)
    powers = np.arange(pair.panels.shape[2])
    second = pair.panels[1, 5]
    for derivative in range(3):
        factors = [np.polynomial.Polynomial(np.eye(powers.size)[k]) for k in powers]
        values = [each.deriv(derivative)(s) for each in factors]
        expected = pair.panels[0, 2] @ (np.array(values) @ second)
        scale = np.abs(expected).max() + 1e-30
        np.testing.assert_allclose(work.lanes[derivative] / scale, expected / scale, atol=1e-9)


def test_a_panel_is_projected_on_a_curve(laid):
    pair, target = laid.reduced.pair, laid.targets(1)[0][0]
    work = new_approach(pair)
    _project_panel(pair, 1, 4, target, work)
    np.testing.assert_allclose(work.products[1], pair.panels[1, 4] @ target, atol=1e-10)
    assert (work.products[0] == 0.0).all()


def test_meeting_a_curve_gives_what_the_fixed_columns_explain(laid):
    target = laid.targets(1)[0][0]
    work, gain = met(laid, target, (1.0, 2.0))
    fixed = laid.columns()[: work.alone.size]
    alone = np.linalg.lstsq(fixed.T, target, rcond=None)[0] if fixed.size else np.zeros(0)
    np.testing.assert_allclose(work.alone, alone, rtol=1e-8)
    expected = target @ target - ((target - alone @ fixed) ** 2).sum() if fixed.size else 0.0
    assert gain == pytest.approx(expected)
    assert (work.panel == -1.0).all()


@pytest.mark.parametrize("u", [(0.6, 2.1), (1.3, 3.9), (2.2, 4.4)])
def test_what_two_rates_explain_has_the_derivatives_of_differences(laid, u):
    for target in laid.targets(2, noise=0.05)[0]:
        work, _ = met(laid, target, u)

        def gain(at, target=target, work=work):
            work.at[:] = at
            return _explain(laid.reduced.pair, target, work)

        def gradient(at, gain=gain, work=work):
            gain(at)
            return work.slope.copy()

        assert gain(u) == pytest.approx(explained(laid, target, u), rel=1e-7)
        np.testing.assert_allclose(work.amplitudes, amplitudes(laid, target, u)[-2:], rtol=1e-6)
        found, bend = work.slope.copy(), work.bend.copy()
        size = np.abs(found).max() + np.abs(bend).max()
        np.testing.assert_allclose(found / size, slope(gain, u) / size, atol=1e-5)
        hessian = slope(gradient, u) / size
        np.testing.assert_allclose(bend / size, hessian[[0, 0, 1], [0, 1, 1]], atol=1e-5)


def test_columns_that_are_one_are_told(laid):
    target = laid.targets(1)[0][0]
    work, _ = met(laid, target, (2.0, 2.0 + 1e-5))
    assert _explain(laid.reduced.pair, target, work) == -1.0


LOWER, UPPER = np.zeros(2), np.full(2, 4.0)


def stepped(laid, at, gradient, bend):
    work = new_approach(laid.reduced.pair)
    work.at[:], work.slope[:], work.bend[:] = at, gradient, bend
    return _step(work, LOWER, UPPER)


def test_a_step_is_newtons(laid):
    gradient, bend = np.array([0.3, -0.2]), np.array([[-2.0, 0.5], [0.5, -1.0]])
    d1, d2, promised, downwards = stepped(laid, (1.0, 2.0), gradient, bend[[0, 0, 1], [0, 1, 1]])
    expected = np.linalg.solve(-bend, gradient)
    np.testing.assert_allclose([d1, d2], expected)
    assert promised == pytest.approx(gradient @ expected)
    assert downwards


def test_a_long_step_is_shortened_in_its_direction(laid):
    d1, d2, promised, _ = stepped(laid, (1.0, 2.0), (4.0, -2.0), (-2.0, 0.0, -2.0))
    np.testing.assert_allclose([d1, d2], [FARTHEST, -0.5 * FARTHEST])
    assert promised == pytest.approx(4.0 * d1 - 2.0 * d2)


@pytest.mark.parametrize("bend", [(1.0, 0.0, -1.0), (-1.0, 0.0, 1.0), (-1.0, 2.0, -1.0)])
def test_no_step_is_taken_where_the_hill_has_no_top(laid, bend):
    assert stepped(laid, (1.0, 2.0), (0.1, 0.1), bend) == (0.0, 0.0, 0.0, False)


@pytest.mark.parametrize(
    ("at", "gradient", "moves"),
    [
        ((0.0, 2.0), (-0.1, 0.1), (False, True)),
        ((0.0, 2.0), (0.1, 0.1), (True, True)),
        ((1.0, 4.0), (0.1, 0.1), (True, False)),
        ((1.0, 4.0), (0.1, -0.1), (True, True)),
        ((4.0, 0.0), (0.1, -0.1), (False, False)),
    ],
)
def test_a_rate_pressed_against_its_bound_stays(laid, at, gradient, moves):
    d1, d2, _, downwards = stepped(laid, at, gradient, (-1.0, 0.0, -1.0))
    assert downwards
    assert (d1 != 0.0, d2 != 0.0) == moves
    np.testing.assert_allclose([d1, d2], np.where(moves, gradient, 0.0))


def test_signs_are_those_of_all_amplitudes(laid):
    checked = set()
    for k, target in enumerate(laid.targets(30, noise=0.6)[0]):
        u = np.array([0.5 + 0.05 * k, 3.0 + 0.02 * k])
        work, _ = met(laid, target, u)
        _explain(laid.reduced.pair, target, work)
        expected = amplitudes(laid, target, u)
        if np.abs(expected).min() < 1e-9:
            continue
        checked.add(bool((expected > 0.0).all()))
        assert _signs_hold(laid.reduced.pair, laid.signs, work) == (expected > 0.0).all()
        assert _signs_hold(laid.reduced.pair, np.zeros_like(laid.signs), work)
    assert checked == {True, False}


def test_an_approach_ends_where_a_general_optimiser_does(laid):
    lower, upper, settled = np.zeros(2), laid.setup.upper, 0
    for target, outside in zip(*laid.targets(15, noise=0.01, seed=5), strict=True):
        start = np.array([0.8, 3.2])
        work, alone = met(laid, target, start)
        total = target @ target + outside - alone
        gain, right = approach(laid.reduced.pair, target, total, laid.signs, lower, upper, work)
        if not right:
            continue
        settled += 1
        assert gain == pytest.approx(explained(laid, target, work.at), rel=1e-7)
        bounds = [(each - 0.3, each + 0.3) for each in work.at]
        best = minimize(
            lambda u, y=target: -explained(laid, y, u),
            work.at + 0.02,
            bounds=bounds,
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-14},
        )
        assert gain >= -best.fun - 1e-8 * total
        assert (amplitudes(laid, target, work.at) > 0.0).all()
    assert settled >= 4


def test_what_rises_without_end_is_not_settled(laid):
    """A target that two opposite amplitudes explain the better the closer their rates are."""
    first = polynomial(laid.reduced.table, 0, 2.0, 1)
    work, alone = met(laid, first, (1.9, 2.1))
    total = first @ first - alone
    upper = laid.setup.upper
    gain, right = approach(laid.reduced.pair, first, total, laid.signs, LOWER, upper, work)
    assert not right
    assert gain == np.inf or (work.amplitudes < 0.0).any()
