"""Settings in another unit and images in the wrong order are refused or warned of."""

import numpy as np
import pytest

from biomarkers.errors import AssumptionWarning, InputError, UnusualValueWarning
from biomarkers.relaxometry import (
    InversionTrain,
    afi_map,
    b1_afi,
    b1_double_angle,
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
    with pytest.warns(UnusualValueWarning, match="b1_double_angle"):
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
