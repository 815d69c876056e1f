"""T1 of spoiled gradient echoes from the straight line S/sin α = E1 S/tan α + M0 (1 - E1)."""

import numpy as np

from biomarkers.relaxometry.engine import finished, residual_sd
from biomarkers.relaxometry.problem import Bounds, FloatArray, Voxels
from biomarkers.relaxometry.result import T1Map


def fit_line(voxels: Voxels, flip: FloatArray, tr: float, bounds: Bounds) -> T1Map:
    """Fit rows of voxels."""
    s, b1 = voxels.signals, voxels.b1
    usable = np.isfinite(s).all(axis=1) & s.any(axis=1) & np.isfinite(b1) & (b1 > 0)
    freedom = flip.size - 2
    with np.errstate(all="ignore"):
        angle = b1[:, None] * flip
        x, y = s / np.tan(angle), s / np.sin(angle)
        dx = x - x.mean(axis=1, keepdims=True)
        dy = y - y.mean(axis=1, keepdims=True)
        sxx = (dx * dx).sum(axis=1)
        e1 = (dx * dy).sum(axis=1) / sxx
        t1 = np.where(e1 > 0, -tr / np.log(e1), 0.0)
        intercept = y.mean(axis=1) - e1 * x.mean(axis=1)
        # First order: how E1 answers to noise in each signal, which is in x and y at once.
        effect = (dy / np.tan(angle) + dx / np.sin(angle)) - 2 * e1[:, None] * dx / np.tan(angle)
        effect /= sxx[:, None]
        model = intercept[:, None] * np.sin(angle) / (1.0 - e1[:, None] * np.cos(angle))
        spread = residual_sd(((s - model) ** 2).sum(axis=1), freedom)
        se = t1**2 / tr / e1 * spread * np.sqrt((effect**2).sum(axis=1))
        m0 = intercept / (1.0 - e1)
    # E1 of 1 or more is a T1 without end; of 0 or less, one too short to tell.
    inside = (e1 < 1) & (t1 > bounds[0]) & (t1 < bounds[1])
    converged = usable & np.isfinite(e1) & ((m0 > 0) | ~inside)
    return finished(
        T1Map(
            t1=t1,
            se=se,
            m0=m0,
            converged=converged,
            at_bound=converged & ~inside,
            identifiable=converged & inside,
            above_noise=np.ones(len(s), dtype=bool),
            freedom=float(freedom),
            residual_sd=spread,
        )
    )
