"""Published input functions: what was measured in whom, and the input made of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce import _population_curves as curves
from biomarkers.errors import InputError
from biomarkers.kinetics import Input

FloatArray = npt.NDArray[np.float64]

_ROUNDING = 1e-9  # s: a sample at the arrival is not before it


@dataclass(frozen=True, eq=False)
class PopulationInput:
    """One published input function.

    Parameters
    ----------
    name
        As `population_input` takes it.
    subjects
        Species and who they were.
    agent, dose
        Contrast agent, and dose, mmol/kg; None where no source at hand states it.
    measured
        Whether the constants are of whole blood or of plasma.
    hct
        Haematocrit of the source, or the one usually taken with it.
    first_pass
        Whether the first pass of the bolus is in it. Where it is not, the early samples say
        nothing, and vp and Fp cannot be had from it.
    valid_until
        How long after arrival it was observed, s; NaN where no source at hand states it. Beyond
        that the function still has values.
    source
        Reference.
    function
        Concentration, mM, at times since arrival, s.

    """

    name: str
    subjects: str
    agent: str
    dose: float | None
    measured: Literal["blood", "plasma"]
    hct: float
    first_pass: bool
    valid_until: float
    source: str
    function: Callable[[FloatArray], FloatArray]


_NOT_STATED = float("nan")

_DECLARED = (
    PopulationInput(
        "parker",
        "humans: 23 patients with abdominal or pelvic cancer, 113 visits",
        "gadodiamide",
        0.1,
        "blood",
        0.42,
        True,
        372.75,
        "Parker et al., Magn Reson Med 2006;56:993. doi:10.1002/mrm.21066",
        curves.parker,
    ),
    PopulationInput(
        "georgiou",
        "humans: the patient nearest to a cohort's mean",
        "Gd-DOTA",
        0.1,
        "blood",
        0.35,
        True,
        300.0,
        "Georgiou et al., Magn Reson Med 2019;81:1955. doi:10.1002/mrm.27524",
        curves.georgiou,
    ),
    PopulationInput(
        "weinmann",
        "humans: healthy volunteers",
        "Gd-DTPA",
        0.1,
        "plasma",
        0.42,
        False,
        _NOT_STATED,
        "Weinmann et al., Physiol Chem Phys Med NMR 1984;16:167; constants by Tofts & Kermode, "
        "Magn Reson Med 1991;17:357. doi:10.1002/mrm.1910170208",
        curves.weinmann,
    ),
    PopulationInput(
        "fritz_hansen",
        "humans",
        "Gd-DTPA",
        None,
        "plasma",
        0.42,
        False,
        _NOT_STATED,
        "Fritz-Hansen et al., Magn Reson Med 1996;36:225. doi:10.1002/mrm.1910360209; constants "
        "by Whitcher & Schmid, J Stat Softw 2011;44(5). doi:10.18637/jss.v044.i05",
        curves.fritz_hansen,
    ),
    PopulationInput(
        "orton",
        "humans: a smooth form of Parker's function",
        "gadodiamide",
        0.1,
        "blood",
        0.42,
        True,
        372.75,
        "Orton et al., Phys Med Biol 2008;53:1225. doi:10.1088/0031-9155/53/5/005",
        curves.orton,
    ),
    PopulationInput(
        "mcgrath_rat",
        "tumour-bearing rats, injection over 7 s",
        "Gd-DTPA",
        None,
        "blood",
        0.42,
        True,
        _NOT_STATED,
        "McGrath et al., Magn Reson Med 2009;61:1173. doi:10.1002/mrm.21959",
        curves.mcgrath_rat,
    ),
    PopulationInput(
        "tristan_rat",
        "rats of 250 g, infusion over 30 s; a model of circulation, exchange, kidneys and liver",
        "gadoxetate",
        0.03,
        "blood",
        0.418,
        True,
        _NOT_STATED,
        "Melillo et al., Pharmaceutics 2023;15:896. doi:10.3390/pharmaceutics15030896; constants "
        "by Gunwhy & Sourbron, TRISTAN-RAT 2023. doi:10.5281/zenodo.8372595",
        curves.tristan_rat,
    ),
)
POPULATION_INPUTS: Mapping[str, PopulationInput] = MappingProxyType(
    {declared.name: declared for declared in _DECLARED}
)


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
    >>> aif = population_input("parker", [0.0, 10.0, 20.0, 60.0], hct=0.42)
    >>> aif.blood.round(2)
    array([0.08, 6.01, 1.06, 0.89])

    """
    if name not in POPULATION_INPUTS:
        raise InputError(
            f"no population input {name!r}; expected one of {', '.join(POPULATION_INPUTS)}"
        )
    declared = POPULATION_INPUTS[name]
    if not np.isfinite(delay):
        raise InputError(f"delay is {delay} s; expected a finite number")
    since = np.asarray(time, dtype=float) - delay
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
