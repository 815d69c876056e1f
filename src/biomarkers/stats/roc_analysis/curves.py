"""ROC curves of a sample and of its bootstrap resamples, all at once.

Positives are taken to have the higher values; multiply by −1 beforehand where they have not.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from biomarkers.stats.arrays import Floats, Whole
from biomarkers.stats.labels import drawn_weights

Focus = Literal["specificity", "sensitivity"]


@dataclass(frozen=True, eq=False)
class Curve:
    """Sensitivity and specificity at every threshold, for one sample or for many resamples.

    Parameters
    ----------
    threshold
        Shape (K + 1,), ascending from −∞ to ∞; positive is what lies above.
    sensitivity, specificity
        Shape (..., K + 1).

    """

    threshold: Floats
    sensitivity: Floats
    specificity: Floats

    def table(self, direction: str) -> pd.DataFrame:
        """Return the points of one curve; thresholds turned back where positives lie lower."""
        sign = 1 if direction == "higher" else -1
        return pd.DataFrame(vars(self) | {"threshold": sign * self.threshold})

    def area(self) -> Floats:
        """Return the area under each curve."""
        return self.partial_area(0.0, 1.0, focus="specificity")

    def partial_area(self, low: float, high: float, *, focus: Focus) -> Floats:
        """Return the area within a range of specificity, or of sensitivity.

        The curve runs straight between its points, as the trapezoidal area assumes.
        """
        across, along = self.specificity, self.sensitivity
        if focus == "sensitivity":
            across, along = along, across
        start, end = across[..., :-1], across[..., 1:]
        left, right = np.clip(start, low, high), np.clip(end, low, high)
        width = end - start
        middle = np.divide(
            (left + right) / 2 - start, width, out=np.zeros_like(width), where=width != 0
        )
        height = along[..., :-1] + middle * (along[..., 1:] - along[..., :-1])
        return np.asarray(np.abs(np.sum((right - left) * height, axis=-1)))


@dataclass(frozen=True, eq=False)
class Sample:
    """Positives and negatives on their common levels, ready to be weighted.

    Parameters
    ----------
    levels
        The distinct values, ascending, shape (K,).
    positives, negatives
        For each class: subjects in ascending order, the places in that order where a level
        starts, and which levels those are.

    """

    levels: Floats
    positives: tuple[Whole, Whole, Whole]
    negatives: tuple[Whole, Whole, Whole]

    def curve(self, positives: Floats, negatives: Floats) -> Curve:
        """Return the curve of weighted subjects.

        Parameters
        ----------
        positives, negatives
            Weights of the subjects, shape (..., m) and (..., n); zero leaves a subject out.

        """
        above = 1 - self._share_below(positives, self.positives)
        below = self._share_below(negatives, self.negatives)
        between = (self.levels[1:] + self.levels[:-1]) / 2
        return Curve(np.concatenate([[-np.inf], between, [np.inf]]), above, below)

    def observed(self) -> Curve:
        """Return the curve of the sample itself."""
        return self.curve(np.ones(len(self.positives[0])), np.ones(len(self.negatives[0])))

    def resampled(self, draws: int, *, seed: int) -> tuple[Curve, Curve]:
        """Return the curves of bootstrap resamples, and of the subjects each one left out.

        Resampling is stratified by class. A resample that left out nobody of a class has no
        curve of the left-out: NaN.
        """
        m, n = len(self.positives[0]), len(self.negatives[0])
        weights = drawn_weights(np.arange(m + n) < m, draws=draws, seed=seed)
        left_out = (weights == 0).astype(float)
        return (
            self.curve(weights[:, :m], weights[:, m:]),
            self.curve(left_out[:, :m], left_out[:, m:]),
        )

    def _share_below(self, weights: Floats, places: tuple[Whole, Whole, Whole]) -> Floats:
        order, starts, present = places
        counts = np.zeros((*weights.shape[:-1], len(self.levels) + 1))
        counts[..., present + 1] = np.add.reduceat(weights[..., order], starts, axis=-1)
        below = np.cumsum(counts, axis=-1)
        total = below[..., -1:]
        share: Floats = np.divide(below, total, out=np.full_like(below, np.nan), where=total > 0)
        return share


def make_sample(positives: Floats, negatives: Floats) -> Sample:
    """Place two classes of values on their common levels; subjects in ascending order."""
    positives, negatives = np.sort(positives), np.sort(negatives)
    levels, which = np.unique(np.concatenate([positives, negatives]), return_inverse=True)
    parts = np.split(which, [len(positives)])
    return Sample(levels, _places(parts[0]), _places(parts[1]))


def _places(level: Whole) -> tuple[Whole, Whole, Whole]:
    order = np.argsort(level, kind="stable")
    present, starts = np.unique(level[order], return_index=True)
    return order, starts, present


def observed_curve(positives: Floats, negatives: Floats) -> Curve:
    """Return the curve of the sample itself."""
    return make_sample(positives, negatives).observed()
