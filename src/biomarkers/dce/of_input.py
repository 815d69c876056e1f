"""What the error of an input makes of what is fitted with it: shared by every voxel."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.dce.conversion import STEP
from biomarkers.dce.inversion import from_enhancement
from biomarkers.dce.sequence import PulseSequence
from biomarkers.estimates import SharedError
from biomarkers.kinetics import MODELS, Input

if TYPE_CHECKING:
    from biomarkers.dce.fitting import DCEMaps

Delay = float | tuple[float, float]

# Directions that the noise of all samples is gathered in.
_DIRECTIONS = 16
# Voxels are alike whose parameters differ by less than this factor, down to a share of the usual.
_ALIKE, _SMALLEST = 1.5, 1.0 / 30.0


def errors_of_artery(
    sequence: PulseSequence,
    ratio: FloatArray,
    *,
    t10: float,
    r1: float,
    b1: FloatArray | None,
    b1_se: FloatArray | None,
    samples: int,
) -> FloatArray:
    """Return errors of the mean concentration in an artery, (directions, T), mM.

    As `Input.errors`: the noise of its samples, that of its baseline, which moves all of them,
    and the error of B1, where that is known. The noise is that of the mean signal, from the second
    differences of the later half of the series, which the first pass has left.

    Parameters
    ----------
    sequence, t10, r1
        As in `concentration`; T1 of blood is taken as known.
    ratio
        Signal over baseline of the voxels, (V, T).
    b1, b1_se
        Of the voxels, (V,), and the part of its error that their mean keeps.
    samples
        How many there are before contrast.

    """

    def converted(moved: FloatArray, field: FloatArray | None) -> FloatArray:
        return from_enhancement(sequence, moved, t10=t10, r1=r1, b1=field)

    agent = converted(ratio, b1)
    # How concentration answers to a share of the signal.
    gain = (converted(ratio * (1.0 + STEP), b1) - agent) / STEP
    sound = np.isfinite(agent + gain).all(axis=1)
    ratio, gain = ratio[sound], gain[sound]
    noise = _noise(ratio.mean(axis=0))
    of_samples = _gathered(noise * (gain / ratio).mean(axis=0))
    of_baseline = -noise / np.sqrt(samples) * gain.mean(axis=0)
    errors = [*of_samples, of_baseline]
    if b1 is not None and b1_se is not None:
        of_b1 = (converted(ratio, (b1 + b1_se)[sound]) - agent[sound]).mean(axis=0)
        errors.append(np.nan_to_num(of_b1))
    return np.array(errors)


def _noise(curve: FloatArray) -> float:
    """Return the standard deviation of white noise on a curve that ends smoothly."""
    if curve.size < 3:
        return 0.0
    away = np.abs(np.diff(curve[min(curve.size // 2, curve.size - 3) :], n=2))
    return float(np.median(away) / (0.6745 * np.sqrt(6.0)))


def _gathered(spread: FloatArray) -> FloatArray:
    """Return directions, (k, T), whose squared effects add up nearly to those of all samples.

    Exactly where no direction holds more than one sample that matters; neighbours never share one.
    """
    count = min(_DIRECTIONS, spread.size)
    rows = np.zeros((count, spread.size))
    sign = np.random.default_rng(0).choice((-1.0, 1.0), spread.size)
    rows[np.arange(spread.size) % count, np.arange(spread.size)] = sign * spread
    return rows


def with_error_of_input(maps: "DCEMaps", input: Input, time: FloatArray, delay: Delay) -> "DCEMaps":
    """Return maps whose errors hold that of the input, as one that all voxels share.

    Voxels that are nearly alike answer alike: one of each kind is moved.

    Parameters
    ----------
    maps
        As they were fitted.
    input, time
        What they were fitted with; times of the slices do not matter here.
    delay
        As models take it.

    """
    if input.errors is None:
        return maps
    shared = {name: np.zeros(maps.shape) for name in maps.values}
    for number, name in enumerate(maps.model.split(" | ")):
        used = determining(name, delay)
        point = np.array([maps[each] for each in used])
        inside = maps.inside & np.isfinite(point).all(axis=0)
        if maps.choice is not None:
            inside &= maps.choice == number
        if not inside.any():
            continue
        first, kind = _kinds(point[:, inside])
        values = dict(zip(used, point[:, inside][:, first], strict=True))
        for each, error in moved_by_input(name, values, time, input, delay).items():
            if each in shared:
                size = np.abs(maps[each][inside])
                nearly = size / np.where(size[first] > 0, size[first], np.nan)[kind]
                like = np.clip(np.nan_to_num(nearly, nan=1.0), 1.0 / _ALIKE, _ALIKE)
                shared[each][inside] = like * error[kind]
    known = {name: np.where(np.isfinite(maps[name]), each, np.nan) for name, each in shared.items()}
    errors = {name: np.hypot(se, known[name]) for name, se in maps.se.items()}
    included = [*maps.settings["ErrorsInclude"], "input"]
    return replace(
        maps,
        se=errors,
        shared={name: SharedError(known[name]) for name in errors},
        settings={**maps.settings, "ErrorsInclude": included},
    )


def determining(model: str, delay: Delay) -> list[str]:
    """Return the parameters that determine the curve of a model."""
    inverse, own = MODELS[model].inverse, ["delay"] if isinstance(delay, tuple) else []
    return [*(inverse.free if inverse else MODELS[model].coefficients), *own]


def moved_by_input(
    model: str, values: Mapping[str, FloatArray], time: FloatArray, input: Input, delay: Delay
) -> dict[str, FloatArray]:
    """Return the standard errors that an input gives to parameters, (n,), by name.

    To first order the fit of a curve with an input that is moved is that of the curve less what
    the move makes of it, with the input as it is.

    Parameters
    ----------
    model, values
        Name of a model, and parameters that determine its curve, each (n,).
    time, input, delay
        As in `Model.fit`.

    """
    if input.errors is None or input.plasma is None:
        return {}
    kinetics, lag = MODELS[model], None if isinstance(delay, tuple) else delay

    def curve(plasma: FloatArray) -> FloatArray:
        fed = replace(input, plasma=plasma, blood=None, hct=None, errors=None)
        return kinetics.predict(values, time, fed, delay=lag)

    level = curve(input.plasma)
    curves = [level] + [2.0 * level - curve(input.plasma + each) for each in input.errors]
    fit = kinetics.fit(np.array(curves), time, input, delay=delay)
    return {
        name: np.nan_to_num(np.sqrt(((each[1:] - each[0]) ** 2).sum(axis=0)))
        for name, each in fit.values.items()
    }


def _kinds(point: FloatArray) -> tuple[IntArray, IntArray]:
    """Return one voxel of each kind, (k,), and the kind of each, (V,), by parameters (p, V)."""
    size = np.abs(point)
    usual = np.quantile(size, 0.98, axis=1, keepdims=True)
    share = np.clip(size / np.where(usual > 0, usual, 1.0), _SMALLEST, 1.0)
    steps = np.rint(np.log(share) / np.log(_ALIKE)).astype(np.int64)
    steps -= steps.min(axis=1, keepdims=True)
    code = np.ravel_multi_index(tuple(steps), tuple(steps.max(axis=1) + 1))
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    return first, kind
