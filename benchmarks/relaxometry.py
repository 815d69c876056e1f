"""T1 maps per CPU-second beside a scipy `curve_fit` loop, on the same data.

CPU time of this process is measured, compilation excluded, standard errors included on both
sides. The loop fits the same signal, written in numpy, to magnitudes with signs restored by the
truth (it is spared the search for them), from starts at the truth.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
import warnings
from functools import partial

import numpy as np
from scipy.optimize import curve_fit

from biomarkers.relaxometry import (
    InversionTrain,
    spgr_signal,
    t1_hifi,
    t1_inversion_recovery,
    t1_look_locker,
    t1_saturation_recovery,
    t1_vfa,
    train_signal,
)

COUNT, LOOP, RATIO = 40_000, 150, 40
FLIP = np.array([2.0, 5.0, 8.0, 12.0, 16.0, 20.0])
TI = np.array([0.05, 0.15, 0.35, 0.7, 1.2, 2.0, 3.0])
TRAIN = InversionTrain(first=0.02, tr=0.08, flip_deg=10, pulse=np.arange(1, 33))
PREPARED = InversionTrain(first=[0.25, 0.6, 1.2], tr=0.006, flip_deg=5, pulses=64, cycle=3.0)


def vfa(m0, t1):
    return spgr_signal(m0, t1, tr=0.0055, flip_deg=FLIP)


def inversion(m0, t1, efficiency=1.0):
    remains, late = (
        np.exp(-TI / np.asarray(t1)[..., None]),
        np.exp(-4.0 / np.asarray(t1))[..., None],
    )
    return np.asarray(m0)[..., None] * (1 - remains + efficiency * (late - remains))


def saturation(m0, t1):
    return np.asarray(m0)[..., None] * -np.expm1(-TI / np.asarray(t1)[..., None])


def train(m0, t1, b1=1.0):
    return train_signal(m0, t1, TRAIN, b1=b1)


def hifi(m0, t1, b1=1.0):
    prepared = train_signal(m0, t1, PREPARED, b1=b1)
    return np.concatenate([spgr_signal(m0, t1, tr=0.006, flip_deg=FLIP, b1=b1), prepared], axis=-1)


def fit_hifi(signal, **settings):
    first, second = signal[..., : FLIP.size], signal[..., FLIP.size :]
    return t1_hifi(first, second, flip_deg=FLIP, tr=0.006, train=PREPARED, **settings)


METHODS = {
    "vfa": (vfa, 2, partial(t1_vfa, flip_deg=FLIP, tr=0.0055)),
    "vfa, line": (vfa, 2, partial(t1_vfa, flip_deg=FLIP, tr=0.0055, method="linear")),
    "inversion": (inversion, 3, partial(t1_inversion_recovery, ti=TI, tr=4.0)),
    "saturation": (saturation, 2, partial(t1_saturation_recovery, delay=TI)),
    "Look-Locker": (train, 3, partial(t1_look_locker, train=TRAIN)),
    "Look-Locker, B1 known": (train, 2, partial(t1_look_locker, train=TRAIN, b1=1.0)),
    "HIFI": (hifi, 3, fit_hifi),
}  # fmt: skip


def rate(work, count, repeats=1):
    """Best of a few runs, voxels per CPU-second."""
    best = np.inf
    for _ in range(repeats):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return count / best


def loop(model, unknowns, signal, clean, t1):
    found = []
    for row, sign, start in zip(signal, np.sign(clean), t1, strict=True):
        p0 = [1000.0, start, 1.0][:unknowns]

        def curve(_, *p):
            return model(*p)

        try:
            found.append(curve_fit(curve, None, row * sign, p0=p0)[0][1])
        except RuntimeError:
            found.append(np.nan)
    return np.array(found)


def main():
    rng = np.random.default_rng(0)
    t1 = rng.uniform(0.4, 2.5, COUNT)
    print(f"{COUNT} voxels, signal-to-noise {RATIO}; curve_fit on {LOOP} of them")
    for name, (model, unknowns, fit) in METHODS.items():
        clean = model(1000.0, t1)
        noise = np.abs(clean).max() / RATIO
        signal = np.hypot(
            clean + noise * rng.normal(size=clean.shape), noise * rng.normal(size=clean.shape)
        )
        found = fit(signal)
        ours = rate(partial(fit, signal), COUNT, 3)
        few = slice(0, LOOP)
        theirs = rate(partial(loop, model, unknowns, signal[few], clean[few], t1[few]), LOOP)
        other = loop(model, unknowns, signal[few], clean[few], t1[few])
        error, loop_error = (
            100 * np.nanmedian(np.abs(each / t1[: len(each)] - 1)) for each in (found.t1, other)
        )
        aware = ""
        if "line" not in name:
            aware = f"  noise known {rate(partial(fit, signal, noise=noise), COUNT):>9,.0f} /s"
        print(
            f"{name:<22} {ours:>9,.0f} /s, error {error:4.1f} %   curve_fit {theirs:>6,.0f} /s, "
            f"error {loop_error:4.1f} %   ratio {ours / theirs:>6,.0f}{aware}",
            flush=True,
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
