"""A declared study whose effects are larger, smaller or none: what power is held against."""

import math
from dataclasses import replace

from biomarkers.errors import InputError
from biomarkers.simulate.declaration import Declaration


def with_effects(declaration: Declaration, factor: float) -> Declaration:
    """Return a declaration with every effect on biomarkers and traits multiplied.

    The effects of response, and those of luck on the last visit, are natural logarithms of ratios:
    with a factor of 0.5 a fall to 64 % becomes one to 80 %. Who responds and who survives stays.

    Parameters
    ----------
    declaration
        One of `STUDIES`, or your own.
    factor
        1 leaves all as it is; 0 gives a study in which no biomarker or trait tells anything.

    Raises
    ------
    InputError
        If `factor` is not finite.

    Examples
    --------
    >>> from biomarkers import simulate
    >>> rats = simulate.STUDIES["rat-glioma"]
    >>> halved = simulate.with_effects(rats, 0.5)
    >>> bool(halved.effect("CBV")[1] == 0.5 * rats.effect("CBV")[1])
    True
    >>> print(simulate.with_effects(rats, 0).first_day("CBV"))
    None

    """
    if not math.isfinite(factor):
        raise InputError(f"factor is {factor}; expected a finite number")
    courses = {
        name: replace(course, effect={day: factor * size for day, size in course.effect.items()})
        for name, course in declaration.courses.items()
    }
    traits = {
        name: replace(trait, effect=factor * trait.effect)
        for name, trait in declaration.traits.items()
    }
    luck_in = {name: factor * size for name, size in declaration.outcome.luck_in.items()}
    outcome = replace(declaration.outcome, luck_in=luck_in)
    return replace(declaration, courses=courses, traits=traits, outcome=outcome)
