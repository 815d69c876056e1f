"""A bolus of contrast in one session (DSC): flow, volume and transit of blood, what to look at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from biomarkers import cbv
from biomarkers.errors import StudyError
from biomarkers.images import (
    Image,
    ImageHeader,
    LabelMap,
    probe,
    read_series,
    require_same_grid,
)
from biomarkers.kinetics import Input
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source, echo_time, volume_times
from biomarkers.study.cards import Card
from biomarkers.study.labelling import ARTERY, first_drawn, labels_on, tissue_mask
from biomarkers.study.maps import ParameterMap, parted_errors, paths
from biomarkers.study.recipe import Draft, Recipe
from biomarkers.study.scans.iron_oxide import IRON_OXIDE
from biomarkers.study.scans.scan import Maps, Part, Scan
from biomarkers.study.settings import COMPUTED
from biomarkers.study.sources import Sources

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Regions that flow and volume are compared with, and that tell leakage: the first that is drawn.
REFERENCES = ("contralateral", "white_matter")
_METHOD: Final = "oSVD"
# More flagged voxels than this share of the tissue want a look.
_FLAGGED = 0.2


# Ratios and leakage only with a region on the other side.
_MAPS = ("CBF", "CBV", "MTT", "Tmax", "rCBV", "rCBF", "K2")


def _files(sources: Sources) -> tuple[Source, ...]:
    return sources.dsc


def _plan(draft: Draft) -> None:
    draft.compute(BOLUS.name, _checked_grid(draft.sources.dsc), BOLUS.maps)
    if IRON_OXIDE.name in draft.computed:
        draft.notes.append("CBV is that of the iron oxide, rCBV that of the bolus")


def _checked_grid(echoes: Sequence[Source]) -> ImageHeader:
    """Return the grid of a series with a bolus; raise if it is faulty."""
    headers = [probe(source.file.path, ndim=4) for source in echoes]
    for source, header in zip(echoes, headers, strict=True):
        require_same_grid(headers[0], header)
        times = volume_times(source, header.shape[3])
        if not np.array_equal(times, volume_times(echoes[0], headers[0].shape[3])):
            raise StudyError(
                f"{source.sidecar.source}: VolumeTiming differs from that of the other echo, "
                f"{echoes[0].sidecar.source}"
            )
    return headers[0]


def _measure(recipe: Recipe, maps: Maps, label_maps: Sequence[LabelMap]) -> Part:
    """Compute perfusion maps, corrected for leakage where the other side is drawn.

    Without a label of the artery, one is looked for.
    """
    echoes = recipe.sources.dsc
    series = [read_series(source.file.path) for source in echoes]
    time = volume_times(echoes[0], series[0].shape[3])
    te = [echo_time(source) for source in echoes]
    labels = labels_on(series[0], label_maps)
    region = first_drawn(labels, REFERENCES)
    reference = labels.mask(region) if labels and region else None
    artery = labels.mask(ARTERY) if labels and first_drawn(labels, (ARTERY,)) else None
    source: Input | None = None
    if artery is not None:
        source = cbv.dsc_input(series, time, te=te, artery=artery)
    found = cbv.dsc(
        series,
        time,
        te=te,
        input=source,
        method=_METHOD,
        leakage="bsw" if region else None,
        reference=reference,
    )
    said = {**found.settings, "Reference": region or "none"}
    given = _maps(found, series[0], paths(tuple(echoes)), said, reference)
    tissue = tissue_mask(labels, found.inside)
    caption, status, values = _looked_at(found, tissue, drawn=artery is not None, region=region)
    title = "Perfusion from a bolus (DSC)"
    card = Card(recipe.sources.session, "dsc", title, caption, status, values=values)
    return Part(given, (card,))


def _maps(
    found: cbv.DSCMaps,
    like: Image,
    inputs: tuple[Path, ...],
    settings: Mapping[str, Any],
    reference: BoolArray | None,
) -> dict[str, ParameterMap]:
    """Return what is measured, by biomarker."""
    if reference is not None:
        found = found.relative_to(reference)
    return {
        name: ParameterMap(
            name,
            like.with_data(found[name], source=name, unit=QUANTITIES[name].unit),
            COMPUTED,
            found.flags,
            inputs,
            dict(settings),
            **parted_errors(found, name),
        )
        for name in found.names
        if name in _MAPS
    }


def _looked_at(
    found: cbv.DSCMaps, tissue: BoolArray, *, drawn: bool, region: str
) -> tuple[str, str, dict[str, float]]:
    """Return caption, status and numbers of a card."""
    flagged = float(found.flags[tissue].mean())
    peak = float(np.max(np.asarray(found.input.blood)))
    start, stop = found.settings["BaselineSamples"]
    values = {"flagged": flagged, "artery_peak": peak, "baseline_samples": float(stop - start)}
    caption = (
        f"{'The artery as drawn' if drawn else 'An artery that was looked for'} reaches "
        f"{peak:.3g} 1/s after {stop - start} volumes of baseline. "
        f"{100.0 * (1.0 - flagged):.0f} % of the tissue has a value. "
    )
    if region:
        leak = float(np.nanmedian(found["K2"][tissue]))
        values["K2"] = leak
        caption += (
            f"Ratios are to the {region} region, whose curve also told leakage (Boxerman, "
            f"Schmainda & Weisskoff; K2 of the middle voxel {leak:.2g} 1/s). "
        )
    else:
        caption += f"No region {' or '.join(REFERENCES)}: no ratios, leakage is not corrected. "
    caption += (
        f"Flow by {_METHOD} is too low where transit is short; compare it within one method. "
        "Absolute flow and volume take the artery's blood for that of tissue."
    )
    return caption, "warn" if flagged > _FLAGGED or not drawn else "ok", values


BOLUS = Scan("DSC", _MAPS, _MAPS[:2], _files, _plan, _measure)
