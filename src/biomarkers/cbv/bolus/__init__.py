"""A bolus of contrast, as dynamic susceptibility contrast sees it: blood flow and volume."""

from biomarkers.cbv.bolus.artery import dsc_artery, dsc_input
from biomarkers.cbv.bolus.maps import dsc
from biomarkers.cbv.bolus.regions import dsc_rows
from biomarkers.cbv.bolus.result import DSCMaps
from biomarkers.cbv.bolus.scaling import AS_MEASURED, HUMAN, RAT, Scaling
from biomarkers.cbv.bolus.signal import DSCFlag

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
