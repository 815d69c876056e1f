"""Fits in signal space, for tissue whose water exchange makes signal no function of concentration.

Every voxel has its own T1 and flip angle, so its own signal equation; all of them take bounded
Levenberg-Marquardt steps together, from what the fast limit gives.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from biomarkers.dce.estimates import VoxelFit
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import GradientEcho, plain_echo
from biomarkers.dce.tabulated import TabulatedTofts
from biomarkers.dce.water_exchange import Lifetime, exchanging
from biomarkers.images.voxels import in_chunks
from biomarkers.kinetics import Fit, Input, Parameter
from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.fit import akaike, explained, judged
from biomarkers.relaxometry.spgr import checked_flip
from biomarkers.timing import Frames

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MODELS = ("tofts", "extended_tofts")
LIFETIME = known.known("tau_i", resolution=10.0)
PER_MINUTE = 60.0

_STEPS, _SMALLEST = 60, 1e-7
_COMPLEX = 1e-30
_FASTEST_LEAVING, _SLOWEST_LEAVING = 1e9, 1e-9  # 1/s: the limits, to rounding


def fit_signal(
    ratio: FloatArray,
    time: npt.ArrayLike,
    input: Input,
    *,
    start: Fit,
    scan: Scan,
    lifetime: Lifetime,
) -> VoxelFit:
    """Fit (extended) Tofts kinetics and two pools of water; residuals in signal over baseline.

    Parameters
    ----------
    ratio
        (V, T).
    time, input
        Instants, s, and the input on the same clock.
    start
        Fit in the fast limit, of the same voxels; its model is the one fitted, at its delay, which
        all voxels share.
    scan
        How the voxels were scanned, with a plain spoiled gradient echo.
    lifetime
        Of water in cells, s, or bounds to fit it within.

    """
    frames = Frames.instants(time)
    reached = input.shifted(float(start["delay"].flat[0]))
    kinetics = TabulatedTofts.tabulate(reached, frames, vascular=start.model == "extended_tofts")
    free = isinstance(lifetime, tuple)
    problem = _Problem(kinetics, scan, plain_echo(scan.sequence), lifetime)
    size = 2 + kinetics.vascular + free
    values = np.full((len(ratio), size), np.nan)
    normal = np.full((len(ratio), size, size), np.nan)
    rss, done = np.full(len(ratio), np.nan), np.zeros(len(ratio), dtype=bool)
    usable = np.isfinite(ratio).all(axis=1) & start.converged

    def work(part: slice) -> None:
        places = np.flatnonzero(usable[part]) + part.start
        if places.size:
            found = problem.fit(ratio[places], places, problem.starts(start, places))
            values[places], normal[places], rss[places], done[places] = found

    in_chunks(work, len(ratio))
    found = _reported(ratio, problem, values, normal, rss, done)
    return replace(
        found,
        estimates={**found.estimates, "delay": start["delay"]},
        se={**found.se, "delay": start.se["delay"]},
    )


Found = tuple[FloatArray, FloatArray, FloatArray, BoolArray]


@dataclass(frozen=True, eq=False)
class _Problem:
    kinetics: TabulatedTofts
    scan: Scan
    echo: GradientEcho
    lifetime: Lifetime

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        low, high = [0.0, 1e-3], [0.2, 1.0]
        if self.kinetics.vascular:
            low, high = [*low, 0.0], [*high, 1.0]
        if isinstance(self.lifetime, tuple):
            low, high = [*low, self.lifetime[0]], [*high, self.lifetime[1]]
        return np.array(low), np.array(high)

    def starts(self, start: Fit, places: npt.NDArray[np.int64]) -> list[FloatArray]:
        """Return where to start: the fast limit, with a short and a long lifetime."""
        names = ["Ktrans", "ve", "vp"] if self.kinetics.vascular else ["Ktrans", "ve"]
        found = np.stack([start.estimates[name][places] for name in names], axis=1)
        found[:, 0] /= PER_MINUTE
        typical = np.array([1e-3, 0.2, 0.02])[: len(names)]
        found = np.where(np.isfinite(found), found, typical)
        if not isinstance(self.lifetime, tuple):
            return [found]
        low, high = self.lifetime
        reached = [low ** (1 - share) * high**share for share in (0.25, 0.75)]
        return [np.column_stack([found, np.full(len(found), each)]) for each in reached]

    def fit(
        self,
        ratio: FloatArray,
        places: npt.NDArray[np.int64],
        starts: Sequence[FloatArray],
    ) -> Found:
        b1 = np.ones(len(places)) if self.scan.b1 is None else self.scan.b1[places]
        cosine = np.cos(float(checked_flip(self.echo.flip_deg)) * b1)[:, None]
        rest = (1.0 / self.scan.t10[places])[:, None]
        best = self._descend(ratio, rest, cosine, starts[0])
        for start in starts[1:]:
            other = self._descend(ratio, rest, cosine, start)
            better = other[2] < best[2]
            for into, taken in zip(best, other, strict=True):
                into[better] = taken[better]
        return best

    def _descend(
        self, ratio: FloatArray, rest: FloatArray, cosine: FloatArray, start: FloatArray
    ) -> Found:
        """Levenberg-Marquardt within bounds, every voxel with its own damping."""
        low, high = self.bounds
        values = np.clip(start, low, high)
        curves, slopes = self._signal(values, rest, cosine)
        gap = ratio - curves
        rss = np.einsum("vt,vt->v", gap, gap)
        damping, done = np.full(len(values), 1e-3), np.zeros(len(values), dtype=bool)
        for _ in range(_STEPS):
            live = np.flatnonzero(~done)
            if not live.size:
                break
            step = _damped(slopes[live], gap[live], damping[live], values[live], (low, high))
            moved = np.clip(values[live] + step, low, high)
            curves, fresh = self._signal(moved, rest[live], cosine[live])
            left = ratio[live] - curves
            new = np.einsum("vt,vt->v", left, left)
            better = new <= rss[live]
            still = (np.abs(moved - values[live]) <= _SMALLEST * (np.abs(moved) + 1e-6)).all(axis=1)
            flat = better & (rss[live] - new <= 1e-10 * rss[live])
            took = live[better]
            values[took], gap[took], rss[took] = moved[better], left[better], new[better]
            slopes[took] = fresh[better]
            damping[live] = np.where(better, damping[live] / 10.0, damping[live] * 10.0)
            done[live] = still | flat | (damping[live] > 1e12)
        return values, slopes @ slopes.transpose(0, 2, 1), rss, done

    def _signal(
        self, values: FloatArray, rest: FloatArray, cosine: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return signal over baseline (V, T) and its derivatives (V, P, T)."""
        agent, by_value = self.kinetics.concentration(values)
        outside = values[:, 1:2] + (values[:, 2:3] if self.kinetics.vascular else 0.0)
        room = outside < 1.0
        outside = np.where(room, outside, 1.0)
        lifetime = values[:, -1:] if isinstance(self.lifetime, tuple) else self.lifetime
        leaving = np.clip(
            1.0 / np.maximum(np.broadcast_to(lifetime, outside.shape), 1.0 / _FASTEST_LEAVING),
            _SLOWEST_LEAVING,
            None,
        )
        scan = (self.echo.tr, self.scan.r1, cosine)
        before = exchanging(np.zeros((1, 1)), outside, leaving, rest, scan)
        moved = exchanging(agent + 1j * _COMPLEX, outside, leaving, rest, scan)
        by_agent = moved.imag / _COMPLEX
        by_room = exchanging(agent, outside + 1j * _COMPLEX, leaving, rest, scan).imag / _COMPLEX
        by_room = np.where(room, by_room, 0.0)
        slopes = [by_agent * each for each in by_value]
        for k in range(1, len(slopes)):
            slopes[k] = slopes[k] + by_room
        if isinstance(self.lifetime, tuple):
            faster = exchanging(agent, outside, leaving + 1j * _COMPLEX, rest, scan).imag
            slopes.append(-(faster / _COMPLEX) * leaving**2)
        unit = before.real
        return moved.real / unit, np.stack(slopes, axis=1) / unit[:, None]


def _damped(
    slopes: FloatArray,
    gap: FloatArray,
    damping: FloatArray,
    values: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Solve for the step, without the parameters that would leave their bounds."""
    right = np.einsum("vpt,vt->vp", slopes, gap)
    pressed = ((values <= bounds[0]) & (right < 0)) | ((values >= bounds[1]) & (right > 0))
    size = np.sqrt(np.einsum("vpt,vpt->vp", slopes, slopes)) + 1e-300
    normal = (slopes @ slopes.transpose(0, 2, 1)) / (size[:, :, None] * size[:, None, :])
    normal[pressed[:, :, None] | pressed[:, None, :]] = 0.0
    every = np.arange(normal.shape[1])
    normal[:, every, every] = 1.0 + damping[:, None]
    wanted = np.where(pressed, 0.0, right / size)
    return np.asarray(np.linalg.solve(normal, wanted[:, :, None])[:, :, 0] / size)


def _reported(
    ratio: FloatArray,
    problem: _Problem,
    values: FloatArray,
    normal: FloatArray,
    rss: FloatArray,
    done: BoolArray,
) -> VoxelFit:
    vascular, points, size = problem.kinetics.vascular, ratio.shape[1], values.shape[1]
    covariance = _covariance(normal) * (rss / max(points - size, 1))[:, None, None]
    parameters, columns, slopes = _physiology(values, vascular, isinstance(problem.lifetime, tuple))
    estimates, errors = {}, {}
    for parameter, column, slope in zip(parameters, columns, slopes, strict=True):
        error = np.sqrt(np.einsum("vp,vpq,vq->v", slope, covariance, slope))
        estimates[parameter.name], errors[parameter.name] = judged(parameter, column, error)
    low, high = problem.bounds
    close = 1e-6 * (high - low)
    total = ((ratio - ratio.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return VoxelFit(
        "extended_tofts" if vascular else "tofts",
        parameters,
        estimates,
        errors,
        rss,
        explained(rss, total),
        akaike(rss, points, size),
        done,
        np.asarray(((values <= low + close) | (values >= high - close)).any(axis=1)),
    )


def _covariance(normal: FloatArray) -> FloatArray:
    """Invert normal matrices; NaN where the parameters cannot be told apart."""
    size = np.sqrt(np.einsum("vpp->vp", normal))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = normal / (size[:, :, None] * size[:, None, :])
        sound = np.isfinite(scaled).all(axis=(1, 2))
        scaled[~sound] = np.eye(normal.shape[1])
        sound &= np.linalg.eigvalsh(scaled)[:, 0] > 1e-12
        scaled[~sound] = np.eye(normal.shape[1])
        inverse = np.linalg.inv(scaled) / (size[:, :, None] * size[:, None, :])
    return np.where(sound[:, None, None], inverse, np.nan)


def _physiology(
    values: FloatArray, vascular: bool, lifetime: bool
) -> tuple[tuple[Parameter, ...], list[FloatArray], list[FloatArray]]:
    """Return the parameters reported, their values, and gradients by what was fitted."""
    ktrans, ve = PER_MINUTE * values[:, 0], values[:, 1]
    axes = [np.tile(row, (len(values), 1)) for row in np.eye(values.shape[1])]
    with np.errstate(divide="ignore", invalid="ignore"):
        kep = ktrans / ve
        by_kep = (PER_MINUTE * axes[0] - kep[:, None] * axes[1]) / ve[:, None]
    reported = [
        (known.KTRANS, ktrans, PER_MINUTE * axes[0]),
        (known.KEP, kep, by_kep),
        (known.VE, ve, axes[1]),
    ]
    if vascular:
        reported.append((known.VP_DIRECT, values[:, 2], axes[2]))
    if lifetime:
        reported.append((LIFETIME, values[:, -1], axes[-1]))
    parameters, columns, slopes = zip(*reported, strict=True)
    return parameters, list(columns), list(slopes)
