"""Blood volume from scans before and after an iron oxide that stays in the blood."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.agents import Agent, blood_susceptibility, find_agent
from biomarkers.cbv.dephasing import blood_volume
from biomarkers.cbv.rates import BoolArray, Noise, RateChange, RateFlag, rate_change
from biomarkers.cbv.result import SteadyState
from biomarkers.cbv.signals import FloatArray, Signals, echo_times
from biomarkers.cbv.species import Species, find_species
from biomarkers.cbv.vessels import vessel_density, vessel_errors, vessel_size
from biomarkers.checks import as_mask
from biomarkers.errors import InputError, MotionWarning
from biomarkers.estimates import Reasons
from biomarkers.images import estimate_shift
from biomarkers.quantities import QUANTITIES

# A scan that lies farther off than this has mixed up tissues.
MOVED_VOXELS = 0.5
# A median wanders this much more than a mean of the same normal numbers.
_MEDIAN_SPREAD = float(np.sqrt(np.pi / 2.0))


def steady_state(  # noqa: PLR0913  (scan, agent and animal, each with its own name)
    pre: Signals,
    post: Signals,
    *,
    te: npt.ArrayLike,
    agent: str | Agent,
    dose_mg_fe_kg: float,
    field_t: float,
    reference: npt.ArrayLike | None = None,
    species: str | Species = "rat",
    noise: Noise = "estimate",
    mask: npt.ArrayLike | None = None,
) -> SteadyState:
    r"""Compute blood volume from gradient echoes before and after an iron oxide.

    .. math:: CBV = \frac{3 ΔR_2^*}{γ Δχ B_0}

    with Δχ in SI: the static dephasing of vessels in every direction (module `dephasing`). It is
    the volume of blood with the agent's concentration of large vessels; capillaries hold less of
    red cells and more of plasma, and count for more.

    Parameters
    ----------
    pre, post
        Magnitudes of gradient echoes before and after: arrays (..., n_echo), images with echoes
        along the fourth axis, or one image per echo; a single echo may lack the axis.
    te
        Echo times of both, (n_echo,) or one number, s.
    agent
        `P904`, `ferumoxytol` or `MION`, or an `Agent`.
    dose_mg_fe_kg
        Dose of iron per body weight, mg/kg; 200 umol Fe/kg are 11.2 mg/kg.
    field_t
        Field of the scanner, T.
    reference
        Region to compare with, for instance the other hemisphere or muscle, (...): `CBV_ratio` is
        the CBV over the median of this region.
    species
        `rat` or `human`, or a `Species`: how much blood the dose is diluted in.
    noise, mask
        As in `rate_change`.

    Returns
    -------
    SteadyState
        `["dR2s"]` (1/s), `["CBV"]` (fraction), `["CBV_ratio"]`, their `.se`, `.flags`, `.shift`.

    Raises
    ------
    InputError
        If shapes do not fit, agent or species is unknown, a setting is not physical, or no voxel
        of the reference has a value.
    GeometryError
        If images do not share a grid.

    Warns
    -----
    MotionWarning
        If the scan after lies more than half a voxel from the one before; nothing is registered.

    References
    ----------
    Yablonskiy DA, Haacke EM. Magn Reson Med 1994;32:749-763. doi:10.1002/mrm.1910320610
    Tropres I et al. Magn Reson Med 2015;73:325-341. doi:10.1002/mrm.25396 (review)

    """
    times = echo_times(te)
    chi = blood_susceptibility(agent, dose_mg_fe_kg=dose_mg_fe_kg, field_t=field_t, species=species)
    change = rate_change(pre, post, te=times, noise=noise, mask=mask)
    per_rate = float(blood_volume(1.0, delta_chi=chi, field_t=field_t))
    values = {"dR2s": change.value, "CBV": per_rate * change.value}
    errors = {"dR2s": change.se, "CBV": per_rate * change.se}
    if reference is not None:
        values["CBV_ratio"], errors["CBV_ratio"] = _over_reference(
            values["CBV"],
            errors["CBV"],
            as_mask("reference", reference, change.value.shape),
        )
    shift = _checked_shift(change)
    known, animal = find_agent(agent), find_species(species)
    settings: dict[str, Any] = {
        **_origin(known, animal),
        "DoseMgFePerKg": float(dose_mg_fe_kg),
        "MagneticFieldStrength": float(field_t),
        "DeltaChiSI": chi,
        "EchoTime": times.tolist(),
        "NoiseSD": change.noise,
        "ShiftVoxels": shift.tolist(),
    }
    return SteadyState(
        f"steady state of {known.name}",
        tuple(QUANTITIES[name] for name in values),
        values,
        errors,
        Reasons(change.reasons.astype(np.uint16), RateFlag),
        settings=settings,
        mask=change.mask,
        delta_chi=chi,
        noise=change.noise,
        shift=shift,
    )


def _origin(agent: Agent, species: Species) -> dict[str, Any]:
    """Return what is taken for granted of agent and animal, for the sidecars."""
    return {
        "ContrastAgent": agent.name,
        "DeltaChiRelativeUncertainty": agent.uncertainty,
        "Species": species.name,
        "BloodMlPerKg": species.blood_ml_per_kg,
    }


def with_vessels(found: SteadyState, dR2: RateChange, adc: npt.ArrayLike) -> SteadyState:
    """Add the size and density of vessels to maps of the steady state.

    Parameters
    ----------
    found
        What `steady_state` gave.
    dR2
        What `rate_change` gave for spin echoes of the same voxels.
    adc
        Apparent diffusion coefficient, mm^2/s, one number or a map (...).

    Returns
    -------
    SteadyState
        With `dR2` (1/s), `VSI` (um) and `MVD` (1/mm^2) besides; NaN where either change of rate
        is not positive. Errors leave out that of `adc`.

    Raises
    ------
    InputError
        If shapes do not fit, or `adc` is not in mm^2/s.

    """
    star, echo = found["dR2s"], dR2.value
    if echo.shape != star.shape:
        raise InputError(f"dR2 of shape {echo.shape} does not fit maps of shape {star.shape}")
    size = vessel_size(
        star,
        echo,
        adc,
        delta_chi=found.delta_chi,
        field_t=found.settings["MagneticFieldStrength"],
    )
    density = vessel_density(star, echo, adc)
    of_size, of_density = vessel_errors(star, echo, adc, dR2s_se=found.se["dR2s"], dR2_se=dR2.se)
    values = {"dR2": echo, "VSI": size, "MVD": density}
    errors = {"dR2": dR2.se, "VSI": size * of_size, "MVD": density * of_density}
    return replace(
        found,
        quantities=(*found.quantities, *(QUANTITIES[name] for name in values)),
        values={**found.values, **values},
        se={**found.se, **errors},
    )


def _over_reference(
    cbv: FloatArray, se: FloatArray, reference: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return CBV over the median of a region, and the standard error with that of the median."""
    inside = cbv[reference & np.isfinite(cbv)]
    if not inside.size:
        raise InputError("no voxel of the reference has a value: the region is empty or flagged")
    level = float(np.median(inside))
    if not level > 0:
        raise InputError(
            f"the reference has a median CBV of {level:.3g}, which nothing can be divided by; "
            "take a region with blood in it"
        )
    spread = float(inside.std(ddof=1)) if inside.size > 1 else float("nan")
    of_level = _MEDIAN_SPREAD * spread / np.sqrt(inside.size)
    ratio = cbv / level
    return ratio, np.hypot(se, ratio * of_level) / level


def _checked_shift(change: RateChange) -> FloatArray:
    """Return how far the second scan has moved, voxels; warn if that is too far.

    Signals at an echo time of 0 are compared, which the agent hardly changes.
    """
    if change.mask.ndim < 2:
        return np.empty(0)
    shift = estimate_shift(*change.s0)
    if np.abs(shift).max() > MOVED_VOXELS:
        text = ", ".join(f"{each:.2g}" for each in shift)
        warnings.warn(
            f"the scan after the agent lies ({text}) voxels from the one before; register them "
            "first, or values near borders are wrong",
            MotionWarning,
            stacklevel=3,
        )
    return shift
