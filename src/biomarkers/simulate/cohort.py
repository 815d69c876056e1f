"""Who is in the study: groups, response, survival, and the course of every tumour.

Each rat has one hidden number, its response: near 0 the tumour goes its own way, near 1 the drug
works fully. Response decides survival (with luck) and how far the tumour departs from its own
course on each day; the outcome of the study is survival alone. What follows from published
work, and what was chosen here:

* Vessels first. Bevacizumab lowers vp and Ktrans of U251 glioma in rats within hours (Nagaraja
  et al. 2021, doi:10.1002/nbm.4516), and the change of permeability within a day foretells growth
  (rat breast cancer, Radiology 2008;247:391, doi:10.1148/radiol.2472070363).
* Then cells, then size. In rats with U-87 glioma enhancement fell on day 1 and blood volume on
  day 4 of anti-angiogenic treatment; ADC rose and growth slowed by day 14, also under a cytotoxic
  drug (Lemasson et al. 2011, doi:10.1002/nbm.1611). In C6 glioma under bevacizumab perfusion
  fell from day 3 and ADC rose from day 5 (Hou et al. 2022, doi:10.3389/fonc.2021.842169).
* Scatter from day to day. DCE-MRI parameters of a rat tumour vary by 13-17 % from test to retest
  (Ng et al., Proc ISMRM 2009:4228). For ADC 5 % was chosen, a head that is held still; in tumours
  on the body of mice the repeatability coefficient of 0.273e-3 mm^2/s means about 12 %
  (Whisenant et al. 2014, PMC3939718). For blood volume by iron oxide 8 % was chosen, less than for
  DCE-MRI: nothing is modelled in time, and no input measured.
* Sizes of effects, growth and survival were chosen, of the order of those studies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

# In the order in which rats are assigned: a cohort of two already has both outcomes.
GROUPS = ("control", "both", "temozolomide", "bevacizumab")
DAYS = (0, 3, 10, 17)
HORIZON_DAYS = 28
STUDY_END_DAYS = 60


@dataclass(frozen=True)
class Trajectory:
    """How one property of a tumour goes, all changes as natural logarithms of ratios.

    Parameters
    ----------
    start
        Median of the cohort on day 0.
    between
        Standard deviation between animals on day 0.
    within
        Standard deviation from day to day within an animal.
    effect
        Change at a response of 1 on each of `DAYS`.
    growth
        Change per day without response: mean, and standard deviation between animals.
    vascular
        Whether the effect is weaker without an anti-angiogenic drug (`VASCULAR_WEIGHT`).

    """

    start: float
    between: float
    within: float
    effect: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    growth: tuple[float, float] = (0.0, 0.0)
    vascular: bool = False

    @property
    def first_day(self) -> int | None:
        """The first day with an effect, None if there is none."""
        return next((day for day, size in zip(DAYS, self.effect, strict=True) if size), None)


TRAJECTORIES: Mapping[str, Trajectory] = MappingProxyType(
    {
        "Ktrans": Trajectory(0.09, 0.25, 0.14, (0.0, -0.65, -0.75, -0.70), vascular=True),
        "vp": Trajectory(0.03, 0.25, 0.15, (0.0, -0.45, -0.55, -0.50), vascular=True),
        "ve": Trajectory(0.30, 0.15, 0.06),
        "ADC": Trajectory(0.95e-3, 0.07, 0.05, (0.0, 0.0, 0.28, 0.34)),
        "T1": Trajectory(2.1, 0.04, 0.02),
        "volume": Trajectory(12.0, 0.30, 0.05, (0.0, 0.0, 0.0, -0.80), growth=(0.11, 0.012)),
        # That of vp / (1 - haematocrit), but for the scatter from day to day.
        "CBV": Trajectory(0.052, 0.25, 0.08, (0.0, -0.45, -0.55, -0.50), vascular=True),
    }
)
# Drawn from random numbers of its own, so that adding it has changed nothing else.
_APART = "CBV"

# Share of the vascular effect seen under each treatment at the same response.
VASCULAR_WEIGHT: Mapping[str, float] = MappingProxyType(
    {"control": 0.6, "temozolomide": 0.6, "bevacizumab": 1.0, "both": 1.0}
)

# Mean and standard deviation of the response in each group.
RESPONSE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "control": (0.05, 0.10),
        "temozolomide": (0.45, 0.35),
        "bevacizumab": (0.50, 0.35),
        "both": (0.90, 0.25),
    }
)
_RESPONSE_LIMITS = (-0.2, 1.3)

# Survival without response, days; gain of log survival at a response of 1; its luck.
_SURVIVAL_DAYS, _SURVIVAL_GAIN, _SURVIVAL_LUCK = 18.5, 0.80, 0.22
# A rat that dies sooner than its response promised had the larger tumour on the last day: what
# is missing on day 17 would have been large, so it is not missing at random.
_LUCK_IN_LAST_VOLUME = -0.15


@dataclass(frozen=True)
class Tumour:
    """A tumour on one day.

    Parameters
    ----------
    day
        Day of the study.
    values
        True value of every property in `TRAJECTORIES`, in the units of `biomarkers.units`.

    """

    day: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Rat:
    """One animal.

    Parameters
    ----------
    number
        From 1, in the order of assignment.
    sex
        `F` or `M`.
    group
        One of `GROUPS`.
    response
        The hidden response.
    survival_days
        Day of death; `STUDY_END_DAYS` if alive at the end of the study.
    tumours
        One per day of `DAYS` on which the animal was alive to be scanned.

    """

    number: int
    sex: str
    group: str
    response: float
    survival_days: int
    tumours: tuple[Tumour, ...]

    @property
    def label(self) -> str:
        """Subject label, without `sub-`."""
        return f"{self.number:02d}"

    @property
    def responder(self) -> bool:
        """Whether it lived to the horizon."""
        return self.survival_days >= HORIZON_DAYS


def stream(seed: int, number: int, purpose: int) -> np.random.Generator:
    """Return the random numbers of a rat for one purpose.

    0 is its fate, 1 its head, 2 + day a scan, 99 the course of its blood volume, 100 + day the
    echoes before and after iron oxide.

    Nothing drawn for one purpose moves what is drawn for another.
    """
    return np.random.default_rng([seed, number, purpose])


def draw_rat(number: int, *, seed: int) -> Rat:
    """Draw an animal; it is the same in a cohort of any size.

    Rats 1 (control) and 2 (both drugs) are drawn again until they show the usual outcome of
    their group, so that every cohort of two or more has both outcomes.

    Parameters
    ----------
    number
        Of the rat, from 1.
    seed
        Of the cohort.

    """
    rng = stream(seed, number, 0)
    usual = {1: False, 2: True}.get(number)
    while True:
        rat = _draw(number, rng)
        if usual is None or rat.responder == usual:
            return _with_blood_volume(rat, stream(seed, number, 99))


def _draw(number: int, rng: np.random.Generator) -> Rat:
    group = GROUPS[(number - 1) % len(GROUPS)]
    mean, spread = RESPONSE[group]
    response = float(np.clip(rng.normal(mean, spread), *_RESPONSE_LIMITS))
    luck = float(rng.normal())
    log_days = np.log(_SURVIVAL_DAYS) + _SURVIVAL_GAIN * response + _SURVIVAL_LUCK * luck
    survival = min(round(float(np.exp(log_days))), STUDY_END_DAYS)
    courses = {
        name: _course(course, group, response, rng)
        for name, course in TRAJECTORIES.items()
        if name != _APART
    }
    courses["volume"][-1] *= np.exp(_LUCK_IN_LAST_VOLUME * luck)
    tumours = tuple(
        Tumour(day, {name: float(values[visit]) for name, values in courses.items()})
        for visit, day in enumerate(DAYS)
        if day < survival
    )
    return Rat(number, str(rng.choice(["F", "M"])), group, response, survival, tumours)


def _with_blood_volume(rat: Rat, rng: np.random.Generator) -> Rat:
    course = _course(TRAJECTORIES[_APART], rat.group, rat.response, rng)
    tumours = tuple(
        replace(tumour, values={**tumour.values, _APART: float(course[DAYS.index(tumour.day)])})
        for tumour in rat.tumours
    )
    return replace(rat, tumours=tumours)


def _course(
    course: Trajectory, group: str, response: float, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Draw one property on all `DAYS`, whether or not the animal lives to see them."""
    weight = VASCULAR_WEIGHT[group] if course.vascular else 1.0
    change = response * weight * np.array(course.effect)
    change += rng.normal(*course.growth) * np.array(DAYS)
    change += rng.normal(0.0, course.between)
    change += rng.normal(0.0, course.within, len(DAYS))
    return np.asarray(course.start * np.exp(change))
