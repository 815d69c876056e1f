"""Why a value is not to be trusted: one bit for each reason, with its words."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin

from biomarkers.arrays import BoolArray

BitArray = npt.NDArray[np.uint16]


class FitFlag(IntFlag):
    """What is to be said of the fit of a curve; 0 is nothing.

    Examples
    --------
    >>> from biomarkers.estimates import FitFlag
    >>> int(FitFlag.NOT_CONVERGED | FitFlag.AT_BOUND)
    18
    >>> FitFlag.AT_BOUND in FitFlag(18), FitFlag.NEGATIVE in FitFlag(18)
    (True, False)

    """

    NO_SIGNAL = 1
    """A sample has no value, or the curve is zero throughout."""
    NOT_CONVERGED = 2
    """The iteration did not come to rest."""
    WORSE_THAN_CONSTANT = 4
    """A constant describes the curve better than the model does."""
    NOT_IDENTIFIABLE = 8
    """The data do not determine some parameter; that one is NaN."""
    AT_BOUND = 16
    """A parameter ended at a bound; standard errors are only indicative."""
    NOT_LINEAR = 32
    """A point lies more than 10 % off the line of a graphical method."""
    ASSUMPTION_REFUTED = 64
    """The data contradict what the method takes for granted; values may be biased."""
    BEGUN_LATE = 128
    """Measuring began after the tracer came; what the method needs from before is not known."""
    IMPLAUSIBLE = 512
    """A value lies outside what is possible, by more than twice its error."""
    COARSE_SAMPLING = 1024
    """The first pass lies between samples, on which a value depends."""
    NEGATIVE = 2048
    """A value is negative that cannot be: noise, or another model than the tissue's."""


# Of a value that is there and sound; what it lacks is NaN by itself.
REMARKS = (
    FitFlag.NOT_IDENTIFIABLE
    | FitFlag.AT_BOUND
    | FitFlag.NOT_LINEAR
    | FitFlag.ASSUMPTION_REFUTED
    | FitFlag.IMPLAUSIBLE
    | FitFlag.COARSE_SAMPLING
)


@dataclass(frozen=True, eq=False, repr=False)
class Reasons(NDArrayOperatorsMixin):
    """Why each value is flagged or remarked upon.

    It stands for its `bits` wherever an array is expected: ``reasons & int(kind)``,
    ``reasons[mask]``.

    Parameters
    ----------
    bits
        Sums of the members of `kinds`, (...); 0 is nothing.
    kinds
        What the bits mean.
    remarks
        Bits that only remark: they do not make a value untrustworthy.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import FitFlag, REMARKS, Reasons
    >>> reasons = Reasons(np.array([0, 2, 18]), FitFlag, REMARKS)
    >>> reasons.flags, reasons.words(2)
    (array([False,  True,  True]), 'not converged; at bound')

    """

    bits: BitArray
    kinds: type[IntFlag] = FitFlag
    remarks: int = 0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.bits, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [each.bits if isinstance(each, Reasons) else each for each in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.bits[index]

    def __repr__(self) -> str:
        return ", ".join(f"{name}: {count}" for name, count in self.counts().items())

    @property
    def flags(self) -> BoolArray:
        """Whether a value is not to be trusted, (...)."""
        return np.asarray((self.bits & ~np.uint16(self.remarks)) > 0)

    @property
    def levels(self) -> dict[int, str]:
        """The words of each bit."""
        return {int(kind): _words(kind) for kind in self.kinds}

    def has(self, kind: IntFlag) -> BoolArray:
        """Return where a reason holds, (...).

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import FitFlag, Reasons
        >>> Reasons(np.array([0, 2, 18])).has(FitFlag.AT_BOUND).tolist()
        [False, False, True]

        """
        return np.asarray(self.bits & np.uint16(kind) > 0)

    def words(self, index: Any = ()) -> str:
        """Return the reasons of one value in words, of several those that hold anywhere.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Reasons
        >>> reasons = Reasons(np.array([0, 2, 16]))
        >>> reasons.words(2), reasons.words(slice(None))
        ('at bound', 'not converged; at bound')

        """
        return self.named(int(np.bitwise_or.reduce(np.ravel(self.bits[index]), initial=0)))

    def named(self, bits: int) -> str:
        """Return in words what bits say.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Reasons
        >>> Reasons(np.zeros(3, dtype=np.uint16)).named(2 + 16)
        'not converged; at bound'

        """
        return "; ".join(words for bit, words in self.levels.items() if bits & bit)

    def of_values(self, bits: int) -> int:
        """Return the bits that concern a value that is there: what is not identifiable is NaN.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import FitFlag, Reasons
        >>> reasons = Reasons(np.zeros(3, dtype=np.uint16))
        >>> int(reasons.of_values(FitFlag.NOT_IDENTIFIABLE | FitFlag.AT_BOUND)) == FitFlag.AT_BOUND
        True

        """
        return bits & ~FitFlag.NOT_IDENTIFIABLE if self.kinds is FitFlag else bits

    def counts(self) -> dict[str, int]:
        """Return how many values carry each reason, by its name.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Reasons
        >>> counts = Reasons(np.array([0, 2, 18])).counts()
        >>> counts["NOT_CONVERGED"], counts["AT_BOUND"], counts["NEGATIVE"]
        (2, 1, 0)

        """
        return {str(kind.name): int(self.has(kind).sum()) for kind in self.kinds}


def _words(kind: IntFlag) -> str:
    return str(kind.name).lower().replace("_", " ")


def reasons_of(
    shape: tuple[int, ...], holds: dict[IntFlag, BoolArray], *, remarks: int = REMARKS
) -> Reasons:
    """Return reasons from where each of them holds, (...).

    Parameters
    ----------
    shape
        Of the values.
    holds
        Where a reason holds, by reason; all of one kind.
    remarks
        As in `Reasons`.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import FitFlag, reasons_of
    >>> adc = np.array([7e-4, -1e-4, np.nan])
    >>> holds = {FitFlag.NEGATIVE: adc < 0, FitFlag.NO_SIGNAL: np.isnan(adc)}
    >>> reasons = reasons_of(adc.shape, holds)
    >>> reasons.bits.tolist(), reasons.words(1)
    ([0, 2048, 1], 'negative')

    """
    bits = np.zeros(shape, dtype=np.uint16)
    for kind, where in holds.items():
        bits[where] |= np.uint16(kind)
    kinds = {type(kind) for kind in holds}
    return Reasons(bits, kinds.pop() if kinds else FitFlag, remarks)
