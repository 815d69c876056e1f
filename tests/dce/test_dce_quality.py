"""Frames out of place, and voxels that do not fit."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from biomarkers.dce import concentration, concentration_to_signal, misfit
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input
from biomarkers.kinetics.forward import Forward
from biomarkers.timing import Frames

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
TIME = 3.0 * np.arange(80)
SINCE = np.maximum(TIME - 30.0, 0.0)
SOURCE = Input(TIME, plasma=np.minimum(SINCE / 6, 1) * (3 * np.exp(-SINCE / 30) + 1))
BASELINE = (0, 10)


@pytest.fixture(scope="module")
def series():
    """A structured slice, (x, y, T), at a signal-to-noise ratio near 30."""
    rng = np.random.default_rng(0)
    texture = gaussian_filter(rng.normal(size=(24, 24)), 1.0)
    texture /= texture.std()
    forward = Forward(MODELS["extended_tofts"], SOURCE, Frames.instants(TIME))
    curve = forward.curve({"Ktrans": 0.1, "kep": 0.4, "vp": 0.02, "delay": 0.0})
    clean = concentration_to_signal(
        curve * np.exp(0.3 * texture)[..., None], t10=1.5, m0=1 + 0.1 * texture, **SCAN
    )
    return clean + clean[..., :1].mean() / 30 * rng.normal(size=clean.shape)


def look(series, **change):
    curves = concentration(series, t10=1.5, baseline=BASELINE, **SCAN).reshape(-1, TIME.size)
    return misfit(curves, TIME, SOURCE, **{"baseline": BASELINE, **change})


def test_noise_alone_fits_alike_everywhere(series):
    found = look(series)
    assert found.motion_score < 1.5
    assert np.median(found.of_voxel) == pytest.approx(1.2, abs=0.2)  # noise grows with uptake


@pytest.mark.parametrize("frame", [15, 40])
def test_a_frame_out_of_place_shows(series, frame):
    moved = series.copy()
    moved[..., frame] = shift(series[..., frame], (2.0, 0.0), order=1, mode="nearest")
    found = look(moved)
    assert found.of_frame.argmax() == frame
    assert found.motion_score > 1.8


def test_the_worst_voxel_is_found(series):
    broken = series.copy()
    broken[3, 5] *= 1 + 0.3 * np.sin(TIME / 8) * (TIME > 40)
    found = look(broken)
    assert found.voxels[found.worst(1)[0]] == 3 * 24 + 5
    assert found.of_voxel[found.worst(3)[1]] < 0.7 * found.of_voxel.max()


def test_large_series_are_sampled(series):
    curves = np.tile(concentration(series, t10=1.5, baseline=BASELINE, **SCAN), (3, 3, 1))
    found = misfit(curves.reshape(-1, TIME.size), TIME, SOURCE, baseline=BASELINE)
    assert 1900 <= found.voxels.size <= 2000
    assert found.measured.shape == found.fitted.shape == (found.voxels.size, TIME.size)


def test_what_says_nothing_is_refused(series):
    with pytest.raises(InputError, match="three samples"):
        look(series, baseline=(0, 2))
    with pytest.raises(InputError, match="no curve"):
        misfit(np.full((5, TIME.size), np.nan), TIME, SOURCE, baseline=BASELINE)
