"""Parts of the fit: baseline, non-negative amplitudes, derivatives, ratios, order of voxels."""

import numpy as np
import pytest
from mrs_spectra import make_basis, make_scan, signal
from scipy.optimize import nnls

from biomarkers.estimates import Chosen
from biomarkers.mrs.fitting.baseline import polynomial, spline
from biomarkers.mrs.fitting.design import Priors
from biomarkers.mrs.fitting.engine import Problem, derivatives, evaluate
from biomarkers.mrs.fitting.grid import fronts
from biomarkers.mrs.fitting.inference import fitted, whiteness
from biomarkers.mrs.fitting.nonnegative import nonnegative
from biomarkers.mrs.fitting.pipeline import scaled
from biomarkers.mrs.fitting.ratios import ratio, weights
from biomarkers.mrs.fitting.setup import Choices, Setup

PPM = np.linspace(0.2, 4.2, 250)


def rng():
    return np.random.default_rng(3)


def test_spline_runs_from_a_line_to_what_is_asked_for():
    baseline = spline(PPM)
    for dimensions in (3.0, 8.0, 25.0):
        stiffness = baseline.stiffness_for(dimensions)
        assert baseline.shares(stiffness).sum() == pytest.approx(dimensions, rel=0.005)
    assert baseline.per_ppm(baseline.stiffness_for(8.0)) == pytest.approx(2.0, rel=0.005)
    line = 3.0 - 0.7 * PPM
    shares = baseline.shares(baseline.stiffness_for(2.01))
    smooth = baseline.shapes @ (shares * (baseline.shapes.T @ line))
    assert smooth == pytest.approx(line, abs=1e-6)


def test_penalised_spline_is_the_solution_of_its_normal_equations():
    baseline, values = spline(PPM), rng().standard_normal(PPM.size)
    stiffness = baseline.stiffness_for(10.0)
    shapes = baseline.shapes
    penalty = stiffness * np.diag(baseline.roughness)
    expected = shapes @ np.linalg.solve(shapes.T @ shapes + penalty, shapes.T @ values)
    smooth = shapes @ (baseline.shares(stiffness) * (shapes.T @ values))
    # Shares below a thousandth are left out.
    assert smooth == pytest.approx(expected, abs=1e-3 * np.abs(values).max())
    assert not np.allclose(smooth, 0.0)


def test_polynomial_takes_all_of_a_polynomial():
    baseline = polynomial(PPM, 2)
    curve = 1.0 + 2.0 * PPM - 0.3 * PPM**2
    assert baseline.shapes @ (baseline.shapes.T @ curve) == pytest.approx(curve)
    assert (baseline.shares(5.0) == 1.0).all()


@pytest.mark.parametrize("seed", range(20))
def test_nonnegative_amplitudes_are_those_of_lawson_and_hanson(seed):
    random = np.random.default_rng(seed)
    rows = random.standard_normal((12, 40)) + 0.7 * random.standard_normal(40)
    data = random.standard_normal(12) @ rows + random.standard_normal(40)
    expected, _ = nnls(rows.T, data)
    start = random.random(12) > 0.5
    for active in (None, start):
        assert nonnegative(rows @ rows.T, rows @ data, active) == pytest.approx(expected, abs=1e-7)


def problem_of(deviations=True, baseline="spline"):
    basis = make_basis()
    scan = make_scan(signal(basis, gauss=30.0), basis, snr=30, rng=rng())
    choices = Choices((0.2, 4.2), baseline, deviations, None, Priors())
    design = Setup.of(scan, basis, choices).design
    data, _ = scaled(design.window.spectra(scan.fid.reshape(-1)))
    return Problem(design, data, design.baseline.stiffness_for(8.0), 1e-3)


@pytest.mark.parametrize("deviations", [True, False])
def test_derivatives_are_those_of_the_model(deviations):
    problem = problem_of(deviations)
    design = problem.design
    parameters = design.mean + 0.1 * rng().standard_normal(design.mean.size)
    parameters[2:8] += (5.0, 12.0, 40.0, 2.0, 5.0, 20.0)
    state = evaluate(problem, parameters)
    rows = derivatives(design, state)
    for index in range(parameters.size):
        step = 1e-4 * max(abs(parameters[index]), 1.0)
        ends = []
        for sign in (1.0, -1.0):
            moved = parameters.copy()
            moved[index] += sign * step
            spectra = evaluate(problem, moved).spectra
            ends.append(np.tensordot(state.amplitudes, spectra, axes=1))
        numeric = (ends[0] - ends[1]) / (2.0 * step)
        scale = max(np.abs(numeric).max(), 1e-9)
        assert np.abs(rows[index] - numeric).max() < 1e-5 * scale, index


def test_cost_is_that_of_the_explicit_least_squares_problem():
    problem = problem_of(False)
    design = problem.design
    parameters = design.mean.copy()
    parameters[3] = 12.0
    state = evaluate(problem, parameters)
    shapes = design.baseline.shapes
    roughness = problem.stiffness * design.baseline.roughness
    off = problem.data - fitted(state)
    coefficients = (off @ shapes) / (1.0 + roughness)
    left = off - coefficients @ shapes.T
    cost = np.sum(left**2) + np.sum(roughness * coefficients**2)
    # Shares below a thousandth are left out.
    assert state.cost == pytest.approx(cost, rel=1e-4)


def test_whiteness_tells_noise_from_what_was_left_out():
    random = rng()
    p_values = [whiteness(random.standard_normal((2, 250))) for _ in range(200)]
    assert 0.3 < np.median(p_values) < 0.7
    assert np.mean(np.array(p_values) < 0.05) < 0.12
    assert whiteness(random.standard_normal((2, 250)) + np.sin(PPM * 8.0)) < 1e-6


def test_fieller_covers_where_the_denominator_is_weak():
    random = rng()
    one, other = np.eye(2)
    truth, covariance = np.array([2.0, 4.0]), np.array([[0.5, 0.2], [0.2, 1.0]])
    drawn = random.multivariate_normal(truth, covariance, size=4000)
    ends = np.array([ratio(one, other, each, covariance)[2:] for each in drawn])
    bounded = np.isfinite(ends).all(axis=1)
    assert bounded.mean() > 0.9
    inside = (ends[:, 0] <= 0.5) & (ends[:, 1] >= 0.5)
    assert inside[bounded].mean() == pytest.approx(0.95, abs=0.02)


def test_ratio_of_a_strong_denominator_is_linear_and_knows_its_limits():
    one, other = np.eye(2)
    covariance = np.diag([1e-4, 1e-4])
    value, se, low, high = ratio(one, other, np.array([2.0, 4.0]), covariance)
    assert (value, se) == pytest.approx((0.5, 1e-2 * np.hypot(1.0, 0.5) / 4.0))
    assert (low, high) == pytest.approx((0.5 - 1.96 * se, 0.5 + 1.96 * se), abs=1e-4)
    wider = ratio(one, other, np.array([2.0, 4.0]), covariance, model_se=0.1)
    assert wider.high - value == pytest.approx(1.96 * np.hypot(se, 0.1), rel=1e-3)
    weak = ratio(one, other, np.array([2.0, 0.01]), covariance)
    assert np.isfinite(weak.value)
    assert np.isnan([weak.low, weak.high]).all()
    assert np.isnan(ratio(one, other, np.array([2.0, 0.0]), covariance)).all()
    assert ratio(one, other, np.array([0.0, 4.0]), covariance).low == 0.0


def test_combined_names_sum_the_parts_that_there_are():
    assert weights("tNAA", ("NAA", "Cr")).tolist() == [1.0, 0.0]
    assert weights("Glx", ("Glu", "Gln", "Glx")).tolist() == [0.0, 0.0, 1.0]
    assert weights("tCho", ("NAA", "Cr")) is None


def test_fronts_reach_every_voxel_once_from_earlier_ones():
    mask = np.ones((4, 3, 2), dtype=bool)
    mask[2] = False  # two parts that do not touch
    chosen = Chosen.of(mask, mask.shape)
    seen = []
    for front, origins in fronts(chosen, 0):
        assert all(set(near) <= set(seen) for near in origins)
        seen += front.tolist()
    assert sorted(seen) == list(range(len(chosen)))
