"""Dynamic contrast-enhanced MRI: from scanner signal to maps of perfusion and permeability."""

from biomarkers.dce.arrival import arrival_times, baseline_before_arrival
from biomarkers.dce.artery import measured_input
from biomarkers.dce.concentration import concentration, concentration_to_signal
from biomarkers.dce.delay import SharedDelay
from biomarkers.dce.maps import maps
from biomarkers.dce.quality import Misfit, misfit
from biomarkers.dce.regions import Interval, RegionFit, fit_region
from biomarkers.dce.result import DCEMaps
from biomarkers.dce.semiquantitative import semiquantitative
from biomarkers.dce.smooth_input import smooth_between_samples
from biomarkers.dce.water_exchange import two_pool_signal
from biomarkers.relaxometry import T1Map, b1_afi, t1_vfa

__all__ = [
    "DCEMaps",
    "Interval",
    "Misfit",
    "RegionFit",
    "SharedDelay",
    "T1Map",
    "arrival_times",
    "b1_afi",
    "baseline_before_arrival",
    "concentration",
    "concentration_to_signal",
    "fit_region",
    "maps",
    "measured_input",
    "misfit",
    "semiquantitative",
    "smooth_between_samples",
    "t1_vfa",
    "two_pool_signal",
]
