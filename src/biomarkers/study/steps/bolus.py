"""A bolus of contrast (DSC): flow, volume and transit of blood."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from biomarkers import cbv
from biomarkers.arrays import BoolArray
from biomarkers.errors import StudyError
from biomarkers.study.acquisition import (
    echo_time,
    one_grid,
    planned_times,
    slice_times,
    volume_times,
)
from biomarkers.study.cards import Card
from biomarkers.study.labelling import ARTERY
from biomarkers.study.motion import MotionSettings
from biomarkers.study.step import Files, Step
from biomarkers.study.work import Outcome, Plan, View, Work

# More flagged voxels than this share of the tissue warn.
_FLAGGED = 0.2
_SCALINGS = {"as_measured": cbv.AS_MEASURED, "human": cbv.HUMAN, "rat": cbv.RAT}


@dataclass(frozen=True)
class BolusSettings(MotionSettings):
    """What may be chosen of perfusion from a bolus.

    Parameters
    ----------
    method, regularisation, volume, baseline, left_out
        As in `cbv.BolusScan`.
    leakage
        As in `cbv.BolusScan.maps`; `auto` is `bsw` where a reference is drawn, else `none`.
    scaling
        Haematocrit and density: `as_measured`, `human` or `rat`.
    reference
        Regions that flow and volume are compared with, and that tell leakage; the first that is
        drawn is taken.
    artery
        Region of the artery; one is looked for where it is not drawn.

    """

    method: Literal["sSVD", "cSVD", "oSVD", "tikhonov"] = "oSVD"
    leakage: Literal["auto", "none", "bsw", "bidirectional"] = "auto"
    volume: Literal["area", "first_pass"] = "area"
    regularisation: float | Literal["l_curve", "gcv"] | None = None
    scaling: Literal["as_measured", "human", "rat"] = "as_measured"
    reference: tuple[str, ...] = ("contralateral", "white_matter")
    artery: str = ARTERY
    baseline: tuple[int, int] | Literal["auto"] = "auto"
    left_out: tuple[int, ...] = ()


def plan(view: View) -> Plan:
    """Check the echoes: one grid, one timing, different echo times."""
    echoes = sorted(view.images("dsc"), key=echo_time)
    times = [echo_time(source) for source in echoes]
    if len(set(times)) < len(times):
        raise StudyError(
            f"{echoes[0].file.path.parent}: two dsc images have one EchoTime "
            f"({', '.join(f'{each:g}' for each in times)} s)"
        )
    grid = one_grid(echoes, ndim=4)
    first = planned_times(echoes[0], grid, "bolus")
    slice_times(echoes[0], grid.shape, first)
    for source in echoes[1:]:
        if not np.array_equal(first, volume_times(source, len(first), "bolus")):
            raise StudyError(
                f"{source.sidecar.source}: VolumeTiming differs from that of the other echo, "
                f"{echoes[0].sidecar.source}"
            )
    return Plan(grid)


def measure(work: Work) -> Outcome:
    """Compute perfusion maps, relative to a reference region where one is drawn."""
    chosen: BolusSettings = work.settings
    echoes = sorted(work.images("dsc"), key=echo_time)
    # Echoes of one excitation move together, and the first has most signal.
    series = [work.still(source.read(ndim=4), echoes[0]) for source in echoes]
    artery, reference = work.region(chosen.artery), work.region(*chosen.reference)
    leakage = ("bsw" if reference else "none") if chosen.leakage == "auto" else chosen.leakage
    time = volume_times(echoes[0], series[0].shape[3], "bolus")
    scan = cbv.BolusScan(
        series,
        time,
        te=[echo_time(source) for source in echoes],
        baseline=chosen.baseline,
        left_out=chosen.left_out,
        scaling=_SCALINGS[chosen.scaling],
        slice_timing=slice_times(echoes[0], series[0].shape, time),
    )
    maps = scan.maps(
        scan.input(artery.mask) if artery else None,
        method=chosen.method,
        regularisation=chosen.regularisation,
        leakage=None if leakage == "none" else leakage,
        reference=reference.mask if reference else None,
        volume=chosen.volume,
    )
    if reference:
        maps = maps.relative_to(reference.mask)
    name = reference.name if reference else "none"
    maps = replace(maps, settings={**maps.settings, "Reference": name})
    tissue = work.tissue_mask(maps.inside)
    return Outcome((maps,), (_card(work, maps, tissue, drawn=artery is not None),))


def _card(work: Work, maps: cbv.DSCMaps, tissue: BoolArray, *, drawn: bool) -> Card:
    """Return what to look at: the artery, the share of flagged voxels, leakage."""
    flagged = float(maps.flags[tissue].mean())
    peak = float(np.max(np.asarray(maps.input.blood)))
    start, stop = maps.settings["BaselineSamples"]
    values = {"flagged": flagged, "artery_peak": peak, "baseline_samples": float(stop - start)}
    words = [
        f"{'The artery as drawn' if drawn else 'An artery that was looked for'} reaches "
        f"{peak:.3g} 1/s after {stop - start} volumes of baseline.",
        f"{100.0 * (1.0 - flagged):.0f} % of the tissue voxels have a value.",
    ]
    if maps.settings["Reference"] == "none":
        words.append(f"No region {' or '.join(work.settings.reference)}: no ratios.")
    else:
        words.append(f"Ratios are to the {maps.settings['Reference']} region.")
    if "K2" in maps.values:
        values["K2"] = float(np.nanmedian(maps["K2"][tissue]))
        words.append(
            f"Leakage corrected by {maps.settings['Leakage']}, median K2 {values['K2']:.2g} 1/s."
        )
    else:
        words.append("Leakage is not corrected.")
    words.append(
        f"Flow by {maps.settings['Deconvolution']} is biased low where transit is short; compare "
        "it within one method. Absolute flow and volume depend on the artery's partial volume. "
        "Distortion of echo-planar images is not corrected."
    )
    status = "warn" if flagged > _FLAGGED or not drawn else "ok"
    return work.card("dsc", BOLUS.title, " ".join(words), status, values=values)


BOLUS = Step(
    "dsc",
    "Perfusion from a bolus (DSC)",
    (Files("dsc", differing=("echo",)),),
    # Ratios and leakage only with a reference region.
    ("CBF", "CBV", "MTT", "Tmax", "TTP", "rCBV", "rCBF", "K1_leakage", "K2", "kep"),
    measure,
    plan,
    drawn=("CBF", "CBV"),
    after=("iron_oxide", "dce"),
    settings=BolusSettings,
    inputs=("artery",),
)
