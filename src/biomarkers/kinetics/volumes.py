"""Which volumes of a dynamic series to leave out: before the steady state, corrupt, or chosen."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask
from biomarkers.errors import AssumptionWarning, InputError
from biomarkers.images.scaled import Series

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Volumes = tuple[int, ...]
LeftOutChoice: TypeAlias = "Sequence[int] | Literal['none'] | None"

# A step from one volume to the next counts from so many times its noise on, and from this share of
# the signal.
_CLEAR, _NOTICEABLE = 8.0, 0.02
# On its way to the steady state the signal falls by steps of which each is at most this share of
# the one before.
_SETTLING = 0.9
# The steady state is reached where less than this share of the signal is still to be lost.
_SETTLED = 1e-3
# A fall that is taken back by this share within so many volumes was the bolus, not the settling.
_BACK, _SOON = 0.3, 6
# The jump to a corrupt volume, and back, exceeds this many times the steps around it.
_LONE = 4.0
_FEWEST = 6  # volumes, to judge by
_SIGMA_OF_DIFFERENCES = 1.4826 / float(np.sqrt(6.0))
_SAMPLED = 500  # voxels
_AIR = 0.1  # of the brightest: what is darker is not looked at
_MANY = 10  # voxels
# Voxels that the agent changes least, and most; the former must do so clearly less.
_THIRD, _LESS = 3, 0.7
# A fault of a volume is seen in this share of the voxels, at least so much of it.
_NEARLY_ALL, _HALF = 0.9, 0.5


@dataclass(frozen=True)
class Unusable:
    """Volumes to be left out, counted from 0.

    Parameters
    ----------
    unsteady
        At the start, brighter than the steady state they fall to.
    corrupt
        Single ones that drop or jump, or have no signal.
    chosen
        Those the caller named.
    kept
        What is to be said of volumes that are unlike the others, but kept.

    """

    unsteady: Volumes = ()
    corrupt: Volumes = ()
    chosen: Volumes = ()
    kept: str = field(default="", repr=False, kw_only=True)

    @property
    def indices(self) -> Volumes:
        """All of them, in order."""
        return tuple(sorted({*self.unsteady, *self.corrupt, *self.chosen}))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of those nobody asked for, in words."""
        left_out = (f"left out: {words}" for words in self.words)
        return (*left_out, self.kept) if self.kept else tuple(left_out)

    @property
    def words(self) -> tuple[str, ...]:
        """Which volumes are unlike the others, and how."""
        why = {
            "before the steady state": self.unsteady,
            "the mean signal of that volume alone drops, jumps or is missing": self.corrupt,
        }
        return tuple(
            f"volume{'s' if len(which) > 1 else ''} {', '.join(map(str, which))}; {words}"
            for words, which in why.items()
            if which
        )

    def rest(self, count: int) -> npt.NDArray[np.int64]:
        """Return the volumes that are used, of so many."""
        return np.setdiff1d(np.arange(count), np.array(self.indices, dtype=np.int64))

    def without(self, volumes: Iterable[int]) -> "Unusable":
        """Return what is left out if some volumes are kept."""
        keep = set(volumes)
        parts = (self.unsteady, self.corrupt, self.chosen)
        return Unusable(*(tuple(each for each in part if each not in keep) for part in parts))


@dataclass(frozen=True, eq=False)
class Levels:
    """The signal of voxels over their usual signal.

    Parameters
    ----------
    voxels
        Logarithms, (V, T), of voxels that have signal throughout, but for blank volumes.
    curve
        Logarithm of the middle voxel, (T,); NaN where a volume is blank.

    """

    voxels: FloatArray
    curve: FloatArray

    @property
    def many(self) -> bool:
        """Whether there are voxels enough to tell a volume's fault from their own."""
        return len(self.voxels) >= _MANY

    def shared(self, volumes: IntArray) -> FloatArray | None:
        """Return what all voxels share of their changes, (volumes,), free of what the agent does.

        The agent changes voxels in proportion, a fault of the volume all alike: of two groups that
        it changes much and little, ``little - k·much`` is free of it and keeps 1 - k of the rest.
        None where no voxels are changed much less than others.
        """
        logs = self.voxels[:, volumes]
        middle = self.curve[volumes] - np.median(self.curve[volumes])
        answer = np.argsort(logs @ middle, kind="stable")
        third = max(len(answer) // _THIRD, 1)
        little, much = (np.median(logs[rows], axis=0) for rows in (answer[:third], answer[-third:]))
        little, much = little - np.median(little), much - np.median(much)
        share = _weighted_median(little, much)
        return None if share > _LESS else (little - share * much) / (1.0 - share)

    def agree(self, volumes: IntArray, at: int, jump: float) -> bool:
        """Return whether nearly all voxels jump in a volume as they share it."""
        beside = [each for each in (at - 1, at + 1) if 0 <= each < volumes.size]
        own = self.voxels[:, volumes[at]] - self.voxels[:, volumes[beside]].mean(axis=1)
        return bool((own * np.sign(jump) > _HALF * abs(jump)).mean() >= _NEARLY_ALL)


def unusable_volumes(log_signal: npt.ArrayLike, *, brightens: bool) -> Unusable:
    """Find volumes before the steady state, and single corrupt ones.

    The first volumes of a series that was begun before the steady state are brighter, and fall to
    it by ever smaller steps; they are left out until less than a thousandth of the signal, or the
    noise, is still to be lost. A volume is corrupt if the jump to it and back is many times the
    noise and the steps around it; one that agrees with the agent's effect must be alone, of the
    others two in a row are found.

    Parameters
    ----------
    log_signal
        Logarithm of the mean signal, (T,); not finite where a volume has none.
    brightens
        Whether the agent makes tissue brighter (T1) or darker (T2*).

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.kinetics.volumes import unusable_volumes
    >>> signal = np.ones(20)
    >>> signal[:3], signal[8], signal[12:] = (1.6, 1.1, 1.015), 0.3, 1.4
    >>> unusable_volumes(np.log(signal), brightens=True)
    Unusable(unsteady=(0, 1, 2), corrupt=(8,), chosen=())

    """
    values = np.asarray(log_signal, dtype=float)
    held = np.flatnonzero(np.isfinite(values))
    empty = np.setdiff1d(np.arange(values.size), held)
    if held.size < _FEWEST:
        return Unusable(corrupt=tuple(empty.tolist()))
    curve = np.exp(values - np.median(values[held]))
    lone = held[_lone(curve[held], brightens)]
    kept = np.setdiff1d(held, lone)
    first = _unsteady(curve[kept], brightens) if kept.size >= _FEWEST else 0
    return Unusable(tuple(kept[:first].tolist()), tuple(np.union1d(empty, lone).tolist()))


def left_out_of(
    signal: Series,
    choice: LeftOutChoice = (),
    *,
    brightens: bool,
    mask: npt.ArrayLike | None = None,
    baseline: tuple[int, int] | None = None,
) -> Unusable:
    """Return which volumes of a series are left out: those chosen, and those found.

    Parameters
    ----------
    signal
        Series (..., T), any unit; of many voxels some hundred are looked at.
    choice
        Samples, counted from 0; `none` leaves out nothing, and None does not look either.
    brightens
        As in `unusable_volumes`.
    mask
        Voxels to look at, (...); those with signal if not given.
    baseline
        The caller's own, half-open. Volumes are left out of it like of the rest; if none were
        left, they are kept.

    Raises
    ------
    InputError
        If a choice is no volume of the series, or leaves fewer than two.

    Warns
    -----
    AssumptionWarning
        If volumes that are unlike the others are kept, by choice or as all of the baseline.

    """
    if choice is None:
        return Unusable()
    if isinstance(choice, str) and choice != "none":
        raise InputError(f"left_out is {choice!r}; expected samples, or 'none'")
    chosen = () if isinstance(choice, str) else _checked(choice, signal.shape[-1])
    seen = _seen(levels_of(signal, mask), brightens).without(chosen)
    taken, own = seen, range(*(baseline or (0, 0)))
    if isinstance(choice, str):
        taken = Unusable()
    elif own and set(own) <= {*seen.indices, *chosen}:
        taken = seen.without(own)
    stay, kept = seen.without(taken.indices), ""
    if stay.indices:
        kept = f"kept, but unlike the others: {'; '.join(stay.words)}"
        warnings.warn(kept, AssumptionWarning, stacklevel=4)
    return replace(taken, chosen=chosen, kept=kept)


def _seen(levels: Levels, brightens: bool) -> Unusable:
    """Return the volumes of a series that are unlike the others."""
    seen = unusable_volumes(levels.curve, brightens=brightens)
    if not levels.many:
        # What few voxels show may be their own, and no fault of the volume.
        return Unusable(seen.unsteady, tuple(np.flatnonzero(np.isnan(levels.curve)).tolist()))
    rest = np.setdiff1d(np.arange(levels.curve.size), seen.indices)
    if rest.size < _FEWEST:
        return seen
    shared = levels.shared(rest)
    if shared is None:
        return seen
    lone = _lone(np.exp(shared), brightens)
    also = [each for each in lone if levels.agree(rest, int(each), float(shared[each]))]
    return replace(seen, corrupt=tuple(sorted({*seen.corrupt, *rest[also].tolist()})))


def _noise(curve: FloatArray) -> float:
    """Return the noise of a sample; second differences do not see a slope."""
    return float(_SIGMA_OF_DIFFERENCES * np.median(np.abs(np.diff(curve, 2))))


def _unsteady(curve: FloatArray, brightens: bool) -> int:
    """Return how many volumes come before the steady state."""
    falls, noise, level = -np.diff(curve), _noise(curve), float(np.median(curve))
    clear = max(_CLEAR * noise, _SETTLED * level)
    if falls[0] <= clear:
        return 0
    first, ratio = 0, 0.0
    # The steps are followed down as long as they stand out of noise, and the rest is reckoned.
    while first + 1 < falls.size and falls[first] > clear:
        if falls[first + 1] > _SETTLING * falls[first]:
            break
        first += 1
        if falls[first] > clear:
            ratio = max(ratio, falls[first] / falls[first - 1])
    if not first:
        return 0
    lost = curve[0] - curve[first]
    if not brightens and curve[first : first + _SOON].max() - curve[first] > _BACK * lost:
        return 0
    last = falls[first - 1]
    rest = max(noise, _SETTLED * float(curve[first]))
    # Only while the signal goes on as reckoned: it may be there already, or an agent raise it.
    # Where an agent lowers it sooner, the steady state is never seen.
    while last * ratio / (1.0 - ratio) > rest and first < falls.size:
        if last * ratio - falls[first] > clear:
            break
        first, last = first + 1, last * ratio
    return first


def _lone(curve: FloatArray, brightens: bool) -> npt.NDArray[np.int64]:
    """Return the samples of a curve that jump away from it and back."""
    noise, level = _noise(curve), float(np.median(curve))
    clear = max(_CLEAR * noise, _NOTICEABLE * level)
    clearly = 1 + np.flatnonzero(np.abs(np.diff(curve)) > clear)
    marked = [
        run
        for length in (1, 2)
        for start in clearly[clearly <= curve.size - length]
        if _jumps(curve, run := range(int(start), int(start) + length), clear, brightens)
    ]
    # Of a first volume that is darker, an agent that brightens may be the reason: it has arrived.
    first = not brightens and curve[1] - curve[0] > clear
    if first and _jumps(curve[::-1], range(curve.size - 1, curve.size), clear, brightens):
        marked.append(range(1))
    return np.array(sorted({each for run in marked for each in run}), dtype=np.int64)


def _jumps(curve: FloatArray, run: range, clear: float, brightens: bool) -> bool:
    """Return whether a run of samples stands alone; at the end there is no way back."""
    before, after = curve[max(run.start - 3, 0) : run.start], curve[run.stop : run.stop + 3]
    inside = curve[run.start : run.stop]
    away = np.append(inside[0] - before[-1], inside[-1] - after[0] if after.size else [])
    if not ((away > clear).all() or (away < -clear).all()):
        return False
    if len(run) > 1 and (away[0] > 0) == brightens:
        return False
    around = np.abs(np.concatenate([np.diff(before), np.diff(after), np.diff(inside)]))
    if after.size:
        around = np.append(around, abs(after[0] - before[-1]))
    return bool(around.size and np.abs(away).min() > _LONE * around.max())


def _checked(choice: Sequence[int], samples: int) -> Volumes:
    given = np.asarray(choice if len(choice) else np.empty(0, dtype=int))
    whole = given.ndim == 1 and given.dtype.kind in "iu"
    chosen = {int(each) for each in given} if whole else {-1}
    if not chosen <= set(range(samples)) or samples - len(chosen) < min(2, samples):
        raise InputError(
            f"left_out is {choice!r}; expected samples, from 0 to {samples - 1}, that leave at "
            "least two"
        )
    return tuple(sorted(chosen))


def levels_of(signal: Series, mask: npt.ArrayLike | None = None) -> Levels:
    """Return the levels of some hundred voxels of a series (..., T), in a mask (...)."""
    rows = signal.reshape(-1, signal.shape[-1])
    index = np.arange(len(rows))
    if mask is not None:
        index = np.flatnonzero(as_mask("mask", mask, signal.shape[:-1]))
    rows = np.asarray(rows[index[:: max(1, index.size // _SAMPLED)]], dtype=float)
    there = np.isfinite(rows) & (rows > 0)
    rows, there = (each[2 * there.sum(axis=1) > rows.shape[1]] for each in (rows, there))
    curve = np.full(rows.shape[1], np.nan)
    blank = 2 * there.sum(axis=0) < len(rows)
    rows = rows[there[:, ~blank].all(axis=1)]
    if not len(rows):
        return Levels(rows, np.zeros_like(curve))
    usual = np.median(rows[:, ~blank], axis=1)
    bright = usual >= _AIR * np.quantile(usual, 0.95)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(rows[bright] / usual[bright, None])
    curve[~blank] = np.median(logs[:, ~blank], axis=0)
    return Levels(logs, curve)


def _weighted_median(part: FloatArray, whole: FloatArray) -> float:
    """Return by which share of `whole` the sum of absolute differences from `part` is least."""
    moved = whole != 0.0
    ratio, weight = part[moved] / whole[moved], np.abs(whole[moved])
    order = np.argsort(ratio)
    reached = np.cumsum(weight[order])
    return float(ratio[order][np.searchsorted(reached, 0.5 * reached[-1])]) if moved.any() else 1.0
