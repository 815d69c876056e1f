"""Kinetic models fitted to the voxels of a scan, in concentration or in signal."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from biomarkers.dce import signal_fit
from biomarkers.dce.conversion import Voxels
from biomarkers.dce.delay import Delay, SharedDelay, find_shared_delay
from biomarkers.dce.sequence import PulseSequence, plain_echo
from biomarkers.dce.smooth_input import smooth_between_samples
from biomarkers.dce.water_exchange import Lifetime, checked_lifetime
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, Estimates, FitFlag, reasons_of
from biomarkers.kinetics import MODELS, Fit, Input, Parameter
from biomarkers.kinetics.parameters import known
from biomarkers.kinetics.problem import check_delay

if TYPE_CHECKING:
    from biomarkers.estimates.saving import SavedMap

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

DELAY = known("delay")
# Models that become another one where a parameter is zero. Where voxels choose among models, the
# map of that parameter would otherwise be without just those voxels in which it is small.
_WITHOUT = {"extended_tofts": ("vp", "tofts")}
_ZERO = {(simpler, name) for name, simpler in _WITHOUT.values()}
# A parameter is no better than zero where the residuals rise by less (chi-squared, 95 %).
_CHI_SQUARED = 3.84
# A fit that leaves less than this share of the variance leaves nothing, as without noise.
_ROUNDING = 1e-7


@dataclass(frozen=True)
class Settings:
    """What to fit, checked.

    Parameters
    ----------
    models
        Names in `kinetics.MODELS`.
    delay, water_lifetime
        As in `maps`.

    Raises
    ------
    InputError
        If a model is unknown, or a delay or lifetime makes no sense or does not go with the rest.

    """

    models: tuple[str, ...]
    delay: Delay = None
    water_lifetime: Lifetime = 0.0

    @classmethod
    def of(
        cls,
        model: str | Sequence[str],
        delay: Delay,
        water_lifetime: Lifetime,
        sequence: PulseSequence,
    ) -> "Settings":
        """Check what `maps` is asked to do."""
        models = (model,) if isinstance(model, str) else tuple(model)
        wanted = cls(models, delay, water_lifetime)
        if not wanted.fast_exchange:
            plain_echo(sequence)
        return wanted

    def __post_init__(self) -> None:
        if not self.models or any(name not in MODELS for name in self.models):
            named = self.models[0] if len(self.models) == 1 else list(self.models)
            raise InputError(
                f"model is {named!r}; expected one of {', '.join(MODELS)}, or several of them"
            )
        if not isinstance(self.delay, SharedDelay):
            check_delay(self.delay)
        if not self.fast_exchange:
            self._check_exchange()

    @property
    def fast_exchange(self) -> bool:
        """Whether concentration follows from signal."""
        return checked_lifetime(self.water_lifetime) == 0.0

    @property
    def fits_delay(self) -> bool:
        """Whether a delay is estimated."""
        return isinstance(self.delay, tuple | list | SharedDelay)

    def described(self) -> dict[str, Any]:
        """Return what is fitted, by sidecar keys."""
        delay = self.delay
        if isinstance(delay, SharedDelay):
            said: Any = {"SharedBetween": [delay.low, delay.high]}
        else:
            bounds = list(delay) if isinstance(delay, tuple | list) else None
            said = {"FittedBetween": bounds} if bounds else delay or 0.0
        return {"Delay": said, "WaterLifetime": self.water_lifetime}

    def _check_exchange(self) -> None:
        unfit = [name for name in self.models if name not in signal_fit.MODELS]
        if unfit:
            raise InputError(
                f"water_lifetime goes with the models {', '.join(signal_fit.MODELS)}, not with "
                f"{', '.join(unfit)}"
            )
        if self.fits_delay and not isinstance(self.delay, SharedDelay):
            raise InputError(
                "water_lifetime and a delay fitted in every voxel do not go together; give the "
                "delay, or SharedDelay(low, high)"
            )


@dataclass(frozen=True, eq=False, repr=False)
class DCEMaps(Estimates):
    """Parameter maps of one dynamic series, each of the shape of the voxels.

    As `Estimates`, with these meanings:

    Parameters
    ----------
    model
        Name of the kinetic model, or of the models chosen among, separated by " | ".
    values, se
        Errors come from the residuals, the scatter of the baseline and, where a `T1Map` was
        given, T1; those of the input and of B1 are not in them. "delay" (s) is there also where
        it was given.
    reasons
        Flagged are voxels of the mask without a trustworthy fit: no concentration at some sample,
        or no convergence. A parameter at zero, as vp often is, is an estimate and only remarked
        upon.
    quality
        How well the fit follows the curve: `r2`, the share of the variance explained, and `rmse`,
        the root mean square of what it leaves, mM (signal over baseline where water exchange was
        fitted).
    choice
        Index of the model each voxel takes, -1 for none; None if there was one model only.

    """

    choice: IntArray | None = None

    @property
    def at_bound(self) -> BoolArray:
        """Voxels where a parameter ended at a bound; errors are only indicative there."""
        return self.reasons.has(FitFlag.AT_BOUND)

    def files(self) -> "Iterator[SavedMap]":
        """Yield everything that is saved."""
        from biomarkers.estimates.saving import SavedMap  # noqa: PLC0415  (nibabel is slow)

        yield from super().files()
        if self.choice is not None:
            models = {str(k): name for k, name in enumerate(self.model.split(" | "))}
            which = {"Description": "Model each voxel takes; -1 for none", "Levels": models}
            yield SavedMap("model", self.choice, which)


def fit_maps(
    voxels: Voxels,
    chosen: Chosen,
    time: FloatArray,
    input: Input,
    *,
    wanted: Settings,
    settings: Mapping[str, Any],
) -> DCEMaps:
    """Fit every model to every copy of the voxels, and let each voxel take the best model.

    Parameters
    ----------
    voxels, chosen
        The voxels of a scan, and those to fit.
    time, input
        Instants, s, and the input on the same clock.
    wanted
        What to fit.
    settings
        What to say of it in the sidecars.

    """
    agent = voxels.concentration(chosen.index)
    source = smooth_between_samples(input, time)
    delay, delay_se = wanted.delay, None
    if isinstance(delay, SharedDelay):
        model, rows = MODELS[wanted.models[0]], agent[0][chosen.index]
        delay, delay_se = find_shared_delay(rows, time, source, model=model, bounds=delay)
    curves = agent.reshape(len(agent), *chosen.shape, -1)
    inside = None if chosen.all else chosen.mask
    fitter = _Fitter(curves, time, source, delay, inside)
    if wanted.fast_exchange:
        fits = [fitter.fit(name) for name in wanted.models]
    else:
        fits = [
            signal_fit.fit_signal(
                voxels, chosen, time, source, start=fitter.start(name), lifetime=lifetime
            )
            for lifetime in (checked_lifetime(wanted.water_lifetime),)
            for name in wanted.models
        ]
    maps = _gathered(fits, wanted, time.size, chosen.mask, settings)
    if delay_se is not None:
        maps.se["delay"][np.isfinite(maps["delay"])] = delay_se
    return maps


@dataclass(frozen=True, eq=False)
class _Fitter:
    """Fits concentrations, (copies, ..., T), inside a mask, (...)."""

    curves: FloatArray
    time: FloatArray
    input: Input
    delay: float | tuple[float, float] | None
    mask: BoolArray | None

    def start(self, name: str, mask: BoolArray | None = None) -> Fit:
        """Fit a model as it is."""
        inside = self.mask if mask is None else mask
        every = None if inside is None else np.broadcast_to(inside, self.curves.shape[:-1])
        return MODELS[name].fit(self.curves, self.time, self.input, delay=self.delay, mask=every)

    def fit(self, name: str) -> Fit:
        """Fit a model, and hold a parameter at zero that the data then do not determine.

        Where there is no plasma volume, a longer delay and a little of it make the same curve to
        first order, so that errors of everything else are infinite; the model without it fits as
        well, and says what there is to say.
        """
        fit = self.start(name)
        if name not in _WITHOUT or not isinstance(self.delay, tuple | list):
            return fit
        needed = [np.isfinite(fit.se[each][0]) for each in ("Ktrans", "kep", "ve", "delay")]
        lost = fit.converged[0] & ~np.all(needed, axis=0)
        if not lost.any():
            return fit
        zero, simpler = _WITHOUT[name]
        without = self.start(simpler, lost)
        freedom = self.time.size - len(fit.coefficients) - 1
        rise = 1.0 + _CHI_SQUARED / max(freedom, 1)
        alike = (without.rss <= fit.rss * rise) | (without.r2 > 1.0 - _ROUNDING)
        usable = without.converged & without.identifiable & alike
        return _held(fit, without, zero, lost & usable[0])


def _held(fit: Fit, without: Fit, zero: str, where: BoolArray) -> Fit:
    """Take the fit without a parameter in some voxels."""

    def mix(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.where(where, other, one)

    values = {**without.estimates, zero: np.zeros(fit.shape)}
    errors = {**without.se, zero: np.full(fit.shape, np.nan)}
    return replace(
        fit,
        estimates={name: mix(each, values[name]) for name, each in fit.estimates.items()},
        se={name: mix(each, errors[name]) for name, each in fit.se.items()},
        rss=mix(fit.rss, without.rss),
        r2=mix(fit.r2, without.r2),
        aicc=mix(fit.aicc, without.aicc),
        converged=mix(fit.converged, without.converged),
        at_bound=fit.at_bound | where,
    )


def _gathered(
    fits: Sequence[Fit],
    wanted: Settings,
    samples: int,
    mask: BoolArray,
    settings: Mapping[str, Any],
) -> DCEMaps:
    """Bring the fits of all models and copies together: the copies go into the errors."""
    choice = _lowest([fit.aicc[0] for fit in fits])

    def taken(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        if len(columns) == 1:
            return columns[0]
        which = np.broadcast_to(choice, columns[0].shape)[None]
        return np.asarray(np.take_along_axis(np.array(columns), which, axis=0)[0])

    sound = taken([fit.converged[0] for fit in fits])
    parameters = _parameters(fits)
    values, errors = {}, {}
    for name in (*(each.name for each in parameters), "delay"):
        copies = taken([_value(fit, name) for fit in fits])
        own = taken([_or_nan(fit.se, name, fit)[0] for fit in fits])
        values[name] = np.where(sound, copies[0], np.nan)
        moves = np.linalg.norm([own, *(copies[1:] - copies[0])], axis=0)
        errors[name] = np.where(sound, moves, np.nan)
    rss, r2, at_bound = (
        taken([each[0] for each in column])
        for column in zip(*((fit.rss, fit.r2, fit.at_bound) for fit in fits), strict=True)
    )
    rmse = np.sqrt(rss / samples)
    return DCEMaps(
        " | ".join(wanted.models),
        (*parameters, *([DELAY] if wanted.fits_delay else [])),
        values,
        errors,
        reasons_of(
            mask.shape, {FitFlag.NOT_CONVERGED: mask & ~sound, FitFlag.AT_BOUND: mask & at_bound}
        ),
        mask,
        settings,
        quality={"r2": np.where(sound, r2, np.nan), "rmse": np.where(sound, rmse, np.nan)},
        choice=np.where(sound, choice, -1) if len(fits) > 1 else None,
    )


def _lowest(criteria: Sequence[FloatArray]) -> IntArray:
    """Return the index of the lowest AICc, the first where there is none."""
    if len(criteria) == 1:
        return np.zeros(criteria[0].shape, dtype=np.int64)
    stacked = np.array(criteria)
    return np.asarray(np.where(np.isnan(stacked), np.inf, stacked).argmin(axis=0))


def _parameters(fits: Sequence[Fit]) -> tuple[Parameter, ...]:
    """Return the parameters of all models, each name once, as the first model has it."""
    every: dict[str, Parameter] = {}
    for fit in fits:
        for each in fit.parameters:
            every.setdefault(each.name, each)
    return tuple(every.values())


def _value(fit: Fit, name: str) -> FloatArray:
    if name not in fit.estimates and (fit.model, name) in _ZERO:
        return np.zeros(fit.shape)
    return _or_nan(fit.estimates, name, fit)


def _or_nan(table: Mapping[str, FloatArray], name: str, fit: Fit) -> FloatArray:
    return table[name] if name in table else np.full(fit.shape, np.nan)
