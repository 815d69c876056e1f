"""Kinetic models and graphical methods fitted to the curves of regions."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag, Reasons, describe
from biomarkers.kinetics import Fit, Input
from biomarkers.pet.cautions import Caution, cautions_of, cautions_of_data, warn_of
from biomarkers.pet.irreversibility import Release, release
from biomarkers.pet.methods import Delay, Task
from biomarkers.pet.time_activity import TACs
from biomarkers.pet.tracers import Tracer, find_tracer
from biomarkers.timing import FloatArray, Frames


@dataclass(frozen=True, eq=False, repr=False)
class TissueFit(Fit):
    """A `kinetics.Fit` of regions; `notes` has the cautions in words.

    Parameters
    ----------
    regions
        Names of the curves.
    voxels
        How many voxels are behind each; None if not known.
    release
        The test of k4 = 0, (R,); None for methods with a reference region.
    cautions
        Why results may be biased.
    tracer
        What is known of the tracer; None if it is not one of `TRACERS`.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> from biomarkers.timing import Frames
    >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    >>> frames = Frames(curves.start, curves.duration)
    >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
    >>> fit = pet.fit(curves.tumor, frames, aif, model="2tcm_irreversible")
    >>> print(fit.table.set_index("biomarker").value.round(3).to_dict())
    {'K1': 0.1, 'k2': 0.15, 'k3': 0.05, 'Ki': 0.025, 'vB': 0.051}

    """

    regions: tuple[str, ...] = field(default=(), kw_only=True)
    voxels: FloatArray | None = field(default=None, kw_only=True)
    release: Release | None = field(default=None, kw_only=True)
    cautions: tuple[Caution, ...] = field(default=(), kw_only=True)
    tracer: Tracer | None = field(default=None, kw_only=True)

    @property
    def table(self) -> pd.DataFrame:
        """One row per region and parameter: region, biomarker, value, unit, se, n, qc, reason."""
        return describe.table(self, regions=self.regions, voxels=self.voxels)

    def summary(self) -> str:
        """Return estimates and cautions in words."""
        is_line = np.isfinite(self.t_star)
        line = f", t* = {self.t_star:g} s, {self.points} frames" if is_line else ""
        lines = [self.model + line]
        for k, each in enumerate(describe.places(self, self.regions)):
            lines.append(f"  {each}")
            lines += [] if self.release is None else [f"    {self.release.in_words(k)}"]
        lines += [f"  Caution ({each.kind}): {each.message}" for each in self.cautions]
        return "\n".join(lines + ([] if self.tracer is None else _remarks(self.tracer)))


def fit(
    tacs: TACs | npt.ArrayLike,
    frames: Frames | npt.ArrayLike,
    input: Input,
    *,
    model: str = "2tcm",
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
    t_star: float | None = None,
    k2_reference: float | None = None,
) -> TissueFit:
    """Fit one method to the curves of regions.

    Where the input is plasma, k4 = 0 is tested as well, and the result says where the data
    contradict what the method takes for granted.

    Parameters
    ----------
    tacs
        From `pet.tacs`, or curves (R, T) or (T,), kBq/mL.
    frames
        T frames, s after the start of injection. Bare times (T,) are those of the middle of
        frames whose length is not known: curves are then compared at these times, not averaged.
    input
        Plasma, with whole blood where vB is wanted, from `arterial_input`; for reference-tissue
        methods ``tacs.reference("cerebellum")``. kBq/mL and s.
    model
        `1tcm`, `2tcm`, `2tcm_irreversible`; `srtm`, `srtm2`; `patlak`, `logan`, `ma1`; `mrtm1`,
        `mrtm2`, `logan_reference`, `patlak_reference`.
    delay
        How much later than in the input the tissue is reached, s: None for not at all, a number,
        or (low, high) to fit it. Compartment models fit it in every region; `patlak`, `logan` and
        `ma1` take the one that two tissue compartments find in the regions' mean.
    weights
        Of squared residuals, (T,), from `scan_weights` or `frame_weights`; None for equal ones.
    t_star
        Start of the straight part of a plot (mid-frame), s; None: the earliest time that suits, see
        `kinetics.logan`.
    k2_reference
        k2′ of the reference region, 1/min: needed by `mrtm2`, taken by `srtm2` and
        `logan_reference`.

    Returns
    -------
    TissueFit
        A `kinetics.Fit` with `table`, `summary()`, `cautions` and `release`. Arrays have the shape
        (R,), or () for one curve (T,).

    Raises
    ------
    InputError
        If the method is unknown or does not take a setting, shapes disagree, or the input lacks
        what the method needs or ends early.

    Warns
    -----
    AssumptionWarning
        If the method takes k4 = 0 for granted and the data refute it, or needs curves since the
        injection and the scan begins later (its results are NaN then).
    UnusualValueWarning
        If tissue and input can hardly be in one unit, or the frames in s.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> from biomarkers.timing import Frames
    >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    >>> frames = Frames(curves.start, curves.duration)
    >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
    >>> fit = pet.fit(curves.tumor, frames, aif, model="2tcm_irreversible")
    >>> print(f"Ki {fit['Ki']:.4f} mL/min/mL, vB {fit['vB']:.3f}; true 0.025 and 0.05")
    Ki 0.0250 mL/min/mL, vB 0.051; true 0.025 and 0.05

    """
    task = Task(model, delay, weights, t_star, k2_reference)
    curves = as_numbers("tacs", tacs)
    if curves.ndim not in (1, 2):
        raise InputError(f"curves have shape {curves.shape}; expected (region, frame)")
    if not isinstance(frames, Frames):
        frames = Frames.instants(as_numbers("frames", frames))
    if not isinstance(tacs, TACs):
        names = tuple(f"{k}" for k in range(len(np.atleast_2d(curves))))
        tacs = TACs(curves, names, frames, voxels=None)
    tacs.check_frames(frames)
    fitted = task.run(curves, frames, input)
    tested = None
    if task.assumes:
        tested = release(curves, frames, input, delay=delay, weights=weights, fitted=fitted).flat()
    tracer = find_tracer(tacs.tracer)
    cautions = cautions_of_data(fitted, curves, frames, input)
    cautions += cautions_of(fitted, tested, frames, regions=tacs.regions, tracer=tracer)
    warn_of(cautions)
    have: dict[str, Any] = {each.name: getattr(fitted, each.name) for each in fields(fitted)}
    have["reasons"] = _with_cautions(fitted.reasons, tacs.regions, cautions)
    have["notes"] = tuple(each.message for each in cautions)
    return TissueFit(
        **have,
        regions=tacs.regions,
        voxels=tacs.voxels,
        release=tested,
        cautions=cautions,
        tracer=tracer,
    )


def _with_cautions(
    reasons: Reasons, regions: Sequence[str], cautions: Sequence[Caution]
) -> Reasons:
    """Remark upon the regions whose data refute the method."""
    biased = {
        each.region for each in cautions if each.kind in ("release", "scale", "times", "clock")
    }
    refuted = np.array([region in biased or "" in biased for region in regions])
    refuted = refuted.reshape(reasons.bits.shape)
    bits = reasons.bits | np.uint16(FitFlag.ASSUMPTION_REFUTED) * refuted
    return replace(reasons, bits=bits)


def _remarks(tracer: Tracer) -> list[str]:
    known, weak = (", ".join(names) for names in (tracer.determined, tracer.weak))
    first = f"  {tracer.name}: a scan determines {known}; {weak} often not"
    return [first, *(f"  {tracer.name}: {remark}" for remark in tracer.remarks)]
