"""What may be chosen of the features of an image."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from biomarkers.checks import is_number
from biomarkers.errors import InputError
from biomarkers.ibsi import ORIGINAL, Planes
from biomarkers.radiomics.filters.naming import parse_filter

Normalise = Literal["none", "zscore"]
Interpolation = Literal["linear", "cubic"]
Voxel = tuple[float | None, float | None, float | None]
Range = tuple[float, float]
_REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How an image is prepared, and which features are taken of it.

    Parameters
    ----------
    voxel_mm
        Edges of a voxel to resample to, (z, y, x); None (or 0, as TOML has no None) leaves an axis,
        or all, as scanned.
    interpolation
        Of intensities: `linear` or `cubic` (spline). A mask is interpolated linearly and kept
        where it is at least one half.
    bins, bin_width
        Discretisation of intensities: a fixed number of bins between the lowest and highest of the
        region, or bins of a fixed width from the lower limit of `keep`, without that from the
        lowest. Exactly one is given.
    keep
        Intensities that are measured, from and to; shape is of the whole region all the same.
    outliers_sd
        Intensities further than so many standard deviations from the mean of the region are left
        out.
    ivh_bins, ivh_bin_width
        Discretisation of the intensity-volume histogram; at most one, and none if intensities are
        to be taken as they are.
    round_intensities
        Whether intensities are rounded to whole numbers once they are resampled, as those of CT.
    planes
        `2d`: matrices of slices, averaged or merged; `3d`: matrices of the volume.
    filters
        `original` for the image itself, and filters by name (`biomarkers.radiomics.filters`).
    normalise
        Of MRI, whose intensities have no unit: `zscore` (the mean of what is brighter than the mean
        of the image taken off, and divided by its standard deviation) or `none`, before anything
        else. Not said, intensities are taken as they are, and `measure` warns where they have no
        unit.

    Raises
    ------
    InputError
        If a choice is impossible, or two contradict each other.

    Examples
    --------
    >>> from biomarkers.radiomics import Settings
    >>> Settings(bins=32).planes
    '3d'
    >>> Settings(voxel_mm=(None, 2, 2), bin_width=25.0, keep=(-1000, 400)).voxel_mm
    (None, 2.0, 2.0)

    """

    voxel_mm: Voxel | None = None
    interpolation: Interpolation = "linear"
    bins: int | None = None
    bin_width: float | None = None
    keep: Range | None = None
    outliers_sd: float | None = None
    ivh_bins: int | None = None
    ivh_bin_width: float | None = None
    round_intensities: bool = False
    planes: Planes = "3d"
    filters: tuple[str, ...] = (ORIGINAL,)
    normalise: Normalise | None = None

    def __post_init__(self) -> None:
        if (self.bins is None) == (self.bin_width is None):
            given = "neither" if self.bins is None else "both"
            raise InputError(
                f"bins and bin_width: {given} given; expected exactly one, a number of bins "
                "(MRI) or a bin width (CT, PET)"
            )
        if self.ivh_bins is not None and self.ivh_bin_width is not None:
            raise InputError("ivh_bins and ivh_bin_width: both given; expected at most one")
        # One type each, so that equal settings are known by the same digest.
        for name in ("bins", "ivh_bins"):
            object.__setattr__(self, name, _count(name, getattr(self, name)))
        for name in ("bin_width", "ivh_bin_width", "outliers_sd"):
            object.__setattr__(self, name, _positive(name, getattr(self, name)))
        object.__setattr__(self, "voxel_mm", _voxel(self.voxel_mm))
        object.__setattr__(self, "keep", _range(self.keep))
        _check_choice("interpolation", self.interpolation, ("linear", "cubic"))
        _check_choice("planes", self.planes, ("2d", "3d"))
        _check_choice("round_intensities", self.round_intensities, (False, True))
        _check_choice("normalise", self.normalise, (None, "none", "zscore"))
        object.__setattr__(self, "filters", _filters(self.filters, self.planes))


def _count(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and value > 1:
        return int(value)
    raise InputError(f"{name} is {value!r}; expected a whole number of 2 or more")


def _positive(name: str, value: object) -> float | None:
    if value is None:
        return None
    if is_number(value) and float(value) > 0.0:  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    raise InputError(f"{name} is {value!r}; expected one positive number")


def _parts(given: object) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, tuple | list | np.ndarray) else ()


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if not any(value is each or (value == each and type(value) is type(each)) for each in choices):
        raise InputError(f"{name} is {value!r}; expected {' or '.join(map(repr, choices))}")


def _voxel(given: object) -> Voxel | None:
    """Return the edges of a voxel as they are meant."""
    if given is None:
        return None
    edges = _parts(given)
    edges = tuple(None if edge == 0 else edge for edge in edges)
    good = [edge is None or (isinstance(edge, _REAL) and 0.0 < edge < math.inf) for edge in edges]
    if len(edges) != 3 or not all(good):
        raise InputError(
            f"voxel_mm is {given!r}; expected three positive numbers (z, y, x), None for an axis "
            "that is left as scanned"
        )
    z, y, x = (None if edge is None else float(edge) for edge in edges)
    return None if z is y is x is None else (z, y, x)


def _range(given: object) -> Range | None:
    """Return a range of intensities; its ends may be infinite."""
    if given is None:
        return None
    ends = _parts(given)
    if len(ends) == 2 and all(isinstance(end, _REAL) and not math.isnan(end) for end in ends):
        low, high = (float(end) for end in ends)
        if low < high:
            return low, high
    raise InputError(f"keep is {given!r}; expected two intensities, from and to, that rise")


def _filters(given: object, planes: str) -> tuple[str, ...]:
    """Return the names of filters, each checked and once."""
    names = _parts(given)
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"filters is {given!r}; expected names, such as ('original', 'log_3mm')")
    if len(set(names)) < len(names):
        raise InputError(f"filters are {', '.join(names)}; each is taken once")
    for name in names:
        if name != ORIGINAL:
            parse_filter(name, planes)
    return names
