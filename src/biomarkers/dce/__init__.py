"""Dynamic contrast-enhanced MRI: from scanner signal to maps of perfusion and permeability."""

from biomarkers.dce.arrival import baseline_before_arrival
from biomarkers.dce.artery import measured_input
from biomarkers.dce.concentration import concentration, concentration_to_signal
from biomarkers.dce.maps import maps
from biomarkers.dce.result import DCEMaps
from biomarkers.relaxometry import T1Map, b1_afi, t1_vfa

__all__ = [
    "DCEMaps",
    "T1Map",
    "b1_afi",
    "baseline_before_arrival",
    "concentration",
    "concentration_to_signal",
    "maps",
    "measured_input",
    "t1_vfa",
]
