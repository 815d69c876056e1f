"""Numbers in another unit are refused or warned of; what cannot be is never `ok`."""

import numpy as np
import pytest
from test_dce_volumes import FINE, GIVEN, PLASMA, SCAN, SOURCE, TIME, signals

from biomarkers import dce
from biomarkers.errors import InputError, UnusualValueWarning
from biomarkers.estimates import FitFlag
from biomarkers.images import Image
from biomarkers.kinetics import Input


@pytest.fixture(scope="module")
def series():
    return signals(40).reshape(5, 4, 2, -1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t10": 1800.0}, "t10 is 1800 s; .* looks like ms"),
        ({"t10": np.full((5, 4, 2), 1800.0)}, "t10 is 1800 s; .* looks like ms"),
        ({"r1": 0.0045}, "r1 is 0.0045 .* looks like"),
        ({"r1": 4500.0}, "r1 is 4500"),
        ({"b1": np.full((5, 4, 2), 98.0)}, "b1 is 98; .* looks like %"),
        ({"tr": 5.0}, "tr is 5 s; .* looks like ms"),
        ({"tr": 5e-6}, "tr is 5e-06 s"),
        ({"input": Input(FINE, plasma=1000 * PLASMA)}, "input, at its peak, .* looks like uM"),
    ],
)
def test_what_cannot_be_is_refused(series, change, message):
    with pytest.raises(InputError, match=message):
        dce.maps(series, TIME, **{**GIVEN, "input": SOURCE, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flip_deg": np.radians(20.0)}, "flip_deg is 0.349066 deg; .* looks like rad"),
        ({"input": Input(FINE, plasma=0.001 * PLASMA)}, "input, at its peak"),
    ],
)
def test_what_is_not_usual_is_warned_of(series, change, message):
    with pytest.warns(UnusualValueWarning, match=message):
        maps = dce.maps(series, TIME, **{**GIVEN, "input": SOURCE, **change})
    assert (maps.table["qc"] != "ok").all()


def test_times_in_another_unit(series):
    with pytest.raises(InputError, match=r"time, from volume to volume, is 4000 s; .* ms"):
        dce.Scan(series, 1000 * TIME, **GIVEN)
    with pytest.warns(UnusualValueWarning, match="looks like min"):
        scan = dce.Scan(series, TIME / 60, **GIVEN)
    maps = scan.maps(Input(FINE / 60, plasma=PLASMA))
    assert maps.reasons.has(FitFlag.IMPLAUSIBLE).all()  # Ktrans 6/min
    assert any("looks like min" in note for note in maps.notes)
    assert (maps.table["qc"] != "ok").all()


@pytest.mark.parametrize(
    ("blood", "message"),
    [
        ({"t10_blood": 2100.0, "hct": 0.42}, "t10_blood is 2100 s; .* looks like ms"),
        ({"t10_blood": 2.1, "hct": 42.0}, "hct is 42; .* looks like %"),
    ],
)
def test_blood(series, blood, message):
    with pytest.raises(InputError, match=message):
        dce.measured_input(series, TIME, np.ones(series.shape[:-1]), **blood, **SCAN)


def test_a_unit_that_an_image_knows_is_used(series):
    plain = dce.maps(series, TIME, input=SOURCE, b1=1.1, **GIVEN)
    t10 = Image(np.full((5, 4, 2), 1800.0), np.eye(4), "T1map.nii", "ms")
    b1 = Image(np.full((5, 4, 2), 110.0), np.eye(4), "TB1map.nii", "%")
    told = dce.maps(series, TIME, **{**GIVEN, "t10": t10}, b1=b1, input=SOURCE)
    np.testing.assert_allclose(told["Ktrans"], plain["Ktrans"], rtol=1e-9)


def test_values_that_cannot_be_are_remarked_upon_at_the_voxel(series):
    weak = Input(FINE, plasma=0.015 * PLASMA)
    maps = dce.maps(series, TIME, input=weak, **GIVEN)
    assert (maps["Ktrans"] > 5).all() and maps.reasons.has(FitFlag.IMPLAUSIBLE).all()
    sound = dce.maps(series, TIME, input=SOURCE, **GIVEN)
    assert not sound.reasons.has(FitFlag.IMPLAUSIBLE).any()
