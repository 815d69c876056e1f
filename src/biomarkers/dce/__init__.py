"""Dynamic contrast-enhanced MRI: from scanner signal to maps of perfusion and permeability."""

from biomarkers.dce._population_table import POPULATION_INPUTS, PopulationInput
from biomarkers.dce._relaxivity_table import RELAXIVITIES, Relaxivity
from biomarkers.dce.agents import relaxivity
from biomarkers.dce.calls import maps, measured_input, semiquantitative
from biomarkers.dce.concentrations import (
    concentration,
    concentration_relative,
    concentration_turboflash,
)
from biomarkers.dce.delay import SharedDelay
from biomarkers.dce.fitting import DCEMaps
from biomarkers.dce.population import population_input
from biomarkers.dce.quality import Misfit, misfit
from biomarkers.dce.regions import RegionFit, fit_region
from biomarkers.dce.sample_flags import SignalFlag, clipping_level, signal_flags, without_clipped
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import GradientEcho, TurboFlash
from biomarkers.dce.signal_models import concentration_to_signal, turboflash_signal
from biomarkers.dce.water_exchange import two_pool_signal
from biomarkers.kinetics.arrival import arrival_times, baseline_before_arrival
from biomarkers.kinetics.artery import Artery, find_artery
from biomarkers.kinetics.input import smooth_between_samples
from biomarkers.relaxometry import (
    InversionTrain,
    T1Map,
    b1_afi,
    b1_double_angle,
    t1_hifi,
    t1_inversion_recovery,
    t1_look_locker,
    t1_saturation_recovery,
    t1_vfa,
)

__all__ = [
    "POPULATION_INPUTS",
    "RELAXIVITIES",
    "Artery",
    "DCEMaps",
    "GradientEcho",
    "InversionTrain",
    "Misfit",
    "PopulationInput",
    "RegionFit",
    "Relaxivity",
    "Scan",
    "SharedDelay",
    "SignalFlag",
    "T1Map",
    "TurboFlash",
    "arrival_times",
    "b1_afi",
    "b1_double_angle",
    "baseline_before_arrival",
    "clipping_level",
    "concentration",
    "concentration_relative",
    "concentration_to_signal",
    "concentration_turboflash",
    "find_artery",
    "fit_region",
    "maps",
    "measured_input",
    "misfit",
    "population_input",
    "relaxivity",
    "semiquantitative",
    "signal_flags",
    "smooth_between_samples",
    "t1_hifi",
    "t1_inversion_recovery",
    "t1_look_locker",
    "t1_saturation_recovery",
    "t1_vfa",
    "turboflash_signal",
    "two_pool_signal",
    "without_clipped",
]
