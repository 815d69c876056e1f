"""What a model declares: its terms, and the way from them to physiology and back.

A curve is a sum of terms, each linear in one amplitude; some decay at a rate:

    C(t) = Σ a_i · c(t)  +  Σ a_j · ∫c  +  Σ a_k · (exp(-rate_k t) ⊗ c)(t)

A model names its terms and maps amplitudes and rates to physiological parameters. That map is
plain array arithmetic; its derivatives, for standard errors, are taken by complex step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._convolve import DECAY, DIRECT, RELATIVE
from biomarkers.quantities import Quantity

Values = Mapping[str, npt.NDArray[Any]]
PLASMA, BLOOD = "plasma", "blood"
PER_MINUTE = 60.0  # amplitudes and rates: 1/s inside, 1/min outside
COMPLEX_STEP = 1e-30


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
    """Amplitude × the concentration itself; the amplitude is a fraction.

    Examples
    --------
    A tenth of the voxel is plasma:

    >>> from biomarkers.kinetics import Direct, Input, Model, Parameter
    >>> vessels = Model("vessels", (Direct("vp"),), (Parameter("vp", "1", "plasma"),), dict)
    >>> aif = Input([0.0, 10.0, 60.0], plasma=[0.0, 5.0, 1.0])
    >>> vessels.predict({"vp": 0.1}, [0.0, 10.0, 60.0], aif).round(2)
    array([0. , 0.5, 0.1])

    """


class Integral(Term):
    """Amplitude (1/min) × the running integral of the concentration.

    Examples
    --------
    An input of 5 mM for a minute, taken up at 0.1/min:

    >>> from biomarkers.kinetics import Input, Integral, Model, Parameter
    >>> uptake = Model("uptake", (Integral("Ki"),), (Parameter("Ki", "1/min", "uptake"),), dict)
    >>> uptake.predict({"Ki": 0.1}, [30.0, 60.0], Input([0.0, 60.0], plasma=[5.0, 5.0])).round(2)
    array([0.25, 0.5 ])

    """

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

    Examples
    --------
    In equilibrium the tissue holds amplitude / rate times the input:

    >>> from biomarkers.kinetics import Decay, Input, Model, Parameter
    >>> k1, k2 = Parameter("K1", "mL/min/mL", "delivery"), Parameter("k2", "1/min", "washout")
    >>> tissue = Model("tissue", (Decay("K1", rate="k2"),), (k1, k2), dict)
    >>> steady = Input([0.0, 7200.0], plasma=[5.0, 5.0])
    >>> tissue.predict({"K1": 0.1, "k2": 0.2}, [7200.0], steady).round(3)
    array([2.5])

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

    Examples
    --------
    A tissue that washes out as the reference does has the reference's curve, times R1:

    >>> from biomarkers.kinetics import Input, Model, Parameter, Relative
    >>> r1, k2 = Parameter("R1", "1", "delivery"), Parameter("k2", "1/min", "washout")
    >>> model = Model("relative", (Relative("R1", rate="k2", k2_reference=0.1),), (r1, k2), dict)
    >>> reference = Input.reference_region([0.0, 60.0, 120.0], [0.0, 4.0, 3.0])
    >>> model.predict({"R1": 1.2, "k2": 0.1}, [60.0, 120.0], reference).round(2)
    array([4.8, 3.6])

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

    Examples
    --------
    A quotient knows where it is not determined: there the fit says NaN and why.

    >>> from biomarkers.kinetics import MODELS
    >>> for parameter in MODELS["tofts"].parameters:
    ...     print(parameter.name, parameter.unit, parameter.origin)
    Ktrans 1/min None
    kep 1/min None
    ve  0.0

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

    Examples
    --------
    What determines a curve, what follows from it, and amplitudes and rates:

    >>> from biomarkers.kinetics import MODELS
    >>> inverse = MODELS["1tcm"].inverse
    >>> print(inverse.free, inverse.derived)
    ('K1', 'k2', 'vB') {'VT': 'K1 / k2'}
    >>> inverse.coefficients({"K1": 0.1, "k2": 0.2, "vB": 0.05})
    {'tissue': 0.095, 'k2': 0.2, 'vB': 0.05}

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

    @cached_property
    def decays(self) -> tuple[Decay, ...]:
        """Terms with a rate, in the order of the rates."""
        return tuple(term for term in self.terms if isinstance(term, Decay))

    @cached_property
    def ordered(self) -> tuple[Term, ...]:
        """Terms without a rate, then those with one: the order of the engine's columns.

        Examples
        --------
        >>> from biomarkers.kinetics import MODELS
        >>> [term.name for term in MODELS["extended_tofts"].ordered]
        ['vp', 'Ktrans']

        """
        fixed = [term for term in self.terms if not isinstance(term, Decay)]
        return (*fixed, *self.decays)

    @cached_property
    def coefficients(self) -> dict[str, float]:
        """Amplitudes and rates by name, with their factors from 1/s to 1/min.

        Examples
        --------
        >>> from biomarkers.kinetics import MODELS
        >>> MODELS["extended_tofts"].coefficients
        {'vp': 1.0, 'Ktrans': 60.0, 'kep': 60.0}

        """
        amplitudes = {term.name: term.per_minute for term in self.ordered}
        return amplitudes | {term.rate: PER_MINUTE for term in self.decays}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)
