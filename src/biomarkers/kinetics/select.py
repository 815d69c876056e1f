"""Which model does a curve support? Akaike's criterion, per curve, with weights."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Model
from biomarkers.timing import FloatArray, Frames


@dataclass(frozen=True, eq=False)
class Selection:
    """Fits of several models to the same curves, and how far the data favour each.

    Parameters
    ----------
    fits
        One per model.
    weights
        Akaike weights, shape (..., models), sum 1; NaN where no model has a criterion.
    best
        Index of the model with the lowest AICc, shape (...); -1 where there is none.

    """

    fits: tuple[Fit, ...]
    weights: FloatArray
    best: npt.NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models, in the order of `weights`."""
        return tuple(fit.model for fit in self.fits)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.estimates:
            raise InputError(f"no model of {', '.join(self.names)} has a parameter {name!r}")
        return self.estimates[name]

    @property
    def estimates(self) -> dict[str, FloatArray]:
        """Values from each curve's best model by name; NaN where that one has no such name."""
        return self._pick([fit.estimates for fit in self.fits])

    @property
    def se(self) -> dict[str, FloatArray]:
        """Standard errors in each curve's best model, taking that model as true."""
        return self._pick([fit.se for fit in self.fits])

    def _pick(self, tables: list[Mapping[str, FloatArray]]) -> dict[str, FloatArray]:
        names = dict.fromkeys(name for table in tables for name in table)
        out = {name: np.full(self.best.shape, np.nan) for name in names}
        for k, table in enumerate(tables):
            for name, values in table.items():
                out[name] = np.where(self.best == k, values, out[name])
        return out


def compare(fits: Sequence[Fit]) -> Selection:
    """Weigh fits of the same curves by AICc (Burnham & Anderson, 2002, section 2.9).

    Parameters
    ----------
    fits
        Two or more, made of the same curves with the same weights.

    Raises
    ------
    InputError
        If there are fewer than two, or their shapes differ.

    """
    if len(fits) < 2 or len({fit.shape for fit in fits}) != 1:
        raise InputError(
            f"compare needs two or more fits of the same curves, found shapes "
            f"{[fit.shape for fit in fits]}"
        )
    criteria = np.stack([fit.aicc for fit in fits], axis=-1)
    known = np.isfinite(criteria) | (criteria == -np.inf)
    ranked = np.where(known, criteria, np.inf)
    lowest = ranked.min(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        behind = np.where(ranked == lowest, 0.0, ranked - lowest)
        likelihood = np.where(known, np.exp(-0.5 * behind), 0.0)
        weights = likelihood / likelihood.sum(axis=-1, keepdims=True)
    best = np.where(known.any(axis=-1), ranked.argmin(axis=-1), -1)
    return Selection(tuple(fits), weights, best)


def select(
    models: Sequence[Model],
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    delay: float | tuple[float, float] | None = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Selection:
    """Fit every model and weigh them per curve; arguments as in `Model.fit`.

    Returns
    -------
    Selection
        ``selection["Ktrans"]`` is each curve's value in its best model.

    """
    return compare(
        [
            model.fit(curves, time, input, delay=delay, weights=weights, mask=mask)
            for model in models
        ]
    )
