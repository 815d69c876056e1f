"""Cerebral blood volume, from iron oxide at its steady state and from a bolus."""

from biomarkers.cbv.agents import (
    AGENTS,
    SPECIES,
    Agent,
    Species,
    blood_susceptibility,
    find_agent,
    find_species,
)
from biomarkers.cbv.bolus import (
    AS_MEASURED,
    HUMAN,
    RAT,
    BolusScan,
    DSCFlag,
    DSCMaps,
    Scaling,
    dsc,
    dsc_artery,
    dsc_input,
    dsc_rows,
)
from biomarkers.cbv.dephasing import blood_volume, delta_r2, delta_r2s
from biomarkers.cbv.iron_oxide import MOVED_VOXELS, SteadyState, steady_state, with_vessels
from biomarkers.cbv.rates import RateFlag, rate_change
from biomarkers.cbv.vessels import vessel_density, vessel_errors, vessel_size

__all__ = [
    "AGENTS",
    "AS_MEASURED",
    "HUMAN",
    "MOVED_VOXELS",
    "RAT",
    "SPECIES",
    "Agent",
    "BolusScan",
    "DSCFlag",
    "DSCMaps",
    "RateFlag",
    "Scaling",
    "Species",
    "SteadyState",
    "blood_susceptibility",
    "blood_volume",
    "delta_r2",
    "delta_r2s",
    "dsc",
    "dsc_artery",
    "dsc_input",
    "dsc_rows",
    "find_agent",
    "find_species",
    "rate_change",
    "steady_state",
    "vessel_density",
    "vessel_errors",
    "vessel_size",
    "with_vessels",
]
