"""A quantity enters by a call or a file; the factors that its unit is mistaken by."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarkers.errors import InputError, UnusualValueWarning
from biomarkers.ranges import INPUTS

# By unit: minutes and milliseconds, per cent, radians, metres of a height; else the thousands of
# masses, doses, activities, concentrations and relaxivities.
_FACTORS: Mapping[str, tuple[float, ...]] = {
    "s": (60.0, 1000.0), "1/s": (60.0, 1000.0), "": (100.0,), "deg": (57.29578,), "cm": (100.0,),
}  # fmt: skip
_OF_THE_REST = (1000.0,)


def factors_of(quantity: str) -> tuple[float, ...]:
    """Return what a value may be too large by, and too small."""
    ways = _FACTORS.get(INPUTS[quantity].unit, _OF_THE_REST)
    return (*ways, *(1.0 / each for each in ways))


@dataclass(frozen=True)
class Went:
    """What came of it: a refusal, else what was warned of, and what was returned."""

    refused: str
    warned: tuple[str, ...]
    returned: Any

    @property
    def said(self) -> str:
        """Refusal and warnings."""
        return "; ".join(filter(None, (self.refused, *self.warned)))


def go(run: Callable[[], Any]) -> Went:
    """Call, and tell what came of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            returned = run()
        except InputError as error:
            return Went(str(error), (), None)
    heard = [str(each.message) for each in caught if each.category is UnusualValueWarning]
    return Went("", tuple(heard), returned)


@dataclass(frozen=True)
class Argument:
    """An argument of a call.

    Parameters
    ----------
    quantity
        In the register.
    place
        Which one.
    run
        Calls with the sane value times a factor, the others sane.
    named
        What the message has to name: a regular expression.

    """

    quantity: str
    place: str
    run: Callable[[float], Any]
    named: str


def arguments(
    call: Callable[..., Any],
    sane: Mapping[str, Any],
    of: Mapping[str, str],
    said: Mapping[str, str] | None = None,
    *,
    place: str = "",
) -> Iterator[Argument]:
    """Yield the arguments of a call that are quantities, `of` which; `said` is what names them."""
    name = place or call.__qualname__.rpartition(".")[2]
    for argument, quantity in of.items():

        def run(factor: float, argument: str = argument) -> Any:
            return call(**{**sane, argument: np.asarray(sane[argument]) * factor})

        yield Argument(quantity, f"{name} {argument}", run, (said or {}).get(argument, argument))
