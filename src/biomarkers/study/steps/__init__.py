"""The steps of measuring a study, each a module: what it needs, what it gives, its settings."""

from biomarkers.study.step import Step
from biomarkers.study.steps.b1 import B1
from biomarkers.study.steps.bolus import BOLUS
from biomarkers.study.steps.dce import DCE
from biomarkers.study.steps.iron_oxide import IRON_OXIDE
from biomarkers.study.steps.pet_kinetics import PET_KINETICS
from biomarkers.study.steps.pet_uptake import UPTAKE
from biomarkers.study.steps.t1 import T1

# Where two give one map, that of the first is kept.
STEPS: tuple[Step, ...] = (B1, T1, DCE, IRON_OXIDE, BOLUS, UPTAKE, PET_KINETICS)

__all__ = ["STEPS"]
