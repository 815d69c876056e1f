"""Maps of a dynamic series without a kinetic model, with the errors that noise makes.

Noise is the scatter before contrast. It moves each sample by itself, and the baseline's mean, by
which a whole curve moves. Few samples tell little of it: `Estimates.interval` allows for that.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.dce import curve_shape
from biomarkers.dce.conversion import BASELINE, MEASURED, STEP, Voxels, enhancement
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, Estimates, FitFlag, in_chunks, reasons_of
from biomarkers.estimates.voxels import CHUNK, mean_of_finite
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import arrival_times, arrivals
from biomarkers.kinetics.slices import by_offset
from biomarkers.quantities import QUANTITIES

# Name, value and standard error of a quantity, (V,) each.
Reading = tuple[str, FloatArray, FloatArray]

WINDOWS = (60, 90)  # s
OF_BLOOD = ("nIAUC60", "nIAUC90")
NAMES = (
    *("BAT", "IAUC60", "IAUC90", *OF_BLOOD),
    *("TTP_arrival", "peak_enhancement", "wash_in", "wash_out", "SER"),
)


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads everything off the curves of a scan's voxels.

    Parameters
    ----------
    voxels, time
        Of the scan; s.
    arrival, early
        As in `Scan.semiquantitative`.
    blood
        Areas of the input by window, s; empty without one.

    """

    voxels: Voxels
    time: FloatArray
    arrival: float | str
    early: float
    blood: Mapping[int, float]

    def maps(self, chosen: Chosen, settings: Mapping[str, Any]) -> Estimates:
        """Read the chosen voxels, some at a time."""
        start = self._start(chosen)
        table = np.full((2, len(NAMES), len(self.voxels.series)), np.nan)
        sound = np.zeros(len(self.voxels.series), dtype=bool)

        def work(reader: Reader, together: Chosen, part: slice) -> None:
            rows = together.index[part]
            copies, _ = self.voxels.converted(rows)
            sound[rows] = usable = np.isfinite(copies[MEASURED].sum(axis=1))
            signal = np.asarray(self.voxels.series[rows], dtype=float)
            for name, *both in reader._read(signal, copies, start):
                table[:, NAMES.index(name), rows] = np.where(usable, both, np.nan)

        for later, together in by_offset(self.voxels.offset, chosen):
            reader = replace(self, time=self.time + later)
            # Arrivals take curves that rise alike together, so more at a time cost less.
            in_chunks(partial(work, reader, together), len(together), size=2 * CHUNK)
        values, errors = (
            {name: each.reshape(chosen.shape) for name, each in zip(NAMES, half, strict=True)}
            for half in table
        )
        given = [QUANTITIES[name] for name in NAMES if self.blood or name not in OF_BLOOD]
        unknown = np.isnan([values[each.name] for each in given]).any(axis=0)
        silent = chosen.mask & ~sound.reshape(chosen.shape)
        begins = values["BAT"] if start is None else start[0]
        short = [each for each in WINDOWS if np.any(begins + each > self.time[-1])]
        return Estimates(
            "semi-quantitative",
            tuple(given),
            {each.name: values[each.name] for each in given},
            {each.name: errors[each.name] for each in given if each.has_error},
            reasons_of(
                chosen.shape,
                {
                    FitFlag.NO_SIGNAL: silent,
                    FitFlag.NOT_IDENTIFIABLE: chosen.mask & unknown & ~silent,
                },
            ),
            chosen.mask,
            {
                **settings,
                "Arrival": self.arrival if isinstance(self.arrival, str) else float(self.arrival),
                "EarlyTime": self.early,
                "ErrorsInclude": ["scatter before contrast", *self.voxels.errors],
                "DegreesOfFreedom": self.voxels.baseline_samples - 1,
            },
            notes=tuple(
                f"{each.name}: the series ends before {window} s after arrival"
                for window in short
                for each in given
                if each.name.endswith(f"IAUC{window}")
            ),
        )

    def _start(self, chosen: Chosen) -> tuple[float, float] | None:
        """Return where areas begin, and its error, s; None for the arrival in each voxel."""
        if not isinstance(self.arrival, str):
            return float(self.arrival), 0.0
        if self.arrival == "voxel":
            return None
        if self.arrival != "shared":
            raise InputError(f"arrival is {self.arrival!r}; expected 'shared', 'voxel' or seconds")
        return mean_arrival(self.voxels, chosen, self.time)

    def _read(
        self, signal: FloatArray, agent: FloatArray, shared: tuple[float, float] | None
    ) -> Iterator[Reading]:
        """Read signal curves, (V, T), and the copies of their concentration, (copies, V, T)."""
        ratio = enhancement(signal, self.voxels.before)
        before = ratio[:, self.voxels.before]
        noise = before.std(axis=1, ddof=1) if before.shape[1] > 1 else np.full(len(ratio), np.nan)
        own, own_se = arrivals(signal, self.time)
        start, start_se = (own, own_se) if shared is None else map(np.asarray, shared)
        yield "BAT", own, own_se
        baseline_se = noise / np.sqrt(before.shape[1])
        yield from self._shapes(ratio - 1.0, noise, baseline_se, start)
        yield from self._rise(ratio - 1.0, noise, baseline_se, start, start_se)
        yield from self._areas(agent, baseline_se, start)

    def _shapes(
        self, enhanced: FloatArray, noise: FloatArray, baseline_se: FloatArray, start: FloatArray
    ) -> Iterator[Reading]:
        """Yield what is read off relative enhancement.

        A baseline that is higher by a share lowers every 1 + enhancement by that share.
        """
        t = self.time
        peak = curve_shape.peak_enhancement(enhanced)
        yield "peak_enhancement", peak, np.hypot(noise, baseline_se * (1.0 + peak))
        slope, weight = curve_shape.slope_after_peak(enhanced, t)
        yield "wash_out", slope, np.hypot(noise * weight, baseline_se * slope)
        ser = curve_shape.signal_enhancement_ratio(enhanced, t, arrival=start, early=self.early)
        late = np.where(enhanced[:, -1] > 0, enhanced[:, -1], np.nan)
        of_samples = noise * np.sqrt(curve_shape.reading_weight(t, start + self.early) + ser**2)
        of_baseline = baseline_se * (1.0 - ser)
        yield "SER", ser, np.hypot(of_samples, of_baseline) / late

    def _rise(
        self,
        enhanced: FloatArray,
        noise: FloatArray,
        baseline_se: FloatArray,
        start: FloatArray,
        start_se: FloatArray,
    ) -> Iterator[Reading]:
        """Yield what is read off the rise from arrival to the highest sample."""
        t, after = self.time, slice(self.voxels.before.stop - 1, None)
        taken = curve_shape.time_to_peak(enhanced, t, arrival=start)
        taken_se = curve_shape.peak_time_error(enhanced[:, after], t[after], noise)
        taken_se = np.hypot(taken_se, start_se)
        yield "TTP_arrival", taken, taken_se
        slope = curve_shape.wash_in(enhanced, t, arrival=start)
        peak_se = np.hypot(noise, baseline_se * (1.0 + enhanced.max(axis=1)))
        of_peak = curve_shape.SECONDS * peak_se
        yield "wash_in", slope, np.hypot(of_peak, slope * taken_se) / taken

    def _areas(
        self, agent: FloatArray, baseline_se: FloatArray, start: FloatArray
    ) -> Iterator[Reading]:
        """Yield the areas: their error is that of the samples, and that of each copy."""
        samples = agent[MEASURED][:, self.voxels.before]
        scattered = samples.shape[1] > 1
        noise = samples.std(axis=1, ddof=1) if scattered else np.full(len(samples), np.nan)
        for window in WINDOWS:
            weights = curve_shape.area_weights(self.time, start, float(window))
            weights = np.broadcast_to(weights, agent.shape[1:])
            areas = np.einsum("cvt,vt->cv", agent, weights)
            area, moves = areas[MEASURED], areas - areas[MEASURED]
            moves[MEASURED] = noise * np.linalg.norm(weights, axis=-1)
            moves[BASELINE] *= baseline_se / STEP
            error = np.linalg.norm(moves, axis=0)
            yield f"IAUC{window}", area, error
            if window in self.blood:
                yield f"nIAUC{window}", area / self.blood[window], error / self.blood[window]


def mean_arrival(voxels: Voxels, chosen: Chosen, time: FloatArray) -> tuple[float, float]:
    """Return when the agent arrives in the mean of the finite voxels, and its error, s."""
    mean, _ = mean_of_finite(voxels.series, chosen.index)
    arrival, error = arrivals(mean, time + voxels.later(chosen.index).mean())
    return float(arrival), float(error)


def blood_areas(input: Input | None) -> Mapping[int, float]:
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
