"""The published input functions: in whom, with what agent and dose, in what, how long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from biomarkers.arrays import FloatArray
from biomarkers.dce import _population_curves as curves


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
        Contrast agent, and the dose, mmol/kg, at which the function is given; None where no source
        that could be read states it.
    measured
        Whether the constants are of whole blood or of plasma.
    hct
        Haematocrit of the source; 0.42 where none that could be read states it.
    first_pass
        Whether the first pass of the bolus is in it. Where it is not, the early samples say
        nothing, and vp and Fp cannot be had from it.
    valid_until
        How long after arrival it was observed, s; NaN where no source that could be read states
        it. Beyond that the function still has values.
    source
        Reference.
    function
        Concentration, mM, at times since arrival, s.

    Examples
    --------
    >>> from biomarkers.dce import POPULATION_INPUTS
    >>> parker = POPULATION_INPUTS["parker"]
    >>> print(parker.agent, parker.dose, parker.measured, parker.first_pass)
    gadodiamide 0.1 blood True

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
    PopulationInput(
        "heilmann_mouse",
        "mice, most likely: the source says only preclinical",
        "gadolinium chelate, not named",
        0.6,
        "plasma",
        0.42,
        False,
        _NOT_STATED,
        "Heilmann (which paper is not said), as quoted by Quantiphyse: constants in "
        "github.com/physimals/quantiphyse, src/pkmodelling/pkrun2.cpp; name and dose in "
        "github.com/physimals/quantiphyse-dce, quantiphyse_dce/widgets.py",
        curves.heilmann_mouse,
    ),
)
POPULATION_INPUTS: Mapping[str, PopulationInput] = MappingProxyType(
    {declared.name: declared for declared in _DECLARED}
)
