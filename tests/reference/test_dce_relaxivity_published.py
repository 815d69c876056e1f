"""The table of relaxivities against the abstracts it was taken from, 1/(s mM)."""

import numpy as np
import pytest

from biomarkers.dce import RELAXIVITIES, relaxivity

# Szomolanyi et al. 2019, abstract: r1 in human plasma at 37 degrees C at 1.5, 3 and 7 T.
PLASMA = {
    "gadobutrol": (4.78, 4.97, 3.83),
    "gadoteridol": (3.80, 3.28, 3.21),
    "gadoterate": (3.32, 3.00, 2.84),
}
# Shen et al. 2015, abstract: r1 in human whole blood at 37 degrees C at 1.5, 3 and 7 T.
BLOOD = {
    "Gd-DOTA": (3.9, 3.4, 2.8),
    "gadobutrol": (4.6, 4.5, 4.2),
    "Gd-DTPA": (4.3, 3.8, 3.1),
    "Gd-BOPTA": (6.2, 5.4, 4.7),
    "Gd-DTPA-BMA": (4.5, 3.9, 3.7),
    "Gd-EOB-DTPA": (7.2, 5.5, 4.9),
    "Gd-HP-DO3A": (4.4, 3.5, 3.4),
}


@pytest.mark.parametrize(("medium", "table"), [("human plasma", PLASMA), ("human blood", BLOOD)])
def test_r1(medium, table):
    for agent, values in table.items():
        found = [relaxivity(agent, field_t=field, medium=medium).r1 for field in (1.5, 3, 7)]
        np.testing.assert_array_equal(found, values)


def test_ferumoxytol():
    # Knobloch et al. 2018, abstract.
    found = relaxivity("ferumoxytol", field_t=3.0)
    assert (found.r1, found.r2, found.r2s) == (9.5, 65.2, 55.7)
    found = relaxivity("ferumoxytol", field_t=1.5, medium="saline")
    assert (found.r1, found.r2, found.r2s) == (19.9, 60.8, 60.4)


def test_rats():
    # Ziemian et al. 2021 (blood, 7 T) and Rozijn et al. 1999 (muscle, 6.3 T), abstracts.
    assert relaxivity("gadoxetate", field_t=7, medium="rat blood").r1 == 6.2
    assert relaxivity("Gd-DTPA", field_t=6.3, medium="rat muscle").r1 == 2.7


def test_relaxivity_falls_with_the_field():
    # Rohrer et al. 2005: dispersion of r1, within its spread.
    for agent in {row.agent for row in RELAXIVITIES if "Rohrer" in row.source}:
        rows = [row for row in RELAXIVITIES if row.agent == agent and "Rohrer" in row.source]
        assert [row.field_t for row in rows] == [0.47, 1.5, 3, 4.7]
        assert all(1.5 < row.r1 < 10 for row in rows)
