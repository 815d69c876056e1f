"""What one error of B1 does to concentration by way of T1, and of the conversion."""

import numpy as np
import pytest

from biomarkers import dce
from biomarkers.relaxometry import spgr_signal, t1_vfa

B1, ERROR = 0.9, 0.01
ANGLES = [2.0, 5.0, 10.0, 18.0]


def answer(flip_deg, t10, *, to_t1=True, to_conversion=True):
    """Return the relative error of 0.2 mM over that of B1."""
    scan = {"tr": 0.005, "flip_deg": flip_deg, "r1": 4.5}
    agent = np.array([0.0, 0.0, 0.0, 0.2, 0.2])
    series = dce.concentration_to_signal(agent[None], t10=t10, m0=900.0, b1=B1, **scan)
    angles = spgr_signal(900.0, t10, tr=0.01, flip_deg=ANGLES, b1=B1)
    wrong = (1.0 + ERROR) * B1
    t1 = float(t1_vfa(angles, flip_deg=ANGLES, tr=0.01, b1=wrong if to_t1 else B1).t1)
    field = wrong if to_conversion else B1
    found = dce.concentration(series, t10=t1, b1=field, baseline=(0, 3), **scan)
    return (found[0, -1] / 0.2 - 1.0) / ERROR


@pytest.mark.parametrize("t10", [0.8, 1.5, 2.0])
@pytest.mark.parametrize("flip_deg", [5.0, 10.0, 20.0, 30.0])
def test_concentration_goes_with_the_square_of_b1(flip_deg, t10):
    assert answer(flip_deg, t10) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("flip_deg", "expected"), [(30.0, 2.2), (20.0, 2.3), (10.0, 3.05), (5.0, 4.6)]
)
def test_by_way_of_t1_alone_it_would_be_more(flip_deg, expected):
    assert answer(flip_deg, 1.5, to_conversion=False) == pytest.approx(expected, abs=0.1)
    assert answer(flip_deg, 1.5, to_t1=False) < 0.0
