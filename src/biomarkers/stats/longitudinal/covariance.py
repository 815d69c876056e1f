"""What the likelihood needs to know of a covariance structure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from biomarkers.stats.arrays import Floats

# How the measurements of a subject sit in its structure: positions of the visits attended, or
# rows of the random-effects design.
Layout = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Moments:
    """The covariance matrix of one subject and its derivatives by the K parameters.

    Parameters
    ----------
    value
        Covariance of the subject's M measurements, (M, M).
    first
        First derivatives, (K, M, M).
    second
        Second derivatives, (K, K, M, M); None if all are zero.

    """

    value: Floats
    first: Floats
    second: Floats | None


class Covariance(Protocol):
    """A covariance structure in the parameters θ it is reported in.

    The Kenward–Roger adjustment depends on the parametrisation, so θ is what PROC MIXED of SAS
    prints: variances, covariances and correlations. A structure that is linear in θ has no
    second derivative. The optimiser may work on other variables, `free`, that keep θ legal.
    """

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of θ, in order."""

    def matrix(self, theta: Floats) -> Floats:
        """Return the covariance that is reported: of all visits, or of the random effects."""

    def moments(self, theta: Floats, layouts: Sequence[Layout]) -> list[Moments]:
        """Return the covariance of the measurements laid out as each of `layouts`."""

    def natural(self, free: Floats) -> Floats:
        """Return θ for the optimiser's variables."""

    def jacobian(self, free: Floats) -> Floats:
        """Return the derivatives of `natural`, (parameters, variables)."""

    def curvature(self, free: Floats, gradient: Floats) -> Floats:
        """Return the second derivatives of `natural`, weighed by `gradient`, square."""


def covariance_names(names: Sequence[str]) -> list[str]:
    """Return the names of the lower triangle of a covariance matrix, row by row."""
    rows, columns = np.tril_indices(len(names))
    return [
        f"cov({names[a]}, {names[b]})" for a, b in zip(rows.tolist(), columns.tolist(), strict=True)
    ]


def symmetric_patterns(size: int) -> Floats:
    """Return where each entry of the lower triangle stands in a symmetric matrix, (K, M, M)."""
    rows, columns = np.tril_indices(size)
    patterns = np.zeros((rows.size, size, size))
    order = np.arange(rows.size)
    patterns[order, rows, columns] = patterns[order, columns, rows] = 1
    return patterns
