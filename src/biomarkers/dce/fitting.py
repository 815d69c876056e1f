"""Kinetic models fitted to the voxels of a scan, in concentration or in signal."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.dce.conversion import BASELINE, MEASURED, Voxels, baseline_steps
from biomarkers.dce.delay import Delay, SharedDelay, find_shared_delay, strongest
from biomarkers.dce.sequence import PulseSequence, plain_echo
from biomarkers.dce.signal_fit import EXCHANGING, fit_signal
from biomarkers.dce.water_exchange import Lifetime
from biomarkers.errors import InputError
from biomarkers.estimates import REMARKS, Chosen, Estimates, FitFlag, Reasons
from biomarkers.kinetics import MODELS, Fit, Input
from biomarkers.kinetics.fit import check_delay
from biomarkers.kinetics.input import smooth_between_samples
from biomarkers.kinetics.selection import best_by_aicc, picked, with_zero
from biomarkers.kinetics.slices import by_offset
from biomarkers.quantities import QUANTITIES
from biomarkers.ranges import beyond_usual

if TYPE_CHECKING:
    from biomarkers.estimates.saving import SavedMap


# Models that become another one where a parameter is zero.
_WITHOUT = {"extended_tofts": ("vp", "tofts")}
_UNSOUND = np.uint16(FitFlag.NO_SIGNAL | FitFlag.NOT_CONVERGED)
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
    def own_delay(self) -> float | tuple[float, float] | None:
        """The delay as models take it: that which voxels share has been found."""
        return None if isinstance(self.delay, SharedDelay) else self.delay

    @property
    def unknowns(self) -> list[int]:
        """How many numbers each model fits."""
        more = isinstance(self.delay, tuple | list) + isinstance(self.water_lifetime, tuple | list)
        return [len(MODELS[name].coefficients) + more for name in self.models]

    def described(self) -> dict[str, Any]:
        """Return what is fitted, by sidecar keys."""
        delay = self.delay
        if isinstance(delay, SharedDelay):
            sought: Any = {"SharedBetween": [delay.low, delay.high]}
        else:
            bounds = list(delay) if isinstance(delay, tuple | list) else None
            sought = {"FittedBetween": bounds} if bounds else delay or 0.0
        return {"Delay": sought, "WaterLifetime": self.water_lifetime}

    def _check_exchange(self) -> None:
        unfit = [name for name in self.models if name not in EXCHANGING]
        if unfit:
            raise InputError(
                f"water_lifetime goes with the models {', '.join(EXCHANGING)}, not with "
                f"{', '.join(unfit)}"
            )
        if isinstance(self.delay, tuple | list):
            raise InputError(
                "water_lifetime and a delay fitted in every voxel do not go together; give the "
                "delay, or SharedDelay(low, high)"
            )


def checked_lifetime(lifetime: Lifetime) -> Lifetime:
    """Return a lifetime of water in cells: one in s, or (low, high) between which to fit it."""
    values = np.atleast_1d(np.asarray(lifetime, dtype=float))
    one = values.size == 1 and values[0] >= 0
    two = values.size == 2 and np.isfinite(values).all() and 0 < values[0] < values[1]
    if not (one or two):
        raise InputError(
            f"water_lifetime is {lifetime!r}; expected seconds (0 for fast exchange, infinity for "
            "none), or (low, high) in s, above 0, to fit it"
        )
    return float(values[0]) if one else (float(values[0]), float(values[1]))


@dataclass(frozen=True, eq=False, repr=False)
class DCEMaps(Estimates):
    """Parameter maps of one dynamic series, each of the shape of the voxels.

    As `Estimates`, with these meanings:

    Parameters
    ----------
    model
        Name of the kinetic model, or of the models chosen among, separated by " | ".
    values, se
        Errors come from the residuals, the scatter of the baseline, T1 where a `T1Map` was given,
        and the input where its `errors` are known, which `shared` holds; those of B1 in the tissue
        are not in them. "delay" (s) is there also where it was given.
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

    Examples
    --------
    >>> from biomarkers import dce, sample_data
    >>> from biomarkers.kinetics import Input
    >>> curve = sample_data.dce_curve()
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([curve.tissue], **how)
    >>> maps = dce.maps(signal, curve.time, input=Input(curve.time, plasma=curve.plasma), **how)
    >>> print(maps.names, f"R2 {maps.quality['r2'][0]:.3f}")
    ('Ktrans', 'kep', 've', 'vp') R2 1.000

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
    source = smooth_between_samples(input, time)
    delay, error = wanted.delay, None
    if isinstance(delay, SharedDelay):
        model, sample = MODELS[wanted.models[0]], _strongest_of(voxels, chosen.index, source)
        curves, later = voxels.converted(sample, 1).agent[MEASURED], voxels.later(sample)
        delay, error = find_shared_delay(
            curves, time, source, model=model, bounds=delay, later=later
        )
        wanted = replace(wanted, delay=delay)
    maps: DCEMaps | None = None
    for late, together in by_offset(voxels.offset, chosen):
        for index in voxels.slabs(together.index, voxels.copies):
            part = _fit_together(voxels.of(index), time + late, source, wanted, settings)
            maps = _like(part, chosen) if maps is None else maps
            _fill(maps, index, part)
    if maps is None:
        raise InputError("there is no voxel to fit: the mask is empty")
    if error is None:
        return maps
    maps.se["delay"][np.isfinite(maps["delay"])] = error
    return replace(maps, quantities=(*maps.quantities, QUANTITIES["delay"]))


def _strongest_of(voxels: Voxels, index: IntArray, input: Input) -> IntArray:
    """Return those of some voxels that tell a delay that all share."""
    parts = (voxels.converted(some, 1).agent[MEASURED] for some in voxels.slabs(index, 1))
    means, peaks = np.concatenate([[each.mean(axis=1), each.max(axis=1)] for each in parts], axis=1)
    return index[strongest(means, peaks, input)]


def _like(part: DCEMaps, chosen: Chosen) -> DCEMaps:
    """Return maps of all voxels without any value, made as those of a part are."""

    def empty(table: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {name: np.full(chosen.shape, np.nan) for name in table}

    return replace(
        part,
        values=empty(part.values),
        se=empty(part.se),
        quality=empty(part.quality),
        reasons=replace(part.reasons, bits=np.zeros(chosen.shape, dtype=np.uint16)),
        mask=chosen.mask,
        choice=None if part.choice is None else np.full(chosen.shape, -1, dtype=np.int64),
    )


def _fill(whole: DCEMaps, index: IntArray, part: DCEMaps) -> None:
    """Write the estimates of some voxels where they belong."""
    tables = (whole.values, part.values), (whole.se, part.se), (whole.quality, part.quality)
    for into, table in tables:
        for name, values in table.items():
            into[name].reshape(-1)[index] = values
    whole.reasons.bits.reshape(-1)[index] = part.reasons.bits
    if whole.choice is not None and part.choice is not None:
        whole.choice.reshape(-1)[index] = part.choice


def _fit_together(
    voxels: Voxels,
    time: FloatArray,
    source: Input,
    wanted: Settings,
    settings: Mapping[str, Any],
) -> DCEMaps:
    """Fit voxels that are taken at the same instants."""
    every = Chosen.of(None, (len(voxels.series),))
    agent, gain = voxels.converted(every.index)
    fitter = _Fitter(agent, time, source, wanted.own_delay)
    fits: list[Fit] = []
    for name in wanted.models:
        if wanted.fast_exchange:
            fits.append(fitter.fit(name))
        else:
            first, lifetime = fitter.as_it_is(name), checked_lifetime(wanted.water_lifetime)
            fits.append(fit_signal(voxels, every, time, source, start=first, lifetime=lifetime))
    freedom = [time.size - count for count in wanted.unknowns]
    answer = gain if wanted.fast_exchange else 1.0

    def steps(rss: FloatArray, choice: IntArray) -> FloatArray:
        return baseline_steps(rss, np.take(freedom, choice), answer, voxels.baseline_samples)

    settings = {**settings, "DegreesOfFreedom": min(freedom)}
    return _of_copies(fits, wanted, every.mask, settings, steps)


@dataclass(frozen=True, eq=False)
class _Fitter:
    """Fits concentrations, (copies, V, T)."""

    curves: FloatArray
    time: FloatArray
    input: Input
    delay: float | tuple[float, float] | None

    def as_it_is(self, name: str, mask: BoolArray | None = None) -> Fit:
        """Fit a model, to all voxels or those of a mask, (V,)."""
        every = None if mask is None else np.broadcast_to(mask, self.curves.shape[:-1])
        return MODELS[name].fit(self.curves, self.time, self.input, delay=self.delay, mask=every)

    def fit(self, name: str) -> Fit:
        """Fit a model, and hold a parameter at zero that the data then do not determine.

        Where there is no plasma volume, a longer delay and a little of it make the same curve to
        first order, so that errors of everything else are infinite; the model without it fits as
        well, and says what there is to say.
        """
        fit = self.as_it_is(name)
        if name not in _WITHOUT or not isinstance(self.delay, tuple | list):
            return fit
        needed = [np.isfinite(fit.se[each][0]) for each in ("Ktrans", "kep", "ve", "delay")]
        lost = fit.converged[0] & ~np.all(needed, axis=0)
        if not lost.any():
            return fit
        zero, simpler = _WITHOUT[name]
        without = self.as_it_is(simpler, lost)
        freedom = self.time.size - len(fit.coefficients) - 1
        rise = 1.0 + _CHI_SQUARED / max(freedom, 1)
        alike = (without.rss <= fit.rss * rise) | (without.r2 > 1.0 - _ROUNDING)
        usable = without.converged & without.identifiable & alike
        return with_zero(fit, without, zero, np.broadcast_to(lost & usable[0], fit.shape))


def _of_copies(
    fits: Sequence[Fit],
    wanted: Settings,
    mask: BoolArray,
    settings: Mapping[str, Any],
    steps: Callable[[FloatArray, IntArray], FloatArray],
) -> DCEMaps:
    """Let each voxel take the best model as measured; its other copies go into the errors.

    `steps` says by how much more the baseline may be off than its copy is.
    """
    best: Estimates = fits[0]
    choice = None
    if len(fits) > 1:
        choice = np.maximum(best_by_aicc(fits)[0][0], 0)
        best = picked(fits, np.broadcast_to(choice, best.shape))
    bits = best.reasons.bits[0]
    sound = mask & (bits & _UNSOUND == 0)
    values, errors = {}, {}
    which = np.zeros(mask.shape, dtype=np.int64) if choice is None else choice
    off = steps(best.quality["rss"][MEASURED], which)
    for name, copies in best.values.items():
        values[name] = np.where(sound, copies[MEASURED], np.nan)
        moves = copies - copies[MEASURED]
        moves[MEASURED] = best.se[name][MEASURED]
        moves[BASELINE] *= off
        errors[name] = np.where(sound, np.linalg.norm(moves, axis=0), np.nan)
    samples = fits[0].curves.shape[-1]
    quality = {"r2": best.quality["r2"][0], "rmse": np.sqrt(best.quality["rss"][0] / samples)}
    quantities = {each.name: each for each in best.quantities}
    beyond = beyond_usual(quantities.values(), values, errors)
    return DCEMaps(
        " | ".join(wanted.models),
        tuple(sorted(quantities.values(), key=lambda each: each.name == "delay")),
        values,
        errors,
        Reasons(bits | np.uint16(FitFlag.IMPLAUSIBLE) * beyond, FitFlag, REMARKS),
        mask,
        settings,
        {name: np.where(sound, each, np.nan) for name, each in quality.items()},
        choice=None if choice is None else np.where(sound, choice, -1),
    )
