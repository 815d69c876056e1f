"""How the volumes of a diffusion-weighted series are weighted, and what that can tell."""

from typing import NamedTuple

import numpy as np

from biomarkers import dwi
from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.bids import find_companion
from biomarkers.errors import InputError, StudyError
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import Session

# How many directions and b-values a model needs.
_NEEDED = {"tensor": (6, 2), "kurtosis": (15, 3), "ivim": (0, 4)}


class Weighting(NamedTuple):
    """How the volumes of a series are weighted.

    Parameters
    ----------
    b
        b-value of each volume, (n,), s/mm^2.
    gradients
        Their directions along the axes of the image, (n, 3); None where they have none, as
        trace-weighted images do.

    """

    b: FloatArray
    gradients: FloatArray | None

    def within(self, low: float, high: float) -> BoolArray:
        """Return which volumes have a b-value from low to high."""
        return np.asarray((self.b >= low) & (self.b <= high))

    def taken(self, chosen: BoolArray) -> "Weighting":
        """Return the weighting of some of the volumes."""
        return Weighting(self.b[chosen], None if self.gradients is None else self.gradients[chosen])

    def obstacle(self, model: str) -> str:
        """Return why a model cannot be told, in words; empty if it can."""
        directions, shells = _NEEDED[model]
        there = len(dwi.shells(self.b)[0])
        if self.directions < directions:
            return f"which needs {directions} directions; it has {self.directions}"
        return f"which needs {shells} b-values; it has {there}" if there < shells else ""

    @property
    def directions(self) -> int:
        """How many directions differ."""
        if self.gradients is None:
            return 0
        return int(dwi.directions(self.gradients).max()) + 1


def read_weighting(source: Source, session: Session, volumes: int) -> Weighting:
    """Read b-values and gradients of a series, and check them.

    Raises
    ------
    FileError, StudyError
        If a file is missing or faulty.

    """
    bval, bvec = (
        find_companion(source.file, session.raw.root, ending) for ending in (".bval", ".bvec")
    )
    try:
        b = dwi.check_bvalues(dwi.read_bvalues(bval), volumes, source=str(bval))
        given = dwi.read_gradients(bvec)
        weighted = given[b > dwi.UNWEIGHTED] if len(given) == volumes else given
        if not weighted.any():  # trace-weighted images have no direction
            return Weighting(b, None)
        return Weighting(b, dwi.check_gradients(given, b, source=str(bvec)))
    except InputError as error:
        raise StudyError(str(error)) from error
