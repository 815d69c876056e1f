"""One delay for all voxels: how much later than the input the tissue is reached."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import minimize_scalar

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.errors import InputError
from biomarkers.kinetics import Input, Model

# What one voxel may say against a delay (deviance, 5 standard errors squared): the few voxels of
# an artery, which the input fits best without any delay, must not outvote the tissue.
_CAP = 25.0
# A curve that reaches this share of the peak in plasma is mostly that of a vessel.
_VESSEL = 0.4
_VOXELS = 2000
_COARSE_STEP = 1.0


@dataclass(frozen=True)
class SharedDelay:
    """Bounds of a delay that all voxels share, s; `maps` finds it from all of them together.

    Parameters
    ----------
    low, high
        The delay is sought between them.

    Examples
    --------
    Tissue that the bolus reaches 3 s after the artery that was measured:

    >>> from biomarkers import dce, sample_data
    >>> from biomarkers.kinetics import Input
    >>> curve = sample_data.dce_curve()
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([curve.tissue], **how)
    >>> early = Input(curve.time - 3.0, plasma=curve.plasma)
    >>> shared = dce.SharedDelay(0.0, 8.0)
    >>> maps = dce.maps(signal[:, :170], curve.time[:170], input=early, delay=shared, **how)
    >>> print(f"delay {maps['delay'][0]:.1f} s, Ktrans {maps['Ktrans'][0]:.3f} 1/min")
    delay 3.0 s, Ktrans 0.120 1/min

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
    n ln(rss) over the voxels, of which the `strongest` serve, but no vessels: these show the input
    itself, without any delay.

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

    def deviance(delay: float) -> FloatArray:
        left = np.full(len(curves), np.nan)
        for shift in np.unique(later):
            rows = later == shift
            fit = model.fit(curves[rows], time + shift, input, delay=delay)
            with np.errstate(divide="ignore"):
                left[rows] = np.where(fit.converged, time.size * np.log(fit.rss), np.nan)
        return left

    steps = int(np.ceil((bounds.high - bounds.low) / _COARSE_STEP)) + 1
    grid = np.linspace(bounds.low, bounds.high, max(steps, 5))
    tried = np.array([deviance(delay) for delay in grid])
    usable = np.isfinite(tried).all(axis=0)
    if not usable.any():
        raise InputError("no curve can be fitted to find the shared delay; give a delay instead")
    floor, among = tried.min(axis=0), usable

    def cost(delay: float, cap: float = _CAP) -> float:
        return float(np.clip(deviance(delay)[among] - floor[among], None, cap).sum())

    coarse = np.clip(tried[:, usable] - floor[usable], None, _CAP).sum(axis=1)
    best = int(coarse.argmin())
    around = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    result = minimize_scalar(cost, bounds=around, method="bounded", options={"xatol": 1e-3})
    if result.fun > coarse[best]:
        # Noise is so low that all is at the cap but next to the minimum, which the search misses.
        # The voxels that agree need no cap.
        among = usable & (np.abs(tried.argmin(axis=0) - best) <= 1)
        whole = partial(cost, cap=np.inf)
        result = minimize_scalar(whole, bounds=around, method="bounded", options={"xatol": 1e-3})
        return float(result.x), _standard_error(whole, float(result.x), around)
    return float(result.x), _standard_error(cost, float(result.x), around)


def strongest(means: FloatArray, peaks: FloatArray, input: Input) -> IntArray:
    """Return the voxels, up to 2000, with the largest mean concentrations, (V,), but no vessels."""
    if input.plasma is not None:
        tissue = peaks < _VESSEL * np.nanmax(input.plasma)
        means = np.where(tissue, means, np.nan) if np.isfinite(means[tissue]).any() else means
    order = np.argsort(np.where(np.isfinite(means), -means, np.inf), kind="stable")
    return np.asarray(np.sort(order[:_VOXELS]))


def _standard_error(
    cost: Callable[[float], float], at: float, around: tuple[float, float]
) -> float:
    """Return the standard error from the curvature of the deviance."""
    step = 0.1 * (around[1] - around[0])
    curvature = (cost(at + step) - 2.0 * cost(at) + cost(at - step)) / step**2
    return float(np.sqrt(2.0 / curvature)) if curvature > 0 else float("nan")
