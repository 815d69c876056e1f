"""An input with a sharp first pass and a slow tail, and curves convolved by other means."""

import numpy as np
import pytest

from biomarkers.kinetics import Input


def bolus(time):
    """Gamma-variate first pass with recirculation; time in s, peak near 6 mM."""
    t = np.maximum(np.asarray(time, dtype=float) - 12.0, 0.0)
    first = 6.0 * (t / 6.0) * np.exp(1.0 - t / 6.0)
    return first + 1.1 * (1.0 - np.exp(-t / 8.0)) * np.exp(-t / 900.0)


@pytest.fixture(scope="session")
def aif():
    """Input sampled every second for ten minutes, haematocrit 0.42."""
    time = np.arange(0.0, 601.0)
    return Input(time, plasma=bolus(time), hct=0.42)
