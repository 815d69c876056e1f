"""The statistics of early response: measurement table in, results out.

`analyse` does what a plan says; the other functions are its parts, for use by hand.
"""

from biomarkers.stats.analyse import analyse
from biomarkers.stats.change import change
from biomarkers.stats.earliest import Earliest, earliest
from biomarkers.stats.roc import Roc, roc

__all__ = ["Earliest", "Roc", "analyse", "change", "earliest", "roc"]
