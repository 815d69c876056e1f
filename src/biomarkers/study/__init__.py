"""A cohort on disk: walk it, check it, measure it step by step."""

from biomarkers.study.cohort import Dataset, Session, Study, open_study
from biomarkers.study.convert import Imported, import_bruker, import_dicom
from biomarkers.study.events import Event
from biomarkers.study.holding import locked
from biomarkers.study.maps import COMPUTED, GIVEN, Maps
from biomarkers.study.measuring import (
    Failure,
    MeasuredStudy,
    PlannedStudy,
    measure,
    plan_measuring,
)
from biomarkers.study.settings import MeasureSettings
from biomarkers.study.step import Files, Step
from biomarkers.study.steps import STEPS
from biomarkers.study.work import Outcome, Plan, View, Work

__all__ = [
    "COMPUTED",
    "GIVEN",
    "STEPS",
    "Dataset",
    "Event",
    "Failure",
    "Files",
    "Imported",
    "Maps",
    "MeasureSettings",
    "MeasuredStudy",
    "Outcome",
    "Plan",
    "PlannedStudy",
    "Session",
    "Step",
    "Study",
    "View",
    "Work",
    "import_bruker",
    "import_dicom",
    "locked",
    "measure",
    "open_study",
    "plan_measuring",
]
