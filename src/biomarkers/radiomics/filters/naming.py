"""Filters by name, as they stand before the tags of features."""

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from biomarkers.arrays import FloatArray
from biomarkers.checks import parse_number
from biomarkers.errors import InputError
from biomarkers.radiomics.filters.boundaries import BOUNDARIES
from biomarkers.radiomics.filters.convolution import LAWS, Gabor, LaplacianOfGaussian, Laws, Mean
from biomarkers.radiomics.filters.wavelets import Separable, Simoncelli, coefficients


class Filter(Protocol):
    """A filter: how far it sees, and its response."""

    def reach(self, spacing: tuple[float, ...]) -> float:
        """Return how far a response sees, mm."""

    def respond(self, volume: FloatArray, spacing: tuple[float, ...], planar: bool) -> FloatArray:
        """Return the response, in plane or in space."""


_GRAMMAR = """  mean_5 (an odd number of voxels)
  log_3mm (standard deviation)
  laws_l5e5e5 (along x, y, z), then if wanted energy7 (distance), rot
  gabor_5mm_2mm_45deg (sigma, wavelength, angle), then if wanted g1.5 (ratio), rot
  wavelet_coif1, then if wanted llh (along x, y, z; hhh if not said), level2, rot
  simoncelli_1 (level)
all but the last then if wanted zero, nearest, periodic or mirror (the default) for the boundary"""


class _Words:
    """The words of a name, taken one by one; what is left over is an error."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind, *self.left = name.split("_")

    def refusal(self) -> InputError:
        return InputError(f"filter {self.name!r} is not known; expected original or\n{_GRAMMAR}")

    def take(self, pattern: str, needed: bool = True) -> str:
        """Return what a pattern catches of the next word; empty if it is another and not needed."""
        caught = re.fullmatch(pattern, self.left[0]) if self.left else None
        if caught:
            self.left.pop(0)
            return caught.group(1)
        if needed:
            raise self.refusal()
        return ""

    def number(self, unit: str) -> float:
        """Return a number above 0 and its unit taken off."""
        value = parse_number(self.take(rf"([0-9.]+){unit}"))
        if not value > 0.0:
            raise self.refusal()
        return value

    def boundary(self) -> str:
        return self.take(f"({'|'.join(BOUNDARIES)})", needed=False) or "mirror"


def _mean(words: _Words, _axes: int) -> Filter:
    support = int(words.take("([0-9]{1,3})"))
    if support % 2 == 0:
        raise words.refusal()
    return Mean(support, words.boundary())  # type: ignore[arg-type]


def _log(words: _Words, _axes: int) -> Filter:
    return LaplacianOfGaussian(words.number("mm"), words.boundary())  # type: ignore[arg-type]


def _laws(words: _Words, axes: int) -> Filter:
    text = words.take(f"((?:{'|'.join(LAWS)}){{{axes}}})")
    kernels = tuple(text[at : at + 2] for at in range(0, len(text), 2))
    energy = words.take("energy([1-9][0-9]?)", needed=False)
    rotate = words.take("(rot)", needed=False)
    return Laws(kernels, int(energy or 0), bool(rotate), words.boundary())  # type: ignore[arg-type]


def _gabor(words: _Words, _axes: int) -> Filter:
    sigma, wavelength = words.number("mm"), words.number("mm")
    angle = parse_number(words.take("([0-9.]+)deg"))
    ratio = parse_number(words.take("g([0-9.]+)", needed=False) or "1")
    rotate = bool(words.take("(rot)", needed=False))
    if not (angle >= 0.0 and ratio > 0.0):
        raise words.refusal()
    return Gabor(sigma, wavelength, angle, ratio, rotate, words.boundary())  # type: ignore[arg-type]


def _wavelet(words: _Words, axes: int) -> Filter:
    family = words.take("([a-z]+[0-9.]*)")
    coefficients(family)  # refuses what it does not know
    band = words.take(f"([lh]{{{axes}}})", needed=False) or "h" * axes
    level = int(words.take("level([1-9])", needed=False) or 1)
    rotate = bool(words.take("(rot)", needed=False))
    return Separable(family, band, level, rotate, words.boundary())  # type: ignore[arg-type]


def _simoncelli(words: _Words, _axes: int) -> Filter:
    return Simoncelli(int(words.take("([1-9])")))


_KINDS: Mapping[str, Callable[[_Words, int], Filter]] = {
    "mean": _mean,
    "log": _log,
    "laws": _laws,
    "gabor": _gabor,
    "wavelet": _wavelet,
    "simoncelli": _simoncelli,
}


def parse_filter(name: str, planes: str) -> Filter:
    """Return the filter of a name; in the planes of slices (`2d`) it has two axes, else three.

    Raises
    ------
    InputError
        If the name spells none.

    """
    words = _Words(name)
    if words.kind not in _KINDS:
        raise words.refusal()
    made = _KINDS[words.kind](words, 2 if planes == "2d" else 3)
    if words.left:
        raise words.refusal()
    return made
