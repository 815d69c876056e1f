"""An input as coarse as the images."""

import numpy as np
import pytest

from biomarkers.dce import smooth_between_samples
from biomarkers.kinetics import MODELS, Input
from biomarkers.kinetics.forward import Forward
from biomarkers.timing import Frames

TIME = np.arange(0.0, 200.0)


def level(time):
    since = np.maximum(time - 20.0, 0.0)
    return 8 * (since / 6) ** 2 * np.exp(2 - since / 3) + 1.2 * (1 - np.exp(-since / 8))


def test_samples_stay_and_nothing_overshoots():
    coarse = Input(TIME, blood=level(TIME), hct=0.4)
    smooth = smooth_between_samples(coarse, TIME)
    np.testing.assert_allclose(np.interp(TIME, smooth.time, smooth.blood), coarse.blood)
    np.testing.assert_allclose(smooth.plasma * 0.6, smooth.blood)
    assert smooth.blood.min() >= 0 and smooth.blood.max() <= coarse.blood.max()


def test_it_is_nearer_to_a_smooth_input_than_lines_are():
    smooth = smooth_between_samples(Input(TIME, plasma=level(TIME)), TIME)
    fine = np.arange(22.0, 60.0, 0.05)
    lines = np.abs(np.interp(fine, TIME, level(TIME)) - level(fine)).max()
    assert np.abs(np.interp(fine, smooth.time, smooth.plasma) - level(fine)).max() < 0.4 * lines
    assert smooth.time.size < 2 * TIME.size  # the late, nearly straight part stays as it is


def test_a_finer_input_is_left_as_it_is():
    fine = np.arange(0.0, 200.0, 0.5)
    source = Input(fine, plasma=level(fine))
    assert smooth_between_samples(source, TIME) is source


@pytest.mark.parametrize("delay", [0.5, 1.5])
def test_tissue_reached_between_samples_is_fitted_better(delay):
    fine = np.arange(0.0, 200.0, 0.02)
    forward = Forward(
        MODELS["extended_tofts"], Input(fine, plasma=level(fine)), Frames.instants(TIME)
    )
    truth = {"Ktrans": 0.02, "kep": 0.1, "vp": 0.03}
    curve = forward.curve({**truth, "delay": delay})
    coarse = Input(TIME, plasma=level(TIME))
    miss = {}
    for name, source in (("lines", coarse), ("smooth", smooth_between_samples(coarse, TIME))):
        fit = MODELS["extended_tofts"].fit(curve, TIME, source, delay=(0.0, 4.0))
        miss[name] = abs(float(fit["kep"]) / truth["kep"] - 1)
    assert miss["smooth"] < 0.02
    assert miss["smooth"] < 0.5 * miss["lines"]
