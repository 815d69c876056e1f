"""A smooth ROC curve: binormal, or of kernel densities.

Scipy's `gaussian_kde` refuses a class of equal values, and takes its bandwidth in its own spread.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, draw_roc
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.roc_analysis.classes import Direction, left_out_text, two_classes
from biomarkers.stats.roc_analysis.curves import observed_curve
from biomarkers.stats.shown import OneRow

Method = Literal["binormal", "density"]

_POINTS = 512  # of the curve, as pROC takes them
_CUT = 3  # bandwidths beyond the data


@dataclass(frozen=True, eq=False)
class SmoothRoc(OneRow):
    """A smooth ROC curve. It has no interval: what was smoothed away is not uncertainty gone.

    Parameters
    ----------
    auc
        Area under the curve.
    curve
        `sensitivity, specificity`, specificity ascending.
    method
        `binormal` or `density`.
    left_out
        Subjects without a marker or an outcome.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import norm
    >>> from biomarkers import stats
    >>> normal = norm.ppf((np.arange(50) + 0.5) / 50)
    >>> result = stats.smooth_roc(np.r_[normal + 1.0, normal], np.repeat([1, 0], 50))
    >>> result.method, list(result.curve)
    ('binormal', ['sensitivity', 'specificity'])

    """

    auc: float
    curve: pd.DataFrame
    method: str
    left_out: int

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return f"AUC {self.auc:.3f} of the {self.method} curve.{left_out_text(self.left_out)}"

    def draw(self, axes: Axes) -> None:
        """Draw sensitivity against 1 − specificity."""
        draw_roc(axes, self.curve)


def smooth_roc(
    marker: ArrayLike,
    outcome: ArrayLike,
    *,
    method: Method = "binormal",
    positive: object = 1,
    direction: Direction = "auto",
) -> SmoothRoc:
    """Return a smooth ROC curve of a marker.

    Parameters
    ----------
    marker, outcome, positive, direction
        As for `roc`.
    method
        `binormal`: a line through the observed points on normal scales (as pROC, specificity
        regressed on sensitivity); `density`: Gaussian kernels of Silverman's bandwidth over all
        subjects.

    Raises
    ------
    InputError
        As `roc`, if the method is unknown, or a binormal line has fewer than two points.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import norm
    >>> from biomarkers import stats
    >>> normal = norm.ppf((np.arange(100) + 0.5) / 100)
    >>> result = stats.smooth_roc(np.r_[normal + 1.0, normal], np.repeat([1, 0], 100))
    >>> round(result.auc, 2), round(float(norm.cdf(1.0 / np.sqrt(2.0))), 2)  # truth: Φ(d/√2)
    (0.76, 0.76)

    """
    check_choice("method", method, get_args(Method))
    classes = two_classes(marker, outcome, positive=positive, direction=direction)
    smoothed = _binormal if method == "binormal" else _density
    sensitivity, specificity = smoothed(classes.positives, classes.negatives)
    order = np.lexsort((-sensitivity, specificity))
    curve = pd.DataFrame(
        {
            "sensitivity": [1.0, *sensitivity[order], 0.0],
            "specificity": [0.0, *specificity[order], 1.0],
        }
    )
    return SmoothRoc(
        auc=float(np.trapezoid(curve["sensitivity"], curve["specificity"])),
        curve=curve,
        method=method,
        left_out=classes.left_out,
    )


def _binormal(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    steps = observed_curve(positives, negatives)
    points = np.asarray(stats.norm.ppf([steps.specificity, steps.sensitivity]))
    specificity, sensitivity = points[:, np.isfinite(points).all(axis=0)]
    if len(np.unique(sensitivity)) < 2:
        raise InputError(
            "the curve has fewer than two steps inside the square; a binormal line needs two"
        )
    slope, intercept = np.polyfit(sensitivity, specificity, 1)
    grid = stats.norm.ppf(np.linspace(0, 1, _POINTS))
    return stats.norm.cdf(grid), stats.norm.cdf(intercept + slope * grid)


def _density(positives: Floats, negatives: Floats) -> tuple[Floats, Floats]:
    everyone = np.concatenate([positives, negatives])
    width = _silverman(everyone)
    grid = np.linspace(everyone.min() - _CUT * width, everyone.max() + _CUT * width, _POINTS)
    below = []
    for values in (positives, negatives):
        density = stats.norm.pdf((grid[:, None] - values) / width).sum(axis=1)
        below.append(np.cumsum(density) / density.sum())
    below_positive, below_negative = below
    # At a threshold just above a point of the grid.
    return 1 - below_positive, np.minimum(below_negative, 1.0)


def _silverman(values: Floats) -> float:
    """Return Silverman's rule of thumb for a kernel's standard deviation (R's bw.nrd0)."""
    sd = float(values.std(ddof=1))
    spread = min(sd, float(stats.iqr(values)) / 1.34)
    return float(0.9 * (spread or sd or 1.0) * len(values) ** -0.2)
