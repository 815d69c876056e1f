"""Maps of signals that are no plain spoiled gradient echo: with T2*, and after saturation."""

import json

import numpy as np
import pytest

from biomarkers import dce
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.kinetics import Input
from biomarkers.kinetics.convolution import respond
from biomarkers.timing import Frames

TIME = 2.0 * np.arange(120)
R1, T10 = 4.0, 1.6
ECHO = {"tr": 0.006, "flip_deg": 20.0}
T2STAR = dce.GradientEcho(**ECHO, te=0.003, r2s=30.0)
TURBO = dce.TurboFlash(prep_time=0.15, tr=0.0025, flip_deg=12.0, pulses_to_centre=24)
KTRANS, VE, VP = np.array([0.05, 0.1, 0.2]), 0.3, 0.04


@pytest.fixture(scope="module")
def source():
    since = np.maximum(TIME - 21.0, 0.0)
    blood = 3.0 * np.minimum(since / 6, 1) * (0.6 * np.exp(-since / 30) + 0.4)
    # As fine as to be taken for straight between samples, as `tissue` takes it.
    fine = np.linspace(0.0, TIME[-1], 4 * TIME.size)
    return Input(fine, blood=np.interp(fine, TIME, blood), hct=0.42)


@pytest.fixture(scope="module")
def tissue(source):
    frames = Frames.instants(TIME)
    plasma = np.interp(TIME, source.time, source.plasma)
    return np.array(
        [
            k / 60 * respond(k / 60 / VE, source.time, source.plasma, frames).value + VP * plasma
            for k in KTRANS
        ]
    )


def after_saturation(agent, t10=T10, b1=1.0):
    train = {"prep_time": 0.15, "tr": 0.0025, "flip_deg": 12.0, "pulses_to_centre": 24}
    return dce.turboflash_signal(700.0, 1 / (1 / t10 + R1 * agent), b1=b1, **train)


def with_t2star(agent):
    return dce.concentration_to_signal(
        agent, t10=T10, r1=R1, m0=700.0, **ECHO, te=T2STAR.te, r2s=T2STAR.r2s
    )


@pytest.mark.parametrize(("sequence", "signal"), [(T2STAR, with_t2star), (TURBO, after_saturation)])
def test_maps_recover_what_the_sequence_was_given(source, tissue, sequence, signal):
    found = dce.maps(signal(tissue), TIME, t10=T10, input=source, r1=R1, sequence=sequence)
    np.testing.assert_allclose(found["Ktrans"], KTRANS, rtol=1e-4)
    np.testing.assert_allclose(found["ve"], VE, rtol=1e-4)
    np.testing.assert_allclose(found["vp"], VP, rtol=1e-4)


def test_the_effect_on_t2star_matters(source, tissue):
    blind = dce.maps(with_t2star(tissue), TIME, t10=T10, input=source, r1=R1, **ECHO)
    assert (blind["Ktrans"] < 0.97 * KTRANS).all()


def test_b1_is_that_of_the_train(source, tissue):
    signal = after_saturation(tissue, b1=0.8)
    told = dce.maps(signal, TIME, t10=T10, input=source, r1=R1, sequence=TURBO, b1=0.8)
    np.testing.assert_allclose(told["Ktrans"], KTRANS, rtol=1e-4)
    untold = dce.maps(signal, TIME, t10=T10, input=source, r1=R1, sequence=TURBO)
    assert (np.abs(untold["Ktrans"] / KTRANS - 1) > 0.002).all()


def test_areas_and_the_measured_input_take_the_sequence_too(source, tissue):
    signal = after_saturation(tissue)
    shape = dce.semiquantitative(signal, TIME, t10=T10, r1=R1, sequence=TURBO)
    direct = dce.curve_shape.initial_area(
        tissue, TIME, arrival=float(dce.arrival_times(signal.mean(axis=0), TIME)), window=60.0
    )
    np.testing.assert_allclose(shape["IAUC60"], direct, rtol=1e-6)
    blood = np.interp(TIME, source.time, source.blood)
    artery = after_saturation(blood, t10=1.9)[None]
    measured = dce.measured_input(
        artery, TIME, np.array([True]), t10_blood=1.9, hct=0.42, r1=R1, sequence=TURBO
    )
    np.testing.assert_allclose(measured.blood, blood, rtol=1e-6, atol=1e-9)


def test_a_gradient_echo_is_the_same_by_name_and_by_its_settings(source, tissue):
    signal = dce.concentration_to_signal(tissue, t10=T10, r1=R1, **ECHO)
    scan = {"t10": T10, "r1": R1, "input": source}
    plain = dce.maps(signal, TIME, **scan, **ECHO)
    named = dce.maps(signal, TIME, **scan, sequence=dce.GradientEcho(**ECHO))
    np.testing.assert_array_equal(plain["Ktrans"], named["Ktrans"])
    assert plain.settings == named.settings
    assert "EchoTime" not in plain.settings


def test_the_sidecar_says_which_sequence_it_was(tmp_path, source, tissue):
    maps = dce.maps(after_saturation(tissue), TIME, t10=T10, input=source, r1=R1, sequence=TURBO)
    grid = Image(np.zeros((3, 1, 1)), np.eye(4), "grid")
    saved = dce.maps(
        after_saturation(tissue)[:, None, None],
        TIME,
        t10=T10,
        input=source,
        r1=R1,
        sequence=TURBO,
    )
    saved.save(tmp_path, like=grid)
    said = json.loads((tmp_path / "Ktrans.json").read_text())["Settings"]
    assert said["SaturationDelay"] == 0.15 and said["PulsesToCenter"] == 24
    assert maps.settings["RepetitionTimeExcitation"] == 0.0025
    echo = dce.maps(with_t2star(tissue), TIME, t10=T10, input=source, r1=R1, sequence=T2STAR)
    assert echo.settings["EchoTime"] == 0.003
    assert echo.settings["ContrastAgentRelaxivityR2star"] == 30.0


@pytest.mark.parametrize("settings", [{}, {"tr": 0.006}, {**ECHO, "sequence": TURBO}])
def test_a_sequence_is_said_once(source, tissue, settings):
    with pytest.raises(InputError, match=r"give tr and flip_deg .* or, without these, sequence="):
        dce.maps(tissue, TIME, t10=T10, input=source, r1=R1, **settings)


@pytest.mark.parametrize("sequence", [T2STAR, TURBO])
def test_water_exchange_is_worked_out_for_a_plain_gradient_echo(source, tissue, sequence):
    with pytest.raises(InputError, match="spoiled gradient echo without te and r2s"):
        dce.maps(
            after_saturation(tissue),
            TIME,
            t10=T10,
            input=source,
            r1=R1,
            sequence=sequence,
            water_lifetime=0.2,
        )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: dce.GradientEcho(tr=0.0, flip_deg=20.0), "tr is"),
        (lambda: dce.GradientEcho(tr=0.01, flip_deg=190.0), "flip_deg is"),
        (lambda: dce.GradientEcho(tr=0.01, flip_deg=20.0, te=0.002), "give both"),
        (
            lambda: dce.TurboFlash(prep_time=0.1, tr=0.01, flip_deg=95.0, pulses_to_centre=1),
            "up to 90",
        ),
        (
            lambda: dce.TurboFlash(prep_time=0.1, tr=0.01, flip_deg=9.0, pulses_to_centre=-1),
            "pulses_to_centre is",
        ),
    ],
)
def test_settings_are_checked(build, message):
    with pytest.raises(InputError, match=message):
        build()
