"""What a simulated study is: groups, visits, the course of every biomarker, outcome and scans.

Each subject has one hidden number, its response: near 0 the disease goes its own way, near 1 the
treatment works fully. Response decides the outcome, with luck, and how far every biomarker departs
from its own course on each day. A declaration holds all of it, and nothing else decides: the same
one gives images (`write_study`) and tables without images (`draw_tables`). For a study of your own
take one of `STUDIES` and `dataclasses.replace` what differs.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.quantities import quantity

FloatArray = npt.NDArray[np.float64]
# A `writing.Session`, which knows its declaration.
Session = Any
# Whatever a study makes of a session before its scans: tissues, fields, arrival of the bolus.
Scene = Any
# Region, biomarker and true value.
TrueValue = tuple[str, str, float]
CHOSEN = "chosen"

_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A day on which those who are still there are examined; `label` is that of its sessions.

    Examples
    --------
    >>> from biomarkers.simulate import Visit
    >>> visits = (Visit(label="day00", day=0), Visit(label="day03", day=3))
    >>> [f"ses-{visit.label}" for visit in visits]
    ['ses-day00', 'ses-day03']

    """

    label: str
    day: int

    def __post_init__(self) -> None:
        if not self.label.isalnum():
            raise InputError(f"the label of a visit is {self.label!r}; expected letters and digits")


@dataclass(frozen=True, kw_only=True)
class Group:
    """A treatment, in words, and the response under it: mean and standard deviation.

    Examples
    --------
    >>> from biomarkers.simulate import Group
    >>> treated = Group(description="temozolomide, 50 mg/kg", response=(0.6, 0.2))
    >>> treated.response  # mean and standard deviation
    (0.6, 0.2)

    """

    description: str
    response: tuple[float, float]

    def __post_init__(self) -> None:
        _require_spread("response of a group", *self.response)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How one biomarker goes; changes and spreads are natural logarithms of ratios.

    Parameters
    ----------
    start
        Median of the cohort on day 0, in the unit of the biomarker.
    between
        Standard deviation between subjects.
    within
        Standard deviation from visit to visit within a subject.
    effect
        Change at a response of 1, by day: linear between the days given, that of the last one
        later on, none before the first. On day 0 it is what those who will respond differ in
        before treatment.
    common
        Change of every subject whatever its response, by day as `effect`.
    growth
        Change per day without response: mean, and standard deviation between subjects.
    weight
        Share of the effect in a group, where it is not 1.
    source
        Where the numbers come from; `chosen` where they are assumptions.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.simulate import Course
    >>> ktrans = Course(start=0.1, between=0.3, within=0.15, effect={0: 0.0, 3: np.log(0.6)})
    >>> float(ktrans.start * np.exp(ktrans.effect_on(3)).round(6))  # of full responders, 1/min
    0.06

    """

    start: float
    between: float
    within: float
    effect: Mapping[float, float] = field(default_factory=dict)
    common: Mapping[float, float] = field(default_factory=dict)
    growth: tuple[float, float] = (0.0, 0.0)
    weight: Mapping[str, float] = field(default_factory=dict)
    source: str = CHOSEN

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and self.start > 0):
            raise InputError(f"start of a course is {self.start}; expected a positive number")
        for spread in (self.between, self.within):
            _require_spread("spread of a course", 0.0, spread)
        _require_spread("growth of a course", *self.growth)
        for name, change in (("effect", self.effect), ("common", self.common)):
            if any(later <= earlier for earlier, later in pairwise(change)):
                raise InputError(f"{name} has the days {list(change)}; expected rising days")
            if not all(map(math.isfinite, change.values())):
                raise InputError(f"{name} is {dict(change)}; expected finite numbers")

    def effect_on(self, days: npt.ArrayLike) -> FloatArray:
        """Return the change at a response of 1 on each of `days`, (days,).

        Examples
        --------
        >>> from biomarkers.simulate import Course
        >>> ktrans = Course(start=0.1, between=0.3, within=0.15, effect={0: 0.0, 10: -0.5})
        >>> ktrans.effect_on([0, 5, 10, 17]).tolist()
        [0.0, -0.25, -0.5, -0.5]

        """
        return _between(self.effect, days)

    def common_on(self, days: npt.ArrayLike) -> FloatArray:
        """Return the change of every subject on each of `days`, (days,).

        Examples
        --------
        >>> from biomarkers.simulate import Course
        >>> ktrans = Course(start=0.1, between=0.3, within=0.15, common={0: 0.0, 21: -0.3})
        >>> ktrans.common_on([0, 7, 21]).round(6).tolist(), ktrans.effect_on([0, 7, 21]).tolist()
        ([0.0, -0.1, -0.3], [0.0, 0.0, 0.0])

        """
        return _between(self.common, days)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What becomes of the subjects: the time to an event, and who is called a responder.

    Parameters
    ----------
    name
        In words, `survival`.
    column
        Of the participants: day of the event, or of the end of follow-up.
    event_column
        Of the participants: 1 if the event was seen, 0 if follow-up ended before; empty for none.
    without_response
        Median time to the event without response, days.
    gain
        Of the logarithm of that time at a response of 1.
    luck
        Standard deviation of that logarithm among subjects of one response.
    horizon
        Responders are without the event on this day.
    end
        Day on which follow-up ends.
    ends_scans
        Whether nobody is examined from the day of the event on.
    dropout
        Probability that a subject comes to a visit for the last time though it could go on.
    luck_in
        What luck of one standard deviation adds to the logarithm of a biomarker on the last
        visit, by biomarker: what is missing then is not missing at random.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.simulate import Outcome
    >>> survival = Outcome(without_response=25.0, gain=np.log(2.0), luck=0.2, horizon=35, end=60)
    >>> print(f"{survival.without_response * np.exp(survival.gain):.0f} days, of responders")
    50 days, of responders

    """

    without_response: float
    gain: float
    luck: float
    horizon: int
    end: int
    name: str = "survival"
    column: str = "survival_days"
    event_column: str = ""
    ends_scans: bool = True
    dropout: float = 0.0
    luck_in: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.without_response > 0:
            raise InputError(f"without_response is {self.without_response}; expected days above 0")
        _require_spread("luck", self.gain, self.luck)
        if not 0 < self.horizon <= self.end:
            raise InputError(
                f"horizon is day {self.horizon}, end day {self.end}; "
                "expected a horizon after day 0 that follow-up reaches"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise InputError(f"dropout is {self.dropout}; expected a probability below 1")


@dataclass(frozen=True, kw_only=True)
class Trait:
    """A column of the participants: in words, how it is drawn, and its levels or its unit.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.simulate import Trait
    >>> weight = Trait(description="body weight", unit="g", draw=lambda rng: rng.normal(280, 15))
    >>> bool(200 < weight.draw(np.random.default_rng(1)) < 360)
    True

    """

    description: str
    draw: Callable[[np.random.Generator], Any]
    levels: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""


def _no_truth(session: Session, scene: Scene, scans: tuple[str, ...]) -> Iterable[TrueValue]:
    """Yield the true values of the lesion, where a study has no images to say more."""
    del scene, scans
    for name, value in session.state.values.items():
        yield session.declaration.region, name, value


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A study with known truth.

    Parameters
    ----------
    name
        As on the command line, `rat-glioma`.
    title
        Of the study; says that it is simulated.
    subjects
        How many take part unless said otherwise.
    noun
        What they are, in the plural, for texts: `rats`.
    species
        As in `participants.tsv`.
    groups
        Treatments, in the order in which subjects are assigned.
    visits
        When subjects are examined, in the order of days, the reference first.
    courses
        How every biomarker of the lesion goes.
    ratios
        Biomarkers that are the ratio of two courses.
    outcome
        What becomes of the subjects.
    traits
        Further columns of the participants.
    region
        Region of the lesion.
    regions
        Label of every region in the label maps.
    readme
        About the scans, for the README.
    plan
        Text of `plan.toml`.
    measured_by
        Scans that a biomarker of the plan is measured by, any of them; others need none.
    ignored
        What BIDS does not know, lines of `.bidsignore`.
    scene
        Makes of a session what is scanned.
    scans
        Each simulates and writes one kind of scan.
    optional
        Scans that are made only if they are named.
    truth
        Yields what the images of a session were made of.

    Examples
    --------
    >>> from biomarkers.simulate import Course, Declaration, Group, Outcome, Visit, draw_tables
    >>> study = Declaration(
    ...     name="pilot", title="A simulated pilot study", subjects=8,
    ...     groups={"treated": Group(description="drug", response=(0.6, 0.2))},
    ...     visits=(Visit(label="day00", day=0), Visit(label="day03", day=3)),
    ...     courses={"ADC": Course(start=8e-4, between=0.1, within=0.05, effect={0: 0.0, 3: 0.3})},
    ...     outcome=Outcome(without_response=25.0, gain=0.7, luck=0.2, horizon=35, end=60))
    >>> table, participants = draw_tables(study, seed=1)
    >>> len(table), study.first_day("ADC")
    (16, 3)

    """

    name: str
    title: str
    subjects: int
    groups: Mapping[str, Group]
    visits: tuple[Visit, ...]
    courses: Mapping[str, Course]
    outcome: Outcome
    noun: str = "subjects"
    species: str = "homo sapiens"
    ratios: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    traits: Mapping[str, Trait] = field(default_factory=dict)
    region: str = "tumor"
    regions: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"tumor": 1}))
    readme: str = ""
    plan: str = ""
    measured_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    scene: Callable[[Session], Scene] = lambda session: None
    scans: Mapping[str, Callable[[Session, Scene], None]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    truth: Callable[[Session, Scene, tuple[str, ...]], Iterable[TrueValue]] = _no_truth

    def __post_init__(self) -> None:
        if not (self.groups and self.visits and self.courses):
            raise InputError(f"{self.name}: expected a group, a visit and a course at least")
        days = [visit.day for visit in self.visits]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise InputError(f"{self.name}: visits are on days {days}; expected rising days")
        if len({visit.label for visit in self.visits}) < len(days):
            raise InputError(f"{self.name}: two visits have one label")
        for name, course in self.courses.items():
            _require_known(f"{self.name}: weight of {name}", course.weight, self.groups, "group")
        luck_in = self.outcome.luck_in
        _require_known(f"{self.name}: luck_in", luck_in, self.courses, "course")
        for name, pair in self.ratios.items():
            _require_known(f"{self.name}: ratio {name}", pair, self.courses, "course")
        _require_known(f"{self.name}: region", [self.region], self.regions, "region")
        _require_known(f"{self.name}: optional", self.optional, self.scans, "scan")

    @property
    def days(self) -> tuple[int, ...]:
        """Day of every visit."""
        return tuple(visit.day for visit in self.visits)

    @property
    def biomarkers(self) -> tuple[str, ...]:
        """Names of all biomarkers of the lesion, courses first."""
        return (*self.courses, *self.ratios)

    def effect(self, biomarker: str) -> FloatArray:
        """Return the change of a biomarker at a response of 1 on every visit, (visits,).

        Examples
        --------
        >>> from biomarkers.simulate import STUDIES
        >>> study = STUDIES["gbm-dce-rgd"]
        >>> study.days, study.effect("Ktrans").tolist()
        ((0, 21, 70), [0.0, -0.55, -0.6])

        """
        if biomarker in self.ratios:
            over, under = self.ratios[biomarker]
            return self.courses[over].effect_on(self.days) - self.courses[under].effect_on(
                self.days
            )
        _require_known("biomarker", [biomarker], self.courses, "course")
        return self.courses[biomarker].effect_on(self.days)

    def first_day(self, biomarker: str) -> int | None:
        """Return the day of the first visit with an effect on a biomarker, None without one.

        Examples
        --------
        >>> from biomarkers.simulate import STUDIES
        >>> study = STUDIES["rat-glioma"]
        >>> {name: study.first_day(name) for name in ("Ktrans", "ADC", "volume")}
        {'Ktrans': 3, 'ADC': 10, 'volume': 17}

        """
        effect = self.effect(biomarker)
        return next((day for day, size in zip(self.days, effect, strict=True) if size), None)

    def with_ratios(self, values: Mapping[str, _Value]) -> dict[str, _Value]:
        """Return values by course together with those of `ratios`.

        Examples
        --------
        >>> from biomarkers.simulate import STUDIES
        >>> values = {name: course.start for name, course in STUDIES["rat-glioma"].courses.items()}
        >>> values |= {"Ktrans": 0.12, "ve": 0.3}
        >>> round(STUDIES["rat-glioma"].with_ratios(values)["kep"], 6)
        0.4

        """
        shares: dict[str, Any] = {
            name: values[over] / values[under]  # type: ignore[operator]
            for name, (over, under) in self.ratios.items()
        }
        return {**values, **shares}


# Truth of a biomarker in the tissue, where what an ideal image shows of it is another value.
TISSUE = "_tissue"


def unit_of(biomarker: str) -> str:
    """Return the unit of a biomarker; that of a ratio, and of an unknown one, is empty."""
    row = quantity(biomarker.removesuffix(TISSUE))
    return row.unit if row else ""


def _between(change: Mapping[float, float], days: npt.ArrayLike) -> FloatArray:
    """Return a change given by day on each of `days`: linear between them, (days,)."""
    at = np.asarray(days, dtype=float)
    if not change:
        return np.zeros(at.shape)
    return np.asarray(np.interp(at, list(change), list(change.values()), left=0.0))


def _require_spread(name: str, mean: float, spread: float) -> None:
    if not (math.isfinite(mean) and math.isfinite(spread) and spread >= 0):
        raise InputError(
            f"{name} is ({mean}, {spread}); expected finite numbers, a spread of 0 or more"
        )


def _require_known(where: str, names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise InputError(
                f"{where} names {name!r}, which is no {what} here; expected {', '.join(known)}"
            )
