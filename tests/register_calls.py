"""Every argument with a unit of the flat calls, each with a sane value.

What takes compiled code is computed when a test first asks: every process of the suite reads this.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

import register_mrs
import register_pet
from biomarkers import cbv, dce, dwi, relaxometry
from biomarkers.kinetics import MODELS, Input
from register_walks import Argument, arguments

TIME = 2.0 * np.arange(60)
SINCE = np.maximum(TIME - 20.0, 0.0)
PLASMA = 6.0 * np.where(TIME > 20.0, 0.6 * np.exp(-SINCE / 30.0) + 0.4 * np.exp(-SINCE / 900.0), 0)
AIF = Input(TIME, plasma=PLASMA, hct=0.42)
SPGR = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
T2STAR = {"te": 0.002, "r2s": 20.0}
VOXELS = 8  # enough to be typical of something
T1 = np.full(VOXELS, 1.8)
ARTERY = np.array([True])
BLOOD = dce.concentration_to_signal(AIF.blood[None], t10=1.9, m0=700.0, **T2STAR, **SPGR)
FLIPS = np.array([3.0, 8.0, 15.0, 25.0])
TE, SPIN_TE = np.array([0.003, 0.006, 0.009, 0.012]), np.array([0.01, 0.03, 0.05])


@cache
def tissue() -> Any:
    """Return the concentration in tissue."""
    return MODELS["extended_tofts"].predict({"Ktrans": 0.1, "ve": 0.3, "vp": 0.03}, TIME, AIF)


@cache
def tissue_signal() -> Any:
    """Return the signal of that tissue, the same in each voxel."""
    return dce.concentration_to_signal(np.tile(tissue(), (VOXELS, 1)), t10=T1, m0=700.0, **SPGR)


def dynamic() -> Iterator[Argument]:
    """Yield the arguments of DCE-MRI."""
    sequence = {"tr": "tr", "flip_deg": "flip_deg", "r1": "r1"}
    scan = {**SPGR, "t10": T1, "b1": np.ones(VOXELS)}
    voxels = {**sequence, "t10": "T1", "b1": "B1"}
    decay = {"te": "te", "r2s": "r2"}
    timed = {**scan, "time": TIME}

    def maps(time: Any, clock: Any, input_time: Any, level: Any, **given: Any) -> Any:
        source = Input(input_time * clock, plasma=PLASMA * level)
        return dce.maps(tissue_signal(), time * clock, input=source, **given)

    sane = {**timed, "clock": 1.0, "input_time": TIME, "level": 1.0}
    of = {**voxels, "time": "series_span", "clock": "series_spacing", "input_time": "series_span"}
    said = {"time": "time|input ends", "clock": "time", "input_time": "input ends|the scan ends"}
    yield from arguments(maps, sane, {**of, "level": "plasma_peak"}, said | {"level": "input"})

    def measured_input(time: Any, **given: Any) -> Any:
        return dce.measured_input(BLOOD, time, ARTERY, **given)

    blood = {"t10_blood": 1.9, "hct": 0.42}
    of_blood = {"t10_blood": "blood_t1", "hct": "haematocrit"}
    sane = {**SPGR, **T2STAR, **blood, "time": TIME, "b1": 1.0}
    of = {**sequence, **decay, **of_blood, "b1": "B1", "time": "series_span"}
    said = {"hct": "haematocrit"}
    yield from arguments(measured_input, sane, of, said)
    whole = dce.Scan(BLOOD, TIME, t10=1.9, sequence=dce.GradientEcho(
        tr=0.005, flip_deg=20.0, **T2STAR), r1=4.5)  # fmt: skip
    yield from arguments(lambda **given: whole.input(ARTERY, **given), blood, of_blood, said)
    yield from arguments(
        lambda time, **given: dce.semiquantitative(tissue_signal(), time, **given),
        timed, {**voxels, "time": "series_span"},
    )  # fmt: skip
    yield from arguments(
        lambda **given: dce.concentration(tissue_signal(), **given), scan | T2STAR, voxels | decay
    )
    train = {"prep_time": 0.15, "tr": 0.0025, "flip_deg": 12.0, "pulses_to_centre": 24}
    of_train = {"prep_time": "saturation_delay", "tr": "train_tr"}
    yield from arguments(
        lambda **given: dce.concentration_turboflash(tissue_signal(), **given),
        {**scan, **T2STAR, **train}, {**voxels, **decay, **of_train},
    )  # fmt: skip
    yield from arguments(
        lambda **given: dce.concentration_relative(tissue_signal(), **given),
        {"t10": T1, "r1": 4.5}, {"t10": "T1", "r1": "r1"},
    )  # fmt: skip
    for call in (
        lambda time: dce.fit_region(tissue(), time, AIF),
        lambda time: dce.misfit(tissue()[None], time, AIF, baseline=(0, 9)),
    ):
        yield from arguments(
            call, {"time": TIME}, {"time": "series_span"}, {"time": "time|input ends"}
        )
    yield from arguments(
        lambda hct: dce.population_input("parker", TIME, hct=hct), {"hct": 0.42},
        {"hct": "haematocrit"}, said,
    )  # fmt: skip
    yield from arguments(
        lambda field_t: dce.relaxivity("gadobutrol", field_t=field_t), {"field_t": 3.0},
        {"field_t": "field_t"},
    )  # fmt: skip


TI, DELAYS = np.array([0.1, 0.5, 1.2, 3.0, 8.0]), np.array([0.2, 0.6, 1.2, 3.0, 6.0])
TRAIN = {"first": 0.02, "tr": 0.05, "flip_deg": 8.0, "pulse": np.arange(1, 41), "cycle": 4.0}


def relaxation() -> Iterator[Argument]:
    """Yield the arguments of T1, B1 and T2."""
    gre = {"tr": "tr", "flip_deg": "flip_deg"}
    vfa = relaxometry.spgr_signal(100.0, T1, tr=0.01, flip_deg=FLIPS)
    train = relaxometry.InversionTrain(**TRAIN)
    prepared = cache(lambda: relaxometry.train_signal(100.0, T1, train))
    sane, of = {"tr": 0.01, "flip_deg": FLIPS, "b1": np.ones(VOXELS)}, {**gre, "b1": "B1"}
    yield from arguments(lambda **given: relaxometry.t1_vfa(vfa, **given), sane, of)
    yield from arguments(
        lambda **given: relaxometry.t1_hifi(vfa, prepared(), train=train, **given), sane, of
    )
    yield from arguments(
        lambda b1: relaxometry.t1_look_locker(prepared(), train=train, b1=b1),
        {"b1": np.ones(VOXELS)}, {"b1": "B1"},
    )  # fmt: skip
    of = {**gre, "first": "inversion_delay", "cycle": "recovery"}
    yield from arguments(relaxometry.InversionTrain, TRAIN, of, {"first": "first|do not fit"})
    inverted = 100 * np.abs(1 - 2 * np.exp(-TI / T1[:, None]))
    yield from arguments(
        lambda **given: relaxometry.t1_inversion_recovery(inverted, **given),
        {"ti": TI, "tr": 12.0}, {"ti": "recovery", "tr": "recovery"}, {"ti": "ti|T1 of these"},
    )  # fmt: skip
    saturated = 100 * (1 - np.exp(-DELAYS / T1[:, None]))
    yield from arguments(
        lambda delay: relaxometry.t1_saturation_recovery(saturated, delay=delay),
        {"delay": DELAYS}, {"delay": "recovery"}, {"delay": "delay|T1 of these"},
    )  # fmt: skip
    result = "makes of these signals and settings"
    for call in (relaxometry.b1_afi, relaxometry.afi_map):
        yield from arguments(
            lambda _call=call, **given: _call(np.ones(VOXELS), np.full(VOXELS, 0.62), **given),
            {"flip_deg": 60.0, "tr1": 0.02, "tr2": 0.1},
            {"flip_deg": "flip_deg", "tr1": "tr", "tr2": "tr"},
            {"flip_deg": f"flip_deg|{result}"},
        )
    for call in (relaxometry.b1_double_angle, relaxometry.double_angle_map):
        yield from arguments(
            lambda _call=call, **given: _call(np.ones(VOXELS), np.ones(VOXELS), **given),
            {"flip_deg": 60.0, "tr": 3.0, "t1": T1},
            {"flip_deg": "flip_deg", "tr": "recovery", "t1": "T1"},
            {"flip_deg": f"flip_deg|{result}", "tr": f"tr is|{result}"},
        )
    decay = 100 * np.exp(-30 * TE) * np.ones((VOXELS, 1))
    yield from arguments(
        lambda te: relaxometry.r2_multi_echo(decay, te=te, echo="gradient"),
        {"te": TE}, {"te": "longest_te"},
    )  # fmt: skip
    yield from arguments(
        relaxometry.b1_smoothing_fwhm, {"field_tesla": 7.0}, {"field_tesla": "field_t"}
    )


IRON = {"agent": "P904", "dose_mg_fe_kg": 11.2, "field_t": 7.0}


def _change(te: Any, low: float, high: float) -> tuple[Any, Any]:
    return tuple(100 * np.exp(-rate * te) * np.ones((VOXELS, 1)) for rate in (low, high))


def iron_oxide() -> Iterator[Argument]:
    """Yield the arguments of blood volume and vessel size."""
    injected = {"dose_mg_fe_kg": "iron_dose", "field_t": "field_t"}
    star, spin = _change(TE, 30.0, 60.0), _change(SPIN_TE, 15.0, 20.0)
    yield from arguments(
        lambda **given: cbv.steady_state(*star, noise=None, **given),
        {"te": TE, **IRON}, {"te": "te", **injected},
    )  # fmt: skip
    yield from arguments(
        lambda te: cbv.rate_change(*spin, te=te, echo="spin", noise=None),
        {"te": SPIN_TE}, {"te": "spin_te"},
    )  # fmt: skip
    blood = cache(lambda: cbv.steady_state(*star, te=TE, noise=None, **IRON))
    change = cache(lambda: cbv.rate_change(*spin, te=SPIN_TE, echo="spin", noise=None))
    yield from arguments(
        lambda adc: cbv.with_vessels(blood(), change(), adc),
        {"adc": np.full(VOXELS, 8e-4)},
        {"adc": "ADC"},
    )
    yield from arguments(
        lambda **given: cbv.Agent(name="X", uncertainty=0.1, source="here", **given),
        {"saturation": 77.5, "core_nm": 6.0},
        {"saturation": "iron_magnetisation", "core_nm": "core_diameter"},
    )
    yield from arguments(
        lambda **given: cbv.Species(name="X", source="here", **given),
        {"blood_ml_per_kg": 64.0}, {"blood_ml_per_kg": "blood_volume"},
    )  # fmt: skip
    yield from arguments(cbv.blood_susceptibility, IRON, injected)
    rates, chi = {"dR2s": 60.0, "dR2": 8.0}, {"delta_chi": 3e-6, "field_t": 7.0}
    of = {"delta_chi": "delta_chi", "field_t": "field_t"}
    yield from arguments(cbv.vessel_size, {**rates, **chi, "adc": 8e-4}, {**of, "adc": "ADC"})
    yield from arguments(
        cbv.vessel_size, {**rates, **IRON, "adc": 8e-4}, {**injected, "adc": "ADC"}
    )
    yield from arguments(cbv.vessel_density, {**rates, "adc": 8e-4}, {"adc": "ADC"})
    yield from arguments(cbv.blood_volume, {"dR2s": 60.0, **chi}, of)
    yield from arguments(cbv.delta_r2s, {"cbv": 0.05, **chi}, of)
    vessels = {"cbv": 0.05, "radius_um": 8.0, "adc": 8e-4}
    yield from arguments(cbv.delta_r2, {**vessels, **chi}, {**of, "adc": "ADC"})


PASS_TIME = 1.5 * np.arange(60)
RUN = np.maximum(PASS_TIME - 20.0, 0.0) / 5.0
PASS = RUN**3 * np.exp(3.0 - 3.0 * RUN)
SIGNAL = 1000 * np.exp(-0.03 * np.outer([4.0, 3.0], PASS))
SIGNAL += 3 * np.random.default_rng(0).standard_normal(SIGNAL.shape)


def bolus() -> Iterator[Argument]:
    """Yield the arguments of DSC-MRI."""

    def dsc(time: Any, input_time: Any, level: Any, **given: Any) -> Any:
        return cbv.dsc(SIGNAL, time, input=Input(input_time, blood=PASS * level), **given)

    sane = {"time": PASS_TIME, "te": 0.03}
    of = {"time": "bolus_span", "te": "bolus_te"}
    whole = {**of, "input_time": "bolus_span", "level": "bolus_peak"}
    said = {"input_time": "input", "level": "input"}
    yield from arguments(dsc, {**sane, "input_time": PASS_TIME, "level": 60.0}, whole, said)
    voxel = np.array([True, False])
    of = {"time": "bolus_spacing", "te": "bolus_te"}
    for call in (
        lambda time, te: cbv.dsc_input(SIGNAL, time, te=te, artery=voxel),
        lambda time, te: cbv.BolusScan(SIGNAL, time, te=te),
    ):
        yield from arguments(call, sane, of)
    yield from arguments(
        cbv.Scaling,
        {"hct_artery": 0.45, "hct_tissue": 0.25, "density": 1.04},
        {"hct_artery": "haematocrit", "hct_tissue": "haematocrit", "density": "tissue_density"},
    )


B_VALUES = np.array([0.0, 50.0, 100.0, 300.0, 600.0, 1000.0])


def diffusion() -> Iterator[Argument]:
    """Yield the b-values of diffusion; of shells as many as a kurtosis tensor needs."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(60, 3))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    shells = np.tile(B_VALUES[[0, 3, 5]], 20)
    for call in (dwi.adc, dwi.ivim):
        signal = np.tile(100.0 * np.exp(-1e-3 * B_VALUES), (VOXELS, 1))
        yield from arguments(
            lambda bvals, call=call, signal=signal: call(signal, bvals),
            {"bvals": B_VALUES}, {"bvals": "b_value"}, place=call.__name__,
        )  # fmt: skip
    for call in (dwi.tensor, dwi.kurtosis):
        signal = np.tile(100.0 * np.exp(-1e-3 * shells), (VOXELS, 1))
        yield from arguments(
            lambda bvals, call=call, signal=signal: call(signal, bvals, vectors),
            {"bvals": shells}, {"bvals": "b_value"}, place=call.__name__,
        )  # fmt: skip


def every_argument() -> tuple[Argument, ...]:
    """Return all of them."""
    rooms = (
        dynamic,
        relaxation,
        iron_oxide,
        bolus,
        diffusion,
        register_pet.scans,
        register_pet.headers,
        register_pet.kinetics,
        register_mrs.spectroscopy,
    )
    return tuple(each for room in rooms for each in room())
