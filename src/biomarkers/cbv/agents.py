"""Iron-oxide agents, how strongly they are magnetised, and what that makes of an animal's blood.

Particles of iron oxide are superparamagnetic: their magnetisation follows a Langevin curve and is
nearly complete above 1 T. The field they cause around a vessel then no longer grows with the
scanner's, so the susceptibility that describes it falls as 1/B0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.ranges import check_possible

BOLTZMANN = 1.380649e-23  # J/K, exact (SI 2019)
VACUUM_PERMEABILITY = 1.25663706e-6  # T m/A (CODATA 2018)
BODY_TEMPERATURE = 310.15  # K

# Iron in the crystals of the cores, kg/m^3: magnetite has 5180 kg/m^3, of which 72.4 % is iron
# (3 × 55.845 of 231.533 g/mol). Bulk magnetite saturates at 480 kA/m: 128 A·m^2/kg of iron.
_IRON_DENSITY = 5180.0 * 0.724


@dataclass(frozen=True)
class Agent:
    """Magnetisation of an iron-oxide agent.

    Parameters
    ----------
    name
        As `steady_state` takes it.
    saturation
        Magnetisation of a kilogram of its iron in a strong field, A·m^2/kg (the same number in
        emu per gram of iron).
    core_nm
        Magnetic diameter of a core, nm; it decides at which field the agent saturates.
    uncertainty
        Relative standard uncertainty of `saturation`, judged by what disagrees in the literature.
        It is shared by all voxels and animals, so that no ratio or change depends on it.
    source
        Where the numbers come from.

    Examples
    --------
    >>> from biomarkers.cbv import Agent
    >>> agent = Agent("ours", saturation=80.0, core_nm=7.0, uncertainty=0.3, source="our lab")
    >>> print(f"{agent.magnetisation(7.0):.1f} A m^2/kg at 7 T")
    79.1 A m^2/kg at 7 T

    """

    name: str
    saturation: float
    core_nm: float
    uncertainty: float
    source: str

    def __post_init__(self) -> None:
        for key, of in (("saturation", "iron_magnetisation"), ("core_nm", "core_diameter")):
            source = f"{key} of agent {self.name!r}"
            check_possible(of, positive_number(source, getattr(self, key)), source=source)

    def magnetisation(self, field_t: float) -> float:
        """Return the magnetisation of a kilogram of iron in blood at a field (T), A·m^2/kg.

        The Langevin function of the energy of a core's moment over that of heat at 37 degrees C.

        Examples
        --------
        Nearly saturated above 1 T:

        >>> from biomarkers.cbv import AGENTS
        >>> agent = AGENTS["ferumoxytol"]
        >>> share = [agent.magnetisation(field) / agent.saturation for field in (0.1, 1.5, 7.0)]
        >>> print([round(each, 2) for each in share])
        [0.3, 0.93, 0.98]

        """
        volume = np.pi / 6.0 * (1e-9 * self.core_nm) ** 3
        moment = self.saturation * _IRON_DENSITY * volume
        x = moment * field_t / (BOLTZMANN * BODY_TEMPERATURE)
        # Near 0, 1/tanh x - 1/x loses its digits.
        return self.saturation * float(x / 3.0 if x < 1e-4 else 1.0 / np.tanh(x) - 1.0 / x)


AGENTS: Mapping[str, Agent] = MappingProxyType(
    {
        agent.name: agent
        for agent in (
            Agent(
                "P904",
                77.5,
                6.0,
                0.35,
                "No magnetometry was found. Saturation is the one that gives rat blood 0.28 ppm "
                "(CGS) at 4.7 T after 200 umol Fe/kg, a number whose origin was not found either; "
                "MP3 (github.com/nifm-gin/MP3, Module_VSI.m) has 0.1867 ppm as its default. Vessel "
                "sizes by an iron oxide differed from histology by -15 to 26 % (Lemasson et al., "
                "Magn Reson Med 2013;69:18, doi:10.1002/mrm.24218). Core as of ferumoxtran.",
            ),
            Agent(
                "ferumoxytol",
                94.8,
                6.0,
                0.25,
                "Saturation is ascribed to ferumoxtran, of the same non-stoichiometric magnetite, "
                "but was not found in a source that could be read. Its cores: single crystals of "
                "5.8-6.2 nm by X-ray diffraction (Jung & Jacobs, Magn Reson Imaging 1995;13:661, "
                "doi:10.1016/0730-725X(95)00024-B). Ferumoxytol saturates at about 1.5 T (Proc "
                "ISMRM 2016:2851).",
            ),
            Agent(
                "MION",
                68.0,
                4.6,
                0.30,
                "Ascribed to Shen et al., Magn Reson Med 1993;29:599, doi:10.1002/mrm.1910290504, "
                "which could not be read",
            ),
        )
    }
)
_OTHER_NAMES = {"feraheme": "ferumoxytol", "rienso": "ferumoxytol", "mion-46": "MION"}


def find_agent(agent: str | Agent) -> Agent:
    """Return an agent by its name, in any case; one of the user's own is returned as it is.

    Raises
    ------
    InputError
        If the name is unknown; the message lists those known.

    Examples
    --------
    >>> from biomarkers.cbv import find_agent
    >>> find_agent("feraheme").name
    'ferumoxytol'

    """
    if isinstance(agent, Agent):
        return agent
    key = str(agent).strip().lower()
    known = {name.lower(): name for name in AGENTS} | _OTHER_NAMES
    if key not in known:
        raise InputError(
            f"agent is {agent!r}; known are {', '.join(AGENTS)}. For another give "
            "cbv.Agent(name, saturation, core_nm, uncertainty, source)"
        )
    return AGENTS[known[key]]


@dataclass(frozen=True)
class Species:
    """How much blood an animal has.

    Parameters
    ----------
    name
        As `steady_state` takes it.
    blood_ml_per_kg
        Blood per body weight, mL/kg.
    source
        Where the number comes from.

    Examples
    --------
    >>> from biomarkers.cbv import Species
    >>> Species("mouse", blood_ml_per_kg=72.0, source="our own measurement").blood_ml_per_kg
    72.0

    """

    name: str
    blood_ml_per_kg: float
    source: str

    def __post_init__(self) -> None:
        source = f"blood_ml_per_kg of {self.name!r}"
        blood = positive_number(source, self.blood_ml_per_kg, "mL/kg")
        check_possible("blood_volume", blood, source=source)


SPECIES: Mapping[str, Species] = MappingProxyType(
    {
        species.name: species
        for species in (
            Species(
                "rat",
                64.0,
                "at 200 g; 68 to 62 mL/kg from 100 to 400 g, in 70 awake rats by red cells and "
                "plasma: Lee & Blaufox, J Nucl Med 1985;26:72. A tracer of plasma alone found 12 % "
                "more (Argent et al., Lab Anim 1994;28:172, doi:10.1258/002367794780745218)",
            ),
            Species(
                "human",
                69.0,
                "mean of the reference man (5.3 L, 73 kg) and woman (3.9 L, 60 kg): ICRP "
                "Publication 89, Ann ICRP 2002;32(3-4)",
            ),
        )
    }
)


def find_species(species: str | Species) -> Species:
    """Return a species by its name; `InputError` lists those known.

    Examples
    --------
    >>> from biomarkers.cbv import find_species
    >>> find_species("rat").blood_ml_per_kg
    64.0

    """
    if isinstance(species, Species):
        return species
    if species not in SPECIES:
        raise InputError(
            f"species is {species!r}; known are {', '.join(SPECIES)}. For another give "
            "cbv.Species(name, blood_ml_per_kg, source)"
        )
    return SPECIES[species]


def blood_susceptibility(
    agent: str | Agent,
    *,
    dose_mg_fe_kg: float,
    field_t: float,
    species: str | Species = "rat",
) -> float:
    """Return by how much an iron oxide raises the susceptibility of blood, SI.

    All of the dose is taken to be in the blood, evenly: right after injection, before the liver
    takes it up. It is the magnetisation of blood over the field strength H = B0/mu0.

    Parameters
    ----------
    agent
        A name in `AGENTS`, or an `Agent`.
    dose_mg_fe_kg
        Dose of iron per body weight, mg/kg; 1 umol/kg is 0.0558 mg/kg.
    field_t
        Field of the scanner, T.
    species
        `rat` or `human`, or a `Species`.

    Returns
    -------
    float
        Difference in volume susceptibility, SI (a plain number; divide by 4 pi for CGS).

    Raises
    ------
    InputError
        If agent or species is unknown, or dose or field cannot be.

    Warns
    -----
    UnusualValueWarning
        If dose or field is possible but not usual.

    Examples
    --------
    200 umol Fe/kg in a rat; over 4 pi for CGS, the 0.28 ppm that is ascribed to P904:

    >>> import numpy as np
    >>> from biomarkers.cbv import blood_susceptibility
    >>> chi = blood_susceptibility("P904", dose_mg_fe_kg=11.2, field_t=4.7)
    >>> print(f"{1e6 * chi:.2f} ppm (SI), {1e6 * chi / (4 * np.pi):.2f} ppm (CGS)")
    3.53 ppm (SI), 0.28 ppm (CGS)

    """
    dose = positive_number("dose_mg_fe_kg", dose_mg_fe_kg, "mg/kg")
    field = positive_number("field_t", field_t, "T")
    animal = find_species(species)
    check_possible("iron_dose", dose, source="dose_mg_fe_kg", species=animal.name)
    check_possible("field_t", field, source="field_t")
    # mg/mL is the same number in kg/m^3.
    magnetisation = dose / animal.blood_ml_per_kg * find_agent(agent).magnetisation(field)
    return float(magnetisation * VACUUM_PERMEABILITY / field)
