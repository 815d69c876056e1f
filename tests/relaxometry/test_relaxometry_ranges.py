"""Settings in another unit and images in the wrong order are refused or warned of."""

import numpy as np
import pytest

from biomarkers.errors import AssumptionWarning, InputError, UnusualValueWarning
from biomarkers.relaxometry import (
    InversionTrain,
    afi_map,
    b1_afi,
    b1_double_angle,
    double_angle_map,
    r2_multi_echo,
    spgr_signal,
    t1_inversion_recovery,
    t1_saturation_recovery,
    t1_vfa,
)

FLIP = [2.0, 5.0, 10.0, 18.0]
VFA = spgr_signal(1000.0, np.array([0.8, 1.8]), tr=0.01, flip_deg=FLIP)
TI = np.array([0.05, 0.2, 0.8, 1.5, 3.0, 5.0])
INVERTED = np.abs(1.0 - 2.0 * np.exp(-TI / 1.2))[None]
AFI = {"flip_deg": 60.0, "tr1": 0.013, "tr2": 0.065}
COSINE = np.cos(np.radians(60.0) * np.linspace(0.8, 1.2, 9))
SECOND = (1.0 + 5.0 * COSINE) / (5.0 + COSINE)
DOUBLE = np.radians(35.0) * np.linspace(0.7, 1.2, 9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t1_vfa(VFA, flip_deg=FLIP, tr=10.0), "tr is 10 s; .* looks like ms"),
        (lambda: t1_vfa(VFA, flip_deg=FLIP, tr=0.01, b1=[95.0, 90.0]), "b1 is 92.5; .* like %"),
        (lambda: t1_inversion_recovery(INVERTED, ti=1000 * TI), "ti is 5000 s; .* ms"),
        (lambda: t1_inversion_recovery(INVERTED, ti=TI, tr=6000.0), "tr is 6000 s; .* ms"),
        (lambda: t1_saturation_recovery(INVERTED, delay=1000 * TI), "delay is 5000 s; .* ms"),
        (lambda: r2_multi_echo(INVERTED, te=10 * (1 + np.arange(6))), "te is 60 s; .* ms"),
        (lambda: InversionTrain(first=0.1, tr=5.0, flip_deg=8.0), "tr is 5 s; .* ms"),
        (lambda: b1_afi(1.0, 0.8, flip_deg=60.0, tr1=13.0, tr2=65.0), "tr1 is 13 s; .* ms"),
        (
            lambda: b1_double_angle(1.0, 1.0, flip_deg=60.0, tr=4000.0, t1=1500.0),
            "tr is 4000 s; .* ms",
        ),
        (lambda: b1_double_angle(1.0, 1.0, flip_deg=60.0, tr=4.0, t1=1500.0), "t1 is 1500 s"),
    ],
)
def test_milliseconds_and_percent_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_angles_in_radians_are_warned_of():
    with pytest.warns(UnusualValueWarning, match="looks like rad"):
        assert t1_vfa(VFA, flip_deg=np.radians(FLIP), tr=0.01).flags.all()
    with pytest.raises(InputError, match=r"what b1_double_angle makes of these .* is 5"):
        b1_double_angle(np.sin(DOUBLE), np.sin(2 * DOUBLE), flip_deg=np.radians(35.0))


def test_images_in_the_wrong_order_are_warned_of():
    first = np.ones(9)
    assert np.isfinite(b1_afi(first, SECOND, **AFI)).all()
    for call in (b1_afi, afi_map):
        with pytest.warns(AssumptionWarning, match="swapped"):
            call(SECOND, first, **AFI)
    assert np.isfinite(b1_double_angle(np.sin(DOUBLE), np.sin(2 * DOUBLE), flip_deg=35.0)).all()
    with pytest.warns(UnusualValueWarning, match=r"b1_double_angle makes.*images exchanged"):
        b1_double_angle(np.sin(2 * DOUBLE), np.sin(DOUBLE), flip_deg=35.0)
    with pytest.raises(InputError, match="swap the two images"):
        b1_afi(first, SECOND, flip_deg=60.0, tr1=0.065, tr2=0.013)


def test_pooled_noise_has_the_freedom_of_all_voxels():
    noise = 0.3 * np.random.default_rng(0).normal(size=(500, 2, 4))
    own = t1_vfa(VFA + noise, flip_deg=FLIP, tr=0.01)
    pooled = own.with_pooled_noise()
    assert own.freedom == 2 and pooled.freedom > 500
    low, high = pooled.interval("T1")
    truth = np.array([0.8, 1.8])
    assert 0.93 < np.mean((low < truth) & (truth < high)) < 0.97


def pair_at(flip, b1, echo="gradient", e1=0.0):
    """Signals of a double angle, and the settings that they were taken with."""
    power = 1 if echo == "gradient" else 3
    angle = np.radians(flip) * b1
    one, two = (
        100.0 * np.sin(a) ** power * (1.0 - e1) / (1.0 - e1 * np.cos(a)) for a in (angle, 2 * angle)
    )
    return one, two, {"flip_deg": flip, "echo": echo}


@pytest.mark.parametrize("flip", [35.0, 40.0, 45.0, 50.0, 60.0])
@pytest.mark.parametrize("echo", ["gradient", "spin"])
@pytest.mark.parametrize("centre", [0.8, 1.0, 1.1])
def test_exchanged_double_angles_are_named_by_the_field_they_make(flip, echo, centre):
    b1 = centre * np.linspace(0.85, 1.15, 41)
    one, two, settings = pair_at(flip, b1, echo)
    right = double_angle_map(one, two, **settings)
    assert right.notes == ()
    np.testing.assert_allclose(right["B1"], b1, rtol=1e-9)
    if flip < 60.0 and centre * flip <= 50.0:
        said = rf"\({centre:.2f} with the two images exchanged\) is"
        with pytest.warns((AssumptionWarning, UnusualValueWarning), match=said):
            wrong = double_angle_map(two, one, **settings)
        assert len(wrong.notes) == 1


def test_exchanged_double_angles_at_a_short_repetition_are_named():
    b1 = np.linspace(0.8, 1.15, 40)
    one, two, settings = pair_at(45.0, b1, e1=np.exp(-0.5))
    settings |= {"tr": 0.5, "t1": 1.0}
    assert double_angle_map(one, two, **settings).notes == ()
    with pytest.warns(AssumptionWarning, match="images swapped"):
        double_angle_map(two, one, **settings)


def test_nothing_tells_the_order_about_60_degrees():
    """A field of 0.9 and one of 1.09 in the other order: both can be, and neither is warned of."""
    one, two, settings = pair_at(60.0, np.full(9, 0.9))
    assert double_angle_map(one, two, **settings).notes == ()
    assert double_angle_map(two, one, **settings)["B1"][0] == pytest.approx(1.08, abs=0.01)


def test_warnings_stand_in_the_notes_of_the_record():
    with pytest.warns(UnusualValueWarning):
        assert "looks like rad" in t1_vfa(VFA, flip_deg=np.radians(FLIP), tr=0.01).notes[0]
    with pytest.warns(AssumptionWarning):
        notes = afi_map(SECOND, np.ones(9), **AFI).notes
    assert len(notes) == 1 and "swapped" in notes[0]
    assert t1_vfa(VFA, flip_deg=FLIP, tr=0.01).notes == ()
    with pytest.warns(UnusualValueWarning):
        assert t1_inversion_recovery(INVERTED, ti=TI, tr=100.0).notes[0].startswith("tr is 100 s")
