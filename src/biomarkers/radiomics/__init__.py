"""Radiomics: features of shape, intensity and texture as IBSI defines them."""

from biomarkers.radiomics.extraction import features
from biomarkers.radiomics.filters import filtered
from biomarkers.radiomics.settings import Settings

__all__ = ["Settings", "features", "filtered"]
