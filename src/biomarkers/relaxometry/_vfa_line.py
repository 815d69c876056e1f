"""T1 of spoiled gradient echoes from the straight line S/sin α = E1 S/tan α + M0 (1 - E1)."""

import numpy as np

from biomarkers.relaxometry._voxel_fits import (
    AT_BOUND,
    FITTED,
    NO_SIGNAL,
    NOT_CONVERGED,
    VoxelFits,
    no_fits,
)
from biomarkers.relaxometry.maps import residual_sd
from biomarkers.relaxometry.problem import Bounds, FloatArray, Voxels


def fit_line(voxels: Voxels, flip: FloatArray, tr: float, bounds: Bounds) -> VoxelFits:
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
        rss = ((s - model) ** 2).sum(axis=1)
        spread = residual_sd(rss, freedom)
        error = t1 / tr / e1 * spread * np.sqrt((effect**2).sum(axis=1))
        m0 = intercept / (1.0 - e1)
        log_t1 = np.log(t1)
    # E1 of 1 or more is a T1 without end; of 0 or less, one too short to tell.
    inside = (e1 < 1) & (t1 > bounds[0]) & (t1 < bounds[1])
    converged = usable & np.isfinite(e1) & ((m0 > 0) | ~inside)
    out = no_fits(len(s), amplitudes=1)
    out.x[:, 0], out.error[:, 0], out.amplitude[:, 0], out.rss[:] = log_t1, error, m0, rss
    out.reasons[:] = np.select(
        [~usable, ~converged, ~inside], [NO_SIGNAL, NOT_CONVERGED, AT_BOUND], FITTED
    )
    return out
