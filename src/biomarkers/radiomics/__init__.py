"""Radiomics: features of shape, intensity and texture, and filters, as IBSI defines them."""

from biomarkers.radiomics.extraction import features
from biomarkers.radiomics.filters import filtered
from biomarkers.radiomics.measurement import measure
from biomarkers.radiomics.perturbation import perturb
from biomarkers.radiomics.settings import Settings

__all__ = ["Settings", "features", "filtered", "measure", "perturb"]
