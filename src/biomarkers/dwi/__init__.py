"""Diffusion: coefficient, tensor, kurtosis and perfusion fraction from weighted images."""

from biomarkers.dwi.apparent import adc
from biomarkers.dwi.denoising import denoise
from biomarkers.dwi.engine import DiffusionMap, Method
from biomarkers.dwi.gradients import (
    UNWEIGHTED,
    check_bvalues,
    check_gradients,
    directions,
    read_bvalues,
    read_gradients,
    shells,
)
from biomarkers.dwi.incoherent import ivim
from biomarkers.dwi.tensors import kurtosis, tensor

__all__ = [
    "UNWEIGHTED",
    "DiffusionMap",
    "Method",
    "adc",
    "check_bvalues",
    "check_gradients",
    "denoise",
    "directions",
    "ivim",
    "kurtosis",
    "read_bvalues",
    "read_gradients",
    "shells",
    "tensor",
]
