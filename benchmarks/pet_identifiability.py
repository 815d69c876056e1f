"""What do dynamic scans of FLT and RGD peptides determine? Simulated regions, fitted with 2tcm.

Rates are of the order that tumours show (FLT: Muzi et al., J Nucl Med 2005;46:274; RGD: BPND of a
monomer and a dimer, 2.75 and 5.87, from Guo et al. 2012, doi:10.1007/s11307-012-0541-7); k4 of FLT
runs from none to fast. Noise is 3 % of the peak in a frame of a minute and grows as frames get
shorter. Per scan length: standard deviation over 400 curves relative to the truth (median absolute
deviation, scaled), the share of curves in which the parameter is determined at all, the share in
which k4 = 0 is refuted, and the bias of Ki by Patlak and by the irreversible model.

    python -m benchmarks.pet_identifiability        # writes benchmarks/results/pet_ident….csv
    python -m benchmarks.pet_identifiability 50     # fewer curves, writes nothing
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.pet_maps import arterial

from biomarkers import pet
from biomarkers.errors import AssumptionWarning
from biomarkers.kinetics import MODELS
from biomarkers.timing import Frames

RESULTS = Path(__file__).parent / "results" / "pet_identifiability.csv"
LENGTH = np.concatenate([[10.0] * 12, [30.0] * 6, [60.0] * 5, [300.0] * 22])
FLT = {"K1": 0.10, "k2": 0.20, "k3": 0.10, "vB": 0.05}
RGD = {"K1": 0.05, "k2": 0.12, "k4": 0.02, "vB": 0.08}
CASES = {
    **{f"FLT, k4 = {k4:g}": FLT | {"k4": k4} for k4 in (1e-9, 0.01, 0.02, 0.05)},
    "RGD, BPND = 2.75": RGD | {"k3": 2.75 * 0.02},
    "RGD, BPND = 5.87": RGD | {"k3": 5.87 * 0.02},
}
MINUTES, NOISE, COUNT = (60, 90, 120), 0.03, 400
NAMES = ("K1", "k2", "k3", "k4", "Ki", "VT", "BPND")


def truths(point):
    k1, k2, k3, k4 = (point[name] for name in ("K1", "k2", "k3", "k4"))
    return point | {"Ki": k1 * k3 / (k2 + k3), "VT": k1 / k2 * (1 + k3 / k4), "BPND": k3 / k4}


def simulate(point, frames, source, count, seed=1):
    """Noisy curves (count, T) of one truth."""
    clean = MODELS["2tcm"].predict(point, frames, source)
    size = NOISE * clean.max() * np.sqrt(60.0 / frames.duration)
    return clean + size * np.random.default_rng(seed).standard_normal((count, clean.size))


def spread(values, truth):
    """Standard deviation from the median absolute deviation, relative to the truth."""
    return 1.4826 * np.nanmedian(np.abs(values - np.nanmedian(values))) / truth


def measure(case, minutes, source, count):
    point = CASES[case]
    used = np.cumsum(LENGTH) <= 60 * minutes + 1
    frames = Frames(np.concatenate([[0.0], np.cumsum(LENGTH)[:-1]])[used], LENGTH[used])
    curves = simulate(point, frames, source, count)
    given = {"weights": frames.duration}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        whole = pet.fit(curves, frames, source, **given)
        others = {
            "Patlak": pet.fit(curves, frames, source, model="patlak", t_star=1800.0, **given),
            "irreversible": pet.fit(curves, frames, source, model="2tcm_irreversible", **given),
        }
    true = truths(point)
    row = {"case": case, "minutes": minutes}
    for name in NAMES:
        if point["k4"] > 1e-6 or name not in ("k4", "VT", "BPND"):
            row[f"{name}_sd_%"] = 100 * spread(whole[name], true[name])
            row[f"{name}_known_%"] = 100 * np.isfinite(whole[name]).mean()
    row["k4_refuted_%"] = 100 * whole.release.refuted.mean()
    for name, fit in others.items():
        row[f"Ki_bias_{name}_%"] = 100 * (np.nanmedian(fit["Ki"]) / true["Ki"] - 1)
    return row


def study(count):
    source = arterial(60.0 * max(MINUTES))
    rows = [measure(case, minutes, source, count) for case in CASES for minutes in MINUTES]
    return pd.DataFrame(rows)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    table = study(count)
    print(table.round(1).T.to_string(header=False))
    if len(sys.argv) == 1:
        table.round(2).to_csv(RESULTS, index=False)
