"""Signal to concentration against the reference of the OSIPI collection (Apache-2.0)."""

import csv

import numpy as np

from biomarkers.dce import concentration


def test_concentration(shared_data):
    path = shared_data("dce-osipi/SI_to_Conc/SI2Conc_data.csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    for row in rows:
        expected = np.array(row["conc"].split(), dtype=float)
        found = concentration(
            np.array(row["s"].split(), dtype=float),
            t10=float(row["T1base"]),
            tr=float(row["TR"]),
            flip_deg=float(row["FA"]),
            r1=float(row["r1"]),
            # The reference leaves the first baseline point out.
            baseline=(1, int(row["numbaselinepts"])),
        )
        np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())
