"""How far do two scans of one person agree? [11C]PBR28, ten people twice, with arterial blood.

VT of two tissue compartments, the delay found in the whole brain and held in its regions. Twice:
with the input that the data's authors made, and with the one that `arterial_input` makes of the raw
samples (autosampler, manual samples, parent fraction). Beside them, what the study whose scans
these are part of reports of twelve people and 91 min, analysed by its authors: Collste et al., Eur
J Nucl Med Mol Imaging 2016;43:173, doi:10.1007/s00259-015-3149-8.

    python -m benchmarks.pet_test_retest
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from pathlib import Path

import pandas as pd

from biomarkers import pet
from biomarkers.kinetics import Input
from biomarkers.stats import icc, repeatability
from biomarkers.timing import Frames

PET = Path(__file__).resolve().parents[2] / "shared" / "data" / "pet"
REGIONS = ["FC", "TC", "STR", "THA", "WB", "CBL"]
WHOLE_BRAIN = REGIONS.index("WB")
PUBLISHED = "grey matter: absolute variability 18.3 ± 12.7 %, ICC 0.90 to 0.94"


def processed(blood, subject):
    """The input as its authors made it, every third of 6000 samples."""
    rows = blood[subject == blood.PET][::3]
    return Input(60 * rows.Time, plasma=rows.AIF, blood=rows.Blood)


def from_samples(raw, subject):
    """The input of the raw samples."""
    rows = raw[(subject == raw.PET) & raw.value.notna()]
    kinds = {
        kind: pet.Samples(part.time_s.to_numpy(float), part.value.to_numpy(float))
        for kind, part in rows.sort_values("time_s").groupby("kind")
    }
    blood = pet.Blood(
        kinds["blood_discrete"],
        kinds["plasma"],
        kinds["parent_fraction"],
        kinds["blood_continuous"],
        source=subject,
    )
    return pet.arterial_input(blood)


def volumes(curves, frames, weights, source):
    """VT (mL/mL) of every region, at the delay of the whole brain."""
    whole = pet.fit(curves[WHOLE_BRAIN], frames, source, weights=weights, delay=(-60.0, 60.0))
    found = pet.fit(curves, frames, source, weights=weights, delay=float(whole["delay"]))
    return found["VT"]


def measure(make_input):
    """One row per scan and region: person, scan, region, VT."""
    rows = []
    for subject, scan in pd.read_csv(PET / "pbr28_tacs.csv").groupby("PET"):
        frames = Frames(scan.StartTime, scan.Duration)
        found = volumes(scan[REGIONS].to_numpy().T, frames, scan.Weights, make_input(subject))
        person, number = subject.split("_")
        rows += [(person, number, *each) for each in zip(REGIONS, found, strict=True)]
    return pd.DataFrame(rows, columns=["subject", "rater", "region", "value"])


def agreement(table):
    """One row per region: mean, absolute variability, ICC, within-subject coefficient."""
    out = []
    for region in REGIONS:
        rows = table[(table.region == region) & table.value.notna()]
        pairs = rows.pivot_table(index="subject", columns="rater", values="value").dropna()
        apart = 200.0 * (pairs["1"] - pairs["2"]).abs() / (pairs["1"] + pairs["2"])
        both = rows[rows.subject.isin(pairs.index)]
        single, own = (
            icc(both)["ICC(1,1)"],
            repeatability(both.value, both.subject, scale="log_ratio"),
        )
        out.append(
            {
                "region": region,
                "pairs": len(pairs),
                "VT": pairs.to_numpy().mean(),
                "variability_%": apart.mean(),
                "sd_%": apart.std(ddof=1),
                "ICC": single.icc,
                "low": single.low,
                "high": single.high,
                "wCV_%": 100.0 * own.coefficient_of_variation,
            }
        )
    return pd.DataFrame(out)


if __name__ == "__main__":
    if not PET.exists():
        sys.exit(f"the reference data are not on this machine: {PET}")
    supplied = pd.read_csv(PET / "pbr28_input_interp6000.csv.gz")
    raw = pd.read_csv(PET / "pbr28_rawblood.csv")
    inputs = {
        "input as supplied": lambda subject: processed(supplied, subject),
        "input of the raw samples": lambda subject: from_samples(raw, subject),
    }
    print(f"published, {PUBLISHED}")
    for name, make in inputs.items():
        print(f"\n{name}\n{agreement(measure(make)).round(2).to_string(index=False)}", flush=True)
