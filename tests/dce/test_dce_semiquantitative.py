"""Maps without a model."""

import numpy as np
import pytest

from biomarkers.dce import concentration_to_signal, semiquantitative
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.kinetics import Input

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
TIME = 2.0 * np.arange(120)
ARRIVAL, SHAPE = 30.0, (5, 4, 1)
HEIGHT = np.linspace(0.2, 1.0, 20).reshape(SHAPE)
T10 = np.linspace(1.0, 2.0, 20).reshape(SHAPE)


def agent(height=1.0):
    """Linear over 40 s, then level."""
    return height * np.clip((TIME - ARRIVAL) / 40.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def series():
    curves = HEIGHT[..., None] * agent()
    return concentration_to_signal(curves, t10=T10, m0=500.0, **SCAN)


def test_areas_are_those_of_the_concentration(series):
    source = Input(TIME, blood=agent(4.0), hct=0.4)
    found = semiquantitative(series, TIME, t10=T10, input=source, arrival=ARRIVAL, **SCAN)
    np.testing.assert_allclose(found["IAUC60"], HEIGHT * 40.0, rtol=1e-9)
    np.testing.assert_allclose(found["IAUC90"], HEIGHT * 70.0, rtol=1e-9)
    np.testing.assert_allclose(found["nIAUC90"], HEIGHT / 4.0, rtol=0.02)
    np.testing.assert_allclose(found["BAT"], ARRIVAL, atol=1.0)
    assert not found.flags.any()


def test_shapes_are_those_of_the_signal(series):
    found = semiquantitative(series, TIME, t10=T10, arrival=ARRIVAL, **SCAN)
    risen = series[..., -1] / series[..., 0] - 1
    np.testing.assert_allclose(found["peak_enhancement"], risen, rtol=1e-9)
    np.testing.assert_allclose(found["SER"], 1.0, rtol=1e-9)
    assert "nIAUC60" not in found.names
    with pytest.raises(InputError, match="no 'nIAUC60'"):
        found["nIAUC60"]


@pytest.mark.parametrize("arrival", ["shared", "voxel"])
def test_arrival_can_be_found(series, arrival):
    found = semiquantitative(series, TIME, t10=T10, arrival=arrival, **SCAN)
    np.testing.assert_allclose(found["IAUC60"], HEIGHT * 40.0, rtol=0.04)


def test_errors_of_areas_are_as_large_as_their_scatter():
    clean = concentration_to_signal(np.tile(agent(0.02), (2000, 1)), t10=1.5, m0=500.0, **SCAN)
    rng = np.random.default_rng(0)
    noisy = clean + 0.02 * clean[:, :1] * rng.normal(size=clean.shape)
    found = semiquantitative(noisy, TIME, t10=1.5, baseline=(0, 15), arrival=ARRIVAL, **SCAN)
    pull = (found["IAUC60"] - 0.02 * 40.0) / found.se["IAUC60"]
    # The scatter before contrast is known from 15 samples only.
    assert np.std(pull) == pytest.approx(1.08, abs=0.08)
    assert abs(np.mean(pull)) < 0.15


def scattered(curve, sd=0.02, **change):
    """Return what is read off 2000 noisy copies of a curve, and off the curve."""
    clean = concentration_to_signal(np.tile(curve, (2000, 1)), t10=1.5, m0=500.0, **SCAN)
    noisy = clean + sd * clean[:, :1] * np.random.default_rng(2).normal(size=clean.shape)
    given = {"t10": 1.5, "baseline": (0, 15), "arrival": ARRIVAL, **SCAN, **change}
    return semiquantitative(noisy, TIME, **given), semiquantitative(clean[:1], TIME, **given)


def test_errors_of_what_is_read_off_the_signal_are_as_large_as_its_scatter():
    since = np.maximum(TIME - ARRIVAL, 0.0)
    peaked = np.minimum(since / 8.0, 1.0) * np.exp(-since / 200.0)
    found, truth = scattered(peaked)
    for name in ("peak_enhancement", "wash_out", "SER"):
        pull = (found[name] - truth[name]) / found.se[name]
        assert np.std(pull) == pytest.approx(1.1, abs=0.1)  # as the noise is known from 15 samples
        assert abs(np.mean(pull)) < 0.1


def test_the_error_of_an_arrival_is_that_of_its_bend():
    found, truth = scattered(agent(0.5))
    spread = np.std(found["BAT"] - truth["BAT"])
    assert np.median(found.se["BAT"]) == pytest.approx(spread, rel=0.2)
    steep, _ = scattered(np.where(TIME > ARRIVAL, 1.0, 0.0))
    np.testing.assert_allclose(steep.se["BAT"], 2.0 / np.sqrt(12.0))  # any time within a step


def enhanced(since, kind):
    """Relative enhancement by formula: a peak, a broad one, a rise that hardly turns."""
    if kind == "peaked":
        return 1.5 * (np.exp(-since / 120.0) - np.exp(-since / 15.0))
    if kind == "broad":
        return 1.2 * (np.exp(-since / 600.0) - np.exp(-since / 40.0))
    return (1.0 - np.exp(-since / 60.0)) * np.exp(-since / 4000.0)


@pytest.mark.parametrize("kind", ["peaked", "broad", "slow"])
@pytest.mark.parametrize(("step", "snr"), [(1.0, 60), (3.0, 20), (6.0, 60)])
def test_errors_of_the_way_to_the_peak_are_never_too_small(kind, step, snr):
    rng, time = np.random.default_rng(3), step * np.arange(int(240 / step))
    begins = rng.uniform(36.0, 36.0 + step, (1000, 1))
    signal = 1.0 + enhanced(np.maximum(time - begins, 0.0), kind)
    signal += rng.normal(size=signal.shape) / snr
    found = semiquantitative(
        100.0 * signal, time, t10=1.5, arrival="voxel", baseline=(0, int(36 / step)), **SCAN
    )
    fine = np.linspace(0.0, time[-1] - 36.0 - step / 2.0, 100_001)
    height = enhanced(fine, kind)
    truth = {"TTP_arrival": fine[height.argmax()]}
    truth["wash_in"] = 60.0 * height.max() / truth["TTP_arrival"]
    for name, value in truth.items():
        low, high = found.interval(name)
        known = np.isfinite(low)
        assert known.mean() > 0.98
        assert ((low < value) & (value < high))[known].mean() > 0.92
        # Nor so large that they say nothing: at most twice what they miss by.
        missed = np.sqrt(np.mean((found[name][known] - value) ** 2))
        assert np.median(found.se[name]) < 2.0 * missed


def test_a_peak_without_doubt_is_known_to_a_step(series):
    """Noise far below the way to the second highest sample; the arrival is given."""
    since = np.maximum(TIME - ARRIVAL, 0.0)
    peaked = np.minimum(since / 20.0, 1.0) * np.exp(-since / 100.0)
    found, truth = scattered(peaked, sd=1e-4)
    np.testing.assert_array_equal(found["TTP_arrival"], truth["TTP_arrival"][0])
    np.testing.assert_allclose(found.se["TTP_arrival"], 2.0 / np.sqrt(12.0), rtol=1e-3)
    assert set(found.names) == set(found.se)


def test_no_concentration_no_value(series):
    t10 = T10.copy()
    t10[0, 0, 0] = np.nan
    found = semiquantitative(series, TIME, t10=t10, **SCAN)
    assert found.flags[0, 0, 0] and not found.flags[1:].any()
    assert all(np.isnan(found[name][0, 0, 0]) for name in found.names)


def test_a_short_scan_has_no_late_area(series):
    found = semiquantitative(series[..., :50], TIME[:50], t10=T10, arrival=ARRIVAL, **SCAN)
    assert np.isnan(found["IAUC90"]).all()
    assert np.isfinite(found["IAUC60"]).all()
    assert not found.flags.any()
    assert found.reasons.words() == "not identifiable"


def test_they_are_saved_like_other_maps(tmp_path, series):
    found = semiquantitative(series, TIME, t10=T10, **SCAN)
    written = {path.name for path in found.save(tmp_path, like=Image(series, np.eye(4), "dce"))}
    assert {"IAUC60.nii.gz", "IAUC60_se.nii.gz", "TTP_arrival.nii.gz", "flags.nii.gz"} <= written
    assert "TTP_arrival_se.nii.gz" in written


def test_an_unknown_arrival_is_refused(series):
    with pytest.raises(InputError, match="arrival is 'soon'"):
        semiquantitative(series, TIME, t10=T10, arrival="soon", **SCAN)
