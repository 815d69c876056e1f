"""Relaxation times and the transmit field from signals: arrays in, arrays out."""

from biomarkers.relaxometry.b1 import b1_afi
from biomarkers.relaxometry.smoothing import b1_smoothing_fwhm, smooth_b1, smooth_pair
from biomarkers.relaxometry.spgr import spgr_signal
from biomarkers.relaxometry.vfa import T1Map, t1_vfa

__all__ = [
    "T1Map",
    "b1_afi",
    "b1_smoothing_fwhm",
    "smooth_b1",
    "smooth_pair",
    "spgr_signal",
    "t1_vfa",
]
