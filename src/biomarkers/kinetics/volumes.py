"""Volumes of a dynamic series that do not show what the others do, found in its mean signal."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# What stands out does so by this factor of the noise of the mean, and by this share of the signal.
_NOTICEABLE, _UNSTEADY, _CORRUPT = 8.0, 0.005, 0.05
# Towards the steady state each step is at most this share of the one before.
_SETTLING = 0.75
_MOST_UNSTEADY = 20
# A single volume stands alone if the curve about it moves by less than this share of its height.
_ALONE = 0.25
# A rise counts as none of the agent's only if the curve then is back where it was before it.
_BACK = 0.05
_SIGMA_OF_DIFFERENCES = 1.4826 / float(np.sqrt(2.0))


@dataclass(frozen=True)
class Unusable:
    """Volumes to be left out, by index.

    Parameters
    ----------
    unsteady
        At the start, before magnetisation has reached its steady state.
    corrupt
        Single ones that drop or jump, or have no signal.

    """

    unsteady: tuple[int, ...] = ()
    corrupt: tuple[int, ...] = ()

    @property
    def indices(self) -> tuple[int, ...]:
        """All of them, in order."""
        return tuple(sorted({*self.unsteady, *self.corrupt}))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of them, in words."""
        why = {
            "before the steady state": self.unsteady,
            "the mean signal of that volume alone drops, jumps or is missing": self.corrupt,
        }
        return tuple(
            f"left out: {_listed(indices)}; {words}" for words, indices in why.items() if indices
        )


def unusable_volumes(log_signal: npt.ArrayLike, *, brightens: bool) -> Unusable:
    """Find volumes before the steady state, and single corrupt ones.

    A scan without dummy pulses starts bright and settles geometrically. A volume that the scanner
    or the reconstruction spoilt leaves both its neighbours, while the curve about it stays as it
    is; a first pass that is sampled once does not count, as more agent is there after it than
    before.

    Parameters
    ----------
    log_signal
        Logarithm of the mean signal, (T,); not finite where a volume has none.
    brightens
        Whether the agent makes tissue brighter (T1) or darker (T2*).

    """
    values = np.asarray(log_signal, dtype=float)
    there = np.flatnonzero(np.isfinite(values))
    curve = values[there]
    if curve.size < 5:
        return Unusable(corrupt=_without(values.size, there))
    noise = _NOTICEABLE * _SIGMA_OF_DIFFERENCES * float(np.median(np.abs(np.diff(curve))))
    first = _unsteady(curve, max(noise, _UNSTEADY))
    rest = curve[first:] if brightens else -curve[first:]
    alone = first + _alone(rest, max(noise, _CORRUPT))
    corrupt = {*_without(values.size, there), *(int(each) for each in there[alone])}
    return Unusable(tuple(int(each) for each in there[:first]), tuple(sorted(corrupt)))


def _unsteady(curve: FloatArray, least: float) -> int:
    """Return how many samples at the start are brighter than what they settle to."""
    falls = -np.diff(curve[: _MOST_UNSTEADY + 2])
    first = 0
    while (
        first + 1 < falls.size
        and falls[first] > least
        and abs(falls[first + 1]) < _SETTLING * falls[first]
    ):
        first += 1
    return first


def _alone(curve: FloatArray, least: float) -> npt.NDArray[np.int64]:
    """Return the samples that leave both neighbours; the agent makes the curve rise."""
    if curve.size < 5:
        return np.empty(0, dtype=np.int64)
    left, right = np.diff(curve)[:-1], -np.diff(curve)[1:]  # of samples 1 to the last but one
    height = np.minimum(np.abs(left), np.abs(right))
    outward = np.abs(np.diff(np.pad(curve, 2, mode="edge")))
    before, after = outward[1:-4], outward[4:-1]
    stands = (left * right > 0) & (height > least)
    stands &= np.maximum(before, after) < _ALONE * height
    stands &= (left < 0) | (np.abs(left - right) < _BACK * height)
    found = 1 + np.flatnonzero(stands)
    last = curve[-1] - curve[-2]
    calm = abs(curve[-2] - curve[-3]) < _ALONE * abs(last) and found.size == 0
    return np.append(found, curve.size - 1) if abs(last) > least and calm else found


def _without(count: int, there: npt.NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(each) for each in np.setdiff1d(np.arange(count), there))


def _listed(indices: tuple[int, ...]) -> str:
    return f"volume{'s' if len(indices) > 1 else ''} {', '.join(map(str, indices))}"
