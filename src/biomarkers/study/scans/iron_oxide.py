"""Echoes before and after an iron oxide in one session: blood volume, vessels, what to look at."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers import cbv
from biomarkers.errors import MotionWarning
from biomarkers.images import Image, LabelMap, read_image, same_grid
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source
from biomarkers.study.cards import Card
from biomarkers.study.labelling import first_drawn, labels_on, tissue_mask
from biomarkers.study.maps import ParameterMap, parted_errors, paths
from biomarkers.study.recipe import Draft, Recipe
from biomarkers.study.scans.echoes import EchoPair, Injection, checked_grid, injection_of, pair_of
from biomarkers.study.scans.scan import Maps, Part, Scan
from biomarkers.study.settings import COMPUTED
from biomarkers.study.sources import Sources

BoolArray = npt.NDArray[np.bool_]

# Regions that CBV is compared with, the first that is drawn.
REFERENCES = ("contralateral", "muscle")
# More flagged voxels than this share of the tissue want a look.
_FLAGGED = 0.2


def _files(sources: Sources) -> tuple[Source, ...]:
    return sources.megre


def _plan(draft: Draft) -> None:
    draft.compute(IRON_OXIDE.name, checked_grid(draft.sources), IRON_OXIDE.maps)
    if draft.sources.mese and "ADC" not in draft.given:
        draft.notes.append("MESE images give no vessel size: no ADC map")


def _measure(recipe: Recipe, maps: Maps, label_maps: Sequence[LabelMap]) -> Part:
    """Compute blood volume, and size and density of vessels where the data allow."""
    sources = recipe.sources
    gradient = pair_of(sources.megre)
    spin = pair_of(sources.mese) if sources.mese else None
    injection, adc = injection_of(gradient, sources.session.species), maps.get("ADC")
    pre, post = _read(gradient)
    labels = labels_on(pre[0], label_maps)
    reference = first_drawn(labels, REFERENCES)
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
        change = cbv.rate_change(*_read(spin), te=spin.te, echo="spin")
        found = cbv.with_vessels(found, change, adc.values("mm^2/s"))
        inputs += (*paths(spin.sources), *adc.inputs)
    said = {**found.settings, "Reference": reference or "none"}
    given = {name: _map(found, name, pre[0], inputs, said) for name in found.names}
    caption, status, values = _looked_at(found, injection, tissue_mask(labels, found.inside))
    title = "Blood volume from iron oxide"
    card = Card(sources.session, "cbv", title, caption, status, values=values)
    return Part(given, (card,))


def _read(pair: EchoPair) -> tuple[list[Image], list[Image]]:
    pre, post = (
        [read_image(source.file.path) for source in side] for side in (pair.pre, pair.post)
    )
    return pre, post


def _map(
    found: cbv.SteadyState,
    name: str,
    like: Image,
    inputs: tuple[Path, ...],
    settings: Mapping[str, Any],
) -> ParameterMap:
    image = like.with_data(found[name], source=name, unit=QUANTITIES[name].unit)
    return ParameterMap(
        name,
        image,
        COMPUTED,
        found.flags,
        inputs,
        dict(settings),
        **parted_errors(found, name),
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


# All but CBV and dR2s need what only some sessions have: a reference, spin echoes, ADC.
_MAPS = ("CBV", "CBV_ratio", "dR2s", "dR2", "VSI", "MVD")
IRON_OXIDE = Scan("CBV", _MAPS, _MAPS[:1], _files, _plan, _measure)
