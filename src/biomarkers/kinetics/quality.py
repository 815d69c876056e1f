"""How well fits follow their curves."""

import numpy as np
import numpy.typing as npt
from scipy.special import fdtri

from biomarkers.kinetics.refutation import SURE
from biomarkers.timing import FloatArray

BoolArray = npt.NDArray[np.bool_]


def quality_of(
    rss: FloatArray, total: FloatArray, points: int, parameters: int
) -> dict[str, FloatArray]:
    """Return the measures of quality of some fits by name; `total` as in `refuted`."""
    return {"rss": rss, "r2": explained(rss, total), "aicc": akaike(rss, points, parameters)}


def refuted(rss: FloatArray, total: FloatArray, points: int) -> BoolArray:
    """Where a constant describes a curve better than the model does, by more than chance.

    Parameters
    ----------
    rss, total
        Sums of squares about the model and about the mean.

    Returns
    -------
    BoolArray
        Whether the F test of the mean against zero would call so large a difference real.

    """
    if points < 2:
        return np.zeros(rss.shape, dtype=bool)
    limit = float(fdtri(1, points - 1, SURE)) / (points - 1)
    return np.asarray(rss - total > limit * total)


def explained(rss: FloatArray, total: FloatArray) -> FloatArray:
    """Share of the variance explained; NaN for a curve without variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, 1.0 - rss / total, np.nan)


def akaike(rss: FloatArray, points: int, parameters: int) -> FloatArray:
    """Akaike's criterion corrected for small samples; NaN where there are too few points for it.

    ``n ln(rss/n) + 2k + 2k(k+1)/(n-k-1)``, where k counts the parameters and the noise variance
    (Hurvich & Tsai, Biometrika 1989;76:297. doi:10.1093/biomet/76.2.297).
    """
    k = parameters + 1
    if points <= k + 1:
        return np.full(rss.shape, np.nan)
    with np.errstate(divide="ignore"):
        deviance = points * np.log(rss / points)
    return np.asarray(deviance + 2 * k + 2 * k * (k + 1) / (points - k - 1))
