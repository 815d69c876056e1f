"""Vessels full of iron oxide and the water around them, by other means than `cbv` inverts.

Around a gradient echo water is at rest, and its whole decay is known, not only its slope late on
(Yablonskiy & Haacke 1994, doi:10.1002/mrm.1910320610). What a spin echo loses is read from spins
that were followed one by one among random cylinders (`benchmarks/steady_state.py`).
"""

from functools import cache

import numpy as np
from scipy.integrate import quad
from scipy.special import j0

from biomarkers.arrays import FloatArray

_GYROMAGNETIC = 2.6752e8  # rad/(s T)
_PERMEABILITY = 4e-7 * np.pi
# P904: magnetisation of a kilogram of its iron at 7 T, A m^2/kg; blood of a rat, m^3/kg. What is
# known of both is in `docs/explanation/blood-volume.md`; a generator and a fit that disagree on
# them differ by a factor in every CBV.
_MAGNETISATION, _BLOOD_M3_PER_KG = 76.06, 64e-6

# Of followed spins (`benchmarks/results/steady_state_vessels.csv`, 3 % of blood): R^2 w/D, and the
# rate of the spin echo over w and the fraction of blood, with w half of gamma dchi B0.
_SIZE = np.array([12.7, 28.7, 79.7, 204.0, 459.0, 1275.0])
_RATE = np.array([0.2934, 0.2292, 0.1593, 0.1163, 0.0841, 0.0538])


def frequency(dose_mg_fe_kg: float) -> float:
    """Return half of gamma, the susceptibility of the blood over tissue and the field, rad/s."""
    iron = 1e-6 * dose_mg_fe_kg / _BLOOD_M3_PER_KG  # kg/m^3
    return 0.5 * _GYROMAGNETIC * _PERMEABILITY * _MAGNETISATION * iron


@cache
def dephased(angle: float) -> float:
    """Return the logarithm of the signal lost at rest, per fraction of blood.

    Parameters
    ----------
    angle
        `frequency` times the echo time.

    """

    def lost(u: float) -> float:
        return float((2.0 + u) * np.sqrt(1.0 - u) * (1.0 - j0(u * angle)) / u**2)

    # The Bessel function has settled long before its argument is that large.
    return quad(lost, 1e-9, 1.0, limit=400)[0] / 3.0


def spin_echo_rate(radius_um: FloatArray, adc: FloatArray, angular: float) -> FloatArray:
    """Return by how much R2 rises, per fraction of blood, 1/s.

    Parameters
    ----------
    radius_um
        Of the vessels, um.
    adc
        Of the water around them, mm^2/s, same shape.
    angular
        `frequency`.

    """
    size = radius_um**2 * angular / (1e6 * adc)
    rate = np.interp(np.log(size), np.log(_SIZE), np.log(_RATE))
    return np.asarray(angular * np.exp(rate))
