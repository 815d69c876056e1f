"""Diffusion-weighted series: which volumes there are, and how much signal each loses."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.files import write_text


@dataclass(frozen=True, eq=False)
class Weighting:
    """b-values, s/mm^2, (volumes,), and directions along the axes of the image, (volumes, 3)."""

    b: FloatArray
    directions: FloatArray

    def attenuation(self, adc: FloatArray) -> FloatArray:
        """Return the signal left of water that diffuses evenly, (n, volumes), of `adc` (n,)."""
        return np.asarray(np.exp(-adc[:, None] * self.b))

    def write(self, path: Path) -> None:
        """Write `.bval` and `.bvec` beside an image; `path` is without its ending."""
        write_text(path.with_suffix(".bval"), _line(self.b))
        write_text(path.with_suffix(".bvec"), "".join(_line(axis) for axis in self.directions.T))


def shells(b: tuple[float, ...], *, directions: int, without: int) -> Weighting:
    """Return volumes without weighting, then each b-value in directions spread over a half-sphere.

    Parameters
    ----------
    b
        Of the shells, s/mm^2.
    directions
        In each shell.
    without
        How many volumes have no weighting.

    """
    # A spiral from pole to equator (golden angle): evenly spread for any number.
    height = 1.0 - (np.arange(directions) + 0.5) / directions
    angle = np.pi * (3.0 - np.sqrt(5.0)) * np.arange(directions)
    across = np.sqrt(1.0 - height**2)
    ways = np.stack([across * np.cos(angle), across * np.sin(angle), height], axis=1)
    return Weighting(
        np.concatenate([np.zeros(without), np.repeat(b, directions)]),
        np.concatenate([np.zeros((without, 3)), np.tile(ways, (len(b), 1))]),
    )


def _line(values: FloatArray) -> str:
    return " ".join(f"{value:.6g}" for value in values) + "\n"
