"""Fits of one or several models, brought together voxel by voxel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics import Parameter

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

# Models that take a parameter of others to be zero. Where voxels choose among models, its map
# would otherwise be without just those voxels in which it is small.
_ZERO = {("tofts", "vp")}


class Fitted(Protocol):
    """What is asked of a fit: `kinetics.Fit`, or one in signal space."""

    @property
    def model(self) -> str:
        """Name of the model."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What was estimated."""

    @property
    def estimates(self) -> Mapping[str, FloatArray]:
        """Values by name, (V,), `delay` among them."""

    @property
    def se(self) -> Mapping[str, FloatArray]:
        """Standard errors by name, (V,)."""

    @property
    def rss(self) -> FloatArray:
        """Residual sum of squares, (V,)."""

    @property
    def r2(self) -> FloatArray:
        """Share of the variance explained, (V,)."""

    @property
    def aicc(self) -> FloatArray:
        """Akaike's corrected criterion, (V,)."""

    @property
    def converged(self) -> BoolArray:
        """Whether the fit came to rest, (V,)."""

    @property
    def at_bound(self) -> BoolArray:
        """Whether a parameter ended at a bound, (V,)."""


@dataclass(frozen=True, eq=False)
class VoxelFit:
    """Estimates that were not made by one `kinetics.Fit`; fields as there."""

    model: str
    parameters: tuple[Parameter, ...]
    estimates: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    rss: FloatArray
    r2: FloatArray
    aicc: FloatArray
    converged: BoolArray
    at_bound: BoolArray


def with_zero(fit: Fitted, simpler: Fitted, name: str, where: BoolArray) -> VoxelFit:
    """Take a simpler model in some voxels, in which the parameter `name` is held at zero."""

    def mix(one: Array, other: Array) -> Array:
        return np.where(where, other, one)

    held = {**simpler.estimates, name: np.zeros(where.shape)}
    errors = {**simpler.se, name: np.full(where.shape, np.nan)}
    return VoxelFit(
        fit.model,
        fit.parameters,
        {key: mix(value, held[key]) for key, value in fit.estimates.items()},
        {key: mix(value, errors[key]) for key, value in fit.se.items()},
        mix(fit.rss, simpler.rss),
        mix(fit.r2, simpler.r2),
        mix(fit.aicc, simpler.aicc),
        mix(fit.converged, simpler.converged),
        fit.at_bound | where,
    )


@dataclass(frozen=True, eq=False)
class Best:
    """Fits of the same curves, and which of them stands for each voxel.

    Parameters
    ----------
    fits
        One per model.
    choice
        Index into `fits`, (V,).

    """

    fits: Sequence[Fitted]
    choice: IntArray

    @classmethod
    def by_aicc(cls, fits: Sequence[Fitted]) -> "Best":
        """Take the fit of the lowest AICc, the first where there is none."""
        if len(fits) == 1:
            return cls(fits, np.zeros(fits[0].rss.shape, dtype=np.int64))
        criteria = np.array([fit.aicc for fit in fits])
        return cls(fits, np.where(np.isnan(criteria), np.inf, criteria).argmin(axis=0))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of all models, each name once."""
        every = {each.name: each for fit in reversed(self.fits) for each in fit.parameters}
        order = dict.fromkeys(each.name for fit in self.fits for each in fit.parameters)
        return tuple(every[name] for name in order)

    def number(self, name: str) -> FloatArray:
        """Return `rss`, `r2` or `aicc` of each voxel's fit."""
        return self._taken([getattr(fit, name) for fit in self.fits])

    def flag(self, name: str) -> BoolArray:
        """Return `converged` or `at_bound` of each voxel's fit."""
        return self._taken([getattr(fit, name) for fit in self.fits]).astype(bool)

    def value(self, name: str) -> FloatArray:
        """Return a parameter of each voxel's fit.

        NaN where its model has none of that name, but 0 where the model says that there is none.
        """
        return self._taken([_value(fit, name) for fit in self.fits])

    def error(self, name: str) -> FloatArray:
        """Return the standard error of a parameter of each voxel's fit."""
        return self._taken([_or_nan(fit.se, name, fit.rss) for fit in self.fits])

    def _taken(self, columns: Sequence[npt.NDArray[np.generic]]) -> FloatArray:
        if len(columns) == 1:
            return np.asarray(columns[0], dtype=float)
        stacked = np.array(columns, dtype=float)
        return np.asarray(np.take_along_axis(stacked, self.choice[None], axis=0)[0])


def _value(fit: Fitted, name: str) -> FloatArray:
    if name not in fit.estimates and (fit.model, name) in _ZERO:
        return np.zeros(fit.rss.shape)
    return _or_nan(fit.estimates, name, fit.rss)


def _or_nan(table: Mapping[str, FloatArray], name: str, like: FloatArray) -> FloatArray:
    return table[name] if name in table else np.full(like.shape, np.nan)
