"""Does the engine find the global optimum? Measured against the best of fifty starts.

Simulated curves of every model at a contrast-to-noise ratio of 20; curves with a fitted delay,
against a fine scan of the delay; and, where the reference data lie beside the
repository, [11C]PBR28 curves of twenty scans.

    python -m benchmarks.kinetics_optimum          # writes benchmarks/results/kinetics_*.csv
    python -m benchmarks.kinetics_optimum 100      # fewer simulated curves
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.kinetic_cases import CASES, PBR28, Case
from benchmarks.multistart import Multistart

from biomarkers.kinetics import MODELS, Input
from biomarkers.timing import Frames

RESULTS = Path(__file__).parent / "results"
PET = Path(__file__).resolve().parents[2] / "shared" / "data" / "pet"
REGIONS = ["FC", "TC", "STR", "THA", "WB", "CBL"]
COUNT, DELAYED_COUNT = 1000, 100
DELAYED = {
    "tofts": (0.0, 10.0),
    "extended_tofts": (0.0, 10.0),
    "2cxm": (0.0, 10.0),
    "2tcm": (-30.0, 30.0),
}
STEP = {"MR": 0.2, "PET": 0.4}  # s, of the scan of the delay; a tenth of it near the best


def summary(excess):
    """How far above the best objective, relative to it."""
    return {
        "curves": excess.size,
        "within_1e-6": np.mean(excess <= 1e-6),
        "within_1e-4": np.mean(excess <= 1e-4),
        "worst": excess.max(),
        "best": excess.min(),
    }


def simulated(case, count, seed=1):
    """Excess of the engine's sum of squares over the best of fifty starts, curve by curve."""
    curves = case.noisy(case.clean(case.draw(count, seed)), seed)
    fit = case.model.fit(curves, case.frames, case.input)
    search, random = Multistart(case.model, case.input, case.frames), np.random.default_rng(seed)
    return fit.rss / np.array([search.best(curve, random) for curve in curves]) - 1.0


def scanned(case, curves, bounds, step, weights=None):
    """Least sum of squares over the delay (s) in steps a tenth of `step`, and where it is."""

    def rss(delay):
        lag = float(delay)
        return case.model.fit(curves, case.frames, case.input, delay=lag, weights=weights).rss

    grid = np.arange(bounds[0], bounds[1] + 0.5 * step, step)
    sums = np.array([rss(delay) for delay in grid])
    best, where = sums.min(axis=0), grid[sums.argmin(axis=0)]
    around = step * np.linspace(-1.0, 1.0, 21)
    nearby = np.unique(np.round(where[:, None] + around, 6))
    for delay in nearby[(nearby >= bounds[0]) & (nearby <= bounds[1])]:
        found = rss(delay)
        where[found < best] = delay
        best = np.minimum(best, found)
    return best, where


def delayed(case, bounds, count, seed=2):
    """Excess of the engine's sum of squares, delay fitted, over the scan of the delay."""
    truth = case.draw(count, seed)
    margin = 0.1 * (bounds[1] - bounds[0])
    random = np.random.default_rng(seed)
    delay = random.uniform(bounds[0] + margin, bounds[1] - margin, count)
    curves = case.noisy(case.clean(truth, delay), seed)
    fit = case.model.fit(curves, case.frames, case.input, delay=bounds)
    step = STEP["PET" if case.input is PBR28 else "MR"]
    return fit.rss / scanned(case, curves, bounds, step)[0] - 1.0


def scans():
    """Yield subject, curves (6, T), frames, weights, and input (every third sample)."""
    curves = pd.read_csv(PET / "pbr28_tacs.csv")
    blood = pd.read_csv(PET / "pbr28_input_interp6000.csv.gz")
    for subject, rows in curves.groupby("PET"):
        samples = blood[subject == blood["PET"]].iloc[::3]
        source = Input(60 * samples["Time"], plasma=samples["AIF"], blood=samples["Blood"])
        frames = Frames(rows["StartTime"], rows["Duration"])
        yield subject, rows[REGIONS].to_numpy().T, frames, rows["Weights"].to_numpy(), source


def measured(limit=None):
    """Real curves, 2tcm with vB: the engine beside fifty starts, at the delay it found."""
    model, random, rows = MODELS["2tcm"], np.random.default_rng(3), []
    for subject, curves, frames, weights, source in list(scans())[:limit]:
        free = model.fit(curves, frames, source, weights=weights, delay=DELAYED["2tcm"])
        for region, curve, lag in zip(REGIONS, curves, free["delay"], strict=True):
            fit = model.fit(curve, frames, source, weights=weights, delay=float(lag))
            search = Multistart(model, source, frames, weights=weights, delay=lag)
            rows.append((subject, region, lag, float(fit.rss) / search.best(curve, random) - 1.0))
    return pd.DataFrame(rows, columns=["subject", "region", "delay", "excess"])


def measured_delays(limit=None):
    """Real curves: excess with the delay fitted over the scan of the delay."""
    model, rows = MODELS["2tcm"], []
    for subject, curves, frames, weights, source in list(scans())[:limit]:
        bounds = DELAYED["2tcm"]
        fit = model.fit(curves, frames, source, weights=weights, delay=bounds)
        case = Case("2tcm", model, source, frames, {})
        best, where = scanned(case, curves, bounds, STEP["PET"], weights)
        for k, region in enumerate(REGIONS):
            rows.append((subject, region, fit["delay"][k], where[k], fit.rss[k] / best[k] - 1.0))
    return pd.DataFrame(rows, columns=["subject", "region", "delay", "scanned", "excess"])


def write(rows, name):
    table = pd.DataFrame(rows)
    RESULTS.mkdir(exist_ok=True)
    table.to_csv(RESULTS / name, index=False, float_format="%.4g")
    print(table.to_string(index=False), flush=True)


def main(count=COUNT):
    rows = []
    for name, case in CASES.items():
        if case.rates:
            rows.append({"model": name, **summary(simulated(case, count))})
            print(rows[-1], flush=True)
    write(rows, "kinetics_optimum.csv")
    rows = []
    for name, bounds in DELAYED.items():
        excess = delayed(CASES[name], bounds, DELAYED_COUNT)
        rows.append({"model": name, "low": bounds[0], "high": bounds[1], **summary(excess)})
    write(rows, "kinetics_optimum_delay.csv")
    if not PET.exists():
        print(f"no reference data at {PET}: real curves left out")
        return
    rows = [
        {"against": "50 starts at the delay found", **summary(measured()["excess"].to_numpy())},
        {"against": "scan of the delay", **summary(measured_delays()["excess"].to_numpy())},
    ]
    write(rows, "kinetics_optimum_pbr28.csv")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
