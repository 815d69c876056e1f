"""Profile intervals of one curve's (extended) Tofts parameters, exactly and at once.

At a given kep the model is linear in Ktrans and vp, so what a rise of the residual sum of squares
allows is an ellipse in these two, cut at zero. Its extremes are formulas; what remains is a search
along kep, and no minimum is missed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics.tabulated import FASTEST, TabulatedTofts

FloatArray = npt.NDArray[np.float64]
Range = tuple[FloatArray, FloatArray]

_ZOOM, _ROUNDS = 21, 5


@dataclass(frozen=True, eq=False)
class ToftsProfile:
    """What each rate allows, if the sum of squares may rise to a limit; rates in 1/s.

    Parameters
    ----------
    kinetics
        The model.
    curve
        Concentration, (T,), mM.
    weights
        Of the squared residuals, (T,).
    limit
        Greatest residual sum of squares allowed.

    """

    kinetics: TabulatedTofts
    curve: FloatArray
    weights: FloatArray
    limit: float

    def ends(self, names: Iterable[str], *, around: FloatArray) -> dict[str, tuple[float, float]]:
        """Return the intervals of Ktrans, kep (1/s), ve or vp, by name.

        Infinite where the data set no limit; NaN if no rate stays within the limit.

        Parameters
        ----------
        names
            Of the parameters.
        around
            Rates to try beside those of the table: where the sum is least, it may be so between
            two of those only.

        """
        span = self.kinetics.span
        rates = np.union1d(np.expm1(self.kinetics.nodes) / span, np.clip(around, 0.0, FASTEST))
        first = rates, *self._allowed(rates)
        return {name: (self._end(name, first, -1), self._end(name, first, 1)) for name in names}

    def _end(self, name: str, first: tuple[FloatArray, Range, Range], side: int) -> float:
        """Return the least (side -1) or greatest (1) value, by a grid that closes in on it."""
        rates, *allowed = first
        best = np.nan
        for _ in range(_ROUNDS):
            reached = side * _VALUE[name](rates, *allowed)[side > 0]
            if np.isnan(reached).all():
                break
            k = int(np.nanargmax(reached))
            best = side * float(reached[k])
            if np.isinf(best):
                break
            rates = np.linspace(rates[max(k - 1, 0)], rates[min(k + 1, rates.size - 1)], _ZOOM)
            allowed = list(self._allowed(rates))
        return best

    def _allowed(self, rates: FloatArray) -> tuple[Range, Range]:
        """Return the ranges of Ktrans and vp at each rate; NaN where there is none."""
        root = np.sqrt(self.weights)
        spread, curve = self.kinetics.convolved(rates)[0] * root, self.curve * root
        by_rate = _Column(np.einsum("nt,nt->n", spread, spread), spread @ curve)
        total = float(curve @ curve)
        with np.errstate(divide="ignore", invalid="ignore"):
            if not self.kinetics.vascular:
                nothing = np.full_like(rates, np.nan)
                return _from_zero(by_rate.alone(total, self.limit)), (nothing, nothing)
            plasma = self.kinetics.plasma * root
            steady = _Column(
                np.full_like(rates, plasma @ plasma), np.full_like(rates, plasma @ curve)
            )
            shared = spread @ plasma
            return (
                _cut(by_rate, steady, shared, total, self.limit),
                _cut(steady, by_rate, shared, total, self.limit),
            )


@dataclass(frozen=True, eq=False)
class _Column:
    """Inner products of a column of the model with itself and with the curve, at each rate."""

    own: FloatArray
    curve: FloatArray

    def alone(self, total: float, limit: float) -> Range:
        """Return the range of this column's amplitude where the other one is zero."""
        centre = self.curve / self.own
        half = np.sqrt((limit - total + self.curve * centre) / self.own)
        return centre - half, centre + half


def _cut(first: _Column, second: _Column, shared: FloatArray, total: float, limit: float) -> Range:
    """Return the range of the first amplitude in the ellipse, where neither is negative."""
    determinant = first.own * second.own - shared**2
    centre = (first.curve * second.own - second.curve * shared) / determinant
    beside = (second.curve * first.own - first.curve * shared) / determinant
    least = total - centre * first.curve - beside * second.curve
    half = np.sqrt((limit - least) * second.own / determinant)
    lean = -shared / second.own  # how the second amplitude moves with the first along the extremes
    low, high = (
        np.where(beside + side * half * lean >= 0, centre + side * half, on_face)
        for side, on_face in zip((-1, 1), first.alone(total, limit), strict=True)
    )
    return _from_zero((low, high))


def _from_zero(whole: Range) -> Range:
    """Return the part of a range that is not negative; NaN where there is none."""
    low, high = whole
    none = np.isnan(low) | ~(high >= 0)
    return np.where(none, np.nan, np.maximum(low, 0.0)), np.where(none, np.nan, high)


_Value = Callable[[FloatArray, Range, Range], Range]


def _kep(rates: FloatArray, ktrans: Range, vp: Range) -> Range:
    reached = np.where(np.isnan(ktrans[0]), np.nan, rates)
    return reached, reached


def _ve(rates: FloatArray, ktrans: Range, vp: Range) -> Range:
    with np.errstate(divide="ignore", invalid="ignore"):
        return ktrans[0] / rates, ktrans[1] / rates


_VALUE: dict[str, _Value] = {
    "Ktrans": lambda rates, ktrans, vp: ktrans,
    "kep": _kep,
    "ve": _ve,
    "vp": lambda rates, ktrans, vp: vp,
}
