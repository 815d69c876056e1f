"""Relaxation times and the transmit field from signals: arrays in, arrays out."""

from biomarkers.relaxometry.b1 import b1_afi, b1_double_angle
from biomarkers.relaxometry.b1_maps import afi_map, double_angle_map
from biomarkers.relaxometry.decay import noise_floor, r2_multi_echo
from biomarkers.relaxometry.maps import RateMap, T1Map
from biomarkers.relaxometry.outcome import RelaxationFlag
from biomarkers.relaxometry.recovery import t1_inversion_recovery, t1_saturation_recovery
from biomarkers.relaxometry.smoothing import (
    b1_smoothing_fwhm,
    share_kept_by_mean,
    smooth_b1,
    smooth_pair,
    smoothed_noise,
)
from biomarkers.relaxometry.spgr import spgr_signal
from biomarkers.relaxometry.train import InversionTrain, train_signal
from biomarkers.relaxometry.train_fits import t1_hifi, t1_look_locker
from biomarkers.relaxometry.vfa import t1_vfa

__all__ = [
    "InversionTrain",
    "RateMap",
    "RelaxationFlag",
    "T1Map",
    "afi_map",
    "b1_afi",
    "b1_double_angle",
    "b1_smoothing_fwhm",
    "double_angle_map",
    "noise_floor",
    "r2_multi_echo",
    "share_kept_by_mean",
    "smooth_b1",
    "smooth_pair",
    "smoothed_noise",
    "spgr_signal",
    "t1_hifi",
    "t1_inversion_recovery",
    "t1_look_locker",
    "t1_saturation_recovery",
    "t1_vfa",
    "train_signal",
]
