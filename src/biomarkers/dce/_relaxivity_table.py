"""The measured relaxivities, each with its paper and, if that could not be read, who quotes it."""

from dataclasses import dataclass


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
        Reference; where only a quotation could be read, with who quotes it.

    Examples
    --------
    >>> from biomarkers.dce import RELAXIVITIES
    >>> first = RELAXIVITIES[0]
    >>> print(first.agent, first.medium, first.field_t, first.r1)
    Gd-DOTA human plasma 1.5 3.32

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
_FRIES = "Fries et al., Invest Radiol 2015;50:835. doi:10.1097/RLI.0000000000000192"
_ROZIJN = "Rozijn et al., MAGMA 1999. doi:10.1007/BF02634594"
_KNOBLOCH = "Knobloch et al., Invest Radiol 2018;53:257. doi:10.1097/RLI.0000000000000434"

# LiverDCE (github.com/MSU-Radiology/LiverDCE) says which numbers are whose and in what medium;
# where both quote Rohrer et al., dcmri 0.6.20 has the same, but for gadoxetate: its numbers "in
# plasma" and "in hepatocytes" are those of Ziemian et al. in blood and liver of rats.
_ROHRER_DCMRI = f"{_ROHRER}, as quoted by dcmri"
_ROHRER_BOTH = f"{_ROHRER}, as quoted by dcmri and LiverDCE"
_ROHRER_LIVERDCE = f"{_ROHRER}, as quoted by LiverDCE"
_ZIEMIAN_LIVERDCE = f"{_ZIEMIAN}, as quoted by LiverDCE"
_FRIES_LIVERDCE = f"{_FRIES}, as quoted by LiverDCE from Wahsner et al., Chem Rev 2018"

_Values = dict[float, tuple[float, float]]


def _without_spread(by_field: dict[float, float]) -> _Values:
    return {field: (r1, _UNKNOWN) for field, r1 in by_field.items()}


# Agent, medium, source, and by field (T) r1 with its spread, 1/(s mM); all at 37 degrees C.
_GADOLINIUM: tuple[tuple[str, str, str, _Values], ...] = (
    ("Gd-DOTA", "human plasma", _SZOMOLANYI, {1.5: (3.32, 0.13), 3: (3.00, 0.13), 7: (2.84, 0.09)}),
    (
        "gadobutrol",
        "human plasma",
        _SZOMOLANYI,
        {1.5: (4.78, 0.12), 3: (4.97, 0.59), 7: (3.83, 0.24)},
    ),
    ("gadobutrol", "human plasma", _FRIES_LIVERDCE, _without_spread({9.4: 4.7})),
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
    *(
        (agent, "bovine plasma", source, _without_spread(by_field))
        for agent, source, by_field in (
            ("Gd-DTPA", _ROHRER_DCMRI, {0.47: 3.8}),
            ("Gd-DTPA", _ROHRER_BOTH, {1.5: 4.1, 3: 3.7, 4.7: 3.8}),
            ("gadobutrol", _ROHRER_DCMRI, {0.47: 6.1}),
            ("gadobutrol", _ROHRER_BOTH, {1.5: 5.2, 3: 5.0, 4.7: 4.7}),
            ("gadobenate", _ROHRER_BOTH, {0.47: 9.2, 1.5: 6.3, 3: 5.5, 4.7: 5.2}),
            ("Gd-DOTA", _ROHRER_DCMRI, {0.47: 4.3, 1.5: 3.6, 3: 3.5, 4.7: 3.3}),
            ("gadoteridol", _ROHRER_DCMRI, {0.47: 4.8, 1.5: 4.1, 3: 3.7, 4.7: 3.7}),
            ("gadodiamide", _ROHRER_DCMRI, {0.47: 4.4, 1.5: 4.3, 3: 4.0, 4.7: 3.9}),
            ("gadoxetate", _ROHRER_LIVERDCE, {1.5: 6.9, 3: 6.2, 4.7: 5.9}),
        )
    ),
    *(
        (agent, "canine blood", _ROHRER_LIVERDCE, _without_spread({1.5: r1}))
        for agent, r1 in (
            ("Gd-DTPA", 4.3),
            ("gadobutrol", 5.3),
            ("gadobenate", 6.7),
            ("gadoxetate", 7.3),
        )
    ),
    ("gadoxetate", "rat blood", _ZIEMIAN, {1.41: (7.5, 0.2), 7: (6.2, 0.3)}),
    (
        "gadoxetate",
        "rat blood",
        _ZIEMIAN_LIVERDCE,
        _without_spread({1.5: 8.1, 3: 6.4, 4.7: 6.4}),
    ),
    ("gadoxetate", "rat liver", _ZIEMIAN, {1.41: (15.0, 0.9), 7: (6.0, 0.3)}),
    (
        "gadoxetate",
        "rat liver",
        _ZIEMIAN_LIVERDCE,
        _without_spread({1.5: 14.6, 3: 9.8, 4.7: 7.6}),
    ),
    ("Gd-DTPA", "rat muscle", _ROZIJN, {6.3: (2.7, 0.5)}),
    ("Gd-DTPA", "water", _ROZIJN, {6.3: (3.00, 0.56)}),
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
