"""What lies under the metabolites: a smooth curve, as stiff as the data ask for.

A baseline is a set of orthonormal shapes and the share of each that it takes out of a spectrum:
all of it for a polynomial, 1 / (1 + stiffness x roughness) for a penalised spline (P-spline; Eilers
& Marx, Stat Sci 1996;11:89, in the basis of Demmler & Reinsch, Numer Math 1975;24:375). Real and
imaginary part each have one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline
from scipy.linalg import eigh, qr, solve_triangular
from scipy.optimize import brentq

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError

# Knots per ppm, and the most and the fewest effective dimensions per ppm that are looked at, as in
# ABfit (Wilson, Magn Reson Med 2021;85:13. doi:10.1002/mrm.28385).
KNOTS_PER_PPM = 15
MOST_PER_PPM = 7.0
STIFFEST = 2.01  # dimensions in all: a straight line
_DEGREE = 3
# What takes less of a shape takes none: most are left out of the work of a stiff baseline.
_LEAST_SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class Baseline:
    """Smooth shapes over the window of the fit.

    Parameters
    ----------
    shapes
        Orthonormal, (N, K).
    roughness
        Of each, (K,); 0 for a shape that costs nothing.
    width_ppm
        Of the window, ppm.

    """

    shapes: FloatArray
    roughness: FloatArray
    width_ppm: float

    def shares(self, stiffness: float) -> FloatArray:
        """Return how much of each shape the baseline takes, (K,); less than 0.001 is none."""
        shares = 1.0 / (1.0 + stiffness * self.roughness)
        return np.where(shares < _LEAST_SHARE, 0.0, shares)

    def per_ppm(self, stiffness: float) -> float:
        """Return effective dimensions per ppm."""
        return float(self.shares(stiffness).sum()) / self.width_ppm

    def stiffness_for(self, dimensions: float) -> float:
        """Return the stiffness that leaves so many effective dimensions in all, a line at least."""
        if not self.roughness.any():
            return 0.0
        dimensions = max(dimensions, STIFFEST)
        low, high = -25.0, 25.0
        scale = np.log(np.median(self.roughness[self.roughness > 0.0]))

        def excess(exponent: float) -> float:
            return (
                float(np.sum(1.0 / (1.0 + np.exp(exponent - scale) * self.roughness))) - dimensions
            )

        if excess(low) <= 0.0:
            return float(np.exp(low - scale))
        return float(np.exp(brentq(excess, low, high, xtol=1e-6) - scale))

    def candidates(self, count: int) -> FloatArray:
        """Return stiffnesses from the most flexible to a straight line, in equal ratios."""
        if not self.roughness.any():
            return np.zeros(1)
        most = min(MOST_PER_PPM * self.width_ppm, self.shapes.shape[1] - 1.0)
        ends = self.stiffness_for(most), self.stiffness_for(STIFFEST)
        return np.geomspace(*ends, count)


def spline(ppm: FloatArray) -> Baseline:
    """Return cubic B-splines over chemical shifts, (N,), whose second differences are penalised."""
    width = float(ppm[-1] - ppm[0])
    intervals = max(round(KNOTS_PER_PPM * width), 4)
    step = width / intervals
    knots = ppm[0] + step * np.arange(-_DEGREE, intervals + _DEGREE + 1)
    inside = np.clip(ppm, ppm[0], np.nextafter(ppm[-1], ppm[0]))
    values = BSpline.design_matrix(inside, knots, _DEGREE).toarray()
    q, r = qr(values, mode="economic")
    bends = np.diff(np.eye(values.shape[1]), 2, axis=0)
    per_shape = solve_triangular(r, bends.T, trans="T").T
    roughness, turn = eigh(per_shape.T @ per_shape)
    # A straight line bends nowhere; what rounding leaves of it is none.
    roughness[:2] = 0.0
    return Baseline(np.ascontiguousarray(q @ turn), np.maximum(roughness, 0.0), width)


def polynomial(ppm: FloatArray, order: int) -> Baseline:
    """Return polynomials up to an order over chemical shifts, (N,)."""
    position = np.linspace(-1.0, 1.0, ppm.size)
    shapes, _ = qr(np.polynomial.legendre.legvander(position, order), mode="economic")
    return Baseline(np.asarray(shapes), np.zeros(order + 1), float(ppm[-1] - ppm[0]))


def none(ppm: FloatArray) -> Baseline:
    """Return no baseline at all."""
    return Baseline(np.zeros((ppm.size, 0)), np.zeros(0), float(ppm[-1] - ppm[0]))


def baseline_of(given: object, ppm: FloatArray) -> Baseline:
    """Return the baseline that is asked for: "spline", ("polynomial", order), or None."""
    if given is None:
        return none(ppm)
    if given == "spline":
        return spline(ppm)
    match given:
        case ("polynomial", int(order)) if 0 <= order <= 20 and not isinstance(order, bool):
            return polynomial(ppm, order)
    raise InputError(
        f'baseline is {given!r}; expected "spline", ("polynomial", order from 0 to 20) or None'
    )
