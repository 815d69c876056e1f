"""The ROC curve of one marker: area, interval, curve."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.plan import level as text_level
from biomarkers.stats.auc import delong_variance, structural_components
from biomarkers.stats.intervals import LEVEL, newcombe_interval
from biomarkers.stats.shown import Shown, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Direction = Literal["higher", "lower", "auto"]
Interval = Literal["newcombe", "delong"]


@dataclass(frozen=True, eq=False)
class Roc(Shown):
    """How well one marker tells positives from negatives.

    Parameters
    ----------
    auc, auc_low, auc_high
        Area under the curve and its confidence interval.
    variance
        DeLong's variance of the area; NaN with fewer than two subjects in a class.
    direction
        `higher` or `lower`: what positives show.
    n_positive, n_negative
        Subjects with a marker and an outcome.
    curve
        `threshold, sensitivity, specificity`: a subject is called positive above (`lower`:
        below) the threshold. Thresholds are mid-points between observed values.
    ci, level
        Kind and level of the interval.

    """

    auc: float
    auc_low: float
    auc_high: float
    variance: float
    direction: str
    n_positive: int
    n_negative: int
    curve: pd.DataFrame
    ci: str
    level: float

    @property
    def table(self) -> pd.DataFrame:
        """One row: every figure but the curve."""
        names = (
            "auc", "auc_low", "auc_high", "variance", "direction", "n_positive", "n_negative",
        )  # fmt: skip
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"AUC {self.auc:.3f} ({self.level:.0%} {self.ci} interval {self.auc_low:.3f} to "
            f"{self.auc_high:.3f}), {self.direction} in {self.n_positive} positives than in "
            f"{self.n_negative} negatives."
        )

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draw sensitivity against 1 − specificity."""
        axes = new_axes(axes)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axes.plot(1 - self.curve["specificity"], self.curve["sensitivity"], label=self.headline)
        axes.set(xlabel="1 − specificity", ylabel="Sensitivity", aspect="equal")
        return axes


def roc(
    marker: ArrayLike,
    outcome: ArrayLike,
    *,
    positive: object = 1,
    direction: Direction = "auto",
    ci: Interval = "newcombe",
    level: float = LEVEL,
) -> Roc:
    """Return the ROC curve of a marker, with the area under it.

    Parameters
    ----------
    marker
        One value per subject; subjects with NaN are left out.
    outcome
        One value per subject, of two kinds; blank (NaN, None, "") is left out.
    positive
        The outcome that counts as positive.
    direction
        `higher`: positives have the higher values; `lower`; `auto`: whichever makes AUC ≥ ½.
    ci
        `newcombe`: score interval, also right in small samples; `delong`: Wald, for comparison.
    level
        Confidence level.

    Raises
    ------
    InputError
        If lengths differ, a marker is no number, or the outcomes are not two.

    """
    values, truth = two_classes(marker, outcome, positive=positive)
    sign = orientation(values, truth, direction)
    positives, negatives = sign * values[truth], sign * values[~truth]
    components = structural_components(positives, negatives)
    auc, variance = float(components[0].mean()), delong_variance(*components)
    low, high = interval(auc, variance, (len(positives), len(negatives)), kind=ci, level=level)
    return Roc(
        auc=auc,
        auc_low=low,
        auc_high=high,
        variance=variance,
        direction="higher" if sign > 0 else "lower",
        n_positive=len(positives),
        n_negative=len(negatives),
        curve=curve(positives, negatives, sign),
        ci=ci,
        level=level,
    )


def two_classes(
    marker: ArrayLike, outcome: ArrayLike, *, positive: object = 1
) -> tuple[Floats, Bools]:
    """Return the marker and the truth of the subjects that have both; see `roc`."""
    try:
        values = np.asarray(marker, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"marker: expected numbers ({error})") from error
    kinds = pd.Series(np.asarray(outcome, dtype=object)).map(_kind)
    if values.ndim != 1 or values.shape != kinds.shape:
        raise InputError(
            f"marker has shape {values.shape} and outcome {kinds.shape}; expected one value of "
            "each per subject"
        )
    known = ~np.isnan(values) & (kinds != "").to_numpy()
    levels = sorted(set(kinds[known]))
    if len(levels) != 2 or _kind(positive) not in levels:
        raise InputError(
            f"outcome: found {', '.join(levels) or 'nothing'} among subjects with a marker; "
            f"expected two kinds, one of them {_kind(positive)}"
        )
    return values[known], (kinds[known] == _kind(positive)).to_numpy()


def _kind(value: object) -> str:
    """Write an outcome as text: true is 1, false 0, and 1, 1.0 and "1" are one; blank is empty."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool):
        return str(int(value))
    return text_level(value)


def orientation(values: Floats, truth: Bools, direction: Direction) -> int:
    """Return 1 if positives have the higher values, −1 if the lower; `auto` looks."""
    if direction not in ("higher", "lower", "auto"):
        raise InputError(f"direction: found {direction!r}, expected higher | lower | auto")
    if direction == "auto":
        by_positive, _ = structural_components(values[truth], values[~truth])
        return 1 if by_positive.mean() >= 0.5 else -1
    return 1 if direction == "higher" else -1


def interval(
    auc: float, variance: float, counts: tuple[int, int], *, kind: Interval, level: float
) -> tuple[float, float]:
    """Return the interval of the kind asked for."""
    if kind == "newcombe":
        low, high = newcombe_interval(auc, *counts, level=level)
        return float(low), float(high)
    if kind == "delong":
        half = float(stats.norm.ppf((1 + level) / 2) * np.sqrt(variance))
        low, high = np.clip([auc - half, auc + half], 0, 1)
        return float(low), float(high)
    raise InputError(f"ci: found {kind!r}, expected newcombe | delong")


def curve(positives: Floats, negatives: Floats, sign: int = 1) -> pd.DataFrame:
    """Return every step of the curve, from calling everyone positive to calling no one.

    Parameters
    ----------
    positives, negatives
        Marker values, already multiplied by `sign`.
    sign
        Gives the thresholds back in the marker's own units.

    """
    observed = np.unique(np.concatenate([positives, negatives]))
    steps = np.concatenate([[-np.inf], (observed[1:] + observed[:-1]) / 2, [np.inf]])
    # Counted at the observed values, not at their mid-points: a change of −∞ has none.
    above, below = (
        np.append(0, np.searchsorted(np.sort(values), observed, side="right")) / len(values)
        for values in (positives, negatives)
    )
    return pd.DataFrame({"threshold": sign * steps, "sensitivity": 1 - above, "specificity": below})
