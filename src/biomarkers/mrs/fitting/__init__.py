"""Linear-combination fits of spectra."""

from biomarkers.mrs.fitting.call import fit
from biomarkers.mrs.fitting.design import Priors
from biomarkers.mrs.fitting.grid import GridFit, fit_grid
from biomarkers.mrs.fitting.outcome import Quality, SpectrumFlag
from biomarkers.mrs.fitting.record import Fit

__all__ = ["Fit", "GridFit", "Priors", "Quality", "SpectrumFlag", "fit", "fit_grid"]
