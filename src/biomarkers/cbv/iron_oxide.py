"""Blood volume from scans before and after an iron oxide that stays in the blood."""

import warnings
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.cbv.agents import Agent, Species, blood_susceptibility, find_agent, find_species
from biomarkers.cbv.dephasing import blood_volume
from biomarkers.cbv.rates import S0, SURELY, Noise, RateFlag, rate_change
from biomarkers.cbv.signals import Signals
from biomarkers.cbv.vessels import vessel_density, vessel_errors, vessel_size
from biomarkers.checks import as_mask
from biomarkers.errors import InputError, MotionWarning
from biomarkers.estimates import Estimates, SharedError
from biomarkers.images import estimate_shift, noise_of_median
from biomarkers.quantities import QUANTITIES
from biomarkers.ranges import unusual

# A scan that lies farther off than this has mixed up tissues.
MOVED_VOXELS = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class SteadyState(Estimates):
    """Maps from scans before and after an iron oxide.

    Quantities are `dR2s` (1/s), `CBV` (fraction), `CBV_ratio` where a reference was given, and
    from `with_vessels` also `dR2` (1/s), `VSI` (um), `MVD` (1/mm^2); NaN outside the mask and where
    one of `RateFlag` says why. Errors are those of the noise; what scales every voxel alike, the
    susceptibility of blood, is not in them.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> te = np.array([0.003, 0.006, 0.009, 0.012])
    >>> scan = {"te": te, "agent": "P904", "dose_mg_fe_kg": 11.2, "field_t": 4.7}
    >>> chi = cbv.blood_susceptibility("P904", dose_mg_fe_kg=11.2, field_t=4.7)
    >>> rise = cbv.delta_r2s([[0.04], [0.02]], delta_chi=chi, field_t=4.7)  # 4 and 2 % of blood
    >>> before = 100 * np.exp(-30 * te) * np.ones((2, 1))
    >>> after = before * np.exp(-rise * te)
    >>> maps = cbv.steady_state(before, after, **scan, noise=None)
    >>> print(maps.names, maps["CBV"].round(3), f"Δχ {1e6 * maps.delta_chi:.2f} ppm")
    ('dR2s', 'CBV') [0.04 0.02] Δχ 3.53 ppm

    """

    hints = MappingProxyType(
        {
            "CBV_ratio": "give a reference region",
            **dict.fromkeys(("dR2", "VSI", "MVD"), "see with_vessels"),
        }
    )

    @property
    def delta_chi(self) -> float:
        """Difference in susceptibility between blood and tissue, SI."""
        return float(self.settings["DeltaChiSI"])

    @property
    def noise(self) -> float:
        """Noise of one channel, in the unit of the signal; NaN if it was not allowed for.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> te = np.array([0.003, 0.006, 0.009, 0.012])
        >>> scan = {"te": te, "agent": "P904", "dose_mg_fe_kg": 11.2, "field_t": 4.7}
        >>> chi = cbv.blood_susceptibility("P904", dose_mg_fe_kg=11.2, field_t=4.7)
        >>> rise = cbv.delta_r2s([[0.04], [0.02]], delta_chi=chi, field_t=4.7)  # 4 and 2 % of blood
        >>> before = 100 * np.exp(-30 * te) * np.ones((2, 1))
        >>> after = before * np.exp(-rise * te)
        >>> maps = cbv.steady_state(before, after, **scan, noise=0.5)
        >>> maps.noise
        0.5

        """
        noise = self.settings["NoiseSD"]
        return np.nan if noise is None else float(noise)

    @property
    def shift(self) -> FloatArray:
        """How far the scan after lies from the one before, voxels; empty if that is no image."""
        return np.array(self.settings["ShiftVoxels"])


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
        If shapes do not fit, agent or species is unknown, a setting is not physical, no voxel of
        the reference has a value, or R2* falls in most voxels: pre and post swapped.
    GeometryError
        If images do not share a grid.

    Warns
    -----
    MotionWarning
        If the scan after lies more than half a voxel from the one before; nothing is registered.
    UnusualValueWarning
        If dose, field or echo times are possible but not usual.

    References
    ----------
    Yablonskiy DA, Haacke EM. Magn Reson Med 1994;32:749-763. doi:10.1002/mrm.1910320610
    Tropres I et al. Magn Reson Med 2015;73:325-341. doi:10.1002/mrm.25396 (review)

    Examples
    --------
    Two regions of 4 and 2 % of blood, the second one as reference:

    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> te = np.array([0.003, 0.006, 0.009, 0.012])
    >>> scan = {"te": te, "agent": "P904", "dose_mg_fe_kg": 11.2, "field_t": 4.7}
    >>> chi = cbv.blood_susceptibility("P904", dose_mg_fe_kg=11.2, field_t=4.7)
    >>> rise = cbv.delta_r2s([[0.04], [0.02]], delta_chi=chi, field_t=4.7)  # 4 and 2 % of blood
    >>> before = 100 * np.exp(-30 * te) * np.ones((2, 1))
    >>> after = before * np.exp(-rise * te)
    >>> maps = cbv.steady_state(before, after, reference=[False, True], noise=None, **scan)
    >>> print(maps["CBV"].round(3), maps["CBV_ratio"].round(2))
    [0.04 0.02] [2. 1.]

    """
    known, animal = find_agent(agent), find_species(species)
    chi = blood_susceptibility(agent, dose_mg_fe_kg=dose_mg_fe_kg, field_t=field_t, species=species)
    change = rate_change(pre, post, te=te, noise=noise, mask=mask)
    per_rate = float(blood_volume(1.0, delta_chi=chi, field_t=field_t))
    values = {**change.values, "CBV": per_rate * change["dR2s"]}
    errors = {**change.se, "CBV": per_rate * change.se["dR2s"]}
    beyond = values["CBV"] - SURELY * np.nan_to_num(errors["CBV"]) > 1.0
    reasons = replace(
        change.reasons,
        bits=change.reasons.bits | np.where(beyond, RateFlag.IMPLAUSIBLE, 0).astype(np.uint16),
    )
    unusual_dose = unusual("iron_dose", dose_mg_fe_kg, source="dose_mg_fe_kg", species=animal.name)
    unusual_field = unusual("field_t", field_t, source="field_t")
    shared = {}
    if reference is not None:
        region = as_mask("reference", reference, change.shape)
        ratio, own, common = _over_reference(values["CBV"], errors["CBV"], region)
        values["CBV_ratio"], errors["CBV_ratio"] = ratio, np.hypot(own, common)
        shared["CBV_ratio"] = SharedError(common)
    return SteadyState(
        f"steady state of {known.name}",
        tuple(QUANTITIES[name] for name in values),
        values,
        errors,
        reasons,
        mask=change.mask,
        settings={
            "ContrastAgent": known.name,
            "DeltaChiRelativeUncertainty": known.uncertainty,
            "Species": animal.name,
            "BloodMlPerKg": animal.blood_ml_per_kg,
            "DoseMgFePerKg": float(dose_mg_fe_kg),
            "MagneticFieldStrength": float(field_t),
            "DeltaChiSI": chi,
            **change.settings,
            "ShiftVoxels": _checked_shift(*(change.quality[name] for name in S0)).tolist(),
        },
        shared=shared,
        notes=(*filter(None, (unusual_dose, unusual_field)), *change.notes),
    )


def with_vessels(
    maps: SteadyState,
    dR2: Estimates,
    adc: npt.ArrayLike,
    *,
    adc_se: npt.ArrayLike = 0.0,
) -> SteadyState:
    """Add the size and density of vessels to maps of the steady state.

    Parameters
    ----------
    maps
        What `steady_state` gave.
    dR2
        What `rate_change` gave for spin echoes of the same voxels.
    adc, adc_se
        Apparent diffusion coefficient, mm^2/s, one number or a map (...), and its standard error.

    Returns
    -------
    SteadyState
        With `dR2` (1/s), `VSI` (um) and `MVD` (1/mm^2) besides; NaN where either change of rate
        is not positive.

    Raises
    ------
    InputError
        If shapes do not fit, or `adc` is not in mm^2/s.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> te = np.array([0.003, 0.006, 0.009, 0.012])
    >>> scan = {"te": te, "agent": "P904", "dose_mg_fe_kg": 11.2, "field_t": 4.7}
    >>> chi = cbv.blood_susceptibility("P904", dose_mg_fe_kg=11.2, field_t=4.7)
    >>> rise = cbv.delta_r2s([[0.04], [0.02]], delta_chi=chi, field_t=4.7)  # 4 and 2 % of blood
    >>> before = 100 * np.exp(-30 * te) * np.ones((2, 1))
    >>> after = before * np.exp(-rise * te)
    >>> maps = cbv.steady_state(before, after, **scan, noise=None)
    >>> spin = np.array([[0.01, 0.02, 0.03]])
    >>> drop = cbv.delta_r2([[0.04], [0.02]], 6.0, 8e-4, delta_chi=chi, field_t=4.7)  # radius 6 um
    >>> echoes = 100 * np.exp(-20 * spin) * np.ones((2, 1))
    >>> change = cbv.rate_change(echoes, echoes * np.exp(-drop * spin), te=spin[0], echo="spin")
    >>> print(cbv.with_vessels(maps, change, 8e-4)["VSI"].round(2))
    [6. 6.]

    """
    (echo,), (echo_se,) = dR2.values.values(), dR2.se.values()
    star = maps["dR2s"]
    if echo.shape != star.shape:
        raise InputError(f"dR2 of shape {echo.shape} does not fit maps of shape {star.shape}")
    size = vessel_size(
        star,
        echo,
        adc,
        delta_chi=maps.delta_chi,
        field_t=maps.settings["MagneticFieldStrength"],
    )
    density = vessel_density(star, echo, adc)
    of_size, of_density = vessel_errors(
        star, echo, adc, dR2s_se=maps.se["dR2s"], dR2_se=echo_se, adc_se=adc_se
    )
    values = {"dR2": echo, "VSI": size, "MVD": density}
    errors = {"dR2": echo_se, "VSI": size * of_size, "MVD": density * of_density}
    return replace(
        maps,
        quantities=(*maps.quantities, *(QUANTITIES[name] for name in values)),
        values={**maps.values, **values},
        se={**maps.se, **errors},
    )


def _over_reference(
    cbv: FloatArray, se: FloatArray, reference: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return CBV over the median of a region, and its errors: voxels' own, and of that median."""
    inside = reference & np.isfinite(cbv)
    if not inside.any():
        raise InputError("no voxel of the reference has a value: the region is empty or flagged")
    level = float(np.median(cbv[inside]))
    if not level > 0:
        raise InputError(
            f"the reference has a median CBV of {level:.3g}, which nothing can be divided by; "
            "take a region with blood in it"
        )
    ratio = cbv / level
    noise = noise_of_median(cbv[inside], se[inside])
    return ratio, se / level, np.abs(ratio) * noise / level


def _checked_shift(pre: FloatArray, post: FloatArray) -> FloatArray:
    """Return how far the second scan has moved, voxels; warn if that is too far.

    Signals at an echo time of 0 are compared, which the agent hardly changes.
    """
    if pre.ndim < 2:
        return np.empty(0)
    shift = estimate_shift(pre, post)
    if np.abs(shift).max() > MOVED_VOXELS:
        text = ", ".join(f"{each:.2g}" for each in shift)
        warnings.warn(
            f"the scan after the agent lies ({text}) voxels from the one before; register them "
            "first, or values near borders are wrong",
            MotionWarning,
            stacklevel=3,
        )
    return shift
