"""What takes a record beside its arrays, is a method of one, or makes one, with sound arguments."""

from functools import cache

import numpy as np
import pandas as pd
from array_calls import (
    CURVES,
    ECHOES,
    EVENT,
    FIRST_PASS,
    FRAMES,
    GRID,
    INPUT,
    MARKER,
    OUTCOME,
    PLASMA,
    REGION,
    SECOND,
    SERIES,
    SUBJECTS,
    SURVIVAL,
    TACS,
    TE,
    TIME,
    B,
    Call,
    G,
    _noise,
)  # fmt: skip

from biomarkers import (
    cbv,
    dce,
    dwi,
    estimates,
    images,
    kinetics,
    mrs,
    pet,
    ranges,
    relaxometry,
    stats,
    timing,
)  # fmt: skip
from biomarkers.errors import InputError

TOFTS = kinetics.MODELS["tofts"]
_VOXELS = SERIES.shape[:3]
MASK = np.arange(18).reshape(_VOXELS) > 6
T10 = np.full(_VOXELS, 1.4)
DCE = {"t10": T10, "r1": 4.5, "tr": 0.005, "flip_deg": 20.0}
SCAN = dce.Scan(SERIES, TIME, **DCE)
_PULSED = relaxometry.InversionTrain(
    0.015, tr=0.05, flip_deg=8.0, pulse=np.arange(1, 21), cycle=6.0
)
_DSC = 500.0 * np.exp(-0.05 * FIRST_PASS)
BOLUS = cbv.BolusScan(_DSC, TIME / 4, te=0.03)
_ACTIVITY = np.broadcast_to(TACS[0], (8, 8, 4, 24)) + np.abs(_noise(8, 8, 4, 24, size=0.01))
LABELS = images.LabelMap(images.Image(REGION, np.eye(4), "labels"), {1: "tumor"})
PET = pet.Scan(
    images.Image(_ACTIVITY, np.diag([2.0, 2.0, 2.0, 1.0]), "pet", "kBq/mL"), FRAMES,
    pet.nuclide("F18"), dose_mbq=20.0, body=pet.Body(weight_g=300.0),
)  # fmt: skip
FID = np.exp((0.3j - 0.02) * np.arange(256))
SPECTRUM = mrs.Scan(FID.reshape(1, 1, 1, -1), dwell=2.5e-4, frequency_mhz=400.0)
BASIS = mrs.Basis(
    ("tCr", "tNAA"), np.stack([FID, np.exp((0.9j - 0.02) * np.arange(256))]), dwell=2.5e-4,
    frequency_mhz=400.0,
)  # fmt: skip
TRANSFORM = images.Transform(np.eye(4), GRID, GRID)
_LOGISTIC = stats.logistic({"T1": SECOND, "ADC": MARKER}, OUTCOME, draws=100)
GROUP = np.where(SUBJECTS < 6, "a", "b")
VALUE = np.exp(0.1 * SECOND + 1.0)
VISITS = np.tile([0.0, 3.0, 7.0], 8)
RATS = np.repeat(np.arange(8), 3)
_KM = stats.kaplan_meier(pd.DataFrame({"time": SURVIVAL, "event": EVENT}), time="time",
                         event="event")  # fmt: skip


@cache
def _fits():
    """Return fits by two models; every process of the suite reads this, one or two need them."""
    return tuple(kinetics.MODELS[name].fit(CURVES, TIME, INPUT)
                 for name in ("tofts", "extended_tofts"))  # fmt: skip


def _of_table(function, *columns, **others):
    """Return a function of columns; those that make no table were never given to it."""

    def call(**arrays):
        try:
            table = pd.DataFrame({**dict(columns), **arrays})
        except Exception as error:
            raise InputError(f"no table: {error}") from error
        return function(table, **others)

    return call


def _table(function, arrays, /, *columns, **others):
    return Call(_of_table(function, *columns, **others), arrays)


_LONG = (("subject", RATS), ("group", np.where(RATS < 4, "a", "b")))

RECORD_CALLS: dict[str, Call] = {
    "kinetics.Input": Call(kinetics.Input, {"time": TIME, "blood": PLASMA, "plasma": PLASMA}),
    "kinetics.Input.reference_region": Call(
        kinetics.Input.reference_region, {"time": TIME, "curve": CURVES[0]}),
    "kinetics.Model.fit": Call(
        TOFTS.fit, {"curves": CURVES, "time": TIME, "weights": np.ones(24)}, {"input": INPUT}),
    "kinetics.Model.predict": Call(
        lambda Ktrans, kep, time: TOFTS.predict({"Ktrans": Ktrans, "kep": kep}, time, INPUT),
        {"Ktrans": np.array([0.2, 0.3]), "kep": np.array([0.5, 0.6]), "time": TIME}),
    "kinetics.Model.interval": Call(
        TOFTS.interval, {"curve": CURVES[0], "time": TIME},
        {"input": INPUT, "parameter": "Ktrans"}),
    "kinetics.StraightLine.fit": Call(
        kinetics.patlak.fit, {"curves": CURVES, "time": TIME}, {"input": INPUT, "t_star": 50.0}),
    "kinetics.bootstrap": Call(
        kinetics.bootstrap, {"curve": CURVES[0], "time": TIME},
        {"model": TOFTS, "input": INPUT, "samples": 100}),
    "kinetics.picked": Call(
        lambda choice: kinetics.picked(_fits(), choice), {"choice": np.array([0, 1, -1])}),
    "kinetics.profile_interval": Call(
        kinetics.profile_interval, {"curve": CURVES[0], "time": TIME},
        {"model": TOFTS, "input": INPUT, "parameter": "Ktrans"}),
    "kinetics.Noise": Call(kinetics.Noise, {"sample": _noise(3, 24)}),
    "relaxometry.t1_look_locker": Call(
        relaxometry.t1_look_locker,
        {"signal": np.abs(300 * (1 - 2 * np.exp(-_PULSED.ti / 1.2)))[None]}, {"train": _PULSED}),
    "dce.Scan": Call(dce.Scan, {"signal": SERIES, "time": TIME, "t10": T10},
        {"r1": 4.5, "tr": 0.005, "flip_deg": 20.0}),
    "dce.Scan.concentration": Call(SCAN.concentration, {"mask": MASK}),
    "dce.Scan.curves": Call(SCAN.curves, {"mask": MASK}),
    "dce.Scan.input": Call(
        SCAN.input, {"artery": MASK}, {"t10_blood": 1.9, "hct": 0.45}),
    "dce.Scan.arrival": Call(SCAN.arrival, {"mask": MASK}),
    "dce.Scan.maps": Call(SCAN.maps, {"mask": MASK}, {"input": INPUT, "model": "tofts"}),
    "dce.Scan.semiquantitative": Call(SCAN.semiquantitative, {"mask": MASK}),
    "dce.Scan.fit": Call(SCAN.fit, {"mask": MASK}, {"input": INPUT, "model": "tofts"}),
    "dce.Scan.misfit": Call(SCAN.misfit, {"mask": MASK}, {"input": INPUT, "model": "tofts"}),
    "dce.concentration_turboflash": Call(
        dce.concentration_turboflash, {"signal": SERIES, "t10": T10},
        {"prep_time": 0.1, "tr": 0.002, "flip_deg": 12.0, "pulses_to_centre": 32, "r1": 4.5}),
    "cbv.BolusScan": Call(cbv.BolusScan, {"signal": _DSC, "time": TIME}, {"te": 0.03}),
    "cbv.BolusScan.curves": Call(BOLUS.curves, {"region": MASK}),
    "cbv.BolusScan.input": Call(BOLUS.input, {"artery": MASK}),
    "cbv.steady_state": Call(
        cbv.steady_state, {"pre": ECHOES, "post": 0.8 * ECHOES, "te": TE},
        {"agent": "ferumoxytol", "dose_mg_fe_kg": 5.0, "field_t": 7.0, "species": "rat"}),
    "cbv.vessel_errors": Call(
        cbv.vessel_errors, {"dR2s": np.full(5, 40.0), "dR2": np.full(5, 10.0),
        "adc": np.full(5, 1e-3), "dR2s_se": np.full(5, 1.0), "dR2_se": np.full(5, 1.0)}),
    "pet.Samples": Call(pet.Samples, {"time": TIME, "value": PLASMA}),
    "pet.Scan.with_series": Call(
        lambda series: PET.with_series(series, "changed"), {"series": _ACTIVITY}),
    "pet.Scan.merged": Call(PET.merged, {"which": np.arange(24) > 11}),
    "pet.fit_input": Call(pet.fit_input, {"time": TIME, "values": PLASMA}),
    "pet.tacs": Call(lambda regions: pet.tacs(PET, regions), {"regions": REGION}),
    "pet.uptake": Call(
        lambda regions: pet.uptake(PET, regions, window=(120, 720)), {"regions": REGION}),
    "pet.gtm": Call(
        lambda regions: pet.gtm(PET, regions, fwhm_mm=4.0), {"regions": REGION + 2 * (REGION < 1)}),
    "pet.rbv": Call(
        lambda regions: pet.rbv(PET, regions, fwhm_mm=4.0), {"regions": REGION + 2 * (REGION < 1)}),
    "pet.heterogeneity": Call(pet.heterogeneity, {"sample": np.abs(_noise(50)) + 1.0}),
    "pet.metabolic_volumes": Call(
        pet.metabolic_volumes, {"sample": np.abs(_noise(50)) + 1.0},
        {"voxel": 8.0, "background": 1.0}),
    "mrs.Scan": Call(mrs.Scan, {"fid": SPECTRUM.fid}, {"dwell": 2.5e-4, "frequency_mhz": 400.0}),
    "mrs.Basis": Call(
        lambda fid: mrs.Basis(("tCr", "tNAA"), fid, dwell=2.5e-4, frequency_mhz=400.0),
        {"fid": BASIS.fid}),
    "mrs.Scan.with_fid": Call(SPECTRUM.with_fid, {"fid": SPECTRUM.fid}),
    "dwi.directions": Call(dwi.directions, {"gradients": G}),
    "images.Image": Call(lambda data: images.Image(data, np.eye(4), "x"), {"data": GRID.data}),
    "images.Image.with_data": Call(
        lambda data: GRID.with_data(data, source="x"), {"data": GRID.data}),
    "images.Transform": Call(
        lambda matrix: images.Transform(matrix, GRID, GRID), {"matrix": np.eye(4)}),
    "images.Transform.map_points": Call(TRANSFORM.map_points, {"points": _noise(5, 3)}),
    "images.Plane.distance": Call(
        images.Plane(np.array([1.0, 0.0, 0.0]), 2.0).distance, {"points": _noise(5, 3)}),
    "images.grow_region": Call(
        lambda within: images.grow_region(GRID, (4.0, 4.0, 2.0), low=0.5, within=within),
        {"within": REGION}),
    "images.threshold_region": Call(
        lambda within: images.threshold_region(GRID, low=1.5, within=within),
        {"within": REGION}),
    "images.region_statistics": Call(
        lambda flags: images.region_statistics(GRID, LABELS, flags=flags),
        {"flags": REGION < 0}),
    "estimates.with_signal": Call(
        estimates.with_signal, {"series": SERIES, "mask": MASK}),
    "estimates.Estimates.by_region": Call(
        lambda labels: dwi.adc(np.broadcast_to(500.0 * np.exp(-B * 1e-3), (8, 8, 4, 23)), B)
        .by_region(labels), {"labels": REGION}),
    "stats.KaplanMeier.at": Call(_KM.at, {"times": np.array([12.0, 20.0])}),
    "stats.RegressionLimits.at": Call(
        stats.regression_limits(MARKER, SECOND).at, {"mean": MARKER}),
    "stats.Repeatability.classify": Call(
        stats.repeatability(MARKER, SUBJECTS).classify, {"changes": MARKER}),
    "stats.Logistic.predict": Call(
        lambda T1, ADC: _LOGISTIC.predict({"T1": T1, "ADC": ADC}), {"T1": SECOND, "ADC": MARKER}),
    "stats.growth_rates": _table(
        stats.growth_rates, {"day": VISITS, "value": VALUE}, *_LONG),
    "stats.compare_growth": _table(
        stats.compare_growth, {"day": VISITS, "value": VALUE}, *_LONG),
    "stats.icc": _table(
        stats.icc, {"value": VALUE}, ("subject", RATS), ("rater", VISITS)),
    "stats.dunnett": _table(stats.dunnett, {"value": VALUE}, *_LONG, control="a"),
    "stats.ancova": _table(
        stats.ancova, {"value": VALUE, "day": VISITS}, *_LONG, formula="value ~ day + group"),
    "stats.mmrm": _table(
        stats.mmrm, {"value": VALUE}, *_LONG, ("visit", VISITS), formula="value ~ group"),
    "stats.gee": _table(
        stats.gee, {"value": VALUE}, *_LONG, ("visit", VISITS), formula="value ~ group"),
    "stats.random_slopes": _table(
        stats.random_slopes, {"value": VALUE, "day": VISITS}, *_LONG, formula="value ~ day"),
    "stats.kaplan_meier": _table(
        stats.kaplan_meier, {"time": SURVIVAL, "event": EVENT}, time="time", event="event"),
    "stats.log_rank": _table(
        stats.log_rank, {"time": SURVIVAL, "event": EVENT}, ("group", GROUP),
        time="time", event="event", group="group"),
    "stats.cox": _table(
        stats.cox, {"time": SURVIVAL, "event": EVENT, "marker": MARKER},
        time="time", event="event", formula="marker"),
    "timing.Frames": Call(timing.Frames, {"start": FRAMES.start, "duration": FRAMES.duration}),
    "timing.Frames.instants": Call(timing.Frames.instants, {"time": TIME}),
    "ranges.check_possible": Call(
        lambda value: ranges.check_possible("T1", value, source="x"),
        {"value": np.array([1.0, 2.0])}),
    "ranges.require_possible": Call(
        lambda value: ranges.require_possible("T1", value, source="x"),
        {"value": np.array([1.0, 2.0])}),
}  # fmt: skip
