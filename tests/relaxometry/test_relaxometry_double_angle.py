"""Transmit field from double angles, and the errors of both voxelwise fields."""

import numpy as np
import pulse_by_pulse
import pytest

from biomarkers.errors import InputError
from biomarkers.relaxometry import afi_map, b1_afi, b1_double_angle, double_angle_map

B1 = np.linspace(0.5, 1.3, 9)
ANGLE = np.radians(60) * B1


def test_full_recovery():
    found = b1_double_angle(np.sin(ANGLE), np.sin(2 * ANGLE), flip_deg=60)
    np.testing.assert_allclose(found, B1, rtol=1e-12)


def test_spin_echoes_go_with_the_cube():
    found = b1_double_angle(np.sin(ANGLE) ** 3, np.sin(2 * ANGLE) ** 3, flip_deg=60, echo="spin")
    np.testing.assert_allclose(found, B1, rtol=1e-12)


@pytest.mark.parametrize("tr", [0.05, 0.5, 3.0])
def test_a_short_repetition_needs_t1(tr):
    t1 = np.linspace(0.4, 2.5, 9)
    one, two = (
        np.array([
            pulse_by_pulse.spoiled_echoes(t, np.array([turn]), tr)[0]
            for t, turn in zip(t1, times * ANGLE, strict=True)
        ])
        for times in (1, 2)
    )  # fmt: skip
    np.testing.assert_allclose(b1_double_angle(one, two, flip_deg=60, tr=tr, t1=t1), B1, rtol=1e-9)
    assert np.nanmax(np.abs(b1_double_angle(one, two, flip_deg=60) / B1 - 1)) > 0.01


def test_what_no_angle_explains_is_nan():
    first, second = [1.0, 0.0, -1.0, np.nan, 1.0], [2.5, 1.0, 1.0, 1.0, np.nan]
    assert np.isnan(b1_double_angle(first, second, flip_deg=60)).all()


@pytest.mark.parametrize("echo", ["gradient", "spin"])
def test_the_error_is_the_spread(echo):
    power = 1 if echo == "gradient" else 3
    angle, rng = np.radians(60) * 0.9, np.random.default_rng(0)
    first, second = (
        100.0 * np.sin(a) ** power + rng.normal(size=40_000) for a in (angle, 2 * angle)
    )
    found = b1_double_angle(first, second, flip_deg=60, echo=echo)
    error = double_angle_map(first, second, flip_deg=60, echo=echo, noise=1.0).se["B1"]
    assert np.median(error) == pytest.approx(found.std(), rel=0.02)


def test_the_error_at_a_short_repetition_is_the_spread():
    rng, e1, angle = np.random.default_rng(1), np.exp(-0.3), np.radians(50)
    clean = [100 * np.sin(a) * (1 - e1) / (1 - e1 * np.cos(a)) for a in (angle, 2 * angle)]
    pair = [each + 0.3 * rng.normal(size=40_000) for each in clean]
    settings = {"flip_deg": 50, "tr": 0.3, "t1": 1.0}
    error = double_angle_map(*pair, noise=0.3, **settings).se["B1"]
    assert np.median(error) == pytest.approx(b1_double_angle(*pair, **settings).std(), rel=0.02)


def test_the_error_of_actual_flip_angle_imaging_is_the_spread():
    rng, cosine, n = np.random.default_rng(2), np.cos(np.radians(55)), 5.0
    first = 100.0 + rng.normal(size=40_000)
    second = 100.0 * (1 + n * cosine) / (n + cosine) + rng.normal(size=40_000)
    settings = {"flip_deg": 60, "tr1": 0.01, "tr2": 0.05}
    error = afi_map(first, second, noise=1.0, **settings).se["B1"]
    assert np.median(error) == pytest.approx(b1_afi(first, second, **settings).std(), rel=0.02)
    assert np.isnan(afi_map(1.0, 2.0, noise=1.0, **settings).se["B1"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tr": 1.0}, "both tr and t1"),
        ({"t1": 1.0}, "both tr and t1"),
        ({"tr": -1.0, "t1": 1.0}, "tr is"),
        ({"tr": 1.0, "t1": np.ones(4)}, "t1 of shape"),
        ({"tr": 1.0, "t1": 1.0, "echo": "spin"}, "leave tr out"),
        ({"echo": "stimulated"}, "gradient, spin"),
        ({"flip_deg": 0.0}, "flip_deg"),
        ({"signal_2alpha": np.ones(2)}, "same shape"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    settings = {"signal_alpha": np.ones(3), "signal_2alpha": np.ones(3), "flip_deg": 60, **change}
    pair = settings.pop("signal_alpha"), settings.pop("signal_2alpha")
    with pytest.raises(InputError, match=message):
        b1_double_angle(*pair, **settings)


@pytest.mark.parametrize("noise", [0.0, -1.0, np.nan])
def test_impossible_noise_is_refused(noise):
    with pytest.raises(InputError, match="noise is"):
        double_angle_map(np.ones(3), np.ones(3), flip_deg=60, noise=noise).se["B1"]
