"""Every public function of arrays with sound arguments; the properties spoil one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np

from biomarkers import (
    cbv,
    dce,
    dwi,
    estimates,
    images,
    kinetics,
    mrs,
    pet,
    radiomics,
    relaxometry,
    stats,
)
from biomarkers.timing import Frames


@dataclass(frozen=True)
class Call:
    """A function, the arrays that are spoiled one at a time, and what else it needs."""

    function: Callable[..., Any]
    arrays: Mapping[str, np.ndarray]
    others: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, arrays: Mapping[str, Any]) -> Any:
        return self.function(**arrays, **self.others)


_RANDOM = np.random.default_rng(7)


def _noise(*shape: int, size: float = 1.0) -> np.ndarray:
    return size * _RANDOM.standard_normal(shape)


# A dynamic series: a bolus at 30 s, 24 samples, and an input that gives it.
TIME = np.arange(24) * 6.0
_RISE = np.where(TIME > 30, (TIME - 30) * np.exp(-(TIME - 30) / 30.0), 0.0)
PLASMA = 0.3 * _RISE + np.where(TIME > 30, 0.5, 0.0)
CURVES = np.array([0.2, 0.4, 0.6])[:, None] * np.cumsum(PLASMA) / 40 + np.abs(
    _noise(3, 24, size=1e-3)
)
SIGNAL = 100.0 + 40.0 * CURVES
SERIES = 100.0 + 40.0 * np.broadcast_to(CURVES[0], (3, 3, 2, 24)) + _noise(3, 3, 2, 24, size=0.1)
_ARTERY = np.where(TIME > 30, (TIME - 30) * np.exp(-(TIME - 30) / 7.0), 0.0)
FIRST_PASS = SERIES - 100.0
FIRST_PASS[:2] = 3.0 * _ARTERY + 1.0 * (TIME > 30) + _noise(2, 3, 2, 24, size=0.05)
INPUT = kinetics.Input(TIME, blood=0.55 * PLASMA, plasma=PLASMA)
FRAMES = Frames(np.arange(24) * 30.0, np.full(24, 30.0))
PET_INPUT = kinetics.Input(FRAMES.start + 15.0, blood=PLASMA * 10 + 1.0, plasma=PLASMA * 12 + 1.0)
TACS = 1.0 + 5.0 * np.cumsum(PLASMA) / np.cumsum(PLASMA)[-1] * np.array([1.0, 1.5])[:, None]
_VOXELS = (3, 3, 2)
_T1 = 1.0 + 0.2 * np.abs(_noise(*_VOXELS))
FLIPS, TR = np.array([3.0, 8.0, 15.0, 20.0]), 0.01
VFA = np.stack([relaxometry.spgr_signal(500.0, _T1, tr=TR, flip_deg=each) for each in FLIPS], -1)
CUBE = np.abs(np.random.default_rng(8).standard_normal((6, 7, 8)))
TE = np.array([0.003, 0.006, 0.009, 0.012])
ECHOES = 300.0 * np.exp(-TE * 40.0) * np.ones((*_VOXELS, 1)) + np.abs(_noise(*_VOXELS, 4))
TI = np.array([0.1, 0.4, 0.8, 1.6, 3.2])
RECOVERY = np.abs(300.0 * (1 - 2 * np.exp(-TI / _T1[..., None])))
SATURATED = 300.0 * (1 - np.exp(-TI / _T1[..., None]))
TRAIN = relaxometry.InversionTrain(0.02, 0.005, 5.0, pulses=60)
AFI = (100.0 + np.abs(_noise(*_VOXELS)), 60.0 + np.abs(_noise(*_VOXELS)))
DAM = (100.0 + np.abs(_noise(*_VOXELS)), 120.0 + np.abs(_noise(*_VOXELS)))
B = np.array([0.0, 0.0, *[1000.0] * 6, *[2000.0] * 15])
_G = _noise(23, 3)
G = np.where(B[:, None] > 0, _G / np.linalg.norm(_G, axis=1, keepdims=True), 0.0)
DWI = 500.0 * np.exp(-B * 1e-3) * np.ones((*_VOXELS, 1)) + np.abs(_noise(*_VOXELS, 23))
GRID = images.Image(np.abs(_noise(8, 8, 4)) + 1.0, np.eye(4), "grid")
REGION = np.zeros((8, 8, 4))
REGION[1:7, 1:7, 1:3] = 1.0
MARKER = _noise(24) + np.arange(24) % 2
SECOND = MARKER + _noise(24, size=0.3)
OUTCOME = np.arange(24) % 2
SUBJECTS = np.repeat(np.arange(12), 2)
EVENT, SURVIVAL = (np.arange(24) % 3 > 0).astype(int), 10.0 + np.arange(24.0)
ROC = {"marker": MARKER, "outcome": OUTCOME}
PAIR = {"first": MARKER, "second": SECOND}
_SPGR = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
_DSC = 500.0 * np.exp(-0.05 * SERIES / 10)

CALLS: dict[str, Call] = {
    "kinetics.arrival_times": Call(kinetics.arrival_times, {"curves": CURVES, "time": TIME}),
    "kinetics.baseline_before_arrival": Call(kinetics.baseline_before_arrival, {"signal": SIGNAL}),
    "kinetics.clrrm": Call(
        kinetics.clrrm, {"curves": CURVES, "time": TIME},
        {"input": INPUT, "kep_reference": 0.5}),
    "kinetics.find_artery": Call(
        kinetics.find_artery, {"concentration": FIRST_PASS, "time": TIME}),
    "kinetics.select": Call(
        kinetics.select, {"curves": CURVES, "time": TIME},
        {"models": [kinetics.MODELS["tofts"], kinetics.MODELS["patlak"]], "input": INPUT}),
    "relaxometry.afi_map": Call(
        relaxometry.afi_map, dict(zip(("signal_tr1", "signal_tr2"), AFI, strict=True)),
        {"flip_deg": 60.0, "tr1": 0.02, "tr2": 0.1}),
    "relaxometry.b1_afi": Call(
        relaxometry.b1_afi, dict(zip(("signal_tr1", "signal_tr2"), AFI, strict=True)),
        {"flip_deg": 60.0, "tr1": 0.02, "tr2": 0.1}),
    "relaxometry.b1_double_angle": Call(
        relaxometry.b1_double_angle,
        dict(zip(("signal_alpha", "signal_2alpha"), DAM, strict=True)), {"flip_deg": 60.0}),
    "relaxometry.double_angle_map": Call(
        relaxometry.double_angle_map,
        dict(zip(("signal_alpha", "signal_2alpha"), DAM, strict=True)), {"flip_deg": 60.0}),
    "relaxometry.noise_floor": Call(
        relaxometry.noise_floor, {"noise": np.ones(_VOXELS)}, {"values": 4}),
    "relaxometry.r2_multi_echo": Call(relaxometry.r2_multi_echo, {"signal": ECHOES, "te": TE}),
    "relaxometry.share_kept_by_mean": Call(
        relaxometry.share_kept_by_mean, {"region": REGION, "voxel_size": np.ones(3)},
        {"fwhm_mm": 3.0}),
    "relaxometry.smooth_b1": Call(
        relaxometry.smooth_b1, {"b1": 0.9 + 0 * REGION, "voxel_size": np.ones(3)},
        {"fwhm_mm": 3.0}),
    "relaxometry.smooth_pair": Call(
        relaxometry.smooth_pair,
        {"first": REGION + 1, "second": REGION + 2, "voxel_size": np.ones(3)}, {"fwhm_mm": 3.0}),
    "relaxometry.spgr_signal": Call(
        relaxometry.spgr_signal, {"m0": np.full(_VOXELS, 500.0), "t1": _T1},
        {"tr": TR, "flip_deg": 10.0}),
    "relaxometry.t1_hifi": Call(
        relaxometry.t1_hifi, {"spgr": VFA, "prepared": RECOVERY[..., :1], "flip_deg": FLIPS},
        {"tr": TR, "train": TRAIN}),
    "relaxometry.t1_inversion_recovery": Call(
        relaxometry.t1_inversion_recovery, {"signal": RECOVERY, "ti": TI}),
    "relaxometry.t1_saturation_recovery": Call(
        relaxometry.t1_saturation_recovery, {"signal": SATURATED, "delay": TI}),
    "relaxometry.t1_vfa": Call(
        relaxometry.t1_vfa, {"signal": VFA, "flip_deg": FLIPS, "b1": np.full(_VOXELS, 0.9)},
        {"tr": TR}),
    "relaxometry.train_signal": Call(
        relaxometry.train_signal, {"m0": np.full(_VOXELS, 500.0), "t1": _T1}, {"train": TRAIN}),
    "dce.clipping_level": Call(dce.clipping_level, {"signal": SERIES}),
    "dce.concentration": Call(
        dce.concentration, {"signal": SIGNAL, "t10": np.full(3, 1.5)}, _SPGR),
    "dce.concentration_relative": Call(
        dce.concentration_relative, {"signal": SIGNAL, "t10": np.full(3, 1.5)}, {"r1": 4.5}),
    "dce.concentration_to_signal": Call(
        dce.concentration_to_signal, {"concentration": CURVES, "t10": np.full(3, 1.5)}, _SPGR),
    "dce.fit_region": Call(dce.fit_region, {"curves": CURVES, "time": TIME}, {"input": INPUT}),
    "dce.maps": Call(
        dce.maps, {"signal4d": SERIES, "time": TIME, "t10": np.full(_VOXELS, 1.5)},
        {"input": INPUT, **_SPGR}),
    "dce.measured_input": Call(
        dce.measured_input, {"signal4d": SERIES, "time": TIME, "artery": np.ones(_VOXELS)},
        {"t10_blood": 1.6, "hct": 0.42, **_SPGR}),
    "dce.population_input": Call(dce.population_input, {"time": TIME}, {"name": "parker"}),
    "dce.semiquantitative": Call(
        dce.semiquantitative, {"signal4d": SERIES, "time": TIME, "t10": np.full(_VOXELS, 1.5)},
        _SPGR),
    "dce.turboflash_signal": Call(
        dce.turboflash_signal, {"m0": np.full(_VOXELS, 500.0), "t1": _T1},
        {"prep_time": 0.2, "tr": 0.003, "flip_deg": 10.0, "pulses_to_centre": 20}),
    "dce.without_clipped": Call(dce.without_clipped, {"signal": SERIES}),
    "cbv.blood_volume": Call(
        cbv.blood_volume, {"dR2s": np.abs(_noise(*_VOXELS))},
        {"delta_chi": 1e-6, "field_t": 7.0}),
    "cbv.delta_r2": Call(
        cbv.delta_r2,
        {"cbv": np.full(5, 0.03), "radius_um": np.full(5, 8.0), "adc": np.full(5, 1e-3)},
        {"delta_chi": 1e-6, "field_t": 7.0}),
    "cbv.delta_r2s": Call(
        cbv.delta_r2s, {"cbv": np.full(5, 0.03)}, {"delta_chi": 1e-6, "field_t": 7.0}),
    "cbv.rate_change": Call(
        cbv.rate_change, {"pre": ECHOES, "post": 0.8 * ECHOES, "te": TE}),
    "cbv.vessel_density": Call(
        cbv.vessel_density,
        {"dR2s": np.full(5, 40.0), "dR2": np.full(5, 10.0), "adc": np.full(5, 1e-3)}),
    "cbv.vessel_size": Call(
        cbv.vessel_size,
        {"dR2s": np.full(5, 40.0), "dR2": np.full(5, 10.0), "adc": np.full(5, 1e-3)},
        {"field_t": 7.0, "delta_chi": 1e-6}),
    "pet.fit": Call(
        pet.fit, {"tacs": TACS}, {"frames": FRAMES, "input": PET_INPUT, "model": "1tcm"}),
    "pet.fit_parent_fraction": Call(
        pet.fit_parent_fraction,
        {"time": np.arange(1.0, 9) * 300, "fraction": np.exp(-np.arange(1.0, 9) / 6)}),
    "pet.fit_ratio": Call(
        pet.fit_ratio,
        {"time": np.arange(1.0, 9) * 300, "ratio": 1.0 + np.arange(1.0, 9) / 100}),
    "pet.frame_weights": Call(
        pet.frame_weights, {"activity": TACS[0]},
        {"frames": FRAMES, "nuclide": pet.nuclide("F18")}),
    "pet.scale_population": Call(
        pet.scale_population, {"time": TIME[8:12], "values": PLASMA[8:12]}, {"input": INPUT}),
    "mrs.first_point": Call(mrs.first_point, {"fid": np.exp((1j * 0.3 - 0.02) * np.arange(256))}),
    "dwi.adc": Call(dwi.adc, {"signal": DWI, "bvals": B}),
    "dwi.check_bvalues": Call(dwi.check_bvalues, {"bvals": B}, {"volumes": 23}),
    "dwi.check_gradients": Call(dwi.check_gradients, {"bvecs": G}, {"bvals": B}),
    "dwi.ivim": Call(dwi.ivim, {"signal": DWI, "bvals": np.linspace(0, 1000, 23)}),
    "dwi.kurtosis": Call(dwi.kurtosis, {"signal": DWI, "bvals": B, "bvecs": G}),
    "dwi.shells": Call(dwi.shells, {"bvals": B}),
    "radiomics.filtered": Call(
        radiomics.filtered, {"volume": CUBE}, {"name": "log_2mm", "spacing_mm": (1.0, 1.0, 2.0)}
    ),
    "dwi.tensor": Call(dwi.tensor, {"signal": DWI, "bvals": B, "bvecs": G}),
    "images.core_region": Call(
        images.core_region, {"region": REGION}, {"like": GRID, "depth_mm": 1.0}),
    "images.effective_voxels": Call(images.effective_voxels, {"weights": REGION}),
    "images.estimate_shift": Call(
        images.estimate_shift, {"fixed": GRID.data, "moving": np.roll(GRID.data, 1, 0)}),
    "images.histogram_entropy": Call(
        images.histogram_entropy, {"values": np.abs(_noise(50))}, {"bin_width": 0.2}),
    "images.rim_region": Call(
        images.rim_region, {"region": REGION}, {"like": GRID, "depth_mm": 1.0}),
    "images.sphere_region": Call(
        images.sphere_region, {"centre": np.array([4.0, 4.0, 2.0])},
        {"like": GRID, "radius_mm": 2.0}),
    "images.as_label_map": Call(images.as_label_map, {"regions": REGION}, {"like": GRID}),
    "images.as_regions": Call(images.as_regions, {"regions": REGION}, {"like": GRID}),
    "estimates.checked_series": Call(estimates.checked_series, {"signal4d": SERIES}),
    "stats.accuracy": Call(stats.accuracy, ROC, {"threshold": 0.5}),
    "stats.adjust": Call(stats.adjust, {"p_values": np.array([0.01, 0.2, 0.04])}),
    "stats.adjusted_auc": Call(
        stats.adjusted_auc, ROC, {"covariates": {"age": SECOND}, "draws": 100}),
    "stats.auc_bounds": Call(stats.auc_bounds, ROC),
    "stats.cliffs_delta": Call(stats.cliffs_delta, PAIR),
    "stats.clustered_roc": Call(stats.clustered_roc, {**ROC, "cluster": SUBJECTS}),
    "stats.compare_roc": Call(
        stats.compare_roc, {"marker_a": MARKER, "marker_b": SECOND, "outcome": OUTCOME}),
    "stats.concordance": Call(
        stats.concordance, {"marker": MARKER, "time": SURVIVAL, "event": EVENT}),
    "stats.concordance_correlation": Call(stats.concordance_correlation, PAIR),
    "stats.cutoff": Call(stats.cutoff, ROC, {"draws": 100}),
    "stats.deming": Call(stats.deming, PAIR),
    "stats.hedges_g": Call(stats.hedges_g, PAIR),
    "stats.limits_of_agreement": Call(stats.limits_of_agreement, PAIR),
    "stats.logistic": Call(
        stats.logistic, {"outcome": OUTCOME},
        {"markers": {"ADC": SECOND, "T1": MARKER}, "draws": 100}),
    "stats.mean_change": Call(stats.mean_change, {"changes": MARKER}),
    "stats.mean_difference": Call(stats.mean_difference, PAIR),
    "stats.partial_auc": Call(stats.partial_auc, ROC, {"draws": 100}),
    "stats.passing_bablok": Call(stats.passing_bablok, PAIR),
    "stats.rank_sum_test": Call(stats.rank_sum_test, PAIR),
    "stats.regression_limits": Call(stats.regression_limits, PAIR),
    "stats.repeatability": Call(
        stats.repeatability, {"values": MARKER, "subjects": SUBJECTS}),
    "stats.roc": Call(stats.roc, ROC),
    "stats.signed_rank_test": Call(stats.signed_rank_test, {"changes": MARKER}),
    "stats.smooth_roc": Call(stats.smooth_roc, ROC),
    "stats.time_roc": Call(
        stats.time_roc, {"marker": MARKER, "time": SURVIVAL, "event": EVENT}, {"horizons": [20.0]}),
}  # fmt: skip

if find_spec("skimage") is not None:  # an extra
    CALLS["radiomics.features"] = Call(
        radiomics.features,
        {"volume": CUBE, "mask": (CUBE > 0.3).astype(float)},
        {"spacing_mm": (1.0, 1.0, 2.0), "settings": radiomics.Settings(bins=8)},
    )
