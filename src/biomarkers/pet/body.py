"""What is known of the body a tracer was injected into."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from biomarkers.errors import InputError
from biomarkers.ranges import require_possible

HUMAN = "homo sapiens"
# BIDS takes a body of no stated species for human. A body of this weight is an animal or a child.
_LIGHTEST_ADULT_G = 20000.0
_RODENTS = ("rattus", "mus", "rat", "mouse", "mesocricetus", "cavia", "meriones")
_HEAVIEST_RODENT_G = 1000.0


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
    unread
        Why weight or height, of which a file has something, is not known: said when it is needed.

    Raises
    ------
    InputError
        If a number is not positive or not possible, or the sex is something else.

    Examples
    --------
    >>> from biomarkers.pet import Body
    >>> Body(weight_g=250.0, species="rattus norvegicus").weight_g
    250.0

    """

    weight_g: float | None = None
    height_cm: float | None = None
    sex: str | None = None
    species: str | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("weight_g", "height_cm"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0.0):
                raise InputError(f"{name} is {value}; expected a positive number")
            if value is not None:
                require_possible(f"body_{name.partition('_')[0]}", value, source=name)
        object.__setattr__(self, "sex", _sex(self.sex))
        object.__setattr__(self, "species", _species(self.species))

    @property
    def is_rodent(self) -> bool:
        """Whether it is a rat, a mouse or the like, by its species, else by its weight.

        Examples
        --------
        >>> from biomarkers.pet import Body
        >>> Body(weight_g=250.0).is_rodent, Body(weight_g=7e4, species="homo sapiens").is_rodent
        (True, False)

        """
        if self.species is not None:
            return self.species.split()[0] in _RODENTS
        return self.weight_g is not None and self.weight_g < _HEAVIEST_RODENT_G


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


def lean_mass_janmahasatian(body: Body) -> float:
    """Return lean body mass, g (Janmahasatian et al. 2005, doi:10.2165/00003088-200544100-00004).

    Raises
    ------
    InputError
        If the body is no adult's, or weight, height or sex is not known.

    """
    weight, height = _adult(body)
    index = weight / (height / 100.0) ** 2
    constant, slope = {"male": (6680.0, 216.0), "female": (8780.0, 244.0)}[_known_sex(body)]
    return 1000.0 * 9270.0 * weight / (constant + slope * index)


def lean_mass_james(body: Body) -> float:
    """Return lean body mass, g (James 1976, with DICOM's constants: LBMJAMES128).

    It falls again in the very obese (Tahari et al. 2014, doi:10.2967/jnumed.113.136986).

    Raises
    ------
    InputError
        As `lean_mass_janmahasatian`, and if the formula leaves nothing.

    """
    weight, height = _adult(body)
    slope, square = {"male": (1.10, 128.0), "female": (1.07, 148.0)}[_known_sex(body)]
    lean = slope * weight - square * (weight / height) ** 2
    if lean <= 0.0:
        raise InputError(
            f"the James formula gives {lean:.0f} kg of lean mass for {weight:g} kg and "
            f"{height:g} cm; use lbm-janmahasatian"
        )
    return 1000.0 * lean


def surface(body: Body) -> float:
    """Return body surface, cm^2 (Du Bois & Du Bois 1916, doi:10.1001/archinte.1916.00080130010002).

    Raises
    ------
    InputError
        If the body is no adult's, or weight or height is not known.

    """
    weight, height = _adult(body)
    return 1e4 * 0.007184 * math.pow(weight, 0.425) * math.pow(height, 0.725)


def known_weight(body: Body) -> float:
    """Return body weight, g, or raise `InputError` saying where to put it."""
    if body.weight_g is None:
        raise InputError(
            "body weight is not known; give weight_g in sub-*_sessions.tsv, participants.tsv or "
            f"the sidecar, or pet.load(..., weight_g=){_why(body, 'weight')}"
        )
    return body.weight_g


def _why(body: Body, what: str) -> str:
    return f" ({body.unread[what]})" if what in body.unread else ""


def _adult(body: Body) -> tuple[float, float]:
    """Return weight, kg, and height, cm, of an adult; the formulas are of no other body."""
    weight = known_weight(body)
    if body.species not in (None, HUMAN) or weight < _LIGHTEST_ADULT_G:
        raise InputError(
            "lean mass and body surface are formulas for adult humans; here is "
            f"{body.species or 'a body'} of {weight:g} g. Use bw, %ID/g or %ID/mL"
        )
    if body.height_cm is None:
        raise InputError(
            f"body height is not known; give height_cm in participants.tsv{_why(body, 'height')}"
        )
    return weight / 1000.0, body.height_cm


def _known_sex(body: Body) -> str:
    if body.sex is None:
        raise InputError("sex is not known; give sex in participants.tsv (male or female)")
    return body.sex
