"""One protocol per method, with signals that are simulated pulse by pulse."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pulse_by_pulse

from biomarkers.relaxometry import (
    InversionTrain,
    RelaxationFlag,
    t1_hifi,
    t1_inversion_recovery,
    t1_look_locker,
    t1_saturation_recovery,
    t1_vfa,
)

FLIP = [2.0, 5.0, 8.0, 12.0, 16.0, 20.0]
TI = [0.05, 0.15, 0.35, 0.7, 1.2, 2.0, 3.0]
DELAY = [0.1, 0.3, 0.6, 1.0, 1.8, 3.0, 5.0]
B1 = 0.9
FOREVER = 400.0  # s, twenty of the longest T1

LOOK_LOCKER = InversionTrain(first=0.02, tr=0.08, flip_deg=10, pulse=np.arange(1, 33), cycle=4.0)
PREPARED = InversionTrain(
    first=[0.25, 0.5, 0.9, 1.5], tr=0.006, flip_deg=5, pulses=64, cycle=3.0, efficiency=None
)
HIFI_FLIP = [3.0, 5.0, 9.0, 14.0, 20.0]


@dataclass(frozen=True)
class Protocol:
    """A way to measure T1: `clean(t1)` signals with their signs, and fits of their magnitudes.

    `fit_signed` takes signals with their signs.
    """

    name: str
    clean: Callable
    fit: Callable
    fit_signed: Callable


def _vfa(t1):
    return pulse_by_pulse.spoiled_echoes(t1, B1 * np.radians(FLIP), 0.0055)


def _inversion(t1, tr, efficiency):
    return pulse_by_pulse.recovery(t1, TI, tr, np.arccos(-efficiency))


def _saturation(t1, efficiency):
    return pulse_by_pulse.recovery(t1, DELAY, FOREVER, np.arccos(1.0 - efficiency))


def _look_locker(t1):
    angle = B1 * np.radians(10.0)
    return pulse_by_pulse.train(t1, 0.02, 0.08, angle, 32, 4.0, np.pi)


def _hifi(t1):
    echoes = pulse_by_pulse.spoiled_echoes(t1, B1 * np.radians(HIFI_FLIP), 0.006)
    angle = B1 * np.radians(5.0)
    trains = [
        pulse_by_pulse.train(t1, first, 0.006, angle, 64, 3.0, B1 * np.pi)[..., :1]
        for first in PREPARED.first
    ]
    return np.concatenate([echoes, *trains], axis=-1)


def _fit_hifi(signal, train=PREPARED, **settings):
    count = len(HIFI_FLIP)
    return t1_hifi(
        signal[..., :count], signal[..., count:], flip_deg=HIFI_FLIP, tr=0.006, train=train,
        **settings,
    )  # fmt: skip


def _protocol(name, clean, fit, **if_signed):
    return Protocol(name, clean, fit, partial(fit, **if_signed))


_INVERSION = partial(t1_inversion_recovery, ti=TI, tr=4.0)
_SATURATION = partial(t1_saturation_recovery, delay=DELAY)
_TRAIN = partial(t1_look_locker, train=LOOK_LOCKER)
_SIGNED_TRAIN = replace(LOOK_LOCKER, signed=True)

PROTOCOLS = [
    _protocol("vfa", _vfa, partial(t1_vfa, flip_deg=FLIP, tr=0.0055, b1=B1)),
    _protocol("inversion", partial(_inversion, tr=4.0, efficiency=0.95), _INVERSION, signed=True),
    _protocol(
        "perfect inversion",
        partial(_inversion, tr=4.0, efficiency=1.0),
        partial(_INVERSION, efficiency=1.0),
        signed=True,
    ),
    _protocol("saturation", partial(_saturation, efficiency=1.0), _SATURATION),
    _protocol(
        "imperfect saturation",
        partial(_saturation, efficiency=0.92),
        partial(_SATURATION, efficiency="fitted"),
    ),
    _protocol("Look-Locker, B1 known", _look_locker, partial(_TRAIN, b1=B1), train=_SIGNED_TRAIN),
    _protocol("Look-Locker", _look_locker, _TRAIN, train=_SIGNED_TRAIN),
    _protocol("HIFI", _hifi, _fit_hifi, train=replace(PREPARED, signed=True)),
]
NAMES = [each.name for each in PROTOCOLS]


def magnitudes(clean, noise, seed=0):
    """Return Rician magnitudes of clean signals with `noise` in each channel."""
    rng = np.random.default_rng(seed)
    return np.hypot(
        clean + noise * rng.normal(size=clean.shape), noise * rng.normal(size=clean.shape)
    )


def fitted(found):
    """Return where there was signal to fit and the fit came to rest."""
    return ~found.reasons.has(RelaxationFlag.NO_SIGNAL | RelaxationFlag.NOT_CONVERGED)
