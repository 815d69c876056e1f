"""What is estimated of voxels, curves or regions: values with errors and reasons, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from biomarkers.checks import require_level
from biomarkers.errors import InputError
from biomarkers.estimates.reasons import Reasons
from biomarkers.quantities import Quantity

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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
        """Return the bits of the remarks that concern a quantity."""
        return sum(int(kind) for kind, names in self.concerns.items() if name in names)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the standard errors; infinite where their noise is known."""
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

        """
        value, reach = self[name], self.quantile(level) * self.se.get(name, np.float64(np.nan))
        return np.asarray(value - reach), np.asarray(value + reach)

    def quantile(self, level: float) -> float:
        """Return by how many standard errors an interval reaches; NaN without freedom."""
        require_level(level)
        return float(stdtrit(self.freedom, 0.5 * (1.0 + level))) if self.freedom > 0 else np.nan

    def why_missing(self, name: str) -> str:
        """Return the note that says why a quantity has no value; empty without one."""
        said = (note for note in self.notes if note.startswith(f"{name}: "))
        return next(said, "").removeprefix(f"{name}: ")

    def has(self, name: str) -> BoolArray:
        """Return where a quantity has a value that is not flagged, (...)."""
        return np.asarray(np.isfinite(self[name]) & ~self.flags)

    @property
    def origin(self) -> dict[str, Any]:
        """How the estimates came about, for every sidecar."""
        said: dict[str, Any] = {"Model": self.model, "Settings": dict(self.settings)}
        return said | {"Notes": list(self.notes)} if self.notes else said
