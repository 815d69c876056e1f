"""Units: one spelling, and one place that converts.

Units are written in ASCII (`mm^3`, `1/min`, `mL/min/100mL`).
"""

import math
import re
from collections.abc import Iterator, Mapping

from biomarkers.errors import InputError

_ALIASES = {
    "mm3": "mm^3", "mm**3": "mm^3", "ul": "mm^3", "uL": "mm^3", "cubic mm": "mm^3",
    "cm3": "cm^3", "cm**3": "cm^3", "cc": "cm^3", "ml": "mL",
    "mm2": "mm^2", "mm2/s": "mm^2/s", "mm^2 s^-1": "mm^2/s", "mm2 s-1": "mm^2/s",
    "um2/ms": "um^2/ms", "um2/s": "um^2/s",
    "min-1": "1/min", "min^-1": "1/min", "/min": "1/min", "per min": "1/min",
    "s-1": "1/s", "s^-1": "1/s", "/s": "1/s", "1/sec": "1/s",
    "sec": "s", "seconds": "s", "second": "s", "msec": "ms", "milliseconds": "ms",
    "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "hr": "h",
    "g/ml": "g/mL", "kBq/ml": "kBq/mL", "Bq/ml": "Bq/mL", "kbq/ml": "kBq/mL",
    "BQML": "Bq/mL", "Bq/cc": "Bq/mL", "kBq/cc": "kBq/mL", "MBq/cc": "MBq/mL",
    "Bq/cm3": "Bq/mL", "Bq/cm^3": "Bq/mL", "kBq/cm3": "kBq/mL", "kBq/cm^3": "kBq/mL",
    "nCi/ml": "nCi/mL", "uCi/ml": "uCi/mL", "nCi/cc": "nCi/mL", "uCi/cc": "uCi/mL",
    "ml/100ml": "mL/100mL", "ml/100 ml": "mL/100mL", "mL/100 mL": "mL/100mL",
    "ml/min/100ml": "mL/min/100mL", "mL/min/100 mL": "mL/min/100mL",
    "mL/100mL/min": "mL/min/100mL", "ml/100ml/min": "mL/min/100mL",
    "ml/min/ml": "mL/min/mL", "mL/cm^3/min": "mL/min/mL",
    "ml/ml": "mL/mL", "mL/cm^3": "mL/mL", "ml/cm3": "mL/mL",
    "percent": "%", "degrees": "deg", "degree": "deg", "grams": "g", "gram": "g",
    "1": "", "a.u.": "arbitrary", "au": "arbitrary", "dimensionless": "", "unitless": "",
    "ratio": "", "fraction": "", "none": "", "n/a": "",
}  # fmt: skip

_SYMBOLS = str.maketrans({
    "²": "^2", "³": "^3", "⁻": "^-", "¹": "1", "µ": "u", "μ": "u", "·": " ", "×": "x",
})  # fmt: skip
# Powers of ten as headers have them: x10-3 mm2/s, 10^-3 mm2/s.
_SCALED = re.compile(r"[x*]?\s?10\s?\^?-(?P<power>\d)\s?(?P<unit>\S.*)")

# Each unit that can be converted: its dimension and how many base units it makes.
_SCALE: Mapping[str, tuple[str, float]] = {
    "s": ("time", 1.0), "ms": ("time", 1e-3), "us": ("time", 1e-6),
    "min": ("time", 60.0), "h": ("time", 3600.0),
    "1/s": ("rate", 1.0), "1/min": ("rate", 1.0 / 60.0), "1/ms": ("rate", 1e3),
    "mm^2/s": ("diffusivity", 1.0), "um^2/ms": ("diffusivity", 1e-3),
    "um^2/s": ("diffusivity", 1e-6), "10^-3 mm^2/s": ("diffusivity", 1e-3),
    "10^-6 mm^2/s": ("diffusivity", 1e-6), "m^2/s": ("diffusivity", 1e6),
    "um": ("length", 1e-3), "mm": ("length", 1.0), "cm": ("length", 10.0), "m": ("length", 1e3),
    "1/mm^2": ("density", 1.0),
    "mm^3": ("volume", 1.0), "cm^3": ("volume", 1e3), "mL": ("volume", 1e3), "L": ("volume", 1e6),
    "": ("ratio", 1.0), "%": ("ratio", 0.01), "arbitrary": ("ratio", 1.0),
    "mL/100mL": ("ratio", 0.01), "mL/mL": ("ratio", 1.0),
    "kBq/mL": ("activity", 1.0), "Bq/mL": ("activity", 1e-3), "MBq/mL": ("activity", 1e3),
    "nCi/mL": ("activity", 3.7e-2), "uCi/mL": ("activity", 37.0), "mCi/mL": ("activity", 3.7e4),
    "mL/min/100mL": ("perfusion", 1.0), "mL/min/mL": ("perfusion", 100.0),
    "Bq": ("radioactivity", 1e-6), "kBq": ("radioactivity", 1e-3), "MBq": ("radioactivity", 1.0),
    "GBq": ("radioactivity", 1e3), "Ci": ("radioactivity", 3.7e4), "mCi": ("radioactivity", 37.0),
    "uCi": ("radioactivity", 3.7e-2),
    "g": ("mass", 1.0), "kg": ("mass", 1e3), "mg": ("mass", 1e-3),
    "deg": ("angle", 1.0), "rad": ("angle", 180.0 / math.pi),
    "mM": ("concentration", 1.0), "uM": ("concentration", 1e-3), "M": ("concentration", 1e3),
    "1/(s mM)": ("relaxivity", 1.0), "1/(ms mM)": ("relaxivity", 1e3),
    "1/(s uM)": ("relaxivity", 1e3), "1/(s M)": ("relaxivity", 1e-3),
    "T": ("field", 1.0), "mT": ("field", 1e-3), "G": ("field", 1e-4),
    # the proton's frequency
    "MHz": ("field", 1.0 / 42.577), "kHz": ("field", 1e-3 / 42.577), "Hz": ("field", 1e-6 / 42.577),
    # of iron: 55.845 ug in a umol
    "mg/kg": ("dose", 1.0), "g/kg": ("dose", 1e3), "umol/kg": ("dose", 0.055845),
    "mmol/kg": ("dose", 55.845), "ug/kg": ("dose", 1e-3),
    "MBq/kg": ("specific dose", 1.0), "kBq/kg": ("specific dose", 1e-3),
    "MBq/g": ("specific dose", 1e3),
    "s/mm^2": ("b-value", 1.0), "ms/um^2": ("b-value", 1e3), "s/m^2": ("b-value", 1e-6),
}  # fmt: skip


def canonical_unit(unit: str) -> str:
    """Return the one spelling of a unit used throughout: ASCII, aliases resolved.

    Parameters
    ----------
    unit
        As found in a file, for instance `mm3`, `mm³`, `min-1`, `1/min`.

    Raises
    ------
    InputError
        If a character outside ASCII remains.

    Examples
    --------
    >>> from biomarkers.units import canonical_unit
    >>> canonical_unit("mm³"), canonical_unit("min-1"), canonical_unit("beats")
    ('mm^3', '1/min', 'beats')

    """
    text = " ".join(unit.translate(_SYMBOLS).replace("^-^", "^-").split())
    text = _ALIASES.get(text, text)
    scaled = _SCALED.fullmatch(text)
    if scaled:
        text = f"10^-{scaled['power']} {_ALIASES.get(scaled['unit'], scaled['unit'])}"
    if not text.isascii():
        raise InputError(
            f"unit {unit!r} has a character outside ASCII; write it like mm^3 or 1/min"
        )
    return text


def is_unit(text: str) -> bool:
    """Tell whether a text spells a unit that can be converted, or an alias of one.

    Examples
    --------
    >>> from biomarkers.units import is_unit
    >>> is_unit("mm²/s"), is_unit("kBq/cc"), is_unit("beats")
    (True, True, False)

    """
    try:
        unit = canonical_unit(text)
    except InputError:
        return False
    return bool(unit) and unit in _SCALE


def conversion_factor(unit: str, wanted: str) -> float:
    """Return what to multiply values in `unit` by to have them in `wanted`.

    Raises
    ------
    InputError
        If either unit is unknown here or they measure different things.

    Examples
    --------
    >>> from biomarkers.units import conversion_factor
    >>> adc = 0.8 * conversion_factor("um^2/ms", "mm^2/s")
    >>> round(adc, 6)
    0.0008
    >>> round(5.0 * conversion_factor("mCi", "MBq"), 1)
    185.0

    """
    unit, wanted = canonical_unit(unit), canonical_unit(wanted)
    if unit == wanted:
        return 1.0
    if unit in _SCALE and wanted in _SCALE and _SCALE[unit][0] == _SCALE[wanted][0]:
        return _SCALE[unit][1] / _SCALE[wanted][1]
    raise InputError(f"cannot convert {unit or 'a plain number'} to {wanted or 'a plain number'}")


def units_alike(unit: str) -> Iterator[tuple[str, float]]:
    """Yield the other units of what `unit` measures, and how many of `unit` one of each makes.

    Examples
    --------
    >>> from biomarkers.units import units_alike
    >>> {unit: round(one, 3) for unit, one in units_alike("1/min")}
    {'1/s': 60.0, '1/ms': 60000.0}

    """
    own = _SCALE.get(canonical_unit(unit))
    if own is not None:
        for name, (what, scale) in _SCALE.items():
            if what == own[0] and scale != own[1] and name:
                yield name, scale / own[1]
