"""From a series to estimates: the voxels fitted some at a time, and what follows from each fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.dwi._curves import Curve, Exponent
from biomarkers.dwi._fit import Fits, climb_curves, fit_curves, fit_logarithms
from biomarkers.errors import InputError
from biomarkers.estimates import (
    REMARKS,
    Chosen,
    Estimates,
    FitFlag,
    Reasons,
    checked_series,
    in_chunks,
    pooled_sd,
)
from biomarkers.images import Image
from biomarkers.images.scaled import ScaledArray, Series
from biomarkers.quantities import QUANTITIES
from biomarkers.relaxometry._rician import information_table

BitArray = npt.NDArray[np.uint16]
Method = Literal["loglinear", "nonlinear", "rician"]

# The kernels know b in ms/um^2 and diffusivity in um^2/ms.
PER_MM2 = 1e-3
_PASSES = 2
# Of so many voxels at most the noise is estimated that all have in common, and of so many at least.
_TYPICAL, _FEWEST = 4096, 16


@dataclass(frozen=True, eq=False, repr=False)
class DiffusionMap(Estimates):
    """Estimates of a diffusion-weighted series, of voxels or curves.

    Standard errors come from the residuals of the voxel, with `settings["DegreesOfFreedom"]`, or
    from the noise where that was given. A value that is negative and cannot be is kept and
    flagged. ``quality["residual_sd"]`` is the standard deviation of the residuals, or by the
    Rician method of the noise in one channel, in the unit of the signal.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import adc
    >>> b = np.array([0.0, 200, 400, 600, 800, 1000])
    >>> fit = adc(100 * np.exp(-b * np.array([[0.8e-3], [-0.1e-3]])), b)
    >>> fit["ADC"].round(6).tolist(), fit.flags.tolist()
    ([0.0008, -0.0001], [False, True])
    >>> fit.reasons.words(1)
    'negative'

    """

    def __getitem__(self, name: str) -> FloatArray:
        return super().__getitem__("Dstar" if name == "D*" else name)


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted, and what is made of it.

    Parameters
    ----------
    name
        What the model is called.
    curve
        Its signal.
    unknowns
        How many it has.
    quantities
        Names of what is estimated, in order.
    derive
        From unknowns (V, p) and their covariance (V, p, p): values, variances and the bits of
        reasons, by quantity (V, q), (V, q), and (V,).
    start
        Fills the unknowns of signals; by default straight lines through logarithms.
    bounds
        Of the unknowns, (2, p); none if not given.

    """

    name: str
    curve: Curve
    unknowns: int
    quantities: tuple[str, ...]
    derive: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray, BitArray]]
    start: Callable[[FloatArray, Fits], None] | None = None
    bounds: FloatArray | None = None


def fit_series(
    problem: Problem,
    signal: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None,
    method: Method,
    noise: npt.ArrayLike | None,
    settings: Mapping[str, Any],
) -> DiffusionMap:
    """Fit every voxel of a series (..., n), and return the estimates.

    Raises
    ------
    InputError
        If mask or noise do not fit, or the method is unknown or lacks what it needs.

    """
    series = series_of(signal)
    chosen = Chosen.of(mask, series.shape[:-1])
    freedom = series.shape[-1] - problem.unknowns
    sd = _checked_noise(noise, method, chosen, freedom)
    flat, count = series.reshape(-1, series.shape[-1]), len(problem.quantities)
    values, se = np.full((2, len(chosen), count), np.nan)
    residual = np.full(len(chosen), np.nan)
    bits = np.zeros(len(chosen), dtype=np.uint16)

    if method == "rician" and noise is None:
        sd[:] = _shared_noise(problem, flat, chosen, freedom)

    def work(part: slice) -> None:
        rows = np.ascontiguousarray(flat[chosen.index[part]], dtype=float)
        scale = _scales(rows)
        scaled, level = rows / scale[:, None], sd[part] / scale
        fits = _fitted(problem, scaled, level, method, given=noise is not None)
        with np.errstate(all="ignore"):  # of voxels that were not fitted
            derived, variance, remarks = problem.derive(fits.x, fits.covariance)
        known = fits.reasons == 0
        derived[:, problem.quantities.index("S0")] *= scale
        unknown = ~np.isfinite(derived)
        derived[unknown] = np.nan
        remarks |= np.where(unknown.any(axis=1), FitFlag.NOT_IDENTIFIABLE, 0).astype(np.uint16)
        values[part] = np.where(known[:, None], derived, np.nan)
        se[part] = np.sqrt(np.where(known[:, None] & np.isfinite(derived), variance, np.nan))
        residual[part] = np.where(known, scale * fits.noise, np.nan)
        bits[part] = np.where(known, remarks, fits.reasons)

    in_chunks(work, len(chosen))
    names = dict(enumerate(problem.quantities))
    return DiffusionMap(
        problem.name,
        tuple(QUANTITIES[name] for name in problem.quantities),
        {name: chosen.place(values[:, k]) for k, name in names.items()},
        {name: chosen.place(se[:, k]) for k, name in names.items() if QUANTITIES[name].has_error},
        Reasons(chosen.place(bits, outside=0), FitFlag, int(REMARKS)),
        mask=None if chosen.all else chosen.mask,
        settings={
            **settings,
            "Method": method,
            "DegreesOfFreedom": freedom if noise is None else None,
        },
        quality={"residual_sd": chosen.place(residual)},
    )


def series_of(signal: npt.ArrayLike | Series | Image) -> Series:
    """Return the values of a series: an array, an image, or one of nibabel."""
    if isinstance(signal, Image):
        return checked_series(signal.data)
    kept = isinstance(signal, np.ndarray | ScaledArray)
    return checked_series(signal if kept else getattr(signal, "dataobj", signal))


def _shared_noise(problem: Problem, flat: Series, chosen: Chosen, freedom: int) -> float:
    """Return the noise that the voxels of a series have in common; NaN if they are few."""
    index = chosen.index[:: max(1, len(chosen) // _TYPICAL)]
    rows = np.ascontiguousarray(flat[index], dtype=float)
    scale = _scales(rows)
    if len(index) < _FEWEST:
        return np.nan
    unknown = np.full(len(rows), np.nan)
    fits = _fitted(problem, rows / scale[:, None], unknown, "rician", given=False)
    spread = np.where(fits.reasons == 0, scale * fits.noise, np.nan)
    return pooled_sd(spread, scale**2, freedom)


def _fitted(
    problem: Problem, rows: FloatArray, noise: FloatArray, method: Method, *, given: bool
) -> Fits:
    """Fit signals whose largest is 1."""
    voxels, p = len(rows), problem.unknowns
    fits = Fits(
        np.zeros((voxels, p)),
        np.full((voxels, p, p), np.nan),
        np.full(voxels, np.nan),
        np.zeros(voxels, dtype=np.uint16),
    )
    if problem.start is not None:
        problem.start(rows, fits)
    elif isinstance(problem.curve, Exponent):
        fit_logarithms(rows, problem.curve.design, _PASSES if method == "loglinear" else 1, fits)
    if method != "loglinear":
        bounds = np.array([[-np.inf], [np.inf]]) * np.ones(p)
        fit_curves(problem.curve, rows, bounds if problem.bounds is None else problem.bounds, fits)
    if method == "rician":
        climb_curves(problem.curve, rows, noise, given, information_table(), fits)
    return fits


def _scales(rows: FloatArray) -> FloatArray:
    """Return the largest signal of each voxel; 1 where there is none."""
    largest = np.max(np.where(np.isfinite(rows), rows, 0.0), axis=1)
    return np.where(largest > 0.0, largest, 1.0)


def _checked_noise(
    noise: npt.ArrayLike | None, method: Method, chosen: Chosen, freedom: int
) -> FloatArray:
    """Return the noise of each chosen voxel, NaN where it is to be estimated."""
    if method not in get_args(Method):
        raise InputError(f"method is {method!r}; expected {', '.join(get_args(Method))}")
    if noise is None:
        if method == "rician" and freedom < 1:
            raise InputError(
                "as many unknowns as volumes leave no residual to tell the noise from; give noise, "
                "the standard deviation of one channel"
            )
        return np.full(len(chosen), np.nan)
    if method != "rician":
        raise InputError(f"noise is used by method='rician' alone; the method is {method!r}")
    sd = chosen.take("noise", noise)
    if not (np.isfinite(sd) & (sd > 0)).all():
        raise InputError("noise is not positive everywhere; expected the standard deviation of "
                         "one channel, in the unit of the signal")  # fmt: skip
    return sd
