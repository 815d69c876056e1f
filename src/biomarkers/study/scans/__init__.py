"""Kinds of scan that a session may hold, each with what it needs and what it gives."""

from biomarkers.study.scans.bolus import BOLUS
from biomarkers.study.scans.dce import DCE
from biomarkers.study.scans.iron_oxide import IRON_OXIDE
from biomarkers.study.scans.pet import PET
from biomarkers.study.scans.scan import Part, Scan

# In the order in which they are measured: where two give one map, that of the first is kept.
SCANS: tuple[Scan, ...] = (DCE, IRON_OXIDE, BOLUS, PET)

__all__ = ["SCANS", "Part", "Scan"]
