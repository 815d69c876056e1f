r"""Relaxation by vessels full of a magnetic agent, and what it tells of them.

Vessels are long cylinders in every direction, filling a small fraction ζ of the tissue; their
blood differs from it in susceptibility by Δχ (SI). Spins at rest around them (static dephasing)
lose phase so that

.. math:: ΔR_2^* = \tfrac{1}{3} γ Δχ B_0 ζ

In CGS units, where Δχ is smaller by 4π, this is the \tfrac{4π}{3} γ Δχ B_0 ζ of Yablonskiy and
Haacke (Magn Reson Med 1994;32:749, doi:10.1002/mrm.1910320610). A spin echo turns that back but
for what spins lose by diffusion (coefficient D) through the field around vessels of radius R:

.. math:: ΔR_2 = 0.694 δω^{2/3} D^{1/3} ζ R^{-2/3}, \quad δω = \tfrac{1}{2} γ Δχ B_0

for vessels large enough (R^2 δω well above D; Kiselev & Posse, Magn Reson Med 1999;41:499,
doi:10.1002/(SICI)1522-2594(199903)41:3<499::AID-MRM12>3.0.CO;2-O).
"""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers, as_numbers_alike, positive_number
from biomarkers.ranges import check_possible

# Of the proton, rad/(s·T) (CODATA 2018).
GYROMAGNETIC_RATIO = 2.6752218744e8
SPIN_ECHO = 0.694
UM_PER_MM = 1e3


def delta_r2s(cbv: npt.ArrayLike, *, delta_chi: float, field_t: float) -> FloatArray:
    """Return the change of R2* that a blood volume causes, 1/s.

    Parameters
    ----------
    cbv
        Fraction of the tissue that is blood, any shape.
    delta_chi
        Difference in susceptibility between blood and tissue, SI.
    field_t
        Field, T.

    Examples
    --------
    A third of the frequency γ Δχ B0, times the blood volume:

    >>> from biomarkers.cbv import delta_r2s
    >>> print(f"{delta_r2s(0.04, delta_chi=3.5e-6, field_t=4.7):.1f} 1/s")
    58.7 1/s
    >>> print(f"{2.6752e8 * 3.5e-6 * 4.7 / 3 * 0.04:.1f} 1/s")
    58.7 1/s

    """
    return as_numbers("cbv", cbv) * _per_cbv(delta_chi, field_t)


def blood_volume(dR2s: npt.ArrayLike, *, delta_chi: float, field_t: float) -> FloatArray:
    """Return the blood volume behind a change of R2* (1/s): the inverse of `delta_r2s`.

    Returns
    -------
    ndarray
        Fraction, of the shape of `dR2s`.

    Raises
    ------
    InputError
        If `delta_chi` or `field_t` is not positive.

    Examples
    --------
    >>> from biomarkers.cbv import blood_volume, delta_r2s
    >>> how = {"delta_chi": 3.5e-6, "field_t": 4.7}
    >>> print(f"{blood_volume(delta_r2s(0.04, **how), **how):.3f}")
    0.040

    """
    return as_numbers("dR2s", dR2s) / _per_cbv(delta_chi, field_t)


def delta_r2(
    cbv: npt.ArrayLike,
    radius_um: npt.ArrayLike,
    adc: npt.ArrayLike,
    *,
    delta_chi: float,
    field_t: float,
) -> FloatArray:
    """Return the change of R2 that vessels of a radius (um) cause, 1/s; `adc` in mm^2/s.

    Examples
    --------
    Small vessels weigh more in a spin echo than large ones:

    >>> from biomarkers.cbv import delta_r2
    >>> delta_r2(0.04, [5.0, 20.0], 8e-4, delta_chi=3.5e-6, field_t=4.7).round(1)
    array([14.9,  5.9])

    """
    frequency = 1.5 * _per_cbv(delta_chi, field_t)
    volume, radius, diffusion = as_numbers_alike(cbv=cbv, radius_um=radius_um, adc=adc)
    check_possible("ADC", diffusion, source="adc")
    travel = np.cbrt(diffusion / (radius / UM_PER_MM) ** 2)
    return np.asarray(SPIN_ECHO * frequency ** (2.0 / 3.0) * travel * volume)


def _per_cbv(delta_chi: float, field_t: float) -> float:
    """Return the change of R2* per blood volume, 1/s: a third of γ Δχ B0."""
    chi = positive_number("delta_chi", delta_chi, "SI")
    field = positive_number("field_t", field_t, "T")
    for name, value in (("delta_chi", chi), ("field_t", field)):
        check_possible(name, value, source=name)
    return GYROMAGNETIC_RATIO * chi * field / 3.0
