"""Fits in signal space, for tissue whose water exchange makes signal no function of concentration.

Every voxel has its own T1 and flip angle, so its own signal equation; all of them start from what
the fast limit gives.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.dce.conversion import Voxels
from biomarkers.dce.sequence import plain_echo
from biomarkers.dce.water_exchange import Lifetime, exchanging
from biomarkers.estimates import Chosen, FitFlag, in_chunks
from biomarkers.kinetics import Fit, Input, Parameter
from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.fit import concluded, judged
from biomarkers.kinetics.least_squares import Minimum, covariance, levenberg_marquardt
from biomarkers.kinetics.quality import quality_of
from biomarkers.kinetics.tabulated import TabulatedTofts
from biomarkers.timing import Frames

EXCHANGING = ("tofts", "extended_tofts")  # models
LIFETIME = known.known("tau_i", resolution=10.0)
PER_MINUTE = 60.0

_COMPLEX = 1e-30
_FASTEST_LEAVING, _SLOWEST_LEAVING = 1e9, 1e-9  # 1/s: the limits, to rounding
# What a parameter starts from where the fast limit knows none, and its bounds; Ktrans in 1/s.
_TYPICAL = {"Ktrans": 1e-3, "ve": 0.2, "vp": 0.02}
_BOUNDS = {"Ktrans": (0.0, 0.2), "ve": (1e-3, 1.0), "vp": (0.0, 1.0)}


def fit_signal(
    voxels: Voxels,
    chosen: Chosen,
    time: npt.ArrayLike,
    input: Input,
    *,
    start: Fit,
    lifetime: Lifetime,
) -> Fit:
    """Fit (extended) Tofts kinetics and two pools of water; residuals in signal over baseline.

    Parameters
    ----------
    voxels, chosen
        The voxels of a scan with a plain spoiled gradient echo, and those to fit.
    time, input
        Instants, s, and the input on the same clock.
    start
        Fit in the fast limit of all copies of the voxels, (copies, ...); its model is the one
        fitted, at its delay, which all voxels share.
    lifetime
        Of water in cells, s, or bounds to fit it within.

    """
    vascular = start.model == "extended_tofts"
    delay = float(start["delay"].flat[0])
    kinetics = TabulatedTofts.tabulate(
        input.shifted(delay), Frames.instants(time), vascular=vascular
    )
    names = ("Ktrans", "ve", *(["vp"] if vascular else []))
    # The copies of the voxels one after the other, as rows.
    parts = [voxels.copy(kind, chosen.index) for kind in range(voxels.copies)]
    ratio, t10 = (np.concatenate(each) for each in zip(*parts, strict=True))
    b1 = np.ones(len(t10)) if voxels.b1 is None else np.tile(voxels.b1[chosen.index], len(parts))
    echo = plain_echo(voxels.sequence)
    cosine = np.cos(echo.angle(b1)[:, 0])
    pools = _TwoPools(kinetics, lifetime, (echo.tr, voxels.r1), 1.0 / t10, cosine)

    def rows_of(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values.reshape(len(parts), -1)[:, chosen.index].ravel()

    def placed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        outside = np.nan if values.dtype.kind == "f" else 0
        copies = values.reshape(len(parts), -1)
        return np.array([chosen.place(each, outside=outside) for each in copies])

    usable = np.isfinite(ratio).all(axis=1) & rows_of(start.converged)
    first = {name: rows_of(start[name]) for name in names}
    least = _fitted(pools, ratio, np.flatnonzero(usable), first)
    total = ((ratio - ratio.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    low, high = pools.bounds
    close = 1e-6 * (high - low)
    pressed = (least.values <= low + close) | (least.values >= high - close)
    parameters, values, errors = _physiology(pools, least, ratio.shape[1])
    quality = quality_of(least.rss, total, ratio.shape[1], least.values.shape[1])
    bits = concluded(
        values,
        errors,
        converged=least.converged,
        lost=np.zeros(len(ratio), dtype=bool),
        at_bound=np.asarray(pressed.any(axis=1)),
    )
    bits[~usable] = FitFlag.NO_SIGNAL
    return replace(
        start,
        quantities=parameters,
        values={name: placed(each) for name, each in values.items()} | {"delay": start["delay"]},
        se={name: placed(each) for name, each in errors.items()} | {"delay": start.se["delay"]},
        reasons=replace(start.reasons, bits=placed(bits)),
        quality={name: placed(each) for name, each in quality.items()},
    )


def _fitted(
    pools: "_TwoPools", ratio: FloatArray, usable: IntArray, first: Mapping[str, FloatArray]
) -> Minimum:
    """Return the least squares of the usable rows; the others are NaN."""
    count, size = len(ratio), len(pools.bounds[0])
    out = Minimum(
        np.full((count, size), np.nan),
        np.full((count, size, size), np.nan),
        np.full(count, np.nan),
        np.zeros(count, dtype=bool),
    )

    def work(part: slice) -> None:
        rows = usable[part]
        some = pools.of(rows)
        starts = some.starts({name: values[rows] for name, values in first.items()})
        least = levenberg_marquardt(
            some.signal,
            ratio[rows],
            starts,
            pools.bounds,
            smallest_step=1e-7,
            smallest_gain=1e-10,
            most_steps=60,
        )
        for into, taken in zip(out, least, strict=True):
            into[rows] = taken

    in_chunks(work, usable.size)
    return out


@dataclass(frozen=True, eq=False)
class _TwoPools:
    """The signal equation of voxels: relaxation rate and cosine of the flip angle, (V,) each."""

    kinetics: TabulatedTofts
    lifetime: Lifetime
    scan: tuple[float, float]  # TR, s, and relaxivity
    rest: FloatArray
    cosine: FloatArray

    def of(self, rows: IntArray) -> "_TwoPools":
        """Return the equation of some of the voxels."""
        return replace(self, rest=self.rest[rows], cosine=self.cosine[rows])

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and greatest values of what is fitted."""
        names = ("Ktrans", "ve", *(["vp"] if self.kinetics.vascular else []))
        pairs = [_BOUNDS[name] for name in names]
        if isinstance(self.lifetime, tuple):
            pairs.append(self.lifetime)
        low, high = np.array(pairs).T
        return low, high

    def starts(self, first: Mapping[str, FloatArray]) -> list[FloatArray]:
        """Return where to start: the fast limit, with a short and a long lifetime."""
        columns = []
        for name, values in first.items():
            inside = values / PER_MINUTE if name == "Ktrans" else values
            columns.append(np.where(np.isfinite(inside), inside, _TYPICAL[name]))
        if not isinstance(self.lifetime, tuple):
            return [np.column_stack(columns)]
        low, high = self.lifetime
        reached = [low ** (1 - share) * high**share for share in (0.25, 0.75)]
        return [np.column_stack([*columns, np.full(len(columns[0]), each)]) for each in reached]

    def signal(self, values: FloatArray, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return signal over baseline (V, T) and its derivatives (V, P, T)."""
        rest, cosine = self.rest[rows, None], self.cosine[rows, None]
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
        scan = (*self.scan, cosine)
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


def _physiology(
    pools: _TwoPools, least: Minimum, points: int
) -> tuple[tuple[Parameter, ...], dict[str, FloatArray], dict[str, FloatArray]]:
    """Return the parameters reported, their values and their standard errors by name."""
    values = least.values
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
    if pools.kinetics.vascular:
        reported.append((known.VP_DIRECT, values[:, 2], axes[2]))
    if isinstance(pools.lifetime, tuple):
        reported.append((LIFETIME, values[:, -1], axes[-1]))
    variance = (least.rss / max(points - values.shape[1], 1))[:, None, None]
    spread = covariance(least.normal) * variance
    estimates: dict[str, FloatArray] = {}
    errors: dict[str, FloatArray] = {}
    for parameter, column, slope in reported:
        error = np.sqrt(np.einsum("vp,vpq,vq->v", slope, spread, slope))
        estimates[parameter.name], errors[parameter.name] = judged(parameter, column, error)
    return tuple(parameter for parameter, _, _ in reported), estimates, errors
