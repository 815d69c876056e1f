"""T1 against the reference values of the OSIPI collection (Apache-2.0)."""

import csv

import numpy as np
import pytest

from biomarkers.relaxometry import t1_vfa

# The collection's own tolerance on R1: 0.05 1/s + 5 %.
ABSOLUTE, RELATIVE = 0.05, 0.05


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            yield {key: np.array(row[key].split(), dtype=float) for key in ("FA", "TR", "s", "R1")}


@pytest.mark.parametrize(
    ("name", "per_second", "achieved"),
    # R1 of the digital phantom is stated in 1/ms. Achieved: worst error over tolerance.
    [("t1_brain_data.csv", 1.0, 0.001), ("t1_quiba_data.csv", 1000.0, 0.35)],
)
def test_r1(shared_data, name, per_second, achieved):
    worst = 0.0
    for row in rows(shared_data(f"dce-osipi/T1_mapping/{name}")):
        expected = row["R1"][0] * per_second
        fit = t1_vfa(row["s"], flip_deg=row["FA"], tr=row["TR"][0])
        assert not fit.flags
        worst = max(worst, abs(1 / float(fit.t1) - expected) / (ABSOLUTE + RELATIVE * expected))
    assert 0 < worst < achieved
