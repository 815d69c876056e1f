"""Dynamic contrast-enhanced MRI: from scanner signal to maps of perfusion and permeability."""

from biomarkers.dce.arrival import baseline_before_arrival
from biomarkers.dce.artery import measured_input
from biomarkers.dce.concentration import concentration, concentration_to_signal
from biomarkers.dce.detection import Artery, find_artery
from biomarkers.dce.maps import maps
from biomarkers.dce.population import POPULATION_INPUTS, PopulationInput, population_input
from biomarkers.dce.relative import concentration_relative
from biomarkers.dce.relaxivity import RELAXIVITIES, Relaxivity, relaxivity
from biomarkers.dce.result import DCEMaps
from biomarkers.dce.signal_flags import SignalFlag, clipping_level, signal_flags, without_clipped
from biomarkers.dce.turboflash import concentration_turboflash, turboflash_signal
from biomarkers.relaxometry import T1Map, b1_afi, t1_vfa

__all__ = [
    "POPULATION_INPUTS",
    "RELAXIVITIES",
    "Artery",
    "DCEMaps",
    "PopulationInput",
    "Relaxivity",
    "SignalFlag",
    "T1Map",
    "b1_afi",
    "baseline_before_arrival",
    "clipping_level",
    "concentration",
    "concentration_relative",
    "concentration_to_signal",
    "concentration_turboflash",
    "find_artery",
    "maps",
    "measured_input",
    "population_input",
    "relaxivity",
    "signal_flags",
    "t1_vfa",
    "turboflash_signal",
    "without_clipped",
]
