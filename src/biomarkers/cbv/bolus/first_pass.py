"""The first pass of a bolus as a gamma variate, without what comes round again.

    y(t) = A·s^α·exp(α·(1 - s)),   s = (t - peak)/rise + 1,   0 where s < 0

peaks with A at `peak`, `rise` after it arrived (Madsen, Phys Med Biol 1992;37:1597,
doi:10.1088/0031-9155/37/7/010). For given peak, rise and α the height A is linear: it is solved for
exactly, and only the other three are searched, on a grid first and then by Gauss-Newton steps
within bounds.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from biomarkers.arrays import BoolArray, FloatArray

# The first pass ends where a curve has fallen to this share of its peak; what comes round again
# soon follows.
_CUT = 0.3
_SHAPES = np.geomspace(0.7, 10.0, 7)
_RISES = np.geomspace(1.0, 16.0, 7)  # steps
_OFFSETS = np.linspace(-1.0, 1.0, 5)  # steps
_LOW = np.array([-2.0, np.log(0.5), np.log(0.3)])  # peak and rise in steps
_HIGH = np.array([2.0, np.log(64.0), np.log(30.0)])
_ITERATIONS = 12
_FEWEST = 5  # samples for four unknowns


@dataclass(frozen=True, eq=False)
class FirstPass:
    """The first pass of curves, each (V,).

    Parameters
    ----------
    area, area_se
        Under the gamma variate, unit·s; NaN where there is none, or it does not end. The error
        takes the end of the first pass as known.
    height, peak, rise, shape
        A, and when and how the curve peaks, s; α.

    """

    area: FloatArray
    area_se: FloatArray
    height: FloatArray
    peak: FloatArray
    rise: FloatArray
    shape: FloatArray


def first_pass(curves: FloatArray, step: float) -> FirstPass:
    """Fit a gamma variate to the first pass of curves (V, T), evenly sampled from time 0."""
    sound: BoolArray = np.asarray(np.isfinite(curves).all(axis=1))
    y = np.where(sound[:, None], curves, 0.0)
    top, used, ends = _window(y)
    sound &= ends & (used.sum(axis=1) >= _FEWEST)
    since = np.arange(y.shape[1]) - top[:, None].astype(float)
    unknown = _refined(y, used, since, _start(y, used, since))
    height, jacobian, left = _model(y, used, since, unknown)
    area, slope = _area(unknown)
    error = _area_error(jacobian, left, used, height, area, slope)
    sound &= height > 0
    values = [area * height, error, height, top + unknown[:, 0], *np.exp(unknown[:, 1:]).T]
    scale = [step, step, 1.0, step, step, 1.0]
    return FirstPass(*(np.where(sound, s * x, np.nan) for s, x in zip(scale, values, strict=True)))


def _window(y: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray, BoolArray]:
    """Return each curve's highest sample, 1 for samples of its first pass, and whether it ends."""
    smooth = y.copy()
    smooth[:, 1:-1] = (y[:, :-2] + y[:, 1:-1] + y[:, 2:]) / 3.0
    top = smooth.argmax(axis=1)
    samples = np.arange(y.shape[1])
    peak = smooth[np.arange(len(y)), top][:, None]
    fallen = (samples > top[:, None]) & (smooth < _CUT * peak)
    ends = fallen.any(axis=1)
    end = np.where(ends, fallen.argmax(axis=1), y.shape[1])
    return top, (samples <= end[:, None]).astype(float), ends


def _curve(since: FloatArray, unknown: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return curves of height 1 (V, T) and their slopes by the unknowns (V, 3, T).

    The unknowns (V, 3) are the peak in steps, and the logarithms of rise and α.
    """
    peak = unknown[:, :1]
    rise, shape = np.exp(unknown[:, 1:2]), np.exp(unknown[:, 2:])
    s = np.maximum((since - peak) / rise + 1.0, 1e-12)
    bend = np.log(s) + 1.0 - s
    y = np.exp(shape * bend)
    by_s = y * shape * (1.0 / s - 1.0)
    return y, np.stack([-by_s / rise, by_s * (1.0 - s), y * shape * bend], axis=1)


def _start(y: FloatArray, used: FloatArray, since: FloatArray) -> FloatArray:
    """Return the best unknowns on a grid."""
    grid = np.array([[o, np.log(r), np.log(a)] for o in _OFFSETS for r in _RISES for a in _SHAPES])
    best, chosen = np.full(len(y), -np.inf), np.zeros(len(y), dtype=np.int64)
    count = y.shape[1]
    # Curves that peak at one sample share their columns.
    ahead, _ = _curve(np.arange(1.0 - count, count)[None], grid)
    for top in np.unique(-since[:, 0]).astype(int):
        rows = np.flatnonzero(since[:, 0] == -top)
        columns = ahead[:, count - 1 - top : 2 * count - 1 - top]
        inner = (y[rows] * used[rows]) @ columns.T
        gain = np.sign(inner) * inner**2 / (used[rows] @ (columns**2).T)
        chosen[rows] = gain.argmax(axis=1)
        best[rows] = gain.max(axis=1)
    return grid[chosen]


def _model(
    y: FloatArray, used: FloatArray, since: FloatArray, unknown: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the best heights (V,), the Jacobian (V, 4, T) and what is left (V, T)."""
    curve, slopes = _curve(since, unknown)
    curve, slopes = curve * used, slopes * used[:, None]
    height = (y * curve).sum(axis=1) / np.maximum((curve**2).sum(axis=1), 1e-300)
    jacobian = np.concatenate([curve[:, None], height[:, None, None] * slopes], axis=1)
    return height, jacobian, y * used - height[:, None] * curve


def _refined(y: FloatArray, used: FloatArray, since: FloatArray, start: FloatArray) -> FloatArray:
    """Improve the unknowns by damped Gauss-Newton steps, those that help, within bounds."""
    unknown, damping = start.copy(), np.full(len(y), 1e-2)
    _, jacobian, left = _model(y, used, since, unknown)
    for _ in range(_ITERATIONS):
        normal = jacobian @ jacobian.transpose(0, 2, 1)
        diagonal = np.einsum("vii->vi", normal)
        diagonal += damping[:, None] * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True)
        diagonal += 1e-300
        step = np.linalg.solve(normal, (jacobian @ left[:, :, None]))[:, 1:, 0]
        tried = np.clip(unknown + step, _LOW, _HIGH)
        _, new_jacobian, new_left = _model(y, used, since, tried)
        better = (new_left**2).sum(axis=1) < (left**2).sum(axis=1)
        unknown[better], left[better] = tried[better], new_left[better]
        jacobian[better] = new_jacobian[better]
        damping *= np.where(better, 0.2, 5.0)
    return unknown


def _area(unknown: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the area of curves of height 1 in steps, and its relative slopes (V, 3)."""
    shape = np.exp(unknown[:, 2])
    logarithm = unknown[:, 1] + shape - (shape + 1.0) * np.log(shape) + gammaln(shape + 1.0)
    by_shape = shape * (1.0 - np.log(shape) - (shape + 1.0) / shape + digamma(shape + 1.0))
    zero = np.zeros_like(shape)
    return np.exp(logarithm), np.column_stack([zero, np.ones_like(shape), by_shape])


def _area_error(
    jacobian: FloatArray,
    left: FloatArray,
    used: FloatArray,
    height: FloatArray,
    area: FloatArray,
    slope: FloatArray,
) -> FloatArray:
    """Return the standard error of the area, in steps."""
    free = used.sum(axis=1) - 4.0
    noise = np.where(free > 0, (left**2).sum(axis=1) / np.maximum(free, 1.0), np.nan)
    normal = jacobian @ jacobian.transpose(0, 2, 1)
    gradient = np.column_stack([area, (area * height)[:, None] * slope])
    spread = np.linalg.pinv(normal, rcond=1e-12, hermitian=True) @ gradient[:, :, None]
    return np.asarray(np.sqrt(noise * (gradient * spread[:, :, 0]).sum(axis=1).clip(0.0)))
