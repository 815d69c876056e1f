"""One delay for all voxels: how much later than the input the tissue is reached."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from biomarkers.errors import InputError
from biomarkers.kinetics import Input, Model

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# What one voxel may say against a delay (deviance, 5 standard errors squared): the few voxels of
# an artery, which the input fits best without any delay, must not outvote the tissue.
_CAP = 25.0
_VOXELS = 2000
_COARSE_STEP = 1.0


@dataclass(frozen=True)
class SharedDelay:
    """Bounds of a delay that all voxels share, s; `maps` finds it from all of them together.

    Parameters
    ----------
    low, high
        The delay is sought between them.

    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise InputError(
                f"SharedDelay({self.low!r}, {self.high!r}); expected finite seconds, low < high"
            )


Delay = float | tuple[float, float] | SharedDelay | None


def find_shared_delay(
    curves: FloatArray,
    time: FloatArray,
    input: Input,
    *,
    model: Model,
    bounds: SharedDelay,
    later: FloatArray,
) -> tuple[float, float]:
    """Find the delay under which the curves together are likeliest.

    Each voxel has its own parameters and noise, so the deviance of a delay is the sum of
    n ln(rss) over the voxels, of which up to 2000 with the largest mean concentration serve.

    Parameters
    ----------
    curves
        Concentrations, (voxels, T), mM.
    time
        (T,), s.
    input, model
        What feeds the tissue, and how it takes up.
    bounds
        Where to look.
    later
        How much later than `time` each curve is taken, (voxels,), s.

    Returns
    -------
    tuple of float
        The delay and its standard error, s.

    Raises
    ------
    InputError
        If no curve can be fitted.

    """
    strongest = _strongest(curves)
    sample, shifts = curves[strongest], later[strongest]

    def deviance(delay: float) -> FloatArray:
        left = np.full(len(sample), np.nan)
        for shift in np.unique(shifts):
            rows = shifts == shift
            fit = model.fit(sample[rows], time + shift, input, delay=delay)
            with np.errstate(divide="ignore"):
                left[rows] = np.where(fit.converged, time.size * np.log(fit.rss), np.nan)
        return left

    steps = int(np.ceil((bounds.high - bounds.low) / _COARSE_STEP)) + 1
    grid = np.linspace(bounds.low, bounds.high, max(steps, 5))
    tried = np.array([deviance(delay) for delay in grid])
    usable = np.isfinite(tried).all(axis=0)
    if not usable.any():
        raise InputError("no curve can be fitted to find the shared delay; give a delay instead")
    floor = tried[:, usable].min(axis=0)

    def cost(delay: float) -> float:
        return float(np.clip(deviance(delay)[usable] - floor, None, _CAP).sum())

    coarse = np.clip(tried[:, usable] - floor, None, _CAP).sum(axis=1)
    best = int(coarse.argmin())
    around = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    result = minimize_scalar(cost, bounds=around, method="bounded", options={"xatol": 1e-3})
    return float(result.x), _standard_error(cost, float(result.x), around)


def _strongest(curves: FloatArray) -> IntArray:
    means = curves.mean(axis=1)
    order = np.argsort(np.where(np.isfinite(means), -means, np.inf), kind="stable")
    return np.asarray(np.sort(order[:_VOXELS]))


def _standard_error(
    cost: Callable[[float], float], at: float, around: tuple[float, float]
) -> float:
    """Return the standard error from the curvature of the deviance."""
    step = 0.1 * (around[1] - around[0])
    curvature = (cost(at + step) - 2.0 * cost(at) + cost(at - step)) / step**2
    return float(np.sqrt(2.0 / curvature)) if curvature > 0 else float("nan")
