"""Correlation matrices of equally important visits, with their derivatives by the parameters."""

import itertools

import numpy as np

from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal.covariance import Moments


def uniform(rho: Floats, size: int) -> Moments:
    """Return the matrix with one correlation between all visits."""
    apart = 1 - np.eye(size)
    return Moments(np.eye(size) + rho[0] * apart, apart[None], None)


def autoregressive(rho: Floats, size: int) -> Moments:
    """Return the matrix whose correlation falls as a power of the number of visits between."""
    lag = lags(size)
    first = lag * _power(rho[0], lag - 1)
    second = lag * (lag - 1) * _power(rho[0], lag - 2)
    return Moments(_power(rho[0], lag), first[None], second[None, None])


def banded(rho: Floats, size: int) -> Moments:
    """Return the matrix with one correlation for each number of visits between (Toeplitz)."""
    bands = (lags(size) == np.arange(1, size)[:, None, None]).astype(float)
    return Moments(np.eye(size) + np.einsum("k,kab->ab", rho, bands), bands, None)


def antedependent(rho: Floats, size: int) -> Moments:
    """Return the matrix whose correlation is the product of those of the neighbours between."""
    position = np.arange(size)
    earlier, later = np.minimum.outer(position, position), np.maximum.outer(position, position)
    steps = np.arange(size - 1)[:, None, None]
    factors = np.where((earlier <= steps) & (steps < later), rho[:, None, None], 1.0)
    first = np.stack([_product_without(factors, earlier, later, (k,)) for k in range(size - 1)])
    second = np.zeros((size - 1, size - 1, size, size))
    for one, other in itertools.combinations(range(size - 1), 2):
        mixed = _product_without(factors, earlier, later, (one, other))
        second[one, other] = second[other, one] = mixed
    return Moments(factors.prod(axis=0), first, second)


def lags(size: int) -> Floats:
    """Return the number of steps between visits, (M, M)."""
    position = np.arange(size, dtype=float)
    return np.abs(position[:, None] - position[None, :])


def _product_without(
    factors: Floats, earlier: Floats, later: Floats, steps: tuple[int, ...]
) -> Floats:
    """Return the derivative by the correlations at `steps`: zero where one is not a factor."""
    rest: Floats = np.delete(factors, steps, axis=0).prod(axis=0)
    for step in steps:
        rest = rest * ((earlier <= step) & (step < later))
    return rest


def _power(base: float, exponent: Floats) -> Floats:
    # A negative exponent stands beside a factor 0.
    return np.where(exponent < 0, 0.0, base ** np.maximum(exponent, 0))
