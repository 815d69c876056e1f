"""Relaxivities of contrast agents by agent, field and medium, each as its source measured it."""

from dataclasses import dataclass

from biomarkers.errors import InputError

_FIELD_TOLERANCE = 0.15  # T: scanners of 2.89 T and of 3 T are called alike


@dataclass(frozen=True)
class Relaxivity:
    """Relaxivities of one agent in one medium at one field.

    Parameters
    ----------
    agent
        Name, as `relaxivity` takes it.
    field_t
        Field, T.
    medium
        What the agent was dissolved in.
    temperature_c
        Temperature, degrees Celsius.
    r1, r1_error
        Longitudinal relaxivity and its reported spread, 1/(s·mM); of iron oxides per mM of iron.
    r2, r2s
        Transverse relaxivities of a spin echo and of a gradient echo, 1/(s·mM); NaN where the
        source does not give them. In tissue the effect on T2* is that of the field around
        vessels and cells, and larger than `r2s` of a solution.
    source
        Reference.

    """

    agent: str
    field_t: float
    medium: str
    temperature_c: float
    r1: float
    r1_error: float
    r2: float
    r2s: float
    source: str


_UNKNOWN = float("nan")

_SZOMOLANYI = "Szomolanyi et al., Invest Radiol 2019;54:559. doi:10.1097/RLI.0000000000000577"
_SHEN = "Shen et al., Invest Radiol 2015;50:330. doi:10.1097/RLI.0000000000000132"
_ROHRER = "Rohrer et al., Invest Radiol 2005;40:715. doi:10.1097/01.rli.0000184756.66360.d3"
_ZIEMIAN = "Ziemian et al., NMR Biomed 2021;34:e4401. doi:10.1002/nbm.4401"
_ROZIJN = "Rozijn et al., MAGMA 1999. doi:10.1007/BF02634594"
_KNOBLOCH = "Knobloch et al., Invest Radiol 2018;53:257. doi:10.1097/RLI.0000000000000434"

# Agent, medium, source, and by field (T) r1 with its spread, 1/(s mM); all at 37 degrees C.
_GADOLINIUM: tuple[tuple[str, str, str, dict[float, tuple[float, float]]], ...] = (
    ("Gd-DOTA", "human plasma", _SZOMOLANYI, {1.5: (3.32, 0.13), 3: (3.00, 0.13), 7: (2.84, 0.09)}),
    (
        "gadobutrol",
        "human plasma",
        _SZOMOLANYI,
        {1.5: (4.78, 0.12), 3: (4.97, 0.59), 7: (3.83, 0.24)},
    ),
    (
        "gadoteridol",
        "human plasma",
        _SZOMOLANYI,
        {1.5: (3.80, 0.10), 3: (3.28, 0.09), 7: (3.21, 0.07)},
    ),
    ("Gd-DOTA", "human blood", _SHEN, {1.5: (3.9, 0.2), 3: (3.4, 0.4), 7: (2.8, 0.4)}),
    ("gadobutrol", "human blood", _SHEN, {1.5: (4.6, 0.2), 3: (4.5, 0.3), 7: (4.2, 0.3)}),
    ("gadoteridol", "human blood", _SHEN, {1.5: (4.4, 0.6), 3: (3.5, 0.6), 7: (3.4, 0.1)}),
    ("Gd-DTPA", "human blood", _SHEN, {1.5: (4.3, 0.4), 3: (3.8, 0.2), 7: (3.1, 0.4)}),
    ("gadodiamide", "human blood", _SHEN, {1.5: (4.5, 0.1), 3: (3.9, 0.2), 7: (3.7, 0.2)}),
    ("gadobenate", "human blood", _SHEN, {1.5: (6.2, 0.5), 3: (5.4, 0.3), 7: (4.7, 0.1)}),
    ("gadoxetate", "human blood", _SHEN, {1.5: (7.2, 0.2), 3: (5.5, 0.3), 7: (4.9, 0.1)}),
    (
        "Gd-DTPA",
        "plasma",
        _ROHRER,
        {0.47: (3.8, _UNKNOWN), 1.5: (4.1, _UNKNOWN), 3: (3.7, _UNKNOWN), 4.7: (3.8, _UNKNOWN)},
    ),
    (
        "gadobutrol",
        "plasma",
        _ROHRER,
        {0.47: (6.1, _UNKNOWN), 1.5: (5.2, _UNKNOWN), 3: (5.0, _UNKNOWN), 4.7: (4.7, _UNKNOWN)},
    ),
    (
        "Gd-DOTA",
        "plasma",
        _ROHRER,
        {0.47: (4.3, _UNKNOWN), 1.5: (3.6, _UNKNOWN), 3: (3.5, _UNKNOWN), 4.7: (3.3, _UNKNOWN)},
    ),
    ("gadoxetate", "rat blood", _ZIEMIAN, {1.41: (7.5, 0.2), 7: (6.2, 0.3)}),
    ("gadoxetate", "rat liver", _ZIEMIAN, {1.41: (15.0, 0.9), 7: (6.0, 0.3)}),
    ("Gd-DTPA", "rat muscle", _ROZIJN, {6.3: (2.7, 0.5)}),
)

# Iron oxides: medium and field (T), then r1 with its spread, r2 and r2* per mM of iron. In blood
# the rates of ferumoxytol are not proportional to its concentration (same source): no row.
_FERUMOXYTOL = {
    ("human plasma", 1.5): (19.0, 1.7, 64.9, 64.4),
    ("human plasma", 3.0): (9.5, 0.2, 65.2, 55.7),
    ("saline", 1.5): (19.9, 2.3, 60.8, 60.4),
    ("saline", 3.0): (10.0, 0.3, 62.3, 57.0),
}

RELAXIVITIES: tuple[Relaxivity, ...] = (
    *(
        Relaxivity(agent, field, medium, 37.0, r1, error, _UNKNOWN, _UNKNOWN, source)
        for agent, medium, source, by_field in _GADOLINIUM
        for field, (r1, error) in by_field.items()
    ),
    *(
        Relaxivity("ferumoxytol", field, medium, 37.0, *rates, _KNOBLOCH)
        for (medium, field), rates in _FERUMOXYTOL.items()
    ),
)

_OTHER_NAMES = {
    "gadoterate": "Gd-DOTA",
    "dotarem": "Gd-DOTA",
    "gadopentetate": "Gd-DTPA",
    "magnevist": "Gd-DTPA",
    "gadovist": "gadobutrol",
    "gadavist": "gadobutrol",
    "gd-bt-do3a": "gadobutrol",
    "gd-eob-dtpa": "gadoxetate",
    "primovist": "gadoxetate",
    "eovist": "gadoxetate",
    "gd-hp-do3a": "gadoteridol",
    "prohance": "gadoteridol",
    "gd-dtpa-bma": "gadodiamide",
    "omniscan": "gadodiamide",
    "gd-bopta": "gadobenate",
    "multihance": "gadobenate",
    "feraheme": "ferumoxytol",
}


def relaxivity(agent: str, *, field_t: float, medium: str = "human plasma") -> Relaxivity:
    """Look up the relaxivities of a contrast agent.

    Nothing is interpolated between fields or taken from another medium: relaxivity depends on
    both, and on how the agent binds to proteins.

    Parameters
    ----------
    agent
        Chemical, generic or trade name, in any case: `Gd-DOTA`, `gadoterate`, `Dotarem`.
    field_t
        Field of the scanner, T.
    medium
        What the agent is dissolved in: `human plasma`, `human blood`, `plasma` (of a species
        that the source at hand does not name), `rat blood`, `rat liver`, `rat muscle`, `saline`.

    Returns
    -------
    Relaxivity
        `.r1`, `.r2`, `.r2s` (1/(s·mM)) and `.source`.

    Raises
    ------
    InputError
        If the combination is not in the table; the message lists what is.

    Examples
    --------
    >>> relaxivity("Gd-DOTA", field_t=7.0).r1
    2.84

    """
    key = agent.strip().lower()
    known = {row.agent.lower(): row.agent for row in RELAXIVITIES} | _OTHER_NAMES
    if key not in known:
        raise InputError(
            f"no relaxivity of an agent {agent!r}; known are {', '.join(_agents())} and their "
            "trade names"
        )
    name = known[key]
    rows = [row for row in RELAXIVITIES if row.agent == name]
    for row in rows:
        if row.medium == medium.strip().lower() and abs(row.field_t - field_t) <= _FIELD_TOLERANCE:
            return row
    listed = "; ".join(f"{row.field_t:g} T in {row.medium}" for row in rows)
    raise InputError(
        f"no relaxivity of {name} at {field_t:g} T in {medium}; known are {listed}. Nothing is "
        "extrapolated: choose one of these or give r1 yourself"
    )


def _agents() -> list[str]:
    return sorted({row.agent for row in RELAXIVITIES}, key=str.lower)
