"""Deconvolution against matrices written out, loops, and residues of known height."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, TR, Tissue, artery, noisy, sampled, signal
from scipy.linalg import circulant

from biomarkers import cbv
from biomarkers.cbv.bolus.deconvolution import area, causal, cyclic, kernel
from biomarkers.cbv.bolus.regularisation import curvature, oscillating, tikhonov, truncated
from biomarkers.cbv.bolus.residue import Residue
from biomarkers.kinetics import Input

SOURCE = artery()
SEEN = sampled(SOURCE)
DELAYS = np.arange(-3.0, 5.1, 0.5)
KINDS = [Tissue(60.0, 0.04), Tissue(30.0, 0.05), Tissue(20.0, 0.02, "box")]


@pytest.fixture(scope="module")
def curves():
    """Noisy changes of R2* of the three kinds, twenty each."""
    clean = signal([each.curve(SOURCE) for each in KINDS])
    seen = noisy(np.repeat(clean, 20, axis=0), 50.0, np.random.default_rng(3))
    return -np.log(seen / seen[:, :9].mean(axis=1, keepdims=True)) / TE


def residues(regularisation, curves):
    coefficients = regularisation.operator.project(curves)
    return (
        coefficients * regularisation.inverse[regularisation.choose(coefficients)]
    ) @ regularisation.operator.right


def weights(count):
    """The convolution's weights as Ostergaard et al. print them."""
    padded = np.concatenate([[0.0], SEEN.blood, [0.0]])
    return TR * (padded[:-2] + 4.0 * padded[1:-1] + padded[2:])[:count] / 6.0


def wrapped():
    """The cyclic matrix of twice the samples, written out."""
    padded = np.concatenate([[0.0], SEEN.blood, np.zeros(TIME.size + 1)])
    column = TR * (padded[:-2] + 4.0 * padded[1:-1] + padded[2:]) / 6.0
    column = np.append(column, 0.0)[: 2 * TIME.size]
    column[-1] += TR * SEEN.blood[0] / 6.0
    return circulant(column)


def test_sampled_arteries_have_the_published_weights():
    found = kernel(SEEN, 0.0, TR, TIME.size)
    np.testing.assert_allclose(found[1:-2], weights(TIME.size - 1), atol=1e-9)


def test_fine_arteries_are_integrated_exactly():
    fine = np.arange(0.0, 10.0, 0.001)
    level = np.interp(fine, SOURCE.time, SOURCE.blood, left=0.0)
    source = Input(fine, blood=np.where(fine > 3.0, np.sin(fine - 3.0) ** 2, 0.0) + level)
    hat = np.maximum(1.0 - np.abs(fine - 6.0) / 1.5, 0.0)
    assert kernel(source, 0.0, 1.5, 6)[5] == pytest.approx(np.trapezoid(source.blood * hat, fine))
    whole = np.trapezoid(source.blood, fine)
    assert area(source, -5.0, fine[-1]) == pytest.approx(whole)


def test_ssvd_is_the_truncated_inverse_of_the_triangle(curves):
    rows = np.arange(TIME.size)
    lower = rows[:, None] >= rows
    triangle = np.where(lower, weights(TIME.size)[rows[:, None] - rows], 0.0)
    expected = curves @ np.linalg.pinv(triangle, rcond=0.2).T
    found = residues(truncated(causal(SEEN, 0.0, TR, TIME.size), 0.2), curves)
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def test_csvd_is_a_filter_of_frequencies(curves):
    spectrum = np.fft.fft(wrapped()[:, 0])
    kept = np.abs(spectrum) >= 0.1 * np.abs(spectrum).max()
    padded = np.fft.fft(curves, n=2 * TIME.size, axis=1)
    expected = np.fft.ifft(np.where(kept, padded / np.where(kept, spectrum, 1.0), 0.0)).real
    found = residues(truncated(cyclic(SEEN, 0.0, TR, TIME.size), 0.1), curves)
    np.testing.assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())


def index(residue):
    """Oscillation index as Wu et al. define it."""
    return np.abs(np.diff(residue, 2)).sum() / residue.size / residue.max()


def test_osvd_is_a_loop_over_thresholds(curves):
    spectrum = np.fft.fft(wrapped()[:, 0])
    size = np.abs(spectrum)
    regularisation = oscillating(cyclic(SEEN, 0.0, TR, TIME.size), 0.035)
    found = residues(regularisation, curves)
    for curve, residue in zip(curves, found, strict=True):
        padded, best = np.fft.fft(curve, n=2 * TIME.size), None
        for threshold in np.sort(np.unique(np.round(size, 9)))[::-1]:
            kept = size >= threshold - 1e-6
            trial = np.fft.ifft(np.where(kept, padded / np.where(kept, spectrum, 1.0), 0.0)).real
            if index(trial) > 0.035:
                break
            best = trial
        np.testing.assert_allclose(residue, best, atol=1e-6 * best.max())


def test_gcv_takes_the_minimum_of_its_score(curves):
    operator = causal(SEEN, 0.0, TR, TIME.size)
    regularisation = tikhonov(operator, "gcv")
    matrix = operator.left @ np.diag(operator.values) @ operator.right
    chosen = regularisation.choose(operator.project(curves))
    scores = []
    for penalty in np.geomspace(1e-3, 1.0, 61) * operator.values[0]:
        inverse = np.linalg.solve(matrix.T @ matrix + penalty**2 * np.eye(TIME.size), matrix.T)
        hat = matrix @ inverse
        left = curves - curves @ hat.T
        scores.append((left**2).sum(axis=1) / np.trace(np.eye(TIME.size) - hat) ** 2)
    least = np.argmin(scores, axis=0)
    # Where they differ, the least is not the first minimum, and fits the noise.
    assert (chosen == least).mean() > 0.8
    assert (chosen >= least).all()
    voxels = np.arange(len(curves))
    assert (np.array(scores)[chosen, voxels] <= np.array(scores)[chosen + 1, voxels]).all()
    assert (np.array(scores)[chosen, voxels] <= np.array(scores)[chosen - 1, voxels]).all()


def test_the_curvature_is_that_of_the_curve(curves):
    operator = causal(SEEN, 0.0, TR, TIME.size)
    penalty = np.geomspace(1e-3, 1.0, 4001) * operator.values[0]
    shares = operator.values**2 / (operator.values**2 + penalty[:, None] ** 2)
    power = operator.project(curves[:4]) ** 2
    misfit = power @ ((1.0 - shares) ** 2).T
    size = power @ ((shares / np.maximum(operator.values, 1e-12)) ** 2).T
    slope = np.gradient(size, penalty, axis=1)
    x, y = 0.5 * np.log(misfit), 0.5 * np.log(size)
    step = np.log(penalty[1] / penalty[0])
    dx, dy = np.gradient(x, step, axis=1), np.gradient(y, step, axis=1)
    bend = dx * np.gradient(dy, step, axis=1) - np.gradient(dx, step, axis=1) * dy
    expected = (bend / (dx**2 + dy**2) ** 1.5)[:, 10:-10]
    found = curvature(penalty, misfit, size, slope)[:, 10:-10]
    np.testing.assert_allclose(found, expected, atol=0.01 * np.abs(expected).max())


def test_the_corner_is_not_where_singular_values_run_out(curves):
    regularisation = tikhonov(causal(SEEN, 0.0, TR, TIME.size), "l_curve")
    flow = Residue.of(regularisation, curves).height * 6000.0
    truth = np.repeat([each.cbf for each in KINDS], 20)
    assert (np.abs(flow / truth - 1.0) < 0.6).all()


def flows(method, **settings):
    clean = signal([Tissue(60.0, 0.04, delay=each).curve(SOURCE) for each in DELAYS])
    return cbv.dsc(clean, TIME, te=TE, input=SEEN, method=method, **settings)


def test_cyclic_methods_do_not_hang_on_the_arrival_and_ssvd_does():
    """A delay of -3 to 5 s in steps of half a second, without noise."""
    range_of = {method: np.ptp(flows(method)["CBF"]) / 60.0 for method in ("sSVD", "cSVD", "oSVD")}
    assert range_of["cSVD"] < 0.03
    assert range_of["oSVD"] < 0.10
    assert range_of["sSVD"] > 0.50


def test_no_two_methods_coincide():
    found = [
        flows("sSVD", regularisation=0.1)["CBF"],
        flows("cSVD", regularisation=0.1)["CBF"],
        flows("oSVD")["CBF"],
        flows("tikhonov")["CBF"],
        flows("tikhonov", regularisation="gcv")["CBF"],
    ]
    for k, one in enumerate(found):
        for other in found[:k]:
            assert np.median(np.abs(one / other - 1.0)) > 0.002
            assert np.abs(one / other - 1.0).max() > 0.02


def test_the_residue_is_highest_as_late_as_tissue_is():
    late = flows("oSVD")["Tmax"]
    slope = np.polyfit(DELAYS, late, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.1)
    assert late.min() < 0.0


def test_times_to_peak_move_with_the_delay():
    found = flows("cSVD")["TTP"]
    np.testing.assert_allclose(found - found[DELAYS == 0.0], DELAYS, atol=1.5)
