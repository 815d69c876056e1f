"""Magnitudes of known truth: complex signals with noise in both channels, and directions."""

import numpy as np

B = np.array([0.0, 200.0, 400.0, 600.0, 800.0, 1000.0])
B_IVIM = np.array([0, 0, 10, 20, 30, 50, 80, 100, 150, 200, 300, 400, 600, 800.0])


def magnitudes(clean, sd, voxels=None, *, seed=0):
    """Return magnitudes of a signal, (n,) or (V, n), whose two channels have noise."""
    rng = np.random.default_rng(seed)
    clean = np.asarray(clean)
    shape = clean.shape if voxels is None else (voxels, *clean.shape)
    channels = clean + sd * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
    return np.abs(channels)


def spiral(count):
    """Return directions spread evenly over half a sphere, (count, 3)."""
    z = (np.arange(count) + 0.5) / count
    turn = np.pi * (3.0 - 5.0**0.5) * np.arange(count)
    radius = np.sqrt(1.0 - z**2)
    return np.column_stack([radius * np.cos(turn), radius * np.sin(turn), z])


def series_of(*shells):
    """Return b-values and gradients of shells (b, directions); those of b = 0 come last."""
    b = np.concatenate([*(np.full(n, float(value)) for value, n in shells), np.zeros(3)])
    g = np.vstack([*(spiral(n) for _, n in shells), np.zeros((3, 3))])
    return b, g


def rotation(seed=0):
    """Return an axis system that no gradient follows."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]


def tensor_signal(b, g, eigenvalues, axes=None):
    """Return the signal of a tensor, (n,), summed direction by direction."""
    axes = rotation() if axes is None else axes
    along = (g @ axes) ** 2 @ np.asarray(eigenvalues)
    return np.exp(-b * along)


def anisotropy(eigenvalues):
    """Return FA by its definition."""
    e = np.asarray(eigenvalues)
    return np.sqrt(1.5 * ((e - e.mean()) ** 2).sum() / (e**2).sum())


def covered(fit, name, truth):
    """Return the share of known values whose 95 % interval holds the truth."""
    low, high = fit.interval(name)
    known = np.isfinite(low)
    return float(np.mean((low[known] <= truth) & (truth <= high[known])))
