"""A bolus of contrast, as dynamic susceptibility contrast sees it: blood flow and volume."""

from biomarkers.cbv.bolus.flat import dsc, dsc_artery, dsc_input
from biomarkers.cbv.bolus.maps import DSCMaps
from biomarkers.cbv.bolus.regions import dsc_rows
from biomarkers.cbv.bolus.scaling import AS_MEASURED, HUMAN, RAT, Scaling
from biomarkers.cbv.bolus.scan import BolusScan
from biomarkers.cbv.bolus.signal import DSCFlag

__all__ = [
    "AS_MEASURED",
    "HUMAN",
    "RAT",
    "BolusScan",
    "DSCFlag",
    "DSCMaps",
    "Scaling",
    "dsc",
    "dsc_artery",
    "dsc_input",
    "dsc_rows",
]
