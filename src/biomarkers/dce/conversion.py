"""Signal of voxels to concentration: once for each voxel, and once more for each error it has."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.dce.sequence import PulseSequence, from_enhancement
from biomarkers.estimates import Chosen, Estimates, in_chunks
from biomarkers.images import Image
from biomarkers.quantities import QUANTITIES
from biomarkers.units import conversion_factor

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# The copies of a voxel: as measured, and with one thing moved: the baseline by a share of itself,
# T1 by its standard error.
MEASURED, BASELINE, T1 = range(3)
STEP = 0.01


@dataclass(frozen=True, eq=False)
class Voxels:
    """The voxels of a scan, one after the other, and what is known of each.

    An error of the baseline or of T1 moves a whole curve, so it cannot be seen in the residuals
    of a fit. Concentrations therefore come in copies: as measured, with the baseline higher by
    `STEP` of itself, and, where its error is known, with T1 one standard error longer. How far off
    the baseline may be is the noise of the curve over the root of its samples before contrast: a
    few samples tell little of that noise, all those about a fitted curve much.

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

    series: FloatArray
    before: slice
    sequence: PulseSequence
    r1: float
    t10: FloatArray
    t10_se: FloatArray | None
    b1: FloatArray | None
    offset: FloatArray | None = None
    _agent: FloatArray = field(init=False, repr=False)  # (copies, N, T)
    _gain: FloatArray = field(init=False, repr=False)  # (N,)
    _done: BoolArray = field(init=False, repr=False)  # (copies, N)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_agent", np.empty((self.copies, *self.series.shape)))
        object.__setattr__(self, "_gain", np.full(len(self.series), np.nan))
        object.__setattr__(self, "_done", np.zeros((self.copies, len(self.series)), dtype=bool))

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

    def gain(self, index: IntArray) -> FloatArray:
        """Return how concentration, mM, answers to signal over baseline, (N,); see `gain_of`."""
        self.concentration(index)
        return self._gain

    def later(self, index: IntArray) -> FloatArray:
        """Return how much later than its volume each of some voxels is taken, s, (V,)."""
        return np.zeros(index.size) if self.offset is None else self.offset[index]

    def signal(self, rows: IntArray | slice) -> FloatArray:
        """Return the signal of some voxels, (V, T)."""
        return np.asarray(self.series[rows], dtype=float)

    def copy(self, kind: int, rows: IntArray | slice) -> tuple[FloatArray, FloatArray]:
        """Return signal over baseline, (V, T), and T1, (V,), of one kind of copy."""
        return self._moved(kind, enhancement(self.signal(rows), self.before), rows)

    def concentration(self, index: IntArray, copies: int | None = None) -> FloatArray:
        """Return concentrations, mM, (copies, N, T); only the voxels `index` have values."""
        alike: dict[bytes, list[int]] = {}  # kinds of copies that the same voxels lack
        for kind in range(self.copies if copies is None else copies):
            alike.setdefault(self._done[kind, index].tobytes(), []).append(kind)
        for kinds in alike.values():
            lacking = index[~self._done[kinds[0], index]]
            if lacking.size:
                self._convert(kinds, lacking)
        return self._agent[:copies]

    def _convert(self, kinds: list[int], index: IntArray) -> None:
        def work(part: slice) -> None:
            rows = part if index.size == len(self.series) else index[part]
            ratio = enhancement(self.signal(rows), self.before)
            b1 = None if self.b1 is None else self.b1[rows]
            for kind in kinds:
                moved, t10 = self._moved(kind, ratio, rows)
                agent = from_enhancement(self.sequence, moved, t10=t10, r1=self.r1, b1=b1)
                self._agent[kind, rows] = agent
                if kind == BASELINE:
                    self._gain[rows] = gain_of(self._agent[MEASURED, rows], agent, ratio)

        in_chunks(work, index.size)
        for kind in kinds:
            self._done[kind, index] = True

    def _moved(
        self, kind: int, ratio: FloatArray, rows: IntArray | slice
    ) -> tuple[FloatArray, FloatArray]:
        t10 = self.t10[rows]
        if kind == BASELINE:
            return ratio / (1.0 + STEP), t10
        if kind == T1 and self.t10_se is not None:
            return ratio, t10 + self.t10_se[rows]
        return ratio, t10


def rows_of(chosen: Chosen, part: slice = slice(None)) -> IntArray | slice:
    """Return what picks the chosen voxels, or a part of them, out of all; a view where it can."""
    return part if chosen.all else chosen.index[part]


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
