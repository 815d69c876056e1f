"""The distribution of a pooled standard deviation, as nodes and weights of an integral."""

import numpy as np
from scipy import stats

from biomarkers.stats.arrays import Floats

# More nodes change no digit above 1e-10.
_NODES = 128


def scale_nodes(df: int) -> tuple[Floats, Floats]:
    """Return values of s = √(χ²/df) and their probabilities, for E[f(s)] ≈ Σ w·f(s).

    A t statistic is a normal variable over s: its probabilities are normal ones, averaged over s.
    Gauss–Legendre nodes between the extreme quantiles.
    """
    low, high = np.sqrt(stats.chi2.ppf([1e-15, 1 - 1e-15], df) / df)
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    s = low + (high - low) * (node + 1) / 2
    weights = weight * stats.chi2.pdf(df * s**2, df) * s
    return s, weights / weights.sum()
