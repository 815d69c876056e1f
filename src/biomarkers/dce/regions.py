"""The mean curve of a region, fitted on its own: sharper than its voxels, with intervals."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.checks import as_numbers
from biomarkers.dce.conversion import MEASURED, Voxels, baseline_steps, gain_of
from biomarkers.dce.of_input import determining, moved_by_input
from biomarkers.dce.volumes import checked_input, checked_times
from biomarkers.errors import InputError
from biomarkers.estimates.voxels import added, finite_rows, mean_of_finite
from biomarkers.kinetics import MODELS, Fit, Input
from biomarkers.kinetics.fit import check_delay
from biomarkers.kinetics.input import smooth_between_samples
from biomarkers.kinetics.intervals import check_curve, profile_ends
from biomarkers.kinetics.slices import seen_at
from biomarkers.timing import Frames

Delay = float | tuple[float, float] | None


@dataclass(frozen=True, eq=False, repr=False)
class RegionFit(Fit):
    """The fit of a region's mean curve, `curves`: a `kinetics.Fit` of one curve, and intervals.

    Parameters
    ----------
    time
        When the curve was sampled, (T,), s.
    voxels
        Number of curves behind the mean.
    ends
        Both ends of each parameter's confidence interval, by name.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import dce, sample_data
    >>> from biomarkers.kinetics import Input
    >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min
    >>> noise = np.random.default_rng(1).standard_normal((20, 180))
    >>> voxels = curve.tissue.to_numpy() + 0.05 * noise
    >>> fit = dce.fit_region(voxels, curve.time, Input(curve.time, plasma=curve.plasma))
    >>> low, high = fit.ends["Ktrans"]
    >>> print(f"{fit.voxels} voxels, Ktrans {low:.3f} to {high:.3f} 1/min")
    20 voxels, Ktrans 0.118 to 0.123 1/min

    """

    time: FloatArray = field(kw_only=True)
    voxels: int = field(kw_only=True)
    ends: Mapping[str, tuple[float, float]] = field(kw_only=True)


def fit_region(
    curves: npt.ArrayLike,
    time: npt.ArrayLike,
    input: Input,
    *,
    model: str = "extended_tofts",
    delay: Delay = None,
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
        ``fit["Ktrans"]``, ``fit.se["Ktrans"]``, ``fit.ends["Ktrans"]``. An interval is NaN where a
        parameter is not determined, or ended at its bound.

    Raises
    ------
    InputError
        If the model is unknown, shapes do not fit or no curve is finite.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import dce, sample_data
    >>> from biomarkers.kinetics import Input
    >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min
    >>> noise = np.random.default_rng(1).standard_normal((20, 180))
    >>> voxels = curve.tissue.to_numpy() + 0.05 * noise
    >>> fit = dce.fit_region(voxels, curve.time, Input(curve.time, plasma=curve.plasma))
    >>> print(f"Ktrans {fit['Ktrans']:.3f} ± {fit.se['Ktrans']:.3f} 1/min")
    Ktrans 0.120 ± 0.001 1/min

    """
    checked_times(Frames.instants(time).start)
    checked_input(input)
    rows = np.atleast_2d(as_numbers("curves", curves))
    if rows.ndim != 2:
        raise InputError(f"curves of shape {rows.shape}; expected (n, T), or one curve (T,)")
    tissue, _ = mean_of_finite(rows)
    mean = MeanCurve(tissue[None], finite_rows(rows))
    return fit_mean(mean, time, input, model=model, delay=delay, level=level)


class MeanCurve(NamedTuple):
    """The mean of the curves of voxels that are finite.

    Parameters
    ----------
    copies
        Concentrations, (copies, T), mM, of the copies that `Voxels` has.
    sound
        Which voxels are finite, (V,).
    ratio
        Signal over baseline, (T,); needed where there is a copy for the baseline.
    later
        How much later than `time` each voxel is taken, (V,), s.

    """

    copies: FloatArray
    sound: BoolArray
    ratio: FloatArray | None = None
    later: FloatArray | None = None


def mean_of(voxels: Voxels, index: IntArray) -> MeanCurve:
    """Return the mean curve of some voxels of a scan."""
    total = np.zeros((voxels.copies + 1, voxels.series.shape[1]))
    sound = np.zeros(index.size, dtype=bool)
    at = 0
    for some in voxels.slabs(index, voxels.copies):
        agent, _ = voxels.converted(some)
        finite = np.asarray(np.isfinite(agent).all(axis=(0, 2)))
        ratio, _ = voxels.copy(MEASURED, some)
        total = np.array(
            [added(*each, finite) for each in zip(total, (*agent, ratio), strict=True)]
        )
        sound[at : at + some.size] = finite
        at += some.size
    *copies, ratio = total / max(int(sound.sum()), 1)
    return MeanCurve(np.array(copies), sound, ratio, voxels.later(index))


def fit_mean(
    mean: MeanCurve,
    time: npt.ArrayLike,
    input: Input,
    *,
    model: str,
    delay: Delay,
    level: float = 0.95,
    samples: int = 1,
) -> RegionFit:
    """Fit the mean of the curves of voxels that come in copies.

    The baseline is as far off as the residuals of the mean curve say. An error of T1 moves each
    voxel by itself, so that its part shrinks with the square root of their number.

    Parameters
    ----------
    mean
        Of the voxels.
    time, input, model, delay, level
        As in `fit_region`.
    samples
        How many there are before contrast.

    """
    if model not in MODELS:
        raise InputError(f"model is {model!r}; expected one of {', '.join(MODELS)}")
    sound, later = mean.sound, mean.later
    if not sound.any():
        raise InputError(f"none of {sound.size} curves is finite; there is no mean to fit")
    tissue, *moved = mean.copies
    source = smooth_between_samples(input, time)
    if later is not None:
        middle = later[sound].mean()
        time = np.asarray(time, dtype=float) + middle
        source = seen_at(source, later[sound] - middle)
    fit = MODELS[model].fit(tissue, time, source, delay=delay)
    errors, count = dict(fit.se), int(sound.sum())
    freedom = tissue.size - len(fit.coefficients) - isinstance(check_delay(delay), tuple)
    if mean.ratio is not None:
        gain = gain_of(tissue, moved[0], mean.ratio)
        share = [baseline_steps(fit.rss, freedom, gain, samples), *[count**-0.5] * len(moved[1:])]
        again = MODELS[model].fit(np.array(moved), time, source, delay=delay)
        for name, own in fit.se.items():
            moves = (again[name] - fit[name]) * share
            errors[name] = np.asarray(np.linalg.norm([own, *moves]))
    for name, of_input in _of_input(fit, np.asarray(time, dtype=float), source, delay).items():
        errors[name] = np.hypot(errors[name], of_input)
    record = {each.name: getattr(fit, each.name) for each in fields(Fit)}
    record["settings"] = {**fit.settings, "DegreesOfFreedom": freedom}
    ends = _ends(fit, time, source, delay, level)
    for name, (low, high) in ends.items():  # as much wider as the error is larger
        wider = float(errors[name] / fit.se[name]) if np.isfinite(low + high) else 1.0
        at = float(fit[name])
        ends[name] = at - wider * (at - low), at + wider * (high - at)
    instants = np.asarray(time, dtype=float)
    return RegionFit(**{**record, "se": errors}, time=instants, voxels=count, ends=ends)


def _of_input(fit: Fit, time: FloatArray, input: Input, delay: Delay) -> dict[str, float]:
    """Return what the error of the input makes of the parameters."""
    lag = check_delay(delay)
    point = {name: np.atleast_1d(fit[name]) for name in determining(fit.model, lag)}
    if not np.isfinite(list(point.values())).all():
        return {}
    moved = moved_by_input(fit.model, point, time, input, lag)
    return {name: float(error[0]) for name, error in moved.items() if name in fit.se}


def _ends(
    fit: Fit, time: npt.ArrayLike, input: Input, delay: Delay, level: float
) -> dict[str, tuple[float, float]]:
    """Return the intervals of the parameters that lie off their bounds by a standard error."""
    ends = dict.fromkeys(fit.names, (np.nan, np.nan))
    if not (bool(fit.converged) and np.isfinite(fit.rss) and fit.rss > 0):
        return ends
    lag = check_delay(delay)
    lowest = {each.name: min(each.origin or 0.0, 0.0) for each in fit.parameters}
    if isinstance(lag, tuple):
        lowest["delay"] = lag[0]
    inside = [name for name in fit.names if 0 < float(fit.se[name]) < fit[name] - lowest[name]]
    model, data = MODELS[fit.model], check_curve(np.asarray(fit.curves), time, None)
    bound = model.for_input(input)
    return ends | profile_ends(bound, fit, data, input, inside, delay=lag, level=level)
