"""What one proton's signal is in a basis, told by a singlet of a known number of protons."""

import numpy as np

from biomarkers.errors import InputError
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.damped import damped_sum

# Singlets by which a basis is scaled: metabolite, place (ppm), protons. Govindaraju et al., NMR
# Biomed 2000;13:129. doi:10.1002/1099-1492(200005)13:3<129::AID-NBM619>3.0.CO;2-V
_SINGLETS = (("Cr", 3.027, 3), ("PCr", 3.029, 3), ("NAA", 2.008, 3))
# A basis may lie off by this, and lines within it are one singlet, ppm.
_NEAR_PPM = 0.15
_SAMPLES, _ORDER = 1024, 24


def proton_signal(basis: Basis) -> float:
    """Return the signal at time 0 of one proton of a metabolite, in the unit of a basis.

    Signals of simulated bases are 1 per proton; others are of any scale. The methyl singlet of
    creatine, else that of phosphocreatine or NAA, which no coupling and no echo time changes,
    tells it.

    Parameters
    ----------
    basis
        With one of these metabolites.

    Raises
    ------
    InputError
        If it has none of them.

    Examples
    --------
    >>> from biomarkers.mrs.proton_signal import proton_signal
    >>> from biomarkers.mrs import simulate_basis
    >>> basis = simulate_basis(sequence="press", te=(0.011, 0.019), field_t=2.9, metabolites="Cr")
    >>> round(proton_signal(basis), 4)
    1.0

    """
    for name, ppm, protons in _SINGLETS:
        if name in basis.names:
            parts = damped_sum(basis[name][: _SAMPLES + 1], _ORDER)
            hz = np.log(parts.pole).imag / (2 * np.pi * basis.dwell)
            near = np.abs(basis.ppm_reference + hz / basis.frequency_mhz - ppm) < _NEAR_PPM
            size = float(abs(parts.amplitude[near].sum()))
            if size > 0.0:
                return size / protons
    raise InputError(
        f"{basis.source} has no Cr, PCr or NAA, whose singlet tells the scale of a basis; "
        f"it has {', '.join(basis.names)}"
    )
