"""Cohorts with known truth, written as the scanner and the people would have left them."""

from collections.abc import Mapping
from types import MappingProxyType

from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.effects import with_effects
from biomarkers.simulate.elements import Course, Group, Outcome, Trait, Visit
from biomarkers.simulate.in_memory.mice import mouse_spectra
from biomarkers.simulate.in_memory.ordered import slices_in_order
from biomarkers.simulate.in_memory.record import ArrayCohort
from biomarkers.simulate.in_memory.rings import ring_lesions
from biomarkers.simulate.in_memory.sites import hospitals
from biomarkers.simulate.oracle import oracle_auc
from biomarkers.simulate.studies.gbm_dce_rgd import GBM_DCE_RGD, gbm_dce_rgd
from biomarkers.simulate.studies.gbm_mrsi import GBM_MRSI, gbm_mrsi
from biomarkers.simulate.studies.pretreatment import (
    GLIOBLASTOMA_SPLIT,
    METASTASES_FOREST,
    METASTASES_SVM,
)
from biomarkers.simulate.studies.rat_glioma import RAT_GLIOMA, rat_glioma
from biomarkers.simulate.tables import draw_tables
from biomarkers.simulate.writing import write_study

STUDIES: Mapping[str, Declaration] = MappingProxyType(
    {
        study.name: study
        for study in (
            RAT_GLIOMA,
            GBM_DCE_RGD,
            GBM_MRSI,
            METASTASES_SVM,
            METASTASES_FOREST,
            GLIOBLASTOMA_SPLIT,
        )
    }
)

__all__ = [
    "STUDIES",
    "ArrayCohort",
    "Course",
    "Declaration",
    "Group",
    "Outcome",
    "Trait",
    "Visit",
    "draw_tables",
    "gbm_dce_rgd",
    "gbm_mrsi",
    "hospitals",
    "mouse_spectra",
    "oracle_auc",
    "rat_glioma",
    "ring_lesions",
    "slices_in_order",
    "with_effects",
    "write_study",
]
