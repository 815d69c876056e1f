"""What is estimated of voxels, curves or regions: values with errors and reasons, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from scipy.special import stdtrit

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.checks import require_level
from biomarkers.errors import InputError
from biomarkers.estimates.reasons import Reasons
from biomarkers.quantities import Quantity


def _all_of_it(region: BoolArray, voxel_size: FloatArray) -> float:
    return 1.0


@dataclass(frozen=True, eq=False)
class SharedError:
    """The part of a standard error that voxels have in common, so that a mean keeps it.

    Parameters
    ----------
    se
        In the unit of the value, (...).
    kept
        Share of it that the mean over a region keeps, from the region's voxels (x, y, z) and the
        voxel size, mm; all of it where every voxel shares the same error.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import SharedError
    >>> shared = SharedError(np.full((2, 2, 2), 0.05))  # of one blood curve, in every voxel
    >>> shared.kept_whole, shared.kept(np.ones((2, 2, 2), dtype=bool), np.ones(3))
    (True, 1.0)

    """

    se: FloatArray
    kept: Callable[[BoolArray, FloatArray], float] = _all_of_it

    @property
    def kept_whole(self) -> bool:
        """Whether a mean keeps all of it, however large region and voxels are."""
        return self.kept is _all_of_it


@dataclass(frozen=True, eq=False, repr=False)
class EstimatedValues:
    """Values, errors and reasons; see `Estimates`, which adds how they are shown and kept."""

    model: str
    quantities: tuple[Quantity, ...]
    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    reasons: Reasons
    mask: BoolArray | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    quality: Mapping[str, FloatArray] = field(default_factory=dict)
    shared: Mapping[str, SharedError] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    # What to do about a quantity that is not there.
    hints: ClassVar[Mapping[str, str]] = MappingProxyType({})
    # Remarks after which the rows of some quantities are not `ok`.
    concerns: ClassVar[Mapping[IntFlag, tuple[str, ...]]] = MappingProxyType({})

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.values:
            hint = f"; {self.hints[name]}" if name in self.hints else ""
            raise InputError(f"{self.model} has no {name!r}; it has {', '.join(self.values)}{hint}")
        return self.values[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the quantities."""
        return tuple(each.name for each in self.quantities)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the arrays."""
        return self.reasons.bits.shape

    @property
    def inside(self) -> BoolArray:
        """What was to be fitted, (...)."""
        return np.ones(self.shape, dtype=bool) if self.mask is None else self.mask

    @property
    def flags(self) -> BoolArray:
        """Whether a value is not to be trusted, (...); `reasons` says why."""
        return self.reasons.flags

    def remarks_on(self, name: str) -> int:
        """Return the bits of the remarks that concern a quantity.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Estimates, FitFlag, Reasons
        >>> class BolusMaps(Estimates):
        ...     concerns = {FitFlag.COARSE_SAMPLING: ("CBF", "MTT")}
        >>> maps = BolusMaps("bolus", (), {}, {}, Reasons(np.zeros(8, dtype=np.uint16)))
        >>> maps.remarks_on("CBF") == FitFlag.COARSE_SAMPLING, maps.remarks_on("CBV")
        (True, 0)

        """
        return sum(int(kind) for kind, names in self.concerns.items() if name in names)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the standard errors; infinite where their noise is known.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 200, 400, 600, 800])
        >>> adc(100 * np.exp(-b * 1e-3), b).freedom  # five volumes, two unknowns
        3.0

        """
        given = self.settings.get("DegreesOfFreedom")
        return np.inf if given is None else float(given)

    def interval(self, name: str, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the ends of a confidence interval: value ± Student's t times standard error.

        Parameters
        ----------
        name
            Of a quantity.
        level
            Coverage.

        Returns
        -------
        low, high : ndarray
            (...); NaN where the standard error is not known.

        Raises
        ------
        InputError
            If there is no such quantity, or `level` is not between 0 and 1.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 200, 400, 600, 800])
        >>> fit = adc(100 * np.exp(-b * 1e-3) + np.array([1, -1, 0, 1, -1]), b)
        >>> low, high = fit.interval("ADC")
        >>> print(f"{low:.2e} to {high:.2e} mm^2/s")  # the truth is 1.00e-03
        9.32e-04 to 1.10e-03 mm^2/s

        """
        value, reach = self[name], self.quantile(level) * self.se.get(name, np.float64(np.nan))
        return np.asarray(value - reach), np.asarray(value + reach)

    def quantile(self, level: float) -> float:
        """Return by how many standard errors an interval reaches; NaN without freedom.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 200, 400, 600, 800])
        >>> fit = adc(100 * np.exp(-b * 1e-3), b)
        >>> round(fit.quantile(0.95), 3)  # Student's t, 3 degrees of freedom
        3.182

        """
        require_level(level)
        return float(stdtrit(self.freedom, 0.5 * (1.0 + level))) if self.freedom > 0 else np.nan

    def why_missing(self, name: str) -> str:
        """Return the note that says why a quantity has no value; empty without one.

        Examples
        --------
        >>> from dataclasses import replace
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> fit = adc(np.exp([0.0, -0.4, -0.8]), [0.0, 400.0, 800.0])
        >>> replace(fit, notes=("T2: measured at one echo time",)).why_missing("T2")
        'measured at one echo time'

        """
        said = (note for note in self.notes if note.startswith(f"{name}: "))
        return next(said, "").removeprefix(f"{name}: ")

    def has(self, name: str) -> BoolArray:
        """Return where a quantity has a value that is not flagged, (...).

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 400, 800])
        >>> curves = np.stack([np.exp(-b * 1e-3), np.exp(b * 1e-4), np.zeros(3)])
        >>> adc(curves, b).has("ADC").tolist()  # the second rises, the third is empty
        [True, False, False]

        """
        return np.asarray(np.isfinite(self[name]) & ~self.flags)

    @property
    def origin(self) -> dict[str, Any]:
        """How the estimates came about, for every sidecar.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> origin = adc(np.exp([0.0, -0.4, -0.8]), [0.0, 400.0, 800.0]).origin
        >>> origin["Model"], origin["Settings"]["BValues"]
        ('apparent diffusion coefficient', [0.0, 400.0, 800.0])

        """
        said: dict[str, Any] = {"Model": self.model, "Settings": dict(self.settings)}
        return said | {"Notes": list(self.notes)} if self.notes else said
