"""Published input functions: what was measured in whom, and the input made of it."""

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.dce._population_table import POPULATION_INPUTS, PopulationInput
from biomarkers.errors import InputError
from biomarkers.kinetics import Input

_ROUNDING = 1e-9  # s: a sample at the arrival is not before it


def population_input(
    name: str,
    time: npt.ArrayLike,
    *,
    delay: float = 0.0,
    hct: float | None = None,
    dose: float | None = None,
) -> Input:
    """Return a published input function as input of the kinetic models.

    Prefer the animal's own artery (`find_artery`, `measured_input`): amplitudes of inputs differ
    between subjects by tens of percent, and Ktrans with them.

    Parameters
    ----------
    name
        Key of `POPULATION_INPUTS`, which states for each one in whom it was measured, with what
        dose, in blood or plasma, and how long.
    time
        Sample times, (K,), s; increasing. The input is straight between them: give it finely
        (1 s or less), whatever the sampling of the images. They need not be the images' times.
    delay
        When contrast arrives, s on the clock of `time`. Before that the concentration is 0.
    hct
        Haematocrit, for the step from what was measured to the other one, plasma = blood /
        (1 - hct). The source's if not given; what was measured stays as it is.
    dose
        Your dose, mmol/kg. Concentrations are scaled by it over that of the source, which holds
        for the same way and speed of injection. Not scaled if not given.

    Returns
    -------
    kinetics.Input
        With blood and plasma, mM.

    Raises
    ------
    InputError
        If the name is not known, a number is not possible, a dose is given where that of the
        source is not known, or contrast has not arrived by the last sample.

    Examples
    --------
    >>> from biomarkers.dce import population_input
    >>> aif = population_input("parker", [0.0, 10.0, 20.0, 60.0], hct=0.42)
    >>> aif.blood.round(2)
    array([0.08, 6.04, 1.06, 0.89])

    """
    if name not in POPULATION_INPUTS:
        raise InputError(
            f"no population input {name!r}; expected one of {', '.join(POPULATION_INPUTS)}"
        )
    declared = POPULATION_INPUTS[name]
    if not np.isfinite(delay):
        raise InputError(f"delay is {delay} s; expected a finite number")
    since = as_numbers("time", time) - delay
    level = np.where(since >= -_ROUNDING, declared.function(np.maximum(since, 0.0)), 0.0)
    level = level * _dose_factor(declared, dose)
    known = declared.hct if hct is None else hct
    if declared.measured == "plasma":
        return Input(np.asarray(time, dtype=float), plasma=level, hct=known)
    return Input(np.asarray(time, dtype=float), blood=level, hct=known)


def _dose_factor(declared: PopulationInput, dose: float | None) -> float:
    if dose is None:
        return 1.0
    if not (np.isfinite(dose) and dose > 0):
        raise InputError(f"dose is {dose} mmol/kg; expected a number above 0")
    if declared.dose is None:
        raise InputError(
            f"the dose behind {declared.name!r} is not known, so it cannot be scaled to "
            f"{dose:g} mmol/kg; leave `dose` out, or scale the curve by what you know"
        )
    return dose / declared.dose
