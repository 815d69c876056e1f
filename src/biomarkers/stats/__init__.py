"""The statistics of early response: measurement table in, results out.

`analyse` does what a plan says; the other functions are its parts, for use by hand.
"""

from biomarkers.stats.accuracy import Accuracy, accuracy
from biomarkers.stats.analyse import analyse
from biomarkers.stats.change import change
from biomarkers.stats.compare import RocComparison, compare_roc
from biomarkers.stats.cutoff import (
    Cutoff,
    at_sensitivity,
    at_specificity,
    cutoff,
    least_cost,
)
from biomarkers.stats.earliest import Earliest, earliest
from biomarkers.stats.partial import PartialAuc, partial_auc
from biomarkers.stats.power import detectable_auc, roc_power, roc_sample_size
from biomarkers.stats.roc import Roc, roc

__all__ = [
    "Accuracy",
    "Cutoff",
    "Earliest",
    "PartialAuc",
    "Roc",
    "RocComparison",
    "accuracy",
    "analyse",
    "at_sensitivity",
    "at_specificity",
    "change",
    "compare_roc",
    "cutoff",
    "detectable_auc",
    "earliest",
    "least_cost",
    "partial_auc",
    "roc",
    "roc_power",
    "roc_sample_size",
]
