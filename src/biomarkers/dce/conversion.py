"""Signal of voxels to concentration, once for each voxel and once more for each error it has."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.checks import as_numbers
from biomarkers.dce.inversion import from_enhancement
from biomarkers.dce.sequence import PulseSequence
from biomarkers.estimates import Chosen, Estimates, in_chunks
from biomarkers.estimates.voxels import slabs
from biomarkers.images import Image
from biomarkers.images.scaled import Series
from biomarkers.quantities import QUANTITIES
from biomarkers.units import conversion_factor

# The copies of a voxel: as measured, and with one thing moved: the baseline by a share of itself,
# T1 by its standard error.
MEASURED, BASELINE, T1 = range(3)
STEP = 0.01


class Converted(NamedTuple):
    """Concentrations of some voxels, mM, (copies, V, T), and their `gain_of`, (V,)."""

    agent: FloatArray
    gain: FloatArray


@dataclass(frozen=True, eq=False)
class Voxels:
    """The voxels of a scan, one after the other, and what is known of each.

    An error of the baseline or of T1 moves a whole curve, so it cannot be seen in the residuals
    of a fit. Concentrations therefore come in copies: as measured, with the baseline higher by
    `STEP` of itself, and, where its error is known, with T1 one standard error longer. How far off
    the baseline may be is the noise of the curve over the root of its samples before contrast: a
    few samples tell little of that noise, all those about a fitted curve much.

    Copies are made of some voxels at a time, whenever they are needed: those of all would take
    six times the memory of the series.

    Parameters
    ----------
    series
        Signal, (N, T).
    before
        Samples before contrast.
    sequence, r1
        As in `concentration`.
    t10, b1
        (N,); `b1` may be None.
    t10_se
        Standard error of T1, s, (N,); None if it is not known.
    offset
        How much later than its volume each is taken, s, (N,); None if all are with it.

    """

    series: Series
    before: slice
    sequence: PulseSequence
    r1: float
    t10: FloatArray
    t10_se: FloatArray | None
    b1: FloatArray | None
    offset: FloatArray | None = None

    def of(self, index: IntArray) -> "Voxels":
        """Return some of the voxels, with their signal in double precision."""
        maps = (self.t10_se, self.b1, self.offset)
        t10_se, b1, offset = (None if each is None else each[index] for each in maps)
        signal, t10 = np.asarray(self.series[index], dtype=float), self.t10[index]
        return replace(self, series=signal, t10=t10, t10_se=t10_se, b1=b1, offset=offset)

    @property
    def copies(self) -> int:
        """How many copies of each voxel there are."""
        return 2 if self.t10_se is None else 3

    @property
    def errors(self) -> list[str]:
        """What is moved in the copies, in words."""
        return ["baseline", "T1"][: self.copies - 1]

    @property
    def baseline_samples(self) -> int:
        """How many samples there are before contrast."""
        return len(range(*self.before.indices(self.series.shape[1])))

    def later(self, index: IntArray) -> FloatArray:
        """Return how much later than its volume each of some voxels is taken, s, (V,)."""
        return np.zeros(index.size) if self.offset is None else self.offset[index]

    def slabs(self, index: IntArray, copies: int) -> Iterator[IntArray]:
        """Yield some voxels at a time, of which all copies take little memory."""
        for part in slabs(index.size, copies * self.series.shape[1]):
            yield index[part]

    def copy(self, kind: int, rows: IntArray | slice) -> tuple[FloatArray, FloatArray]:
        """Return signal over baseline, (V, T), and T1, (V,), of one kind of copy."""
        signal = np.asarray(self.series[rows], dtype=float)
        return self._moved(kind, enhancement(signal, self.before), rows)

    def converted(self, index: IntArray, copies: int | None = None) -> Converted:
        """Return the concentrations of some voxels, in all or the first copies."""
        count = self.copies if copies is None else copies
        agent = np.empty((count, index.size, self.series.shape[1]))
        gain = np.full(index.size, np.nan)

        def work(part: slice) -> None:
            rows = index[part]
            ratio = enhancement(np.asarray(self.series[rows], dtype=float), self.before)
            b1 = None if self.b1 is None else self.b1[rows]
            for kind in range(count):
                moved, t10 = self._moved(kind, ratio, rows)
                agent[kind, part] = from_enhancement(
                    self.sequence, moved, t10=t10, r1=self.r1, b1=b1
                )
            if count > BASELINE:
                gain[part] = gain_of(agent[MEASURED, part], agent[BASELINE, part], ratio)

        in_chunks(work, index.size)
        return Converted(agent, gain)

    def finite(self, index: IntArray) -> BoolArray:
        """Return which of some voxels have a concentration throughout, (V,)."""
        parts = [
            np.isfinite(self.converted(some, 1).agent[MEASURED]).all(axis=1)
            for some in self.slabs(index, 1)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=bool)

    def _moved(
        self, kind: int, ratio: FloatArray, rows: IntArray | slice
    ) -> tuple[FloatArray, FloatArray]:
        t10 = self.t10[rows]
        if kind == BASELINE:
            return ratio / (1.0 + STEP), t10
        if kind == T1 and self.t10_se is not None:
            return ratio, t10 + self.t10_se[rows]
        return ratio, t10


def enhancement(signal: FloatArray, baseline: slice) -> FloatArray:
    """Return signal over its mean before contrast, (..., T); NaN without baseline signal."""
    mean = signal[..., baseline].mean(axis=-1)
    return np.asarray(signal / np.where(mean > 0, mean, np.nan)[..., None])


def gain_of(agent: FloatArray, moved: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return how concentration answers to signal over baseline, as root mean square, mM, (...).

    Parameters
    ----------
    agent, moved
        Concentration as measured, and with the baseline higher by `STEP`, (..., T).
    ratio
        Signal over baseline, (..., T).

    """
    slope = agent - moved
    slope /= ratio
    share = STEP / (1.0 + STEP)
    return np.asarray(np.sqrt(np.einsum("...t,...t->...", slope, slope) / slope.shape[-1]) / share)


def baseline_steps(
    rss: FloatArray, freedom: npt.ArrayLike, gain: npt.ArrayLike, samples: int
) -> FloatArray:
    """Return how many `STEP` the standard error of the baseline makes, from what a fit leaves.

    Parameters
    ----------
    rss
        Residual sum of squares, (...).
    freedom
        Degrees of freedom of the fit. The baseline takes one more: its samples scatter about
        their own mean.
    gain
        As `gain_of` has it, in the unit of the residuals.
    samples
        How many there are before contrast.

    """
    left = np.asarray(freedom, dtype=float) - 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        noise = np.sqrt(rss / np.where(left > 0, left, np.nan)) / gain
    return np.asarray(noise / (np.sqrt(samples) * STEP))


def values_of(name: str, given: npt.ArrayLike | Estimates) -> npt.ArrayLike:
    """Return values of a quantity in its own unit, NaN where they are flagged."""
    if isinstance(given, Estimates):
        return np.where(given.flags, np.nan, given[name])
    if isinstance(given, Image) and given.unit:
        return as_numbers(name, given.data) * conversion_factor(given.unit, QUANTITIES[name].unit)
    return given


def own_error_of_t1(t10: npt.ArrayLike | Estimates, every: Chosen) -> FloatArray | None:
    """Return what each voxel's T1 has of error by itself, s; None if that is not known at all.

    One whose error is unknown counts as sure. What voxels share comes from B1, and as the
    conversion takes that B1 as well, the way through T1 alone would say too much.
    """
    if not isinstance(t10, Estimates) or "T1" not in t10.se:
        return None
    shared = t10.shared["T1"].se if "T1" in t10.shared else 0.0
    own = np.sqrt(np.maximum(t10.se["T1"] ** 2 - shared**2, 0.0))
    return np.nan_to_num(every.take("t10", own)) if np.isfinite(own).any() else None
