"""T1 and its error against scipy's trust-region solver on signals written out independently.

The signals are the textbook ones: inversion recovery from the Bloch equations (Barral et al. 2010,
doi:10.1002/mrm.22497, equation 1 with a 90 degree readout), saturation recovery, a train by
recursion from pulse to pulse (Deichmann & Haase 1992, doi:10.1016/0022-2364(92)90347-A), and the
Ernst equation. All parameters are free at once, from starts near the truth; errors come from the
solver's own Jacobian.
"""

import numpy as np
import pytest
from scipy import optimize

from biomarkers.relaxometry import (
    InversionTrain,
    t1_hifi,
    t1_inversion_recovery,
    t1_look_locker,
    t1_saturation_recovery,
    t1_vfa,
)

FLIP = np.array([2.0, 4.0, 8.0, 14.0, 20.0])
TI = np.array([0.05, 0.2, 0.5, 1.0, 1.8, 3.0])
FIRST = np.array([0.2, 0.6, 1.2])
LOOK_LOCKER = InversionTrain(first=0.05, tr=0.1, flip_deg=9, pulse=np.arange(1, 26), signed=True)
PREPARED = InversionTrain(
    first=FIRST, tr=0.007, flip_deg=6, pulses=30, cycle=2.5, efficiency=None, signed=True
)


def ernst(m0, t1, b1):
    e, a = np.exp(-0.006 / t1), np.radians(FLIP) * b1
    return m0 * np.sin(a) * (1 - e) / (1 - e * np.cos(a))


def inversion(m0, t1, efficiency):
    cosine = -efficiency
    return m0 * (1 - cosine * np.exp(-4.0 / t1) - (1 - cosine) * np.exp(-TI / t1))


def train(m0, t1, b1, first, tr, flip_deg, pulses, cycle, inverted):
    """Return the signals of a train that is repeated until it repeats itself."""
    m, flip = 1.0, np.radians(flip_deg) * b1
    for _ in range(1 if cycle is None else 40):
        m, signals = 1 - (1 - inverted * m) * np.exp(-first / t1), []
        for _ in range(pulses):
            signals.append(m0 * m * np.sin(flip))
            m = 1 - (1 - m * np.cos(flip)) * np.exp(-tr / t1)
        if cycle is not None:
            m = 1 - (1 - m) * np.exp(-(cycle - first - pulses * tr) / t1)
    return np.array(signals)


def look_locker(m0, t1, b1):
    return train(m0, t1, b1, 0.05, 0.1, 9, 25, None, -1.0)


def hifi(m0, t1, b1):
    turned = np.cos(np.pi * b1)
    prepared = [train(m0, t1, b1, f, 0.007, 6, 30, 2.5, turned)[0] for f in FIRST]
    return np.concatenate([ernst(m0, t1, b1), prepared])


def fit_hifi(s):
    return t1_hifi(s[: FLIP.size], s[FLIP.size :], flip_deg=FLIP, tr=0.006, train=PREPARED)


CASES = {
    "vfa": (lambda m0, t1: ernst(m0, t1, 1.0), (), lambda s: t1_vfa(s, flip_deg=FLIP, tr=0.006)),
    "inversion": (
        inversion,
        (0.93,),
        lambda s: t1_inversion_recovery(s, ti=TI, tr=4.0, signed=True),
    ),
    "perfect inversion": (
        lambda m0, t1: inversion(m0, t1, 1.0),
        (),
        lambda s: t1_inversion_recovery(s, ti=TI, tr=4.0, efficiency=1.0, signed=True),
    ),
    "saturation": (
        lambda m0, t1: m0 * (1 - np.exp(-TI / t1)),
        (),
        lambda s: t1_saturation_recovery(s, delay=TI),
    ),
    "imperfect saturation": (
        lambda m0, t1, left: m0 * (1 - left * np.exp(-TI / t1)),
        (0.9,),
        lambda s: t1_saturation_recovery(s, delay=TI, efficiency="fitted"),
    ),
    "Look-Locker": (look_locker, (1.1,), lambda s: t1_look_locker(s, train=LOOK_LOCKER)),
    "Look-Locker, B1 known": (
        lambda m0, t1: look_locker(m0, t1, 1.1),
        (),
        lambda s: t1_look_locker(s, train=LOOK_LOCKER, b1=1.1),
    ),
    "HIFI": (hifi, (0.9,), fit_hifi),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("t1", [0.6, 1.4])
def test_the_same_minimum_and_the_same_error(name, t1):
    signal_of, third, fit = CASES[name]
    clean = signal_of(10.0, t1, *third)
    rng = np.random.default_rng(4)
    for _ in range(6):
        signal = clean + np.abs(clean).max() / 50 * rng.normal(size=clean.size)
        solved = optimize.least_squares(
            lambda p, signal=signal: signal_of(*p) - signal,
            [10.0, t1, *third],
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
            jac="3-point",
            x_scale="jac",
        )
        freedom = signal.size - len(solved.x)
        covariance = np.linalg.inv(solved.jac.T @ solved.jac) * 2 * solved.cost / freedom
        error = np.sqrt(np.diag(covariance))
        found = fit(signal)
        assert not found.flags
        assert [float(found.m0), float(found.t1)] == pytest.approx(solved.x[:2], rel=1e-5)
        assert float(found.se["T1"]) == pytest.approx(error[1], rel=1e-4)
        assert float(found.quality["residual_sd"]) == pytest.approx(
            np.sqrt(2 * solved.cost / freedom)
        )
        if "B1" in found.values:
            assert float(found["B1"]) == pytest.approx(solved.x[2], rel=1e-5)
            assert float(found.se["B1"]) == pytest.approx(error[2], rel=1e-4)
        if "efficiency" in found.values:
            assert float(found["efficiency"]) == pytest.approx(solved.x[2], rel=1e-5)
