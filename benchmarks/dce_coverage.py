"""How often value ± 1.96 standard errors holds the truth, by the samples before contrast.

Signals of extended Tofts kinetics, a spoiled gradient echo, Gaussian noise of 2 % of the signal
before contrast; Ktrans of single voxels and of means of 100, and T1 of four flip angles, where the
interval of one voxel is Student's and that of pooled noise normal.

    python -m benchmarks.dce_coverage         # writes benchmarks/results/dce_coverage.csv
    python -m benchmarks.dce_coverage 2000    # fewer voxels
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers import dce
from biomarkers.kinetics import MODELS, Input
from biomarkers.relaxometry import spgr_signal, t1_vfa

RESULT = Path(__file__).parent / "results" / "dce_coverage.csv"
SAMPLES, COUNT, REGION = (1, 2, 3, 4, 8, 16), 40_000, 100
SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
T10, STEP, NOISE = 1.8, 5.0, 0.02
TRUTH = {"Ktrans": 0.1, "kep": 1.0 / 3.0, "vp": 0.02}
FLIP, T1, TR = (2.0, 5.0, 10.0, 18.0), 1.8, 0.01
NORMAL = 1.96


def series(samples, count, seed=0):
    """Return signals (count, T), their times and the input, which arrives after `samples`."""
    time = np.arange(0.0, 380.0, STEP)
    fine = np.arange(0.0, 400.0, 0.5)
    since = fine - STEP * (samples - 0.5)
    falling = 8.0 * np.exp(-(since - 7.0) / 12.0) + 2.5 * np.exp(-(since - 7.0) / 600.0)
    source = Input(fine, plasma=np.where(since < 7.0, 1.5 * np.clip(since, 0.0, None), falling))
    curve = MODELS["extended_tofts"].predict(TRUTH, time, source)
    clean = dce.concentration_to_signal(curve, t10=T10, m0=1000.0, **SCAN)
    noise = NOISE * clean[0] * np.random.default_rng(seed).normal(size=(count, time.size))
    return clean + noise, time, source


def share(value, truth, reach):
    """How often a value lies within reach of the truth, where that is known."""
    known = np.isfinite(value) & np.isfinite(reach)
    return float(np.mean(np.abs(value - truth)[known] <= reach[known]))


def of_means(value, se):
    """Return the mean of every `REGION` voxels and its standard error."""
    return (
        value.reshape(-1, REGION).mean(axis=1),
        np.sqrt((se.reshape(-1, REGION) ** 2).sum(axis=1)) / REGION,
    )


def of_ktrans(samples, count=COUNT, seed=0):
    """Coverage of Ktrans in one row."""
    signal, time, source = series(samples, count, seed)
    maps = dce.maps(signal, time, t10=T10, input=source, baseline=(0, samples), **SCAN)
    value, se = maps["Ktrans"], maps.se["Ktrans"]
    low, high = maps.interval("Ktrans")
    mean, error = of_means(value, se)
    return {
        "quantity": "Ktrans",
        "samples": samples,
        "normal": share(value, TRUTH["Ktrans"], NORMAL * se),
        "interval": share(0.5 * (low + high), TRUTH["Ktrans"], 0.5 * (high - low)),
        "mean_of_100": share(mean, TRUTH["Ktrans"], NORMAL * error),
    }


def of_t1(count=COUNT, seed=0):
    """Coverage of T1 of four angles: of each voxel's own noise, and of pooled noise."""
    clean = spgr_signal(1000.0, T1, tr=TR, flip_deg=FLIP)
    noise = 0.3 * np.random.default_rng(seed).normal(size=(count, len(FLIP)))
    rows = []
    own = t1_vfa(clean + noise, flip_deg=FLIP, tr=TR)
    for name, maps in (("T1", own), ("T1, noise pooled", own.with_pooled_noise())):
        low, high = maps.interval()
        mean, error = of_means(maps.t1, maps.se["T1"])
        rows.append(
            {
                "quantity": name,
                "samples": len(FLIP),
                "normal": share(maps.t1, T1, NORMAL * maps.se["T1"]),
                "interval": float(np.mean((low <= T1) & (high >= T1))),
                "mean_of_100": share(mean, T1, NORMAL * error),
            }
        )
    return rows


def main(count=COUNT):
    rows = [of_ktrans(samples, count) for samples in SAMPLES] + of_t1(count)
    return pd.DataFrame(rows).round(4)


if __name__ == "__main__":
    table = main(*(int(each) for each in sys.argv[1:2]))
    print(table.to_string(index=False))
    if len(sys.argv) == 1:
        table.to_csv(RESULT, index=False)
