"""What an estimate is: its value, error and reasons, in one record from fit to table and file."""

from biomarkers.estimates.noting import noted
from biomarkers.estimates.pooling import pooled_sd
from biomarkers.estimates.reasons import REMARKS, FitFlag, Reasons, reasons_of
from biomarkers.estimates.record import Estimates
from biomarkers.estimates.values import SharedError
from biomarkers.estimates.voxels import Chosen, checked_series, in_chunks, with_signal

__all__ = [
    "REMARKS",
    "Chosen",
    "Estimates",
    "FitFlag",
    "Reasons",
    "SharedError",
    "checked_series",
    "in_chunks",
    "noted",
    "pooled_sd",
    "reasons_of",
    "with_signal",
]
