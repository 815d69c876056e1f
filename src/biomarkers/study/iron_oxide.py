"""Echoes before and after an iron oxide in one session: blood volume, vessels, what to look at."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers import cbv
from biomarkers.errors import MotionWarning
from biomarkers.images import Image, LabelMap, noise_of_median, read_image, same_grid
from biomarkers.study.echoes import EchoPair, Injection
from biomarkers.study.labelling import labels_on
from biomarkers.study.maps import ParameterMap, Part, paths
from biomarkers.study.region_curves import tissue_regions
from biomarkers.study.settings import COMPUTED
from biomarkers.units import QUANTITIES

BoolArray = npt.NDArray[np.bool_]

# Regions that CBV is compared with, the first that is drawn.
REFERENCES = ("contralateral", "muscle")
# More flagged voxels than this share of the tissue want a look.
_FLAGGED = 0.2


def measure_iron_oxide(
    gradient: EchoPair,
    spin: EchoPair | None,
    injection: Injection,
    label_maps: Sequence[LabelMap],
    adc: ParameterMap | None,
) -> Part:
    """Compute blood volume, and size and density of vessels where the data allow.

    Parameters
    ----------
    gradient, spin
        Gradient and spin echoes before and after; without the latter there are no vessels.
    injection
        What was injected.
    label_maps
        The one on the grid of the scans names the reference region.
    adc
        Diffusion on the grid of the scans, for the vessels; None if there is none.

    Raises
    ------
    InputError
        If no voxel of the reference has a value.

    """
    pre, post = _read(gradient)
    labels = labels_on(pre[0], label_maps)
    reference = _reference(labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MotionWarning)  # the card tells it
        found = cbv.steady_state(
            pre,
            post,
            te=gradient.te,
            agent=injection.agent,
            dose_mg_fe_kg=injection.dose_mg_fe_kg,
            field_t=injection.field_t,
            species=injection.species,
            reference=labels.mask(reference) if labels and reference else None,
        )
    inputs = paths(gradient.sources)
    if spin and adc and same_grid(adc.image, pre[0]):
        change = cbv.rate_change(*_read(spin), te=spin.te)
        found = cbv.with_vessels(found, change, adc.values("mm^2/s"))
        inputs += (*paths(spin.sources), *adc.inputs)
    said = {**found.settings, "Reference": reference or "none"}
    maps = {name: _map(found, name, pre[0], inputs, said) for name in found.names}
    if labels and reference:
        maps["CBV_ratio"] = _ratio(found, maps["CBV_ratio"], labels.mask(reference))
    tissue = _tissue(labels, found.mask)
    return Part(maps, *_looked_at(found, injection, tissue))


def _read(pair: EchoPair) -> tuple[list[Image], list[Image]]:
    pre, post = (
        [read_image(source.file.path) for source in side] for side in (pair.pre, pair.post)
    )
    return pre, post


def _reference(labels: LabelMap | None) -> str:
    drawn = labels.regions if labels else ()
    return next((region for region in REFERENCES if region in drawn), "")


def _map(
    found: cbv.SteadyState,
    name: str,
    like: Image,
    inputs: tuple[Path, ...],
    settings: Mapping[str, Any],
) -> ParameterMap:
    image = like.with_data(found[name], source=name, unit=QUANTITIES[name].unit)
    return ParameterMap(
        name, image, COMPUTED, found.flags, inputs, dict(settings), se=found.se[name]
    )


def _ratio(found: cbv.SteadyState, ratio: ParameterMap, reference: BoolArray) -> ParameterMap:
    """Part the error of a ratio into the voxel's own and that of the reference, which all share."""
    level = float(np.nanmedian(found["CBV"][reference]))
    own = found.se["CBV"] / level
    noise = noise_of_median(found["CBV"][reference], found.se["CBV"][reference])
    return ParameterMap(
        ratio.biomarker,
        ratio.image,
        ratio.origin,
        ratio.flags,
        ratio.inputs,
        ratio.settings,
        se=own,
        shared_se=noise / level,
    )


def _tissue(labels: LabelMap | None, mask: BoolArray) -> BoolArray:
    if labels is None or not tissue_regions(labels):
        return mask
    return np.asarray(
        np.logical_or.reduce([labels.mask(region) for region in tissue_regions(labels)])
    )


def _looked_at(
    found: cbv.SteadyState, injection: Injection, tissue: BoolArray
) -> tuple[str, str, dict[str, float]]:
    """Return caption, status and numbers of a card."""
    flagged = float(found.flags[tissue].mean())
    saturated = float((found.reasons[tissue] & int(cbv.RateFlag.SATURATED) > 0).mean())
    shift = float(np.abs(found.shift).max(initial=0.0))
    values = {
        "flagged": flagged,
        "saturated": saturated,
        "shift_voxels": shift,
        "noise_sd": found.noise,
        "delta_chi_si": found.delta_chi,
    }
    moved = shift > cbv.MOVED_VOXELS
    sure = 100.0 * cbv.find_agent(injection.agent).uncertainty
    caption = (
        f"{injection.agent}, {injection.dose_mg_fe_kg:.3g} mg Fe/kg at {injection.field_t:g} T: "
        f"blood is more magnetic by {1e6 * found.delta_chi:.3g} ppm (SI). "
        f"{100.0 * (1.0 - flagged):.0f} % of the tissue has a value; in "
        f"{100.0 * saturated:.1f} % the signal after the agent drowns in noise (saturated). "
        f"The scan after lies {shift:.2g} voxels from the one before"
        f"{'; register them first' if moved else ''}. "
        f"Absolute CBV is no surer than the agent's magnetisation (± {sure:.0f} %); changes and "
        "ratios do not depend on that."
    )
    return caption, "warn" if moved or flagged > _FLAGGED else "ok", values
