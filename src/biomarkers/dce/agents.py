"""Relaxivities of contrast agents by agent, field and medium, each as its source measured it."""

from biomarkers.dce._relaxivity_table import RELAXIVITIES, Relaxivity
from biomarkers.errors import InputError
from biomarkers.ranges import check_possible

_FIELD_TOLERANCE = 0.15  # T: scanners of 2.89 T and of 3 T are called alike

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

# Name of every agent by all of its names, in small letters.
AGENT_NAMES = {row.agent.lower(): row.agent for row in RELAXIVITIES} | _OTHER_NAMES

# Other tables, dcmri's among them, call Rohrer's bovine plasma just plasma.
_OTHER_MEDIA = {"plasma": "bovine plasma"}


def relaxivity(agent: str, *, field_t: float, medium: str = "human plasma") -> Relaxivity:
    """Look up the relaxivities of a contrast agent.

    Nothing is interpolated between fields or taken from another medium: relaxivity depends on
    both, and on how the agent binds to proteins.

    Parameters
    ----------
    agent
        Chemical, generic or trade name, in any case: `Gd-DOTA`, `gadoterate`, `Dotarem`.
    field_t
        Field of the scanner, T. A row within 0.15 T counts as of this field; of several the
        nearest.
    medium
        What the agent is dissolved in: `human plasma`, `human blood`, `bovine plasma` (or just
        `plasma`), `canine blood`, `rat blood`, `rat liver`, `rat muscle`, `saline`, `water`.

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
    >>> from biomarkers.dce import relaxivity
    >>> relaxivity("Gd-DOTA", field_t=7.0).r1
    2.84

    """
    check_possible("field_t", field_t, source="field_t")
    key = agent.strip().lower()
    if key not in AGENT_NAMES:
        raise InputError(
            f"no relaxivity of an agent {agent!r}; known are {', '.join(_agents())} and their "
            "trade names"
        )
    name = AGENT_NAMES[key]
    rows = [row for row in RELAXIVITIES if row.agent == name]
    asked = medium.strip().lower()
    near = [
        row
        for row in rows
        if row.medium == _OTHER_MEDIA.get(asked, asked)
        and abs(row.field_t - field_t) <= _FIELD_TOLERANCE
    ]
    if near:
        return min(near, key=lambda row: abs(row.field_t - field_t))
    listed = "; ".join(f"{row.field_t:g} T in {row.medium}" for row in rows)
    raise InputError(
        f"no relaxivity of {name} at {field_t:g} T in {medium}; known are {listed}. Nothing is "
        "extrapolated: choose one of these or give r1 yourself"
    )


def _agents() -> list[str]:
    return sorted({row.agent for row in RELAXIVITIES}, key=str.lower)
