"""What a model is: declared terms, and the way from them to physiology.

A curve is a sum of terms, each linear in one amplitude; some decay at a rate:

    C(t) = Σ a_i · c(t)  +  Σ a_j · ∫c  +  Σ a_k · (exp(-rate_k t) ⊗ c)(t)

A model names its terms and maps amplitudes and rates to physiological parameters. That map is
plain array arithmetic; its derivatives, for standard errors, are taken by complex step.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._convolve import DECAY, DIRECT, RELATIVE
from biomarkers.kinetics.derive import PER_MINUTE
from biomarkers.kinetics.engine import fit_model
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.input import Input
from biomarkers.quantities import Quantity
from biomarkers.timing import Frames

Values = Mapping[str, npt.NDArray[Any]]
PLASMA, BLOOD = "plasma", "blood"


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
class Inverse:
    """The way back from physiology, for fits in which parameters are fixed or tied.

    Parameters
    ----------
    free
        Parameters that together determine the curve.
    coefficients
        Maps them, by name, to amplitudes and rates by name (1/min).
    derived
        The other parameters, as expressions in the free ones.

    """

    free: tuple[str, ...]
    coefficients: Callable[[Mapping[str, float]], Mapping[str, float]]
    derived: Mapping[str, str]


@dataclass(frozen=True)
class Model:
    """A declared kinetic model.

    Parameters
    ----------
    name
        Name in `MODELS`.
    terms
        What the curve is a sum of.
    parameters
        What the fit reports, in order.
    physiology
        Maps amplitudes and rates by name (arrays; 1/min) to parameters by name.
    source
        Literature source.
    inverse
        The way back, for `to_lmfit`.

    Examples
    --------
    A model of one's own, two parallel compartments fed by plasma:

    >>> from biomarkers.kinetics import Decay, Model, Parameter
    >>> model = Model(
    ...     "parallel",
    ...     terms=(Decay("a", rate="fast"), Decay("b", rate="slow")),
    ...     parameters=(Parameter("K1", "mL/min/mL", "total delivery"),),
    ...     physiology=lambda x: {"K1": x["a"] + x["b"]},
    ... )

    """

    name: str
    terms: tuple[Term, ...]
    parameters: tuple[Parameter, ...]
    physiology: Callable[[Values], Values]
    source: str = ""
    inverse: Inverse | None = None

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
    def fixed(self) -> tuple[Term, ...]:
        """Terms without a rate."""
        return tuple(term for term in self.terms if not isinstance(term, Decay))

    @property
    def decays(self) -> tuple[Decay, ...]:
        """Terms with a rate, in the order of the rates."""
        return tuple(term for term in self.terms if isinstance(term, Decay))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def for_input(self, input: Input) -> "Model":
        """Return the model without the optional terms that `input` cannot feed.

        A parameter named like a term that was left out is left out, too.

        Raises
        ------
        InputError
            If a needed concentration is missing.

        """
        absent = {term for term in self.terms if getattr(input, term.source) is None}
        for term in sorted(absent, key=lambda each: each.name):
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

    def fit(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: float | tuple[float, float] | None = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit one curve or a million.

        Parameters
        ----------
        curves
            Concentrations, shape (..., T), in the input's unit.
        time
            Instants, shape (T,), s, or `Frames`.
        input
            The input function.
        delay
            How much later than in the input the tissue is reached, s: None for none, a number
            to apply, or (low, high) to fit it per curve.
        weights
            Weights of the squared residuals, shape (T,), 0 or more; None for equal ones.
        mask
            Which curves to fit, of the curves' leading shape; the others are NaN.

        Returns
        -------
        Fit
            Estimates, standard errors and flags, each of the curves' leading shape.

        Raises
        ------
        InputError
            If shapes disagree, the input ends before the scan, lacks a concentration the model
            needs, or weights or delay make no sense.

        """
        return fit_model(self, curves, time, input, delay=delay, weights=weights, mask=mask)


def _with_zeros(
    physiology: Callable[[Values], Values], gone: set[str]
) -> Callable[[Values], Values]:
    """Feed zeros for amplitudes that were left out."""

    def reduced(values: Values) -> Values:
        some = next(iter(values.values()))
        full = {**values, **{name: np.zeros_like(some) for name in gone}}
        return physiology(full)

    return reduced


def two_exponentials(k1: float, k2: float, k3: float, k4: float) -> dict[str, float]:
    """Amplitudes a, b and rates alpha >= beta of two compartments in exchange with plasma."""
    total = k2 + k3 + k4
    gap = float(np.sqrt(max(total**2 - 4.0 * k2 * k4, 0.0)))
    alpha, beta = 0.5 * (total + gap), 0.5 * (total - gap)
    share = (alpha - k3 - k4) / gap if gap > 0 else 1.0
    return {"a": k1 * share, "b": k1 * (1.0 - share), "alpha": alpha, "beta": beta}
