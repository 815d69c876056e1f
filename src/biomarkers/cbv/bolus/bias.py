"""What is made of tissue whose flow is known: the bias to be expected, and how a curve ends.

Regularisation lowers the highest residue, the more the shorter the transit is against the sampling
and the more noise there is; a series that ends early cuts off a part of the volume. Both follow
from the artery, the samples and the regularisation that a curve was given: curves without noise, of
an exponential residue, go through the same operator. Noise comes in as it made regularisation be
chosen; that it raises the highest residue besides does not, which tells where a penalty is weak
(`tikhonov`): flow is then less too low than expected.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.cbv.bolus.regularisation import Regularisation
from biomarkers.kinetics import Input, respond
from biomarkers.timing import Frames

_LONGEST = 60.0  # s
_COUNT = 16
# Less than this goes without a word: of flow and transit, of volume.
BIASED, MISSING = 0.1, 0.05
# The last samples: a share of all, and no fewer than.
_LATE, _FEWEST_LATE = 0.2, 3


@dataclass(frozen=True, eq=False)
class Expected:
    """Flow and volume that are measured of tissue, over the true ones.

    Parameters
    ----------
    transit
        True mean transit times, (K,), s, increasing.
    flow, volume
        At each level of regularisation, (M, K), and of the curve, (K,).
    tail
        Level of the curve's last samples over its measured volume, (K,), 1/s.

    """

    transit: FloatArray
    flow: FloatArray
    volume: FloatArray
    tail: FloatArray

    @classmethod
    def of(
        cls,
        source: Input,
        time: FloatArray,
        regularisation: Regularisation,
        even: Callable[[FloatArray], FloatArray],
        volume: FloatArray | None,
    ) -> "Expected":
        """Simulate tissue of a flow of 1/s.

        Parameters
        ----------
        source
            The artery.
        time
            Of the samples, (T,), s.
        regularisation
            Of the deconvolution.
        even
            Brings curves (K, T) to even steps, (K, N).
        volume
            Weights of a curve in its volume, (N,); None where it does not hang on the whole curve.

        """
        # Faster transit than a sample cannot be told.
        transit = np.geomspace(float(np.diff(time).min()), _LONGEST, _COUNT)
        blood, frames = np.asarray(source.blood), Frames.instants(time)
        curves = [respond(1.0 / each, source.time, blood, frames).value for each in transit]
        grid = even(np.array(curves))
        operator = regularisation.operator
        scaled = operator.project(grid)[None] * regularisation.inverse[:, None]
        shares = np.ones(_COUNT) if volume is None else grid @ volume / transit
        tail = grid[:, late(grid.shape[1])].mean(axis=1) / (transit * shares)
        return cls(transit, (scaled @ operator.right).max(axis=2), shares, tail)

    def at(self, level: IntArray, measured: FloatArray) -> tuple[FloatArray, ...]:
        """Return flow and volume over the true ones, and the tail, each (V,), of curves.

        Parameters
        ----------
        level
            Regularisation of each curve, (V,).
        measured
            Mean transit time as measured, (V,), s; it tells the true one.

        """
        flow, volume, tail = np.full((3, level.size), np.nan)
        known = np.isfinite(measured)
        for each in np.unique(level[known]):
            rows = known & (level == each)
            shown = self.transit * self.volume / np.maximum(self.flow[each], 1e-9)
            place = np.interp(measured[rows], np.maximum.accumulate(shown), np.arange(shown.size))
            flow[rows] = np.interp(place, np.arange(shown.size), self.flow[each])
            volume[rows] = np.interp(place, np.arange(shown.size), self.volume)
            tail[rows] = np.interp(place, np.arange(shown.size), self.tail)
        return flow, volume, tail


def late(count: int) -> slice:
    """Return the last samples of so many, in which the bolus has mostly left."""
    return slice(-max(_FEWEST_LATE, round(_LATE * count)), None)


def typical_bias(bias: Mapping[str, FloatArray]) -> dict[str, float | None]:
    """Return the median of relative biases by name; None where no voxel has one."""
    known = {name: each[np.isfinite(each)] for name, each in bias.items()}
    return {
        name: round(float(np.median(each)), 3) if each.size else None
        for name, each in known.items()
    }


def bias_notes(expected: Mapping[str, float | None], method: str) -> tuple[str, ...]:
    """Return in words what is to be expected of the middle voxel, where it is not small."""
    notes = []
    flow, volume, transit = (expected[name] or 0.0 for name in ("CBF", "CBV", "MTT"))
    if max(abs(flow), abs(transit)) > BIASED:
        notes.append(
            f"by {method}, at this sampling and noise, CBF is expected to be off by {flow:+.0%} "
            f"and MTT by {transit:+.0%} in the middle voxel (of an exponential residue)"
        )
    if abs(volume) > MISSING:
        notes.append(
            f"the series ends before the bolus has left: CBV is expected to be off by "
            f"{volume:+.0%} in the middle voxel"
        )
    return tuple(notes)
