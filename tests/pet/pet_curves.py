"""Curves of known parameters, convolved on a fine grid by means of their own."""

import numpy as np

from biomarkers.kinetics import Input
from biomarkers.timing import Frames

LENGTH = np.concatenate([[10.0] * 12, [30.0] * 6, [60.0] * 5, [300.0] * 16])
FRAMES = Frames(np.concatenate([[0.0], np.cumsum(LENGTH)[:-1]]), LENGTH)
STEP = 0.05  # s
END = float(FRAMES.end[-1])


def plasma_curve(time, delay=10.0):
    """An input after Feng et al. 1993, kBq/mL."""
    t = np.maximum(np.asarray(time, dtype=float) - delay, 0.0) / 60.0
    fast, middle, slow = (np.exp(-rate * t) for rate in (4.13, 0.119, 0.0104))
    return (85.1 * t - 2.19 - 2.08) * fast + 2.19 * middle + 2.08 * slow


KNOTS = np.concatenate([np.arange(0.0, 120.0, 0.5), np.arange(120.0, END + 20, 10.0)])
SOURCE = Input(KNOTS, plasma=plasma_curve(KNOTS), blood=0.9 * plasma_curve(KNOTS))


def two_tissue_curve(K1, k2, k3, k4, vB, delay=0.0):
    """(1 - vB) C_T + vB C_blood averaged over the frames: ODEs by the implicit trapezoid rule."""
    time = np.arange(0.0, END + STEP, STEP)
    plasma = np.interp(time - delay, KNOTS, SOURCE.plasma, left=0.0)
    a, b, c, d = (rate / 60.0 for rate in (K1, k2, k3, k4))
    system = np.array([[-(b + c), d], [c, -d]])
    left = np.linalg.inv(np.eye(2) - 0.5 * STEP * system)
    move, feed = left @ (np.eye(2) + 0.5 * STEP * system), left @ [0.5 * STEP * a, 0.0]
    state, tissue = np.zeros(2), np.zeros(time.size)
    for k in range(1, time.size):
        state = move @ state + feed * (plasma[k] + plasma[k - 1])
        tissue[k] = state[0] + state[1]
    blood = np.interp(time - delay, KNOTS, SOURCE.blood, left=0.0)
    whole = (1.0 - vB) * tissue + vB * blood
    area = np.concatenate([[0.0], np.cumsum(0.5 * STEP * (whole[1:] + whole[:-1]))])
    return (np.interp(FRAMES.end, time, area) - np.interp(FRAMES.start, time, area)) / LENGTH


def noisy(curve, size, seed=0):
    """Add noise of `size` (share of the peak, of a frame of a minute) as counting makes it."""
    rng = np.random.default_rng(seed)
    return curve + size * curve.max() * rng.standard_normal(curve.shape) * np.sqrt(60.0 / LENGTH)
