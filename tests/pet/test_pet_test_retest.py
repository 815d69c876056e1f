"""The figures of the test-retest study, on numbers worked out by hand, and a scan."""

import pandas as pd
import pytest
from benchmarks.pet_test_retest import REGIONS, agreement, processed, volumes

from biomarkers.timing import Frames

PAIRS = {"a": (1.0, 1.2), "b": (2.0, 2.0), "c": (3.0, 2.7)}


def test_variability_is_the_difference_over_the_mean():
    rows = [
        (subject, str(scan + 1), region, value)
        for subject, pair in PAIRS.items()
        for scan, value in enumerate(pair)
        for region in REGIONS
    ]
    rows.append(("d", "1", "FC", 2.0))  # scanned once: no pair
    found = agreement(pd.DataFrame(rows, columns=["subject", "rater", "region", "value"]))
    first = found.iloc[0]
    percent = [100 * 0.2 / 1.1, 0.0, 100 * 0.3 / 2.85]
    assert first["pairs"] == 3
    assert first["variability_%"] == pytest.approx(sum(percent) / 3)
    # ICC(1,1) = (MSB - MSW) / (MSB + MSW) of 1.1, 2, 2.85
    between = 2 * sum((x - 5.95 / 3) ** 2 for x in (1.1, 2.0, 2.85)) / 2
    within = (0.2**2 / 2 + 0.3**2 / 2) / 3
    assert first["ICC"] == pytest.approx((between - within) / (between + within))


def test_one_real_scan(shared_data):
    """VT of kinfitr 0.9.1, delay from the whole brain, too (2TCM, `inpshift from WB fit`)."""
    tacs = pd.read_csv(shared_data("pet/pbr28_tacs.csv"))
    blood = pd.read_csv(shared_data("pet/pbr28_input_interp6000.csv.gz"))
    scan = tacs[tacs.PET == "cgyu_1"]
    frames = Frames(scan.StartTime, scan.Duration)
    source = processed(blood, "cgyu_1")
    found = volumes(scan[REGIONS].to_numpy().T, frames, scan.Weights, source)
    for region, value in {"FC": 2.194, "STR": 2.178, "THA": 3.041, "CBL": 2.502}.items():
        assert found[REGIONS.index(region)] == pytest.approx(value, rel=0.01), region
