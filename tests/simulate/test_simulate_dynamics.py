"""Tracer in tissue: the stepped equations against their closed solutions."""

import numpy as np

from biomarkers.simulate.dynamics import averaged, sampled, uptake


def falling(time):
    return 3.0 * np.exp(-0.02 * np.asarray(time))


def test_one_compartment_is_the_convolution_with_an_exponential():
    inflow, outflow = np.array([0.002, 0.01]), np.array([0.004, 0.05])
    grid, curves = uptake(falling, 200.0, inflow=inflow, outflow=outflow)
    k1, k2 = inflow[:, None], outflow[:, None]
    expected = 3.0 * k1 * (np.exp(-0.02 * grid) - np.exp(-k2 * grid)) / (k2 - 0.02)
    np.testing.assert_allclose(curves, expected, rtol=1e-9, atol=1e-12)


def test_what_is_trapped_stays_and_what_is_released_comes_back():
    grid, kept = uptake(falling, 6000.0, inflow=0.01, outflow=0.02, trapping=0.01, step=1.0)
    # In the end the share k3/(k2 + k3) of all that came in is left.
    assert np.isclose(kept[0, -1], 0.01 * 3.0 / 0.02 / 3.0, rtol=1e-6)
    _, gone = uptake(
        falling, 6000.0, inflow=0.01, outflow=0.02, trapping=0.01, release=0.005, step=1.0
    )
    assert gone[0, -1] < 1e-4 * gone[0].max()
    assert (gone[0, grid > 300] < kept[0, grid > 300]).all()


def test_sampling_is_linear_between_the_steps_and_empty_before():
    grid, curves = np.arange(4.0), np.array([[0.0, 2.0, 4.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_allclose(sampled(grid, curves, [-1.0, 0.5, 2.5]), [[0, 1, 2], [0, 1, 1]])
    late = np.array([[0.0, 1.0], [-0.5, 3.0]])
    np.testing.assert_allclose(sampled(grid, curves, late), [[0, 2], [0, 1]])


def test_frames_hold_means():
    grid = np.linspace(0.0, 10.0, 101)
    np.testing.assert_allclose(
        averaged(grid, np.stack([grid, grid**0]), [0.0, 4.0], [4.0, 10.0]), [[2, 7], [1, 1]]
    )
