"""What the voxels of a dynamic series have in common, volume by volume."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_SAMPLED = 500  # voxels
_AIR = 0.1  # of the brightest: what is darker is not looked at
_MANY = 10  # voxels
# Voxels that the agent changes least, and most; the former must do so clearly less.
_THIRD, _LESS = 3, 0.7
# A fault of a volume is seen in this share of the voxels, at least so much of it.
_NEARLY_ALL, _HALF = 0.9, 0.5


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


def levels_of(signal: npt.NDArray[Any], mask: npt.ArrayLike | None = None) -> Levels:
    """Return the levels of some hundred voxels of a series (..., T), in a mask (...)."""
    rows = signal.reshape(-1, signal.shape[-1])
    if mask is not None:
        rows = rows[as_mask("mask", mask, signal.shape[:-1]).reshape(-1)]
    rows = np.asarray(rows[:: max(1, len(rows) // _SAMPLED)], dtype=float)
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
