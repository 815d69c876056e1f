"""What is known of the body a tracer was injected into."""

import math
from dataclasses import dataclass

from biomarkers.errors import InputError

HUMAN = "homo sapiens"


@dataclass(frozen=True)
class Body:
    """The scanned body; None is what is not known.

    Parameters
    ----------
    weight_g
        On the day of the scan, g.
    height_cm
        cm.
    sex
        `male` or `female`; `m` and `f` are understood.
    species
        Binomial, as in BIDS: `homo sapiens`, `rattus norvegicus`; `human` is understood.

    Raises
    ------
    InputError
        If a number is not positive, or the sex is something else.

    """

    weight_g: float | None = None
    height_cm: float | None = None
    sex: str | None = None
    species: str | None = None

    def __post_init__(self) -> None:
        for name in ("weight_g", "height_cm"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0.0):
                raise InputError(f"{name} is {value}; expected a positive number")
        object.__setattr__(self, "sex", _sex(self.sex))
        object.__setattr__(self, "species", _species(self.species))


def _sex(text: str | None) -> str | None:
    # BIDS also has "other", of which no formula for lean mass knows: not known, here.
    known = {"m": "male", "male": "male", "f": "female", "female": "female"}
    unknown = ("", "o", "other", "n/a", "u", "unknown")
    if text is None or text.lower() in unknown:
        return None
    if text.lower() not in known:
        raise InputError(f"sex is {text!r}; expected male, female (or m, f), other or n/a")
    return known[text.lower()]


def _species(text: str | None) -> str | None:
    if text is None or text.lower() in ("", "n/a"):
        return None
    return HUMAN if text.lower() in ("human", HUMAN) else text.lower()
