"""What a method takes for granted, held against the data and what is known of the tracer."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.errors import AssumptionWarning, UnusualValueWarning
from biomarkers.estimates import FitFlag
from biomarkers.kinetics import Fit, Input
from biomarkers.kinetics.input import off_the_clock
from biomarkers.pet.irreversibility import Release
from biomarkers.pet.methods import ASSUME_NONE, ASSUME_RELEASE
from biomarkers.pet.tracers import Tracer
from biomarkers.ranges import unusual
from biomarkers.timing import Frames

Kind = Literal[
    "release", "release possible", "no release shown", "not a line", "tracer", "begun late",
    "scale", "times", "clock",
]  # fmt: skip

# Of what is bound at mid-scan, the share that may be gone at its end without a word: where release
# is proven, and where it is only not ruled out.
_NEGLIGIBLE, _LITTLE = 0.01, 0.10
# Tissue over input, at the highest of each: from what is hardly taken up to a slow infusion.
_LOWEST_RATIO, _HIGHEST_RATIO = 2e-3, 30.0


@dataclass(frozen=True)
class Caution:
    """Why a result may be biased.

    Parameters
    ----------
    kind
        "release": the method takes k4 = 0 for granted, and the data refute it; its Ki is biased.
        "release possible": they do not, but leave room for enough of it to matter. "no release
        shown": the method takes release for granted (VT, k4 and BPND rest on it), and k4 = 0 is
        not refuted. "not a line": the plot is not straight from t* on. "tracer": what is known
        of the tracer speaks against the method, whatever these data show. "begun late": the method
        needs tissue or reference region since the injection, and the scan begins later. "scale":
        tissue and input can hardly be in one unit. "times": the frames can hardly be in s.
        "clock": the input goes on long after the scan.
    region
        Which curve; empty where it concerns all.
    message
        In words, with figures.

    Examples
    --------
    A tracer that leaves again, and a method that takes it as trapped:

    >>> import warnings
    >>> from biomarkers import kinetics, pet, sample_data
    >>> from biomarkers.timing import Frames
    >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    >>> frames = Frames(curves.start, curves.duration)
    >>> aif = kinetics.Input(arterial.time, plasma=arterial.plasma)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     fit = pet.fit([curves.muscle], frames, aif, model="patlak")
    >>> [caution.kind for caution in fit.cautions]
    ['release']

    """

    kind: Kind
    region: str
    message: str


def cautions_of(
    fit: Fit,
    tested: Release | None,
    frames: Frames,
    *,
    regions: Sequence[str],
    tracer: Tracer | None,
) -> tuple[Caution, ...]:
    """Return every reason for caution with a fit of one curve or of regions.

    Parameters
    ----------
    fit
        Of one of `METHODS`.
    tested
        The test of release, with one axis; None if the method has no view of it.
    frames
        Of the curves.
    regions
        Their names.
    tracer
        What is known of it, if anything.

    """
    method, out = fit.model, []
    if tracer is not None and method in tracer.cautions:
        message = f"{tracer.name}: {tracer.cautions[method]} ({tracer.source})"
        out.append(Caution("tracer", "", message))
    if tested is not None and method in ASSUME_NONE:
        out += list(_of_release(fit, tested, frames, regions))
    if tested is not None and method in ASSUME_RELEASE:
        out += list(_without_release(tested, method, regions))
    if np.isfinite(fit.t_star):
        out += list(_not_linear(fit, regions))
    return tuple(out)


def cautions_of_data(
    fit: Fit, curves: npt.ArrayLike, frames: Frames, input: Input
) -> tuple[Caution, ...]:
    """Return the reasons for caution with what was fitted, whatever came of it.

    Parameters
    ----------
    fit
        Of one of `METHODS`.
    curves, frames, input
        What it was fitted to, (..., T).

    """
    out = []
    if fit.reasons.has(FitFlag.BEGUN_LATE).any():
        message = (
            f"{fit.model} needs the curves since the injection, but the scan begins at "
            f"{frames.start[0]:g} s: its results are not known. Compartment models with an input "
            "since the injection need no earlier frames"
        )
        out.append(Caution("begun late", "", message))
    fed = input.blood if input.plasma is None else input.plasma
    highest = float(np.nanmax(np.where(np.isfinite(curves), curves, np.nan)))
    ratio = highest / float(np.max(fed)) if fed is not None else np.nan
    if highest > 0 and not _LOWEST_RATIO <= ratio <= _HIGHEST_RATIO:
        message = (
            f"the highest activity of the tissue is {ratio:.3g} times that of the input; "
            f"expected {_LOWEST_RATIO:g} to {_HIGHEST_RATIO:g}: one of them looks like Bq/mL, the "
            "other kBq/mL"
        )
        out.append(Caution("scale", "", message))
    if words := off_the_clock(input, float(frames.end[-1])):
        out.append(Caution("clock", "", words))
    return (*out, *(Caution("times", "", words) for words in _of_frames(frames) if words))


def _of_frames(frames: Frames) -> Iterator[str]:
    yield unusual("scan_end", frames.end[-1], source="the end of the scan")
    if not frames.are_instants:
        yield unusual("frame_duration", frames.duration.max(), source="the longest frame")


def warn_of(cautions: Sequence[Caution]) -> None:
    """Warn of those that the data themselves prove."""
    for each in cautions:
        if each.kind == "begun late":
            warnings.warn(AssumptionWarning(each.message), stacklevel=3)
        if each.kind in ("scale", "times"):
            warnings.warn(UnusualValueWarning(each.message), stacklevel=3)
    proven = [each for each in cautions if each.kind == "release"]
    if not proven:
        return
    more = f" ({len(proven) - 1} more curves likewise)" if len(proven) > 1 else ""
    warnings.warn(AssumptionWarning(proven[0].message + more), stacklevel=3)


def _of_release(
    fit: Fit, tested: Release, frames: Frames, regions: Sequence[str]
) -> Iterator[Caution]:
    ki = np.ravel(fit["Ki"])
    half = 0.5 * float(frames.end[-1] - frames.start[0]) / 60.0
    for k, region in enumerate(regions):
        p_value, upper = tested.p_value[k], tested.k4_upper[k]
        gone = -np.expm1(-tested.k4[k] * half)
        if tested.refuted[k] and not gone <= _NEGLIGIBLE:
            yield Caution("release", region, _refuted(ki[k], tested, k, fit.model, region))
        elif not tested.refuted[k] and np.isfinite(p_value) and -np.expm1(-upper * half) > _LITTLE:
            limit = f"k4 up to {upper:.2g} 1/min" if np.isfinite(upper) else "any k4"
            yield Caution(
                "release possible",
                region,
                f"{region}: {fit.model} takes k4 = 0 for granted. The data do not refute it "
                f"(p = {p_value:.2g}), but {limit} is as compatible with them (95 %): of what is "
                f"bound at mid-scan, {-100 * np.expm1(-upper * half):.0f} % could be gone at its "
                "end, and Ki biased low",
            )


def _refuted(ki: float, tested: Release, k: int, method: str, region: str) -> str:
    size = ""
    if np.isfinite(ki) and np.isfinite(tested.ki[k]):
        bias = 100.0 * (ki / tested.ki[k] - 1.0)
        size = f": {ki:.3g} against {tested.ki[k]:.3g} mL/min/mL with release ({bias:+.0f} %)"
    rate = ""
    if np.isfinite(tested.k4[k]):
        rate = f", k4 = {tested.k4[k]:.2g} ± {tested.k4_se[k]:.1g} 1/min"
    return (
        f"{region}: {method} takes k4 = 0 for granted, but the data refute it "
        f"(F test, p = {tested.p_value[k]:.2g}; AICc better by {tested.aicc_gain[k]:.1f} with "
        f"release{rate}). Its Ki is biased{size}; use model='2tcm'"
    )


def _without_release(tested: Release, method: str, regions: Sequence[str]) -> Iterator[Caution]:
    for k, region in enumerate(regions):
        if np.isfinite(tested.p_value[k]) and not tested.refuted[k]:
            yield Caution(
                "no release shown",
                region,
                f"{region}: {method} takes release for granted, but k4 = 0 is not refuted "
                f"(p = {tested.p_value[k]:.2g}): VT, k4 and BPND rest on the model; Ki does not",
            )


def _not_linear(line: Fit, regions: Sequence[str]) -> Iterator[Caution]:
    off, crooked = np.ravel(line.deviation), np.ravel(line.reasons.has(FitFlag.NOT_LINEAR))
    for k, region in enumerate(regions):
        if crooked[k]:
            yield Caution(
                "not a line",
                region,
                f"{region}: from t* = {line.t_star:g} s on, a point of the {line.model} plot is "
                f"{100 * off[k]:.0f} % off the line; t* is too early, the curve too "
                "noisy, or the method does not apply",
            )
