"""Echoes before and after an iron oxide: blood volume, size and density of vessels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from biomarkers import cbv
from biomarkers.arrays import BoolArray
from biomarkers.images import Image, require_same_grid, same_grid
from biomarkers.relaxometry import r2_multi_echo
from biomarkers.study.acquisition import one_grid
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.echoes import POST, PRE, EchoPair, Injection, injection_of, pair_of
from biomarkers.study.work import Outcome, Plan, View, Work

# More flagged voxels than this share of the tissue warn.
_FLAGGED = 0.2


@dataclass(frozen=True)
class IronOxideSettings:
    """What may be chosen of the blood volume from iron oxide.

    Parameters
    ----------
    reference
        Regions that blood volume is compared with; the first that is drawn is taken.

    """

    reference: tuple[str, ...] = ("contralateral", "muscle")


def plan(view: View) -> Plan:
    """Check the echoes before and after, what was injected, and whether vessels can be sized."""
    pair = pair_of(view.images("MEGRE"))
    injection_of(pair, view.session.species)
    grid, spin = one_grid(pair.sources), view.images("MESE")
    if not spin:
        return Plan(grid)
    require_same_grid(grid, one_grid(pair_of(spin).sources))
    adc = view.grids.get("ADC")
    if adc is None:
        return Plan(grid, ("MESE images give no vessel size: no ADC map",))
    if view.registration is None and not same_grid(adc, grid):
        lacking = "the ADC map lies on another grid, and [measure.register] is not set"
        return Plan(grid, (f"MESE images give no vessel size: {lacking}",))
    return Plan(grid)


def measure(work: Work) -> Outcome:
    """Compute blood volume, and size and density of vessels where the data allow."""
    gradient, spin = pair_of(work.images("MEGRE")), work.images("MESE")
    injection, adc = injection_of(gradient, work.session.species), work.values_here("ADC", "mm^2/s")
    reference = work.region(*work.settings.reference)
    blood = cbv.steady_state(
        *_read(gradient),
        te=gradient.te,
        agent=injection.agent,
        dose_mg_fe_kg=injection.dose_mg_fe_kg,
        field_t=injection.field_t,
        species=injection.species,
        reference=reference.mask if reference else None,
    )
    inputs = tuple(source.file.path for source in gradient.sources)
    if spin and adc is not None:
        change = cbv.rate_change(*_read(pair_of(spin)), te=pair_of(spin).te, echo="spin")
        blood = cbv.with_vessels(blood, change, adc)
        inputs += tuple(source.file.path for source in pair_of(spin).sources)
        inputs += work.maps["ADC"].inputs
    name = reference.name if reference else "none"
    blood = replace(blood, settings={**blood.settings, "Reference": name})
    caption, status, values = _quality(blood, injection, work.tissue_mask(blood.inside))
    card = work.card("cbv", IRON_OXIDE.title, caption, status, values=values)
    return Outcome((blood,), (card,), inputs=inputs)


def _read(pair: EchoPair) -> tuple[list[Image], list[Image]]:
    pre, post = ([source.read() for source in side] for side in (pair.pre, pair.post))
    return pre, post


def _quality(
    blood: cbv.SteadyState, injection: Injection, tissue: BoolArray
) -> tuple[str, str, Mapping[str, float]]:
    """Return caption, status and numbers of the card."""
    flagged = float(blood.flags[tissue].mean())
    saturated = float(blood.reasons.has(cbv.RateFlag.SATURATED)[tissue].mean())
    shift = float(np.abs(blood.shift).max(initial=0.0))
    values = {
        "flagged": flagged,
        "saturated": saturated,
        "shift_voxels": shift,
        "noise_sd": blood.noise,
        "delta_chi_si": blood.delta_chi,
    }
    agent = 100.0 * cbv.find_agent(injection.agent).uncertainty
    caption = (
        f"{injection.agent}, {injection.dose_mg_fe_kg:.3g} mg Fe/kg at {injection.field_t:g} T: "
        f"difference in susceptibility between blood and tissue {1e6 * blood.delta_chi:.3g} ppm "
        f"(SI). {100.0 * (1.0 - flagged):.0f} % of the tissue voxels have a value; in "
        f"{100.0 * saturated:.1f} % the signal after the agent is below the noise floor "
        f"(saturated). The scan after lies {shift:.2g} voxels from the one before. "
        f"The magnetisation of the agent is known to ± {agent:.0f} %, and so is absolute CBV; "
        "changes and ratios do not depend on it."
    )
    return caption, "warn" if flagged > _FLAGGED else "ok", values


def warm_up() -> None:
    """Fit R2* to a few made-up voxels."""
    te = np.array([0.003, 0.006, 0.009, 0.012, 0.015])
    signal = 100.0 * np.exp(-30.0 * te) * np.ones((64, 1))
    noisy = signal + np.random.default_rng(0).standard_normal(signal.shape)
    r2_multi_echo(noisy, te=te, noise=1.0)


_PAIR = {"acq": (PRE, POST), "ce": ()}
IRON_OXIDE = Step(
    "iron_oxide",
    "Blood volume from iron oxide",
    (
        Files("MEGRE", differing=("acq", "echo"), having=_PAIR),
        Files("MESE", differing=("acq", "echo"), having=_PAIR, required=False),
    ),
    # All but CBV and dR2s need what only some sessions have: a reference, spin echoes, ADC.
    ("CBV", "CBV_ratio", "dR2s", "dR2", "VSI", "MVD"),
    measure,
    plan,
    uses=("ADC",),
    drawn=("CBV",),
    settings=IronOxideSettings,
    warm_up=warm_up,
)
