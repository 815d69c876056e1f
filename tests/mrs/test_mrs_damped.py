"""Sums of damped exponentials are described as what they are."""

import numpy as np
import pytest
from mrs_simulated import DWELL, POINTS, line, metabolites, noise
from scipy.linalg import hankel

from biomarkers.mrs import damped
from biomarkers.mrs.damped import damped_sum, spread_of_noise


@pytest.mark.parametrize("points", [300, POINTS])  # decomposed whole, and by iterations
def test_lines_are_recovered_without_noise(points):
    truth = [(3.0 * np.exp(0.4j), 2.01, 20.0), (1.0 + 0j, 3.03, 35.0), (50.0 + 0j, 4.6, 60.0)]
    signal = sum(a * line(ppm, decay) for a, ppm, decay in truth)[:points]
    parts = damped_sum(signal, len(truth))
    order = np.argsort(parts.frequency(DWELL))
    np.testing.assert_allclose(parts.amplitude[order], [a for a, _, _ in truth], rtol=1e-6)
    hz = [(ppm - 4.65) * 123.2 for _, ppm, _ in truth]
    np.testing.assert_allclose(parts.frequency(DWELL)[order], hz, atol=1e-6)
    np.testing.assert_allclose(parts.signal(points), signal, atol=1e-6)


def test_start_is_right_within_its_error():
    signal = 10 * line(4.6, 30.0) + 3 * line(4.7, 60.0)
    fits = [damped_sum(signal + noise(POINTS, 0.2, seed), 8) for seed in range(100)]
    error = np.array([abs(fit.start) - 13.0 for fit in fits])
    se = np.array([fit.start_se for fit in fits])
    # the error is that of the amplitudes at known poles: poles add to it
    assert np.median(se) == pytest.approx(error.std(), rel=0.5)
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(100) + 0.02


def test_noise_is_told_beside_lines():
    signal = metabolites() + noise(POINTS, 0.7)
    assert spread_of_noise(signal) == pytest.approx(0.7, rel=0.1)
    assert damped_sum(signal, 30).noise == pytest.approx(0.7, rel=0.1)


def test_no_signal_has_no_parts():
    for nothing in (np.zeros(64), np.full(64, np.nan)):
        assert damped_sum(nothing.astype(complex), 5).pole.size == 0


def test_products_are_those_with_the_matrix_and_its_adjoint():
    random = np.random.default_rng(3)
    signal = random.normal(size=501) + 1j * random.normal(size=501)
    matrix = hankel(signal[:250], signal[249:])
    times, adjoint_times = damped._products(signal, 250, 7)
    block = random.normal(size=(252, 7)) + 1j * random.normal(size=(252, 7))
    image = times(block).copy()  # the next product takes its place
    assert image == pytest.approx(matrix @ block, abs=1e-11)
    assert adjoint_times(image) == pytest.approx(matrix.conj().T @ image, abs=1e-9)


def test_vectors_of_lu_span_the_same_and_stay_apart_where_the_block_does_not():
    random = np.random.default_rng(4)
    block = random.normal(size=(40, 6)) + 1j * random.normal(size=(40, 6))
    both = np.hstack([block, damped._spanning(block)])
    assert np.linalg.matrix_rank(both) == 6
    block[:, 1:] = block[:, :1]  # of one exponential, without noise
    assert np.linalg.matrix_rank(damped._spanning(block)) == 6


@pytest.mark.parametrize("last", [0.1, 0.99])
def test_a_step_is_the_least_squares_one(last):
    random = np.random.default_rng(5)
    space = random.normal(size=(30, 4)) + 1j * random.normal(size=(30, 4))
    space[-1] *= 50.0 * last / (1.0 - last)  # near 1, hardly anything is left without that row
    space = np.linalg.qr(space)[0]
    expected = np.linalg.lstsq(space[:-1], space[1:], rcond=None)[0]
    assert damped._step(space) == pytest.approx(expected, abs=1e-9)
