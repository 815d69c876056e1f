"""T1 against the reference values of the OSIPI collection (Apache-2.0)."""

import csv
import re

import numpy as np
import pytest

from biomarkers.relaxometry import t1_vfa

# The collection's own tolerance on R1: 0.05 1/s + 5 %.
ABSOLUTE, RELATIVE = 0.05, 0.05


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            numbers = {k: np.array(row[k].split(), dtype=float) for k in ("FA", "TR", "s", "R1")}
            yield row["label"], numbers


def share_of_tolerance(r1, expected):
    return abs(r1 - expected) / (ABSOLUTE + RELATIVE * expected)


def fitted(row, **settings):
    fit = t1_vfa(row["s"], flip_deg=row["FA"], tr=row["TR"][0], **settings)
    assert not fit.flags
    return fit


def test_r1_of_the_brain_is_theirs(shared_data):
    # Their R1 has five digits, which is what is left: measured 0.0001 of the tolerance.
    worst = max(
        share_of_tolerance(1.0 / float(fitted(row).t1), row["R1"][0])
        for _, row in rows(shared_data("dce-osipi/T1_mapping/t1_brain_data.csv"))
    )
    assert worst < 0.0002


def test_r1_of_the_noisy_phantom_is_as_near_as_its_noise_allows(shared_data):
    # R1 is stated in 1/ms, the noise in the label. Errors in units of their own standard error
    # have a root mean square of 1 if nothing but that noise is left; measured 0.89. Of the
    # tolerance they are 0.31 at worst and 0.04 in the median.
    shares, pulls = [], []
    for label, row in rows(shared_data("dce-osipi/T1_mapping/t1_quiba_data.csv")):
        noise = float(re.search(r"sigma (\d+)", label)[1])
        expected = 1000.0 * row["R1"][0]
        fit = fitted(row, noise=noise)
        shares.append(share_of_tolerance(1.0 / float(fit.t1), expected))
        pulls.append(np.log(float(fit.t1) * expected) * float(fit.t1) / float(fit.se["T1"]))
    spread = np.sqrt(np.mean(np.square(pulls)))
    assert max(shares) < 0.35
    assert np.median(shares) < 0.1
    assert 0.7 < spread < 1.3
    assert np.abs(pulls).max() < 3.0


@pytest.mark.parametrize("name", ["t1_brain_data.csv", "t1_quiba_data.csv"])
def test_the_line_stays_within_the_tolerance(shared_data, name):
    scale = 1000.0 if "quiba" in name else 1.0
    worst = max(
        share_of_tolerance(1.0 / float(fitted(row, method="linear").t1), scale * row["R1"][0])
        for _, row in rows(shared_data(f"dce-osipi/T1_mapping/{name}"))
    )
    assert worst < 0.5  # measured 0.42 and 0.29
