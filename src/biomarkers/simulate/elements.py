"""What a declaration is put together from: visits, groups, courses, the outcome, traits.

Changes and spreads are natural logarithms of ratios, days are those of the study.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError

CHOSEN = "chosen"


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

    Parameters
    ----------
    description
        In words.
    draw
        Of one subject without response.
    levels
        What its values mean, where they are few.
    unit
        Of a number.
    effect
        What a response of 1 adds to a number that is drawn.
    written
        How what was drawn is written: rounded, within limits, as a class. As it is if None.

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
    effect: float = 0.0
    written: Callable[[Any], Any] | None = None

    def value(self, rng: np.random.Generator, response: float) -> Any:
        """Return the value of one subject.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.simulate import Trait
        >>> age = Trait(description="age", draw=lambda rng: 60.0, effect=-10.0, written=int)
        >>> age.value(np.random.default_rng(1), response=0.5)
        55

        """
        drawn = self.draw(rng)
        if self.effect:
            drawn += self.effect * response
        return self.written(drawn) if self.written else drawn


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
