"""Maps of a dynamic series without a kinetic model."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce import curve_shape
from biomarkers.dce.enhancement import enhancement
from biomarkers.dce.known_t1 import t1_of
from biomarkers.dce.result import DCEMaps
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import PulseSequence, as_sequence
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag, reasons_of
from biomarkers.images.voxels import checked_series, chosen_voxels, in_chunks, in_place, of_chosen
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import (
    Baseline,
    arrival_times,
    baseline_before_arrival,
    checked_baseline,
)
from biomarkers.kinetics.parameters import known
from biomarkers.relaxometry import T1Map

FloatArray = npt.NDArray[np.float64]
Values = dict[str, FloatArray]

WINDOWS = (60, 90)  # s
PARAMETERS = tuple(
    known(name)
    for name in (
        *("BAT", "IAUC60", "IAUC90", "nIAUC60", "nIAUC90"),
        *("TTP_arrival", "peak_enhancement", "wash_in", "wash_out", "SER"),
    )
)


def semiquantitative(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike | T1Map,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    mask: npt.ArrayLike | None = None,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    input: Input | None = None,
    arrival: float | Literal["shared", "voxel"] = "shared",
    early: float = 90.0,
    sequence: PulseSequence | None = None,
) -> DCEMaps:
    """Compute areas, times, slopes and ratios of a dynamic series, see `dce.curve_shape`.

    Samples are taken as they are: peaks are the highest sample, noise included.

    Parameters
    ----------
    signal4d, time, t10, tr, flip_deg, r1, mask, baseline, b1, sequence
        As in `maps`.
    input
        Arterial input; with it the areas are also given over those of blood (of plasma, where
        it holds no blood), from its own arrival on.
    arrival
        Where areas begin and times count from, s: `shared`, the arrival in the mean curve of all
        voxels, `voxel`, that of each voxel, or a number.
    early
        Early time of the signal enhancement ratio, s after arrival; the late one is the end of
        the series.

    Returns
    -------
    DCEMaps
        BAT (of each voxel), IAUC60, IAUC90, nIAUC60 and nIAUC90 with an input, TTP_arrival,
        peak_enhancement, wash_in, wash_out, SER. The areas have standard errors, from the scatter
        before contrast. Flagged is what has no concentration at some sample.

    Raises
    ------
    InputError
        As in `maps`.

    """
    scanned = as_sequence(sequence, tr, flip_deg)
    series = checked_series(signal4d)
    chosen = chosen_voxels(series, mask)
    curves = series[chosen]
    window = baseline_before_arrival(curves) if baseline == "auto" else baseline
    before = checked_baseline(window, series.shape[-1])
    field = None if b1 is None else of_chosen("b1", b1, chosen)
    scan = Scan(scanned, r1, t1_of(t10, chosen)[0], field)
    t = np.asarray(time, dtype=float)
    reader = _Reader(t, before, _start(curves, t, arrival), early, _blood_areas(input))
    values, errors = _read(reader, curves, scan)
    sound = np.isfinite(values.pop("sound"))
    return DCEMaps(
        "semi-quantitative",
        tuple(each for each in PARAMETERS if each.name in values),
        {name: in_place(chosen, np.where(sound, each, np.nan)) for name, each in values.items()},
        {name: in_place(chosen, np.where(sound, each, np.nan)) for name, each in errors.items()},
        reasons_of(chosen.shape, {FitFlag.NO_SIGNAL: in_place(chosen, ~sound, outside=False)}),
        chosen,
        {
            **scanned.described(),
            "ContrastAgentRelaxivity": r1,
            "BaselineSamples": list(window),
            "B1Corrected": b1 is not None,
            "Arrival": arrival if isinstance(arrival, str) else float(arrival),
            "EarlyTime": early,
        },
    )


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads everything off some curves; `start` is None for that of each curve."""

    time: FloatArray
    before: slice
    start: float | None
    early: float
    blood: Mapping[int, float]

    def read(self, curves: FloatArray, scan: Scan) -> tuple[Values, Values]:
        """Return values and standard errors by name, each (V,), of signal curves (V, T)."""
        ratio, scatter = enhancement(np.asarray(curves, dtype=float), self.before)
        own = arrival_times(curves, self.time)
        start = own if self.start is None else np.asarray(self.start)
        agent = scan.concentration(ratio)
        moved = scan.concentration(ratio / (1.0 + scatter[:, None]))
        values = {"sound": agent.sum(axis=1), "BAT": own, **self._shapes(ratio - 1.0, start)}
        errors: Values = {}
        for name, area, error in self._areas(agent, moved, start):
            values[name], errors[name] = area, error
        return values, errors

    def _shapes(self, enhanced: FloatArray, start: FloatArray) -> Values:
        t = self.time
        return {
            "TTP_arrival": curve_shape.time_to_peak(enhanced, t, arrival=start),
            "peak_enhancement": curve_shape.peak_enhancement(enhanced),
            "wash_in": curve_shape.wash_in(enhanced, t, arrival=start),
            "wash_out": curve_shape.wash_out(enhanced, t),
            "SER": curve_shape.signal_enhancement_ratio(
                enhanced, t, arrival=start, early=self.early
            ),
        }

    def _areas(
        self, agent: FloatArray, moved: FloatArray, start: FloatArray
    ) -> Iterator[tuple[str, FloatArray, FloatArray]]:
        """Yield names, areas and their standard errors.

        The error is that of the samples, by their scatter before contrast, and that of the
        baseline, by which the whole curve is `moved`.
        """
        samples = agent[:, self.before]
        known = samples.shape[1] > 1
        spread = samples.std(axis=1, ddof=1) if known else np.full(len(agent), np.nan)
        for window in WINDOWS:
            weights = curve_shape.area_weights(self.time, start, float(window))
            weights = np.broadcast_to(weights, agent.shape)
            area, other = (np.einsum("vt,vt->v", each, weights) for each in (agent, moved))
            error = np.hypot(spread * np.linalg.norm(weights, axis=-1), other - area)
            yield f"IAUC{window}", area, error
            if window in self.blood:
                yield f"nIAUC{window}", area / self.blood[window], error / self.blood[window]


def _read(reader: _Reader, curves: FloatArray, scan: Scan) -> tuple[Values, Values]:
    """Read all curves, some at a time."""
    parts: dict[int, tuple[Values, Values]] = {}

    def work(part: slice) -> None:
        parts[part.start] = reader.read(curves[part], scan.part(part))

    in_chunks(work, len(curves))
    ordered = [parts[start] for start in sorted(parts)]
    values, errors = (
        {name: np.concatenate([each[k][name] for each in ordered]) for name in ordered[0][k]}
        for k in (0, 1)
    )
    return values, errors


def _start(curves: FloatArray, time: FloatArray, arrival: float | str) -> float | None:
    """Return where areas begin, s; None for the arrival in each voxel."""
    if arrival == "voxel":
        return None
    if not isinstance(arrival, str):
        return float(arrival)
    if arrival != "shared":
        raise InputError(f"arrival is {arrival!r}; expected 'shared', 'voxel' or seconds")
    finite = np.isfinite(curves).all(axis=1)
    return float(arrival_times(curves[finite].mean(axis=0, dtype=float), time))


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
