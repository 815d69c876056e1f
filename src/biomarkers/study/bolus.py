"""A bolus of contrast in one session (DSC): flow, volume and transit of blood, what to look at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from biomarkers import cbv
from biomarkers.images import Image, LabelMap, noise_of_median, read_series
from biomarkers.kinetics import Input
from biomarkers.study.labelling import labels_on
from biomarkers.study.maps import ParameterMap, Part, paths
from biomarkers.study.recipe import ARTERY, DSC_MAPS, volume_times
from biomarkers.study.region_curves import tissue_regions
from biomarkers.study.settings import COMPUTED
from biomarkers.study.sources import Source, echo_time
from biomarkers.units import QUANTITIES

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Regions that flow and volume are compared with, and that tell leakage: the first that is drawn.
REFERENCES = ("contralateral", "white_matter")
_METHOD: Final = "oSVD"
# More flagged voxels than this share of the tissue want a look.
_FLAGGED = 0.2


def measure_bolus(echoes: Sequence[Source], label_maps: Sequence[LabelMap]) -> Part:
    """Compute perfusion maps, corrected for leakage where the other side is drawn.

    Parameters
    ----------
    echoes
        The series, one image for each echo time.
    label_maps
        The one on the grid of the series names the artery, without which it is looked for, and
        the reference region, without which there are no ratios and no correction.

    Raises
    ------
    InputError
        If there is no artery, no bolus, or a drawn region has no voxel that can be read.

    """
    series = [read_series(source.file.path) for source in echoes]
    time = volume_times(echoes[0], series[0].shape[3])
    te = [echo_time(source) for source in echoes]
    labels = labels_on(series[0], label_maps)
    drawn = labels.regions if labels else ()
    region = next((each for each in REFERENCES if each in drawn), "")
    reference = labels.mask(region) if labels and region else None
    artery = labels.mask(ARTERY) if labels and ARTERY in drawn else None
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
    maps = _maps(found, series[0], paths(tuple(echoes)), said, reference)
    tissue = _tissue(labels, found.mask)
    return Part(maps, *_looked_at(found, tissue, drawn=artery is not None, region=region))


def _maps(
    found: cbv.DSCMaps,
    like: Image,
    inputs: tuple[Path, ...],
    settings: Mapping[str, Any],
    reference: BoolArray | None,
) -> dict[str, ParameterMap]:
    """Return what is measured, by biomarker."""
    shared = {}
    if reference is not None:
        found = found.relative_to(reference)
        inside = reference & ~found.flags
        for name in ("CBF", "CBV"):
            level = float(np.nanmedian(found[name][inside]))
            shared[f"r{name}"] = (
                noise_of_median(found[name][inside], found.se[name][inside]) / level
            )
    return {
        name: ParameterMap(
            name,
            like.with_data(found[name], source=name, unit=QUANTITIES[name].unit),
            COMPUTED,
            found.flags,
            inputs,
            dict(settings),
            se=found.se.get(name),
            shared_se=shared.get(name, 0.0),
        )
        for name in found.names
        if name in DSC_MAPS
    }


def _tissue(labels: LabelMap | None, mask: BoolArray) -> BoolArray:
    regions = tissue_regions(labels) if labels else ()
    if labels is None or not regions:
        return mask
    return np.asarray(np.logical_or.reduce([labels.mask(region) for region in regions]))


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
