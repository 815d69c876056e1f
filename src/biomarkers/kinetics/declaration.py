"""What a model declares: its terms, and the way from them to physiology and back.

A curve is a sum of terms, each linear in one amplitude; some decay at a rate:

    C(t) = Σ a_i · c(t)  +  Σ a_j · ∫c  +  Σ a_k · (exp(-rate_k t) ⊗ c)(t)

A model names its terms and maps amplitudes and rates to physiological parameters. That map is
plain array arithmetic; its derivatives, for standard errors, are taken by complex step.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._convolve import DECAY, DIRECT, RELATIVE
from biomarkers.kinetics.input import Input
from biomarkers.quantities import Quantity

Values = Mapping[str, npt.NDArray[Any]]
PLASMA, BLOOD = "plasma", "blood"
PER_MINUTE = 60.0  # amplitudes and rates: 1/s inside, 1/min outside
COMPLEX_STEP = 1e-30
CONTRADICTION = 1e-6  # share of a value by which another may differ and still be the same


@dataclass(frozen=True)
class Term:
    """One linear term; use `Direct`, `Integral`, `Decay` or `Relative`.

    Parameters
    ----------
    name
        Name of the amplitude.
    source
        Which concentration it convolves, "plasma" or "blood".
    nonnegative
        Whether the amplitude is bound to be 0 or more.
    optional
        Left out where the input does not carry `source`.

    """

    name: str
    source: str = field(default=PLASMA, kw_only=True)
    nonnegative: bool = field(default=True, kw_only=True)
    optional: bool = field(default=False, kw_only=True)

    kind: ClassVar[int] = DIRECT
    per_minute: ClassVar[float] = 1.0  # factor from the amplitude inside (1/s) to outside


class Direct(Term):
    """Amplitude × the concentration itself; the amplitude is a fraction."""


class Integral(Term):
    """Amplitude (1/min) × the running integral of the concentration."""

    kind = DECAY
    per_minute = PER_MINUTE


@dataclass(frozen=True)
class Decay(Term):
    """Amplitude (1/min) × (exp(-rate·t) ⊗ concentration).

    Parameters
    ----------
    rate
        Name of the rate, 1/min.
    fastest
        Upper bound of the rate, 1/min; the lower one is 0.

    """

    rate: str = field(default="rate", kw_only=True)
    fastest: float = field(default=120.0, kw_only=True)

    kind = DECAY
    per_minute = PER_MINUTE


@dataclass(frozen=True)
class Relative(Decay):
    """Amplitude × (c + (k2_reference - rate)·exp(-rate·t) ⊗ c): tissue against a reference.

    Parameters
    ----------
    k2_reference
        Washout rate of the reference region, 1/min.

    """

    k2_reference: float = field(default=0.0, kw_only=True)

    kind = RELATIVE
    per_minute = 1.0


@dataclass(frozen=True)
class Parameter(Quantity):
    """A physiological parameter: a quantity, and when the data of a curve determine it.

    Parameters
    ----------
    name, unit, meaning, code, label, has_error
        As `Quantity`; `parameters.known` takes those of the register.
    origin
        For a quotient: the value it takes where its numerator vanishes, its least possible one.
        A quotient is not identifiable where its standard error exceeds its height above that:
        its denominator might then be zero.
    resolution
        Other parameters are not identifiable where the standard error exceeds both the value
        and this.
    highest
        Largest value that makes physical sense; beyond it the fit is flagged as at a bound.

    """

    origin: float | None = field(default=None, kw_only=True)
    resolution: float = field(default=np.inf, kw_only=True)
    highest: float = field(default=np.inf, kw_only=True)


@dataclass(frozen=True)
class Solution:
    """How one parameter follows from others.

    Parameters
    ----------
    name
        Of the parameter.
    needs
        Names of those it follows from.
    formula
        Computes it from them by name.

    """

    name: str
    needs: tuple[str, ...]
    formula: Callable[[Values], npt.NDArray[Any]]


@dataclass(frozen=True)
class Inverse:
    """The way back from physiology: to predict, and for fits with parameters fixed or tied.

    Parameters
    ----------
    free
        Parameters that together determine the curve.
    coefficients
        Maps them, by name, to amplitudes and rates by name (1/min).
    derived
        The other parameters, as expressions in the free ones.
    solutions
        Free parameters in terms of derived ones.

    """

    free: tuple[str, ...]
    coefficients: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    derived: Mapping[str, str]
    solutions: tuple[Solution, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """What a `Model` declares; see there."""

    name: str
    terms: tuple[Term, ...]
    parameters: tuple[Parameter, ...]
    physiology: Callable[[Values], Values]
    source: str = ""
    inverse: Inverse | None = None
    zeros: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rates = [term.rate for term in self.terms if isinstance(term, Decay)]
        names = [term.name for term in self.terms] + rates
        if not self.terms or len(set(names)) != len(names):
            raise InputError(
                f"model {self.name}: amplitudes and rates need distinct names: {names}"
            )
        if len(rates) > 2 or len(self.terms) - len(rates) > 3:
            raise InputError(
                f"model {self.name}: at most two decays and three other terms, "
                f"found {len(rates)} and {len(self.terms) - len(rates)}"
            )

    @property
    def decays(self) -> tuple[Decay, ...]:
        """Terms with a rate, in the order of the rates."""
        return tuple(term for term in self.terms if isinstance(term, Decay))

    @property
    def ordered(self) -> tuple[Term, ...]:
        """Terms without a rate, then those with one: the order of the engine's columns."""
        fixed = [term for term in self.terms if not isinstance(term, Decay)]
        return (*fixed, *self.decays)

    @property
    def coefficients(self) -> dict[str, float]:
        """Amplitudes and rates by name, with their factors from 1/s to 1/min."""
        amplitudes = {term.name: term.per_minute for term in self.ordered}
        return amplitudes | {term.rate: PER_MINUTE for term in self.decays}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def for_input(self, input: Input) -> Self:
        """Return the model without the optional terms that `input` cannot feed.

        A parameter named like a term that was left out is left out, too.

        Raises
        ------
        InputError
            If a needed concentration is missing.

        """
        absent = [term for term in self.terms if getattr(input, term.source) is None]
        for term in absent:
            if not term.optional:
                raise InputError(
                    f"model {self.name}: term {term.name} needs the concentration in "
                    f"{term.source}; give Input({term.source}=...) or the haematocrit (hct=...)"
                )
        if not absent:
            return self
        gone = {term.name for term in absent}
        return replace(
            self,
            terms=tuple(term for term in self.terms if term not in absent),
            parameters=tuple(each for each in self.parameters if each.name not in gone),
            physiology=_with_zeros(self.physiology, gone),
        )

    def determined(self, values: Values) -> Values:
        """Return amplitudes and rates, 1/min, from parameters that determine them; all by name.

        Raises
        ------
        InputError
            If parameters are missing, unknown, or contradict each other.

        """
        point = values
        if not all(name in values for name in self.coefficients):
            point = self._inverted(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            implied = self.physiology({name: np.asarray(point[name]) for name in self.coefficients})
        for name in (name for name in values if name in implied):
            gap = np.abs(implied[name] - values[name])
            if (gap > CONTRADICTION * np.abs(values[name])).any():
                raise InputError(
                    f"model {self.name}: {name} is {np.ravel(values[name])[0]:g}, but the other "
                    f"parameters make it {np.ravel(implied[name])[0]:g}; leave one out"
                )
        return point

    def _inverted(self, values: Values) -> Values:
        names = self.names if self.inverse else tuple(self.coefficients)
        free = self.inverse.free if self.inverse else names
        # A parameter whose term the input cannot feed is zero.
        full = {name: np.zeros(()) for name in free if name not in names} | dict(values)
        strange = [name for name in values if name not in names and name != "delay"]
        if self.inverse and not strange:
            for _ in self.inverse.solutions:
                for each in self.inverse.solutions:
                    if each.name not in full and all(need in full for need in each.needs):
                        full[each.name] = each.formula(full)
        missing = [name for name in free if name not in full]
        if strange or missing or not self.inverse:
            ways = self.inverse.solutions if self.inverse else ()
            more = [f"{each.name} from {' and '.join(each.needs)}" for each in ways]
            what = f"no parameter {', '.join(strange)}" if strange else f"no {', '.join(missing)}"
            raise InputError(
                f"model {self.name}: {what} to predict from; expected {', '.join(free)}"
                + (f" (or {'; '.join(more)})" if more else "")
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.inverse.coefficients(full)

    def slope(self, point: Values, name: str) -> dict[str, npt.NDArray[np.float64]]:
        """Differentiate every parameter by one amplitude or rate, exactly to rounding."""
        moved = self.physiology({**point, name: point[name] + 1j * COMPLEX_STEP})
        shape = np.shape(point[name])
        return {
            key: np.broadcast_to(np.imag(each), shape) / COMPLEX_STEP for key, each in moved.items()
        }


def _with_zeros(
    physiology: Callable[[Values], Values], gone: set[str]
) -> Callable[[Values], Values]:
    """Feed zeros for amplitudes that were left out."""

    def reduced(values: Values) -> Values:
        some = next(iter(values.values()))
        full = {**values, **{name: np.zeros_like(some) for name in gone}}
        return physiology(full)

    return reduced
