"""The input measured in a drawn artery, with the agent's effect on T2*."""

import numpy as np
import pytest

from biomarkers.dce import concentration_to_signal, measured_input, population_input
from biomarkers.errors import InputError
from biomarkers.kinetics import read
from biomarkers.timing import Frames

TIME = 2.0 * np.arange(60)
SCAN = {"tr": 0.004, "flip_deg": 25.0, "r1": 3.4}
DECAY = {"te": 0.0012, "r2s": 25.0}


@pytest.fixture(scope="module")
def blood():
    aif = population_input("parker", np.arange(0.0, 120.0, 0.1), delay=15.0)
    return read(aif.time, aif.blood, Frames.instants(TIME))


@pytest.mark.parametrize("decay", [{}, DECAY])
def test_blood_is_recovered(blood, decay):
    series = concentration_to_signal(np.tile(blood, (5, 1)), t10=1.66, m0=700.0, **SCAN, **decay)
    found = measured_input(
        series, TIME, np.ones(5, dtype=bool), t10_blood=1.66, hct=0.42, **SCAN, **decay
    )
    np.testing.assert_allclose(found.blood, blood, atol=1e-8)


def test_left_out_the_decay_hides_part_of_the_peak(blood):
    series = concentration_to_signal(blood[None], t10=1.66, m0=700.0, **SCAN, **DECAY)
    found = measured_input(series, TIME, np.array([True]), t10_blood=1.66, hct=0.42, **SCAN)
    assert found.blood.max() < 0.8 * blood.max()


def test_half_a_correction_is_refused(blood):
    with pytest.raises(InputError, match="give both"):
        measured_input(
            blood[None] + 1, TIME, np.array([True]), t10_blood=1.66, hct=0.42, te=0.001, **SCAN
        )
