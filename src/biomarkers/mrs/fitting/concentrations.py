"""From amplitudes to concentrations: scaled by the voxel's water, corrected for its tissues.

With S_M the signal of a proton of a metabolite and S_W that of water, both at time 0, volume
fractions f, water contents d (g/mL) and R = (1 - exp(-TR/T1)) exp(-TE/T2)::

    mmol per litre of tissue (molar): S_M/S_W 2 c sum_i f_i d_i R_i / ((f_gm + f_wm) R_M)
    mmol per kg of its water (molal): S_M/S_W 2 c sum_i f_i d_i R_i / ((f_gm d_gm + f_wm d_wm) R_M)

where i are grey and white matter and fluid, and c = 55.51 mol/kg is water's. The molal one is that
of Gasparovic et al., Magn Reson Med 2006;55:1219. doi:10.1002/mrm.20901
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import ndtri

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers, require_level
from biomarkers.errors import InputError
from biomarkers.mrs.conventions import water_amplitude
from biomarkers.mrs.fitting.outcome import Quality
from biomarkers.mrs.fitting.ratios import names_of, weights
from biomarkers.mrs.fitting.setup import Setup
from biomarkers.mrs.proton_signal import proton_signal
from biomarkers.mrs.relaxation import GM, TISSUES, WM, Relaxation, Times, relaxation_times
from biomarkers.mrs.scan import Scan
from biomarkers.mrs.tissue import checked_fractions
from biomarkers.units import conversion_factor

if TYPE_CHECKING:
    import pandas as pd

# Water in tissue, g/mL: Ernst et al., J Magn Reson B 1993;102:1. doi:10.1006/jmrb.1993.1055, as
# Gasparovic 2006 takes it.
WATER_CONTENT: Mapping[str, float] = {"gm": 0.78, "wm": 0.65, "csf": 0.97}
# Of pure water, mmol per kg.
_WATER_MOLALITY = 55.51e3
_WATER_PROTONS = 2.0

COLUMNS = ("metabolite", "concentration", "se", "low", "high", "molal", "crlb_percent", "flag")
UNKNOWN_RELAXATION = "relaxation times not known"


class Fitted(Protocol):
    """What concentrations need of a fit; see `Fit`."""

    @property
    def setup(self) -> Setup:
        """What was fitted, and with what."""

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals, (M)."""

    @property
    def amplitudes(self) -> FloatArray:
        """Of the signals, (M,)."""

    @property
    def joint(self) -> FloatArray:
        """Their covariance, (M, M)."""

    @property
    def judged(self) -> Quality:
        """From where on a metabolite is flagged."""


@dataclass(frozen=True, eq=False)
class WaterScale:
    """What turns amplitudes of a fit into concentrations.

    Parameters
    ----------
    factor
        From amplitude to mmol per litre of tissue, for metabolites whose signal is not attenuated.
    relative_se
        Standard error of the water's amplitude over itself.
    per_molal
        Kilograms of water in a litre of the voxel's tissue.
    share
        Of each of grey and white matter in the voxel's tissue.
    relaxation
        Of water and metabolites.
    te, tr
        Of the metabolites' scan, s.

    """

    factor: float
    relative_se: float
    per_molal: float
    share: Mapping[str, float]
    relaxation: Relaxation
    te: float
    tr: float

    def attenuation(self, metabolite: str) -> float:
        """Return which share of a metabolite's signal is left; NaN where that is not known."""
        total = 0.0
        for tissue, part in self.share.items():
            if part > 0.0:
                times = self.relaxation.of(metabolite, tissue)
                total += part * (np.nan if times is None else times.signal(self.te, self.tr))
        return total


def water_scale(
    fit: Fitted,
    tissue: Mapping[str, float],
    relaxation: Relaxation | None,
    water_content: Mapping[str, float],
    species: str,
) -> WaterScale:
    """Return the scale of a fit; arguments and errors as of `concentrations`."""
    scan = fit.setup.scan
    water = water_amplitude(scan)
    if not float(water.value) > 0.0:
        raise InputError(f"{scan.source}: its water has no signal; give another as water=")
    fractions, content = checked_fractions(tissue), _water_content(water_content)
    times = _relaxation(scan, relaxation, species)
    te, tr = _timing(scan, scan)
    water_te, water_tr = _timing(scan.water or scan, scan)
    seen = sum(
        fractions[each] * content[each] * Times(*times.water[each]).signal(water_te, water_tr)
        for each in TISSUES
    )
    solid = fractions[GM] + fractions[WM]
    amount = _WATER_PROTONS * _WATER_MOLALITY * seen / solid
    return WaterScale(
        proton_signal(fit.setup.basis) * amount / float(water.value),
        float(water.se / water.value),
        (fractions[GM] * content[GM] + fractions[WM] * content[WM]) / solid,
        {each: fractions[each] / solid for each in (GM, WM)},
        times,
        te,
        tr,
    )


def concentrations(
    fit: Fitted,
    *,
    tissue: Mapping[str, float],
    relaxation: Relaxation | None = None,
    species: str = "human",
    water_content: Mapping[str, float] = WATER_CONTENT,
    level: float = 0.95,
) -> "pd.DataFrame":
    """Return the concentrations of a fit's metabolites; see `Fit.concentrations`."""
    import pandas as pd  # noqa: PLC0415  (slow to import)

    require_level(level)
    scale = water_scale(fit, tissue, relaxation, water_content, species)
    each_factor = np.array([_factor(scale, fit, name) for name in fit.signals])
    # A low level that is known well is one of ratios; of concentrations the relative bound counts.
    judged = replace(fit.judged, crlb_absolute=0.0)
    quantile = float(ndtri(0.5 * (1.0 + level)))
    rows = []
    for name in metabolites_of(fit):
        summed = weights(name, fit.signals)
        if summed is None:
            continue
        parts = np.where(summed > 0.0, summed * each_factor, 0.0)
        value = float(parts @ fit.amplitudes)
        own = _se(parts, fit)
        se = float(np.hypot(own, value * scale.relative_se))
        percent = 100.0 * own / value if value > 0.0 else (np.nan if np.isnan(value) else np.inf)
        flag = judged.of_ratio(value, own) if np.isfinite(value) else UNKNOWN_RELAXATION
        low, high = max(value - quantile * se, 0.0), value + quantile * se
        molal = value / scale.per_molal
        rows.append((name, value, se, low if np.isfinite(value) else np.nan, high, molal, percent,
                     flag))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _se(parts: FloatArray, fit: Fitted) -> float:
    """Return the standard error of a weighted sum of amplitudes."""
    variance = float(parts @ fit.joint @ parts)
    return float(np.sqrt(max(variance, 0.0)))


def metabolites_of(fit: Fitted) -> tuple[str, ...]:
    """Return the metabolites of a fit, single and combined: no macromolecules, no bands."""
    basis = fit.setup.basis
    single = [name for name in basis.names if name not in basis.macromolecules]
    return names_of([name for name in fit.signals if name in single])


def _factor(scale: WaterScale, fit: Fitted, name: str) -> float:
    """Return what an amplitude is multiplied by to be mmol per litre; NaN where not known."""
    if name not in metabolites_of(fit):
        return np.nan
    return scale.factor / scale.attenuation(name)


def _relaxation(scan: Scan, given: Relaxation | None, species: str) -> Relaxation:
    if given is not None:
        if not isinstance(given, Relaxation):
            raise InputError(
                f"relaxation is {given!r}; expected mrs.Relaxation(water=…, metabolites=…)"
            )
        return given
    if scan.nucleus != "1H":
        raise InputError(
            f"relaxation: published times are those of protons, {scan.source} is of "
            f"{scan.nucleus}; give relaxation=mrs.Relaxation(…)"
        )
    return relaxation_times(scan.frequency_mhz * conversion_factor("MHz", "T"), species=species)


def _timing(scan: Scan, metabolites: Scan) -> tuple[float, float]:
    """Return TE and TR, those of the metabolites' scan where the water's are not known."""
    times = []
    for name in ("te", "tr"):
        value = getattr(scan, name)
        value = getattr(metabolites, name) if value is None else value
        if value is None:
            raise InputError(
                f"{name} of {scan.source} is not known, which relaxation is corrected by; give "
                f"it, s: mrs.load(…, {name}=…)"
            )
        times.append(float(value))
    return times[0], times[1]


def _water_content(given: Mapping[str, float]) -> dict[str, float]:
    content = {**WATER_CONTENT, **given}
    for name, value in content.items():
        number = as_numbers(f"water_content {name}", value)
        if name not in TISSUES or number.ndim or not 0.0 < float(number) <= 1.0:
            raise InputError(
                f"water_content {name} is {value!r}; expected g/mL, above 0 and up to 1, of "
                f"{', '.join(TISSUES)}"
            )
    return content


def water_relative(fit: Fitted, name: str) -> tuple[float, float]:
    """Return the amplitude of a metabolite over that of water, and its standard error."""
    scan = fit.setup.scan
    water = water_amplitude(scan)
    parts = fit_weights(fit, name)
    value = float(parts @ fit.amplitudes) / float(water.value)
    own = _se(parts, fit) / float(water.value)
    return value, float(np.hypot(own, value * float(water.se / water.value)))


def fit_weights(fit: Fitted, name: str) -> FloatArray:
    """Return which signals of a fit a name sums, (M,); `InputError` if none."""
    parts = weights(name, fit.signals)
    if parts is None:
        raise InputError(f"the fit of {fit.setup.scan.source} has no {name!r}; it has "
                         f"{', '.join(names_of(fit.signals))}")  # fmt: skip
    return parts
