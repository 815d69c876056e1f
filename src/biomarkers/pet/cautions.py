"""What a method takes for granted, held against the data and what is known of the tracer."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.errors import AssumptionWarning
from biomarkers.kinetics import Fit, Line
from biomarkers.pet.methods import ASSUME_NONE, ASSUME_RELEASE
from biomarkers.pet.release_test import Release
from biomarkers.pet.tracers import Tracer
from biomarkers.timing import Frames

FloatArray = npt.NDArray[np.float64]

Kind = Literal["release", "release possible", "no release shown", "not a line", "tracer"]

# Of what is bound at mid-scan, the share that may be gone at its end without a word: where release
# is proven, and where it is only not ruled out.
_NEGLIGIBLE, _LITTLE = 0.01, 0.10


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
        of the tracer speaks against the method, whatever these data show.
    region
        Which curve; empty where it concerns all.
    message
        In words, with figures.

    """

    kind: Kind
    region: str
    message: str


def judge(
    fit: Fit | Line,
    found: Release | None,
    frames: Frames,
    *,
    method: str,
    regions: Sequence[str],
    tracer: Tracer | None,
) -> tuple[Caution, ...]:
    """Return every reason for caution with a fit of one curve or of regions."""
    out = []
    if tracer is not None and method in tracer.cautions:
        said = f"{tracer.name}: {tracer.cautions[method]} ({tracer.source})"
        out.append(Caution("tracer", "", said))
    if found is not None and method in ASSUME_NONE:
        out += list(_of_release(fit, found, frames, method, regions))
    if found is not None and method in ASSUME_RELEASE:
        out += list(_without_release(found, method, regions))
    if isinstance(fit, Line):
        out += list(_crooked(fit, regions))
    return tuple(out)


def warn_of(cautions: Sequence[Caution]) -> None:
    """Warn of those that the data themselves prove."""
    proven = [each for each in cautions if each.kind == "release"]
    if not proven:
        return
    more = f" ({len(proven) - 1} more curves likewise)" if len(proven) > 1 else ""
    warnings.warn(AssumptionWarning(proven[0].message + more), stacklevel=3)


def _of_release(
    fit: Fit | Line, found: Release, frames: Frames, method: str, regions: Sequence[str]
) -> Iterator[Caution]:
    ki = np.ravel(fit["Ki"])
    half = 0.5 * float(frames.end[-1] - frames.start[0]) / 60.0
    for k, region in enumerate(regions):
        p_value, upper = found.p_value[k], found.k4_upper[k]
        gone = -np.expm1(-found.k4[k] * half)
        if found.refuted[k] and not gone <= _NEGLIGIBLE:
            yield Caution("release", region, _refuted(ki[k], found, k, method, region))
        elif not found.refuted[k] and np.isfinite(p_value) and -np.expm1(-upper * half) > _LITTLE:
            limit = f"k4 up to {upper:.2g} 1/min" if np.isfinite(upper) else "any k4"
            yield Caution(
                "release possible",
                region,
                f"{region}: {method} takes k4 = 0 for granted. The data do not refute it "
                f"(p = {p_value:.2g}), but {limit} is as compatible with them (95 %): of what is "
                f"bound at mid-scan, {-100 * np.expm1(-upper * half):.0f} % could be gone at its "
                "end, and Ki biased low",
            )


def _refuted(ki: float, found: Release, k: int, method: str, region: str) -> str:
    size = ""
    if np.isfinite(ki) and np.isfinite(found.ki[k]):
        bias = 100.0 * (ki / found.ki[k] - 1.0)
        size = f": {ki:.3g} against {found.ki[k]:.3g} mL/min/mL with release ({bias:+.0f} %)"
    rate = ""
    if np.isfinite(found.k4[k]):
        rate = f", k4 = {found.k4[k]:.2g} ± {found.k4_se[k]:.1g} 1/min"
    return (
        f"{region}: {method} takes k4 = 0 for granted, but the data refute it "
        f"(F test, p = {found.p_value[k]:.2g}; AICc better by {found.aicc_gain[k]:.1f} with "
        f"release{rate}). Its Ki is biased{size}; use model='2tcm'"
    )


def _without_release(found: Release, method: str, regions: Sequence[str]) -> Iterator[Caution]:
    for k, region in enumerate(regions):
        if np.isfinite(found.p_value[k]) and not found.refuted[k]:
            yield Caution(
                "no release shown",
                region,
                f"{region}: {method} takes release for granted, but k4 = 0 is not refuted "
                f"(p = {found.p_value[k]:.2g}): VT, k4 and BPND rest on the model; Ki does not",
            )


def _crooked(line: Line, regions: Sequence[str]) -> Iterator[Caution]:
    off = np.ravel(line.deviation)
    for k, region in enumerate(regions):
        if np.isfinite(off[k]) and not np.ravel(line.linear)[k]:
            yield Caution(
                "not a line",
                region,
                f"{region}: from t* = {line.t_star:g} s on, a point of the {line.method} plot is "
                f"{100 * off[k]:.0f} % off the line; t* is too early, the curve too "
                "noisy, or the method does not apply",
            )
