"""The voxels of a dynamic susceptibility series, and their changes of R2*."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.signal import (
    Change,
    Echoes,
    checked_echoes,
    checked_signal,
    checked_time,
    find_baseline,
    relaxation_change,
)
from biomarkers.cbv.signals import Signals
from biomarkers.errors import InputError
from biomarkers.images.voxels import chosen_voxels, in_chunks
from biomarkers.kinetics import Input, baseline_before_arrival, read
from biomarkers.kinetics.arrival import Baseline, checked_baseline
from biomarkers.timing import Frames

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
BaselineChoice: TypeAlias = "Baseline | Literal['auto']"

# Voxels worked on at a time: few enough that what is made of them takes little memory.
CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Scan:
    """The voxels worked on and how they were scanned.

    Parameters
    ----------
    series
        All signals, (..., E, T).
    chosen
        The voxels worked on, (...).
    voxels
        Their signals, (V, E, T).
    echoes, time
        Echo times, and sample times (T,), s.
    window
        First sample before contrast and the one after the last.

    """

    series: FloatArray
    chosen: BoolArray
    voxels: FloatArray
    echoes: Echoes
    time: FloatArray
    window: Baseline

    @classmethod
    def of(
        cls,
        signal: Signals,
        time: npt.ArrayLike,
        te: npt.ArrayLike,
        *,
        mask: npt.ArrayLike | None,
        baseline: BaselineChoice,
        source: Input | None = None,
    ) -> "Scan":
        """Check what was given, and find the baseline.

        Where no bolus stands out of the voxels' mean, it ends before that of `source` begins.
        """
        instants, echoes = checked_time(time), checked_echoes(te)
        series = checked_signal(signal, instants.size, echoes.times.size)
        chosen = chosen_voxels(series.reshape(*series.shape[:-2], -1), mask)
        voxels = series[chosen]
        if baseline != "auto":
            checked_baseline(baseline, instants.size)
            return cls(series, chosen, voxels, echoes, instants, baseline)
        try:
            window = find_baseline(voxels, echoes)
        except InputError:
            if source is None or source.blood is None:
                raise
            artery = read(source.time, source.blood, Frames.instants(instants))
            window = baseline_before_arrival(artery)
        return cls(series, chosen, voxels, echoes, instants, window)

    @property
    def before(self) -> slice:
        """The samples before contrast."""
        return checked_baseline(self.window, self.time.size)

    def change(self, part: slice) -> Change:
        """Return the change of R2* of some voxels."""
        return relaxation_change(self.voxels[part], self.echoes, self.window)

    def curves(self) -> FloatArray:
        """Return the change of R2* of the voxels (V, T), NaN where it cannot be trusted."""
        return self._trusted(self.voxels)

    def curves_of(self, region: BoolArray) -> FloatArray:
        """Return the same of a region, (...), in the mask or not."""
        return self._trusted(self.series[region])

    def _trusted(self, voxels: FloatArray) -> FloatArray:
        out = np.empty((len(voxels), self.time.size))

        def work(part: slice) -> None:
            change = relaxation_change(voxels[part], self.echoes, self.window)
            out[part] = np.where(change.flags[:, None] > 0, np.nan, change.curves)

        in_chunks(work, len(out), size=CHUNK)
        return out
