"""What a value can be: the one check of every quantity that enters, and of what comes out.

Each quantity has a possible range, outside of which a value is refused, and a usual one by species
and field strength, outside of which it is warned of. Either message names the unit that the value
looks like. Input quantities stand here, results in `quantities`.
"""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError, UnusualValueWarning, warn
from biomarkers.quantities import Quantity, Range, quantity
from biomarkers.units import units_alike

# How species are written; BIDS has binomials.
_SPECIES = {"mus": "mouse", "mouse": "mouse", "mice": "mouse", "rattus": "rat", "rat": "rat"} | {
    "rats": "rat", "homo": "human", "human": "human"
}  # fmt: skip

_INPUTS = (
    # Bodies and doses
    Quantity("body_weight", "g", "body weight", possible=(1.0, 7e5),
             usual={"mouse": (8.0, 80.0), "rat": (30.0, 1000.0), "human": (500.0, 2.2e5)}),
    Quantity("body_height", "cm", "body height", possible=(3.0, 280.0),
             usual={"human": (30.0, 220.0)}),
    Quantity("injected_dose", "MBq", "activity injected", possible=(1e-3, 1e5),
             usual={"mouse": (0.3, 80.0), "rat": (0.5, 300.0), "human": (5.0, 4000.0)}),
    Quantity("dose_per_weight", "MBq/kg", "activity injected per body weight",
             possible=(1e-4, 1e6),
             usual={"mouse": (10.0, 4000.0), "rat": (1.0, 1500.0), "human": (0.2, 70.0)}),
    Quantity("activity", "kBq/mL", "highest activity concentration of a scan or an input",
             possible=(1e-6, 1e8),
             usual={"mouse": (2.0, 5e4), "rat": (2.0, 3e4), "human": (0.2, 2000.0)}),
    Quantity("half_lives", "", "end of a scan after injection in half-lives; times are in s",
             possible=(0.0, 20.0), usual={"": (0.0, 10.0)}),
    Quantity("iron_dose", "mg/kg", "iron injected per body weight", possible=(0.01, 1000.0),
             usual={"": (0.3, 60.0)}),
    Quantity("blood_volume", "mL/kg", "blood per body weight", possible=(0.5, 300.0),
             usual={"": (0.5, 120.0)}),
    Quantity("iron_magnetisation", "A m^2/kg", "magnetisation of an agent's iron",
             possible=(0.1, 250.0), usual={"": (1.0, 140.0)}),
    Quantity("core_diameter", "nm", "magnetic diameter of an agent's cores", possible=(0.5, 200.0),
             usual={"": (1.0, 60.0)}),
    Quantity("delta_chi", "", "difference in susceptibility of blood, SI", possible=(1e-10, 1e-2),
             usual={"": (5e-8, 1e-4)}),
    Quantity("tissue_density", "g/mL", "density of tissue", possible=(0.3, 3.0),
             usual={"": (0.85, 1.3)}),
    Quantity("haematocrit", "", "haematocrit, the share of red cells", possible=(0.05, 0.8),
             usual={"": (0.2, 0.65)}),
    # Times
    Quantity("scan_end", "s", "end of a PET scan after injection", possible=(0.1, 1e8),
             usual={"": (150.0, 6e5)}),
    Quantity("frame_duration", "s", "longest frame of a dynamic PET scan", possible=(1e-3, 1e7),
             usual={"": (10.0, 7200.0)}),
    Quantity("series_span", "s", "from the first to the last volume", possible=(2.0, 3e4),
             usual={"": (30.0, 5400.0)}),
    Quantity("series_spacing", "s", "from volume to volume", possible=(0.01, 1000.0),
             usual={"": (0.3, 120.0)}),
    Quantity("bolus_span", "s", "from the first to the last volume of a bolus", possible=(2.0, 5e3),
             usual={"": (15.0, 600.0)}),
    Quantity("bolus_spacing", "s", "from volume to volume of a bolus", possible=(0.01, 60.0),
             usual={"": (0.1, 5.0)}),
    # Relaxation and sequences
    Quantity("T1", "s", "longitudinal relaxation time", possible=(0.01, 30.0),
             usual={"": (0.1, 6.0)}),
    Quantity("blood_t1", "s", "T1 of blood", possible=(0.2, 10.0), usual={"": (0.7, 3.2)},
             by_field=((1.0, 0.7, 1.8), (2.0, 0.9, 2.0), (3.5, 1.1, 2.3), (5.0, 1.2, 2.6),
                       (8.0, 1.4, 2.9), (30.0, 1.6, 3.2))),
    Quantity("tr", "s", "repetition time of a spoiled gradient echo", possible=(3e-4, 2.0),
             usual={"": (0.001, 0.25)}),
    Quantity("train_tr", "s", "from pulse to pulse of a turboFLASH train", possible=(3e-4, 1.0),
             usual={"": (0.001, 0.05)}),
    Quantity("saturation_delay", "s", "from saturation to the first pulse of a train",
             possible=(1e-4, 20.0), usual={"": (0.01, 4.0)}),
    Quantity("inversion_delay", "s", "from inversion to the first pulse of a train",
             possible=(1e-4, 20.0), usual={"": (0.002, 1.0)}),
    Quantity("recovery", "s", "time that magnetisation has to recover", possible=(1e-4, 200.0),
             usual={"": (0.025, 60.0)}),
    Quantity("te", "s", "echo time of a gradient echo", possible=(5e-6, 0.5),
             usual={"": (2e-4, 0.1)}),
    Quantity("longest_te", "s", "longest of several echo times", possible=(2e-5, 2.0),
             usual={"": (1e-3, 0.6)}),
    Quantity("bolus_te", "s", "echo time of a bolus series", possible=(5e-6, 0.5),
             usual={"": (1e-3, 0.15)}),
    Quantity("bolus_peak", "1/s", "highest change of R2* in the artery", possible=(1e-6, 1e7),
             usual={"": (2.0, 2000.0)}),
    Quantity("spin_te", "s", "echo time of a spin echo", possible=(1e-4, 2.0),
             usual={"": (0.002, 0.4)}),
    # Spectroscopy
    Quantity("mrs_te", "s", "echo time of spectroscopy", possible=(0.0, 1.0),
             usual={"": (1e-3, 0.6)}),
    Quantity("mrs_tr", "s", "repetition time of spectroscopy", possible=(0.01, 30.0),
             usual={"": (0.1, 20.0)}),
    Quantity("dwell", "s", "time from sample to sample of a signal", possible=(5e-6, 5e-3),
             usual={"": (2e-5, 2e-3)}),
    Quantity("frequency_mhz", "MHz", "frequency of the spectrometer", possible=(12.0, 1500.0),
             usual={"": (20.0, 1000.0)}),
    Quantity("mixing_time", "s", "mixing time of a stimulated echo", possible=(0.0, 2.0),
             usual={"": (0.002, 0.1)}),
    Quantity("flip_deg", "deg", "flip angle", possible=(0.005, 360.0), usual={"": (0.5, 180.0)}),
    Quantity("B1", "", "actual over nominal flip angle", possible=(0.02, 10.0),
             usual={"": (0.3, 2.0)}),
    Quantity("r1", "1/(s mM)", "longitudinal relaxivity", possible=(0.1, 300.0),
             usual={"": (1.0, 60.0)}),
    Quantity("r2", "1/(s mM)", "transverse relaxivity", possible=(0.1, 3000.0),
             usual={"": (1.0, 500.0)}),
    Quantity("field_t", "T", "field strength", possible=(0.01, 30.0), usual={"": (0.04, 30.0)}),
    Quantity("plasma_peak", "mM", "highest concentration of an input", possible=(1e-3, 500.0),
             usual={"": (0.1, 50.0)}),
    Quantity("b_value", "s/mm^2", "largest b-value of a series", possible=(20.0, 1e5),
             usual={"": (100.0, 2e4)}),
    Quantity("ADC", "mm^2/s", "apparent diffusion coefficient", possible=(1e-6, 0.05),
             usual={"": (1e-4, 4e-3)}),
    # Of any scale
    Quantity("signal", "arbitrary", "signal of an image"),
    Quantity("weights", "", "of squared residuals"),
)  # fmt: skip

INPUTS: Mapping[str, Quantity] = MappingProxyType({row.name: row for row in _INPUTS})


def check_possible(
    name: str,
    value: npt.ArrayLike,
    *,
    source: str,
    species: str = "",
    field_t: float | None = None,
    error: type[InputError] = InputError,
) -> str:
    """Refuse a value that cannot be, and warn of one that is not usual.

    Parameters
    ----------
    name
        Of the quantity: in `INPUTS`, else in `quantities.QUANTITIES`.
    value
        In the quantity's unit. Of an array the median decides, over what is finite and not 0:
        single voxels of a map may hold anything. Without such a value there is nothing to judge.
    source
        What holds it, for messages: an argument, or a file with its key.
    species
        As in BIDS or in short: `Rattus norvegicus`, `rat`. Unknown: the usual of any species.
    field_t
        Field strength, T. Unknown: the usual at any.
    error
        Type of the refusal.

    Returns
    -------
    str
        The words of the warning, for cards and rows; empty where the value is usual.

    Raises
    ------
    InputError
        If the value is not possible: what was found, what was expected, what unit it looks like.

    Warns
    -----
    UnusualValueWarning
        If it is possible but not usual.

    Examples
    --------
    >>> from biomarkers.ranges import check_possible
    >>> check_possible("blood_t1", 2.1, source="BloodT1")
    ''
    >>> check_possible("blood_t1", 2171, source="BloodT1")
    Traceback (most recent call last):
    biomarkers.errors.InputError: BloodT1 is 2171 s; expected 0.2 to 10 s (T1 of blood); it looks \
like ms

    """
    require_possible(name, value, source=source, error=error)
    return warn_of_unusual(
        name, value, source=source, species=species, field_t=field_t, stacklevel=3
    )


def warn_of_unusual(
    name: str,
    value: npt.ArrayLike,
    *,
    source: str,
    species: str = "",
    field_t: float | None = None,
    stacklevel: int = 2,
) -> str:
    """Warn of a value that is not usual; as `check_possible`, but nothing is refused."""
    words = unusual(name, value, source=source, species=species, field_t=field_t)
    if words:
        warn(UnusualValueWarning(words), stacklevel=stacklevel)
    return words


def require_possible(
    name: str, value: npt.ArrayLike, *, source: str, error: type[InputError] = InputError
) -> None:
    """Refuse a value that cannot be; arguments as in `check_possible`."""
    row, typical = _row(name), _typical(as_numbers(source, value))
    low, high = row.possible
    if typical is not None and not low <= typical <= high:
        raise error(_words(row, typical, row.possible, source, "", "", None))


def unusual(
    name: str,
    value: npt.ArrayLike,
    *,
    source: str = "",
    species: str = "",
    field_t: float | None = None,
) -> str:
    """Return what is unusual about a value, in words; empty if nothing is, or nothing is known.

    Arguments as in `check_possible`, but nothing is refused and nothing warned of: for results.
    """
    row = INPUTS.get(name) or quantity(name)
    typical = _typical(as_numbers(name, value))
    if row is None or typical is None:
        return ""
    low, high = usual_range(row, species, field_t)
    if low <= typical <= high:
        return ""
    kind = known_species(species)
    whose = f"usual in a {kind}" if kind and kind in row.usual else "usual"
    if row.by_field and field_t is not None:
        whose += f" at {field_t:g} T"
    return _words(row, typical, (low, high), source or name, whose, species, field_t)


def usual_range(row: Quantity, species: str = "", field_t: float | None = None) -> Range:
    """Return what is usual, from and to; the widest where species or field are not known."""
    if row.by_field and field_t is not None:
        for up_to, low, high in row.by_field:
            if field_t <= up_to:
                return low, high
    kind = known_species(species)
    ranges = [row.usual[kind]] if kind in row.usual else list(row.usual.values())
    if not ranges:
        return -math.inf, math.inf
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def beyond_usual(
    rows: Iterable[Quantity], values: Mapping[str, FloatArray], se: Mapping[str, FloatArray]
) -> BoolArray:
    """Return where a result, (...), lies outside what is usual by more than twice its error."""
    beyond: BoolArray = np.zeros((), dtype=bool)
    for row in rows:
        low, high = usual_range(row)
        if np.isfinite([low, high]).any():
            value = values[row.name]
            slack = 2.0 * np.nan_to_num(se[row.name]) if row.name in se else 0.0
            beyond = beyond | (value - slack > high) | (value + slack < low)
    return beyond


def known_species(text: str | None) -> str:
    """Return `mouse`, `rat` or `human`; empty for any other, or none."""
    first = (text or "").strip().lower().split()
    return _SPECIES.get(first[0], "") if first else ""


def _row(name: str) -> Quantity:
    row = INPUTS.get(name) or quantity(name)
    if row is None:
        raise KeyError(f"no quantity {name!r} in the register")
    return row


def _typical(values: FloatArray) -> float | None:
    if values.ndim == 0:
        return float(values) if np.isfinite(values) else None
    some = values[np.isfinite(values) & (values != 0)]
    return float(np.median(some)) if some.size else None


def _words(
    row: Quantity,
    value: float,
    limits: Range,
    source: str,
    whose: str,
    species: str,
    field_t: float | None,
) -> str:
    unit = f" {row.unit}" if row.unit else ""
    low, high = (f"{limit:.6g}" for limit in limits)
    looks = _looks_like(row, value, species, field_t)
    return (
        f"{source} is {value:.6g}{unit}; expected {low} to {high}{unit}"
        f"{f', {whose}' if whose else ''} ({row.meaning})"
        f"{f'; it looks like {looks}' if looks else ''}"
    )


def _looks_like(row: Quantity, value: float, species: str, field_t: float | None) -> str:
    """Return the units, at most two, in which the value would be a usual one."""
    low, high = usual_range(row, species, field_t)
    fitting: dict[float, str] = {}
    for unit, scale in units_alike(row.unit):
        if low <= value * scale <= high:
            fitting.setdefault(scale, unit)
    return " or ".join(list(fitting.values())[:2])
