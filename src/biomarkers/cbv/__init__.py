"""Cerebral blood volume, from iron oxide at its steady state and from a bolus."""

from biomarkers.cbv.dsc_artery import dsc_artery, dsc_input
from biomarkers.cbv.dsc_maps import dsc
from biomarkers.cbv.dsc_regions import dsc_rows
from biomarkers.cbv.dsc_result import DSCMaps
from biomarkers.cbv.dsc_scaling import AS_MEASURED, HUMAN, RAT, Scaling
from biomarkers.cbv.dsc_signal import DSCFlag

__all__ = [
    "AS_MEASURED",
    "HUMAN",
    "RAT",
    "DSCFlag",
    "DSCMaps",
    "Scaling",
    "dsc",
    "dsc_artery",
    "dsc_input",
    "dsc_rows",
]
