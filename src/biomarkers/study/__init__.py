"""A cohort on disk: walk it, check it, measure it."""

from biomarkers.study.cohort import Dataset, Session, Study, open_study
from biomarkers.study.measure import Failure, MeasuredStudy, measure
from biomarkers.study.settings import COMPUTED, GIVEN, MeasureSettings
from biomarkers.study.warm_up import warming_up

__all__ = [
    "COMPUTED",
    "GIVEN",
    "Dataset",
    "Failure",
    "MeasureSettings",
    "MeasuredStudy",
    "Session",
    "Study",
    "measure",
    "open_study",
    "warming_up",
]
