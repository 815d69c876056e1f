"""Diffusion in noise: bias, coverage of 95 % intervals, flags; and how fast, beside DIPY and scipy.

    python -m benchmarks.dwi           # writes benchmarks/results/dwi.csv and dwi_speed.csv
    python -m benchmarks.dwi 2000      # fewer voxels

Signals are magnitudes of complex ones with Gaussian noise in both channels. The ratio of signal to
noise is that at b = 0. Everything runs in this process, and CPU time is counted, compilation
excluded; only ours gives standard errors.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import sys
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from dipy.core.gradients import gradient_table
from dipy.reconst.dki import DiffusionKurtosisModel
from dipy.reconst.dti import TensorModel
from dipy.reconst.ivim import IvimModel
from scipy.optimize import curve_fit

from biomarkers import dwi

RESULTS = Path(__file__).parent / "results"
VOXELS, LOOP = 20_000, 300
B = np.array([0.0, 200.0, 400.0, 600.0, 800.0, 1000.0])
B_IVIM = np.array([0, 0, 10, 20, 30, 50, 80, 100, 150, 200, 300, 400, 600, 800.0])
FIBRE, ROUND = (1.7e-3, 0.3e-3, 0.3e-3), (1.1e-3, 0.9e-3, 0.7e-3)


def magnitudes(clean, snr, voxels, seed=0):
    """Magnitudes of a signal that is 1 at b = 0."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((2, voxels, clean.size)) / snr
    return 100.0 * np.hypot(clean + noise[0], noise[1])


def spiral(count):
    """Directions spread evenly over half a sphere."""
    z = (np.arange(count) + 0.5) / count
    turn, radius = np.pi * (3.0 - 5.0**0.5) * np.arange(count), np.sqrt(1.0 - z**2)
    return np.column_stack([radius * np.cos(turn), radius * np.sin(turn), z])


def shells(*of):
    b = np.concatenate([np.zeros(3), *(np.full(n, float(value)) for value, n in of)])
    return b, np.vstack([np.zeros((3, 3)), *(spiral(n) for _, n in of)])


def tensor_signal(b, g, eigenvalues):
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    return np.exp(-b * ((g @ axes) ** 2 @ np.asarray(eigenvalues)))


def anisotropy(eigenvalues):
    e = np.asarray(eigenvalues)
    return np.sqrt(1.5 * ((e - e.mean()) ** 2).sum() / (e**2).sum())


def pools(f, d, fast):
    return (1.0 - f) * np.exp(-B_IVIM * d) + f * np.exp(-B_IVIM * fast)


ONE_SHELL, TWO_SHELLS = shells((1000, 30)), shells((1000, 30), (2000, 30))
MIXED = 0.5 * tensor_signal(*TWO_SHELLS, FIBRE) + 0.5 * np.exp(-TWO_SHELLS[0] * 0.9e-3)


def cases():
    """Yield model, what is fitted how, its clean signal, ratios, and the truth by quantity."""
    for truth in (0.7e-3, 0.95e-3, 1.2e-3, 2.2e-3):
        for method in ("loglinear", "nonlinear", "rician"):
            call = partial(dwi.adc, bvals=B, method=method)
            yield "adc", method, call, np.exp(-B * truth), (5, 10, 20, 40), {"ADC": truth}
    for eigenvalues in (FIBRE, ROUND):
        truth = {"MD": np.mean(eigenvalues), "FA": anisotropy(eigenvalues)}
        clean = tensor_signal(*ONE_SHELL, eigenvalues)
        for method in ("loglinear", "nonlinear", "rician"):
            call = partial(dwi.tensor, bvals=ONE_SHELL[0], bvecs=ONE_SHELL[1], method=method)
            yield "tensor", method, call, clean, (10, 20, 40), truth
    call = partial(dwi.kurtosis, bvals=TWO_SHELLS[0], bvecs=TWO_SHELLS[1])
    # The model is a series in b: its own truth is what it makes of the signal without noise.
    exact = call(MIXED)
    yield (
        "kurtosis",
        "nonlinear",
        call,
        MIXED,
        (40, 100),
        {k: float(exact[k]) for k in ("MK", "MD", "FA")},
    )
    for numbers in ((0.1, 1e-3, 0.01), (0.2, 1e-3, 0.02), (0.3, 0.8e-3, 0.03)):
        truth = dict(zip(("f", "D", "Dstar"), numbers, strict=True))
        call = partial(dwi.ivim, bvals=B_IVIM)
        yield "ivim", "nonlinear", call, pools(*numbers), (20, 50, 100), truth


def in_noise(voxels):
    rows = []
    for model, method, call, clean, ratios, truth in cases():
        count = voxels if model != "kurtosis" else voxels // 10
        for snr in ratios:
            fit = call(magnitudes(clean, snr, count))
            for name, value in truth.items():
                low, high = fit.interval(name)
                known = np.isfinite(low)
                rows.append({
                    "model": model, "method": method, "snr": snr, "quantity": name,
                    "truth": value,
                    "bias_percent": 100 * (np.mean(fit[name][known]) / value - 1),
                    "median_bias_percent": 100 * (np.median(fit[name][known]) / value - 1),
                    "sd_percent": 100 * np.std(fit[name][known]) / value,
                    "covered_95": np.mean((low[known] <= value) & (value <= high[known])),
                    "known": np.mean(known), "flagged": np.mean(fit.flags),
                })  # fmt: skip
    return pd.DataFrame(rows)


def seconds(work, repeats):
    work()
    times = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return min(times)


def curve_fits(signal):
    for row in signal:
        curve_fit(lambda b, s, d: s * np.exp(-b * d), B, row, (row[0], 1e-3))


def speed(voxels):
    one, two = (gradient_table(b, bvecs=g) for b, g in (ONE_SHELL, TWO_SHELLS))
    flow = gradient_table(B_IVIM, bvecs=np.outer(B_IVIM > 0, [1.0, 0, 0]), b0_threshold=0)
    along = {"bvals": ONE_SHELL[0], "bvecs": ONE_SHELL[1]}
    both = {"bvals": TWO_SHELLS[0], "bvecs": TWO_SHELLS[1]}
    adc, fibre = np.exp(-B * 1e-3), tensor_signal(*ONE_SHELL, FIBRE)

    def kurtosis(signal):
        DiffusionKurtosisModel(two, fit_method="WLS").fit(signal).mk()

    def nlls(signal):
        TensorModel(one, fit_method="NLLS").fit(signal).fa  # noqa: B018  (computed when asked for)

    def wls(signal):
        TensorModel(one, fit_method="WLS").fit(signal).fa  # noqa: B018

    work = (
        ("ADC", "nonlinear", adc, partial(dwi.adc, bvals=B), "scipy curve_fit", curve_fits),
        ("tensor", "nonlinear", fibre, partial(dwi.tensor, **along), "DIPY NLLS", nlls),
        ("tensor", "loglinear", fibre, partial(dwi.tensor, method="loglinear", **along),
         "DIPY WLS", wls),
        ("kurtosis", "nonlinear", MIXED, partial(dwi.kurtosis, **both), "DIPY WLS", kurtosis),
        ("IVIM", "nonlinear", pools(0.2, 1e-3, 0.02), partial(dwi.ivim, bvals=B_IVIM), "DIPY trr",
         lambda signal: IvimModel(flow, fit_method="trr").fit(signal)),
    )  # fmt: skip
    rows = []
    for model, method, clean, ours, other, theirs in work:
        signal = magnitudes(clean, 50, min(voxels, 4000))
        few = signal[:LOOP] if model != "IVIM" else signal[: LOOP // 10]
        us = 1e6 * seconds(partial(ours, signal), 3) / len(signal)
        them = 1e6 * seconds(partial(theirs, few), 1) / len(few)
        rows.append({"model": model, "method": method, "us_per_voxel": us, "beside": other,
                     "its_us_per_voxel": them, "times": them / us})  # fmt: skip
    return pd.DataFrame(rows)


def main(voxels):
    warnings.simplefilter("ignore")
    for name, table in (("dwi", in_noise(voxels)), ("dwi_speed", speed(voxels))):
        table.to_csv(RESULTS / f"{name}.csv", index=False, float_format="%.4g")
        print(table.to_string(index=False, float_format="%.4g"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else VOXELS)
