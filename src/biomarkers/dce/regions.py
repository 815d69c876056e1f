"""The mean curve of a region, fitted on its own: sharper than its voxels, with intervals."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.dce.confidence import confidence_ends
from biomarkers.dce.smooth_input import smooth_between_samples
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input, Parameter
from biomarkers.kinetics.fit import check_delay

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value, its standard error and a confidence interval; NaN what is not known."""

    value: float
    se: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class RegionFit:
    """The fit of a region's mean curve.

    Parameters
    ----------
    model
        Name of the model.
    parameters
        What was estimated.
    estimates
        By name; "delay" among them if it was fitted.
    time, tissue, fitted
        (T,): s, and the mean and fitted concentration, mM.
    voxels
        Number of curves behind the mean.

    """

    model: str
    parameters: tuple[Parameter, ...]
    estimates: Mapping[str, Interval]
    time: FloatArray
    tissue: FloatArray
    fitted: FloatArray
    voxels: int

    def __getitem__(self, name: str) -> Interval:
        if name not in self.estimates:
            raise InputError(f"{self.model} has no {name!r}; it has {', '.join(self.estimates)}")
        return self.estimates[name]


def fit_region(
    curves: npt.ArrayLike,
    time: npt.ArrayLike,
    input: Input,
    *,
    model: str = "extended_tofts",
    delay: float | tuple[float, float] | None = None,
    level: float = 0.95,
) -> RegionFit:
    """Fit the mean of several curves.

    Parameters
    ----------
    curves
        Concentrations, (voxels, T), mM; those that are not finite do not count.
    time
        (T,), s.
    input
        Arterial input, taken as in `maps`.
    model, delay
        As in `maps`, one model; a delay that is given, or bounds to fit it within.
    level
        Coverage of the intervals: an F-test on profiles, as `lmfit.conf_interval` has it.

    Returns
    -------
    RegionFit
        An interval is NaN where a parameter is not determined, or ended at its bound.

    Raises
    ------
    InputError
        If the model is unknown, shapes do not fit or no curve is finite.

    """
    if model not in MODELS:
        raise InputError(f"model is {model!r}; expected one of {', '.join(MODELS)}")
    rows = np.atleast_2d(np.asarray(curves, dtype=float))
    sound = np.isfinite(rows).all(axis=1)
    if not sound.any():
        raise InputError(f"none of {len(rows)} curves is finite; there is no mean to fit")
    tissue = rows[sound].mean(axis=0)
    source = smooth_between_samples(input, time)
    chosen = MODELS[model]
    fit = chosen.fit(tissue, time, source, delay=delay)
    fitted_delay = isinstance(check_delay(delay), tuple)
    ends = confidence_ends(fit, tissue, time, source, delay=delay, level=level)
    unknown = (np.nan, np.nan)
    return RegionFit(
        model,
        fit.parameters,
        {
            name: Interval(float(fit[name]), float(fit.se[name]), *ends.get(name, unknown))
            for name in (*chosen.names, *(["delay"] if fitted_delay else []))
            if name in fit.estimates
        },
        np.asarray(time, dtype=float),
        tissue,
        fit.predicted(),
        int(sound.sum()),
    )
