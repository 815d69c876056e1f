"""An arterial concentration with a sharp first pass and a slow tail."""

import numpy as np


def bolus(time):
    """Gamma-variate first pass with recirculation; time in s, peak near 6 mM."""
    t = np.maximum(np.asarray(time, dtype=float) - 12.0, 0.0)
    first = 6.0 * (t / 6.0) * np.exp(1.0 - t / 6.0)
    return first + 1.1 * (1.0 - np.exp(-t / 8.0)) * np.exp(-t / 900.0)
