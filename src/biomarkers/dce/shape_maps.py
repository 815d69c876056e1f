"""Maps of a dynamic series without a kinetic model, with the errors that noise makes.

Noise is the scatter before contrast. It moves each sample by itself, and the baseline's mean, by
which a whole curve moves.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce import curve_shape
from biomarkers.dce.conversion import MEASURED, Voxels, enhancement
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, Estimates, FitFlag, in_chunks, reasons_of
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import arrival_times, arrivals
from biomarkers.quantities import QUANTITIES

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# Name, value and standard error of a quantity, (V,) each.
Reading = tuple[str, FloatArray, FloatArray]

WINDOWS = (60, 90)  # s
NAMES = (
    *("BAT", "IAUC60", "IAUC90", "nIAUC60", "nIAUC90"),
    *("TTP_arrival", "peak_enhancement", "wash_in", "wash_out", "SER"),
)


def reader(
    voxels: Voxels,
    time: FloatArray,
    input: Input | None,
    *,
    arrival: float | Literal["shared", "voxel"],
    early: float,
) -> "Reader":
    """Return what reads the voxels of a scan; arguments as in `dce.semiquantitative`."""
    if isinstance(arrival, str) and arrival not in ("shared", "voxel"):
        raise InputError(f"arrival is {arrival!r}; expected 'shared', 'voxel' or seconds")
    return Reader(voxels, time, arrival, early, _blood_areas(input))


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads everything off the curves of a scan's voxels."""

    voxels: Voxels
    time: FloatArray
    arrival: float | str
    early: float
    blood: Mapping[int, float]

    def maps(self, chosen: Chosen, settings: Mapping[str, Any]) -> Estimates:
        """Read the chosen voxels, some at a time."""
        self.voxels.concentration(chosen.index)
        start = self._start(chosen.index)
        shape = (len(NAMES), int(np.prod(chosen.shape)))
        values, errors = np.full(shape, np.nan), np.full(shape, np.nan)
        sound = np.zeros(shape[1], dtype=bool)

        def work(part: slice) -> None:
            rows = chosen.index[part]
            usable = rows[np.isfinite(self.voxels.concentration(rows, 1)[MEASURED, rows]).all(1)]
            sound[usable] = True
            for name, value, error in self._read(usable, start):
                values[NAMES.index(name), usable] = value
                errors[NAMES.index(name), usable] = error

        in_chunks(work, len(chosen))
        given = [name for name in NAMES if self.blood or not name.startswith("nIAUC")]
        maps = {name: values[NAMES.index(name)].reshape(chosen.shape) for name in given}
        mask = chosen.mask
        return Estimates(
            "semi-quantitative",
            tuple(QUANTITIES[name] for name in given),
            maps,
            {
                name: errors[NAMES.index(name)].reshape(chosen.shape)
                for name in given
                if QUANTITIES[name].has_error
            },
            reasons_of(chosen.shape, {FitFlag.NO_SIGNAL: mask & ~sound.reshape(chosen.shape)}),
            mask,
            {
                **settings,
                "Arrival": self.arrival if isinstance(self.arrival, str) else float(self.arrival),
                "EarlyTime": self.early,
                "ErrorsInclude": ["scatter before contrast", *self.voxels.errors],
            },
        )

    def _start(self, index: IntArray) -> float | None:
        """Return where areas begin, s; None for the arrival in each voxel."""
        if not isinstance(self.arrival, str):
            return float(self.arrival)
        if self.arrival == "voxel":
            return None
        curves = self.voxels.series[index]
        finite = np.isfinite(curves).all(axis=1)
        return float(arrival_times(curves[finite].mean(axis=0, dtype=float), self.time))

    def _read(self, rows: IntArray, shared: float | None) -> Iterator[Reading]:
        signal = self.voxels.signal(rows)
        ratio, baseline_se = enhancement(signal, self.voxels.before)
        own, own_se = arrivals(signal, self.time)
        start = own if shared is None else np.asarray(shared)
        yield "BAT", own, own_se
        yield from self._shapes(ratio - 1.0, baseline_se, start)
        yield from self._areas(rows, start)

    def _shapes(
        self, enhanced: FloatArray, baseline_se: FloatArray, start: FloatArray
    ) -> Iterator[Reading]:
        """Yield what is read off relative enhancement.

        A baseline that is higher by a share lowers every 1 + enhancement by that share.
        """
        t, noise = self.time, _noise(enhanced, self.voxels.before)
        unknown = np.full(len(enhanced), np.nan)
        yield "TTP_arrival", curve_shape.time_to_peak(enhanced, t, arrival=start), unknown
        yield "wash_in", curve_shape.wash_in(enhanced, t, arrival=start), unknown
        peak = curve_shape.peak_enhancement(enhanced)
        yield "peak_enhancement", peak, np.hypot(noise, baseline_se * (1.0 + peak))
        slope, weight = curve_shape.wash_out(enhanced, t), curve_shape.wash_out_weight(enhanced, t)
        yield "wash_out", slope, np.hypot(noise * weight, baseline_se * slope)
        ratio = curve_shape.signal_enhancement_ratio
        moved = (1.0 + enhanced) / (1.0 + baseline_se[:, None]) - 1.0
        ser, other = (ratio(each, t, arrival=start, early=self.early) for each in (enhanced, moved))
        late = enhanced[:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            error = noise * np.sqrt(curve_shape.reading_weight(t, start + self.early) + ser**2)
            yield "SER", ser, np.hypot(error / np.abs(late), other - ser)

    def _areas(self, rows: IntArray, start: FloatArray) -> Iterator[Reading]:
        """Yield the areas: their error is that of the samples, and that of each copy."""
        agent = self.voxels.concentration(rows)[:, rows]
        noise = _noise(agent[MEASURED], self.voxels.before)
        for window in WINDOWS:
            weights = curve_shape.area_weights(self.time, start, float(window))
            weights = np.broadcast_to(weights, agent.shape[1:])
            area, *moved = np.einsum("cvt,vt->cv", agent, weights)
            of_samples = noise * np.linalg.norm(weights, axis=-1)
            error = np.linalg.norm([of_samples, *(np.array(moved) - area)], axis=0)
            yield f"IAUC{window}", area, error
            if window in self.blood:
                yield f"nIAUC{window}", area / self.blood[window], error / self.blood[window]


def _noise(curves: FloatArray, before: slice) -> FloatArray:
    """Return the standard deviation of one sample, (V,), by the scatter before contrast."""
    samples = curves[:, before]
    known = samples.shape[1] > 1
    return samples.std(axis=1, ddof=1) if known else np.full(len(curves), np.nan)


def _blood_areas(input: Input | None) -> Mapping[int, float]:
    """Return the area of the input, in blood if it holds that, by window."""
    if input is None:
        return {}
    levels = np.asarray(input.plasma if input.blood is None else input.blood)
    begins = arrival_times(levels, input.time)
    return {
        window: float(
            curve_shape.initial_area(levels, input.time, arrival=begins, window=float(window))
        )
        for window in WINDOWS
    }
