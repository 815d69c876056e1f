"""Blood flow of OSIPI's simulated DSC curves by every method, against transit time.

    python -m benchmarks.dsc_osipi [FOLDER]

FOLDER holds `DSCmodels/dsc_data.csv` of the OSIPI DCE-DSC-MRI_CodeCollection.
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.dsc_curves import TE, signal

from biomarkers import cbv
from biomarkers.kinetics import Input

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "dce-osipi"
METHODS = ("sSVD", "cSVD", "oSVD", "tikhonov")
# The file's curves are concentrations; a change of R2* of a like size is made of them.
PER_CONCENTRATION = 200.0


@dataclass(frozen=True)
class Cases:
    """Changes of R2*, 1/s, and the truth: CBF mL/min/100mL, CBV mL/100mL, MTT s."""

    tissue: np.ndarray
    artery: Input
    time: np.ndarray
    step: float
    cbf: np.ndarray
    cbv: np.ndarray

    @property
    def mtt(self):
        return 60.0 * self.cbv / self.cbf


def read(path):
    """Read the collection's table."""
    csv.field_size_limit(sys.maxsize)
    with Path(path).open(newline="") as stream:
        rows = list(csv.DictReader(stream))

    def curve(text):
        return PER_CONCENTRATION * np.array([float(word) for word in text.split()])

    step, tissue = float(rows[0]["tr"]), np.array([curve(row["C_tis"]) for row in rows])
    time = step * np.arange(tissue.shape[1])
    return Cases(
        tissue,
        Input(time, blood=curve(rows[0]["C_aif"])),
        time,
        step,
        np.array([float(row["cbf"]) for row in rows]),
        np.array([float(row["cbv"]) for row in rows]),
    )


def table(cases):
    """Return the maps of every method."""
    data = signal(cases.tissue)
    return {
        method: cbv.dsc(data, cases.time, te=TE, input=cases.artery, method=method)
        for method in METHODS
    }


def main(arguments):
    """Print error of CBF by method and case, in the order of transit time."""
    path = Path(arguments[0] if arguments else FOLDER) / "DSCmodels" / "dsc_data.csv"
    if not path.exists():
        print(f"{path} is not there. Name the folder of the collection's data.", file=sys.stderr)
        return 2
    cases = read(path)
    found = table(cases)
    print("CBV mL/100mL  CBF  MTT s  " + "".join(f"{method:>10}" for method in METHODS))
    for k in np.argsort(cases.mtt):
        errors = "".join(f"{found[method]['CBF'][k] - cases.cbf[k]:>+10.1f}" for method in METHODS)
        print(f"{cases.cbv[k]:>12.0f}{cases.cbf[k]:>5.0f}{cases.mtt[k]:>7.1f}  {errors}")
    for name, of in (("median |error|", np.median), ("largest / tolerance", np.max)):
        scale = 15.0 + 0.1 * cases.cbf if of is np.max else 1.0
        each = [of(np.abs(found[method]["CBF"] - cases.cbf) / scale) for method in METHODS]
        print(f"{name:<26}" + "".join(f"{value:>10.2f}" for value in each))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
