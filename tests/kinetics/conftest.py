"""An input that the tests of the kinetics share."""

import numpy as np
import pytest
from arterial_bolus import bolus

from biomarkers.kinetics import Input


@pytest.fixture(scope="session")
def aif():
    """Input sampled every second for ten minutes, haematocrit 0.42."""
    time = np.arange(0.0, 601.0)
    return Input(time, plasma=bolus(time), hct=0.42)
