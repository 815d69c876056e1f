"""Signals of gradient echoes are the steady state of the pulse train."""

import numpy as np
import pytest

from biomarkers.simulate.gradient_echo import GradientEcho, actual_flip_angle, steady_state

R1, B1 = 1 / np.array([0.5, 1.7, 2.2]), np.array([0.8, 1.0, 1.15])


def pulse_train(echoes):
    """Longitudinal magnetisation followed from pulse to pulse; what each echo sees at the end."""
    longitudinal, seen = np.ones(3), [np.zeros(3) for _ in echoes]
    for _ in range(2000):
        for number, echo in enumerate(echoes):
            angle = np.radians(echo.flip) * B1
            seen[number] = longitudinal * np.sin(angle)
            longitudinal = 1 + (longitudinal * np.cos(angle) - 1) * np.exp(-echo.tr * R1)
    return seen


@pytest.mark.parametrize("flip", [2, 20, 60])
def test_single_echo(flip):
    echo = GradientEcho(tr=0.010, flip=flip, te=0.002)
    assert np.allclose(steady_state(R1, echo, b1=B1), pulse_train([echo])[0], rtol=1e-5)


def test_pair_of_echoes():
    pair = tuple(GradientEcho(tr=tr, flip=60, te=0.002) for tr in (0.013, 0.065))
    assert np.allclose(actual_flip_angle(R1, pair, b1=B1), pulse_train(pair), rtol=1e-10)


def test_sidecar_says_how():
    sidecar = GradientEcho(tr=0.010, flip=20, te=0.002).sidecar()
    assert (sidecar["FlipAngle"], sidecar["RepetitionTimeExcitation"]) == (20, 0.010)
