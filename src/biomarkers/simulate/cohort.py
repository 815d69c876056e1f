"""Who takes part: group, response, outcome, and the true course of every biomarker.

All subjects of a cohort are drawn at once, every quantity from random numbers of its own and a
subject's in its own row. So a subject is the same in a cohort of any size, and what is added to a
study moves nothing that was there.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.elements import Course, Visit

FEWEST_SUBJECTS = 2
RESPONSE_LIMITS = (-0.2, 1.3)
# Subject 1 is no responder and subject 2 is one; they are drawn again until it is so.
_GIVEN = (False, True)
_MOST_ATTEMPTS = 1000


@dataclass(frozen=True)
class State:
    """What is true of a subject on one visit: the value of every course, by its unit."""

    visit: Visit
    values: Mapping[str, float]


@dataclass(frozen=True)
class Subject:
    """One who takes part.

    Parameters
    ----------
    number
        From 1, in the order of assignment.
    group
        One of those declared.
    response
        The hidden response.
    days
        Day of the event, or of the end of follow-up.
    event
        Whether the event was seen.
    responder
        Whether it was without the event on the horizon.
    traits
        Further columns of the participants.
    states
        One per visit on which the subject was there.

    """

    number: int
    group: str
    response: float
    days: int
    event: bool
    responder: bool
    traits: Mapping[str, Any]
    states: tuple[State, ...]

    @property
    def label(self) -> str:
        """Subject label, without `sub-`."""
        return f"{self.number:02d}"


@dataclass(frozen=True, eq=False)
class Cohort:
    """All who take part, in arrays.

    Parameters
    ----------
    groups
        Name of the group, (subjects,).
    response
        (subjects,).
    days
        Day of the event or of the end of follow-up, (subjects,).
    event, responder
        (subjects,).
    present
        Who was there when, (subjects, visits).
    values
        By course, (subjects, visits), whether or not the subject was there.

    """

    groups: tuple[str, ...]
    response: FloatArray
    days: np.ndarray[tuple[int], np.dtype[np.int_]]
    event: np.ndarray[tuple[int], np.dtype[np.bool_]]
    responder: np.ndarray[tuple[int], np.dtype[np.bool_]]
    present: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    values: Mapping[str, FloatArray]


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return random numbers for one purpose; those for another do not move them."""
    words = " ".join(map(str, purpose))
    return np.random.default_rng([seed, zlib.crc32(words.encode())])


def draw(declaration: Declaration, *, subjects: int, seed: int) -> Cohort:
    """Draw a cohort as arrays.

    Raises
    ------
    InputError
        If `subjects` is below 2, `seed` is negative, or no subject of the declared kind can be a
        responder, or something else than one.

    """
    _check(subjects, seed)
    names = list(declaration.groups)
    groups = tuple(names[number % len(names)] for number in range(subjects))
    fate = _fates(declaration, groups, seed)
    outcome = declaration.outcome
    response = np.clip(fate[:, 0], *RESPONSE_LIMITS)
    days = _event_days(declaration, fate)
    values = {
        name: _course(declaration, course, groups, response, stream(seed, "course", name))
        for name, course in declaration.courses.items()
    }
    for name, size in outcome.luck_in.items():
        values[name][:, -1] *= np.exp(size * fate[:, 1])
    return Cohort(
        groups,
        response,
        np.minimum(days, outcome.end),
        days < outcome.end,
        days >= outcome.horizon,
        _present(declaration, days, stream(seed, "dropout")),
        values,
    )


def draw_cohort(declaration: Declaration, *, subjects: int, seed: int) -> tuple[Subject, ...]:
    """Draw a cohort as subjects; each is the same in a cohort of any size. Raises as `draw`."""
    cohort = draw(declaration, subjects=subjects, seed=seed)
    traits = draw_traits(declaration, cohort.response, seed=seed)
    return tuple(_subject(declaration, cohort, traits, row) for row in range(subjects))


def draw_traits(
    declaration: Declaration, response: FloatArray, *, seed: int
) -> dict[str, list[Any]]:
    """Return the further columns of participants of a response (subjects,), each (subjects,)."""
    columns = {}
    for name, trait in declaration.traits.items():
        rng = stream(seed, "trait", name)
        columns[name] = [trait.value(rng, float(each)) for each in response]
    return columns


def _check(subjects: int, seed: int) -> None:
    if subjects < FEWEST_SUBJECTS:
        raise InputError(
            f"subjects is {subjects}; expected {FEWEST_SUBJECTS} or more, so that there are "
            "responders and others"
        )
    if seed < 0:
        raise InputError(f"seed is {seed}; expected 0 or more")


def _fates(declaration: Declaration, groups: tuple[str, ...], seed: int) -> FloatArray:
    """Return response, before it is limited, and luck in standard deviations, (subjects, 2)."""
    mean = np.array([declaration.groups[group].response for group in groups])
    fate = stream(seed, "fate").normal(size=(len(groups), 2))
    fate[:, 0] = mean[:, 0] + mean[:, 1] * fate[:, 0]
    again = stream(seed, "fate of the first two")
    for _ in range(_MOST_ATTEMPTS):
        responder = _event_days(declaration, fate[: len(_GIVEN)]) >= declaration.outcome.horizon
        wrong = np.flatnonzero(responder != _GIVEN)
        if not len(wrong):
            return fate
        drawn = again.normal(size=(len(_GIVEN), 2))
        drawn[:, 0] = mean[: len(_GIVEN), 0] + mean[: len(_GIVEN), 1] * drawn[:, 0]
        fate[wrong] = drawn[wrong]
    raise InputError(
        f"{declaration.name}: in {_MOST_ATTEMPTS} draws the first subject was always, or the "
        "second never, a responder; expected response, gain and horizon that let there be both"
    )


def _event_days(declaration: Declaration, fate: FloatArray) -> Any:
    outcome = declaration.outcome
    response = np.clip(fate[:, 0], *RESPONSE_LIMITS)
    log_days = np.log(outcome.without_response) + outcome.gain * response
    return np.rint(np.exp(log_days + outcome.luck * fate[:, 1])).astype(int)


def _course(
    declaration: Declaration,
    course: Course,
    groups: tuple[str, ...],
    response: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw one course on all visits, (subjects, visits)."""
    days = np.array(declaration.days, dtype=float)
    drawn = rng.normal(size=(len(groups), 2 + len(days)))
    weight = np.array([course.weight.get(group, 1.0) for group in groups])
    growth = course.growth[0] + course.growth[1] * drawn[:, 1]
    change = np.outer(response * weight, course.effect_on(days)) + np.outer(growth, days)
    change += course.common_on(days)
    change += course.between * drawn[:, :1] + course.within * drawn[:, 2:]
    return np.asarray(course.start * np.exp(change))


def _present(declaration: Declaration, days: Any, rng: np.random.Generator) -> Any:
    """Return who was there when, (subjects, visits); at the first visit everyone is."""
    outcome = declaration.outcome
    leaves = rng.uniform(size=(len(days), len(declaration.visits))) < outcome.dropout
    # Who leaves after a visit is missing from the next one on.
    present = np.ones_like(leaves)
    present[:, 1:] = ~np.logical_or.accumulate(leaves, axis=1)[:, :-1]
    if outcome.ends_scans:
        present[:, 1:] &= np.array(declaration.days)[1:] < days[:, None]
    return present


def _subject(
    declaration: Declaration, cohort: Cohort, traits: Mapping[str, list[Any]], row: int
) -> Subject:
    states = tuple(
        State(visit, {name: float(course[row, k]) for name, course in cohort.values.items()})
        for k, visit in enumerate(declaration.visits)
        if cohort.present[row, k]
    )
    return Subject(
        row + 1,
        cohort.groups[row],
        float(cohort.response[row]),
        int(cohort.days[row]),
        bool(cohort.event[row]),
        bool(cohort.responder[row]),
        {name: column[row] for name, column in traits.items()},
        states,
    )
