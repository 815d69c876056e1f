"""OSIPI's reference curves of DCE models (DCE-DSC-MRI_CodeCollection, Apache-2.0).

Tolerances are the collection's own, absolute + relative: Ktrans and `ps` 0.005/min + 10 %, ve
0.05, vp 0.025, Fp 5 + 10 %. Its `ps` is 1/min, ours mL/min/100 mL.
"""

import csv
import sys

import numpy as np
import pytest

from biomarkers.kinetics import MODELS, Input

csv.field_size_limit(sys.maxsize)
FOLDER = "dce-osipi/DCEmodels/"
TOLERANCE = {
    "Ktrans": (0.005, 0.1),
    "PS": (0.5, 0.1),
    "ve": (0.05, 0.0),
    "vp": (0.025, 0.0),
    "Fp": (5.0, 0.1),
}


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def numbers(text):
    return np.array(text.split(), dtype=float)


def within(name, found, truth):
    absolute, relative = TOLERANCE[name]
    return abs(found - truth) <= absolute + relative * abs(truth)


def check(model, cases, delay):
    """Fit every case; each of (label, time, curve, input, truth)."""
    for label, time, curve, source, truth in cases:
        fit = MODELS[model].fit(curve, time, source, delay=delay)
        for name, value in truth.items():
            assert within(name, fit[name], value), (label, name, float(fit[name]), value)


def phantom(path):
    """QIBA digital phantom rows; `ca` is in plasma already."""
    for row in rows(path):
        source = Input(numbers(row["ta"]), plasma=numbers(row["ca"]))
        truth = {name: float(row[name]) for name in ("Ktrans", "ve", "vp") if name in row}
        yield row["label"], numbers(row["t"]), numbers(row["C"]), source, truth


def simulated(path):
    for row in rows(path):
        time = numbers(row["t"])
        truth = {"vp": float(row["vp"]), "PS": 100 * float(row["ps"])}
        truth |= {"Fp": float(row["fp"])} if "fp" in row else {}
        truth |= {"ve": float(row["ve"])} if "ve" in row else {}
        yield (
            row["label"],
            time,
            numbers(row["C_t"]),
            Input(time, plasma=numbers(row["cp_aif"])),
            truth,
        )


@pytest.mark.parametrize(
    ("model", "file"),
    [("tofts", "dce_DRO_data_tofts.csv"), ("extended_tofts", "dce_DRO_data_extended_tofts.csv")],
)
def test_digital_phantom(shared_data, model, file):
    check(model, phantom(shared_data(FOLDER + file)), None)


def test_patlak(shared_data):
    cases = list(simulated(shared_data(FOLDER + "patlak_sd_0.02_delay_0.csv")))
    for case in cases:
        case[4]["Ktrans"] = case[4].pop("PS") / 100
    check("patlak", cases, None)


@pytest.mark.parametrize(
    ("model", "file", "delay"),
    [
        ("2cxm", "2cxm_sd_0.001_delay_0.csv", None),
        ("2cxm", "2cxm_sd_0.001_delay_5.csv", (0, 10)),
        ("2cum", "2cum_sd_0.0025_delay_0.csv", None),
    ],
)
def test_two_compartments(shared_data, model, file, delay):
    check(model, simulated(shared_data(FOLDER + file)), delay)
