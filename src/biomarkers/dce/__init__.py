"""Dynamic contrast-enhanced MRI: from scanner signal to maps of perfusion and permeability."""

from biomarkers.dce.arrival import baseline_before_arrival
from biomarkers.dce.artery import measured_input
from biomarkers.dce.concentration import concentration, concentration_to_signal
from biomarkers.dce.maps import maps
from biomarkers.dce.result import DCEMaps
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
    "DCEMaps",
    "InversionTrain",
    "T1Map",
    "b1_afi",
    "b1_double_angle",
    "baseline_before_arrival",
    "concentration",
    "concentration_to_signal",
    "maps",
    "measured_input",
    "t1_hifi",
    "t1_inversion_recovery",
    "t1_look_locker",
    "t1_saturation_recovery",
    "t1_vfa",
]
