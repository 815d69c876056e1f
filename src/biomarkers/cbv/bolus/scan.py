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
    voxels
        Signals, (V, E, T).
    chosen
        Where they are, (...).
    echoes, time
        Echo times, and sample times (T,), s.
    window
        First sample before contrast and the one after the last.

    """

    voxels: FloatArray
    chosen: BoolArray
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
            return cls(voxels, chosen, echoes, instants, baseline)
        try:
            window = find_baseline(voxels, echoes)
        except InputError:
            if source is None or source.blood is None:
                raise
            artery = read(source.time, source.blood, Frames.instants(instants))
            window = baseline_before_arrival(artery)
        return cls(voxels, chosen, echoes, instants, window)

    @property
    def before(self) -> slice:
        """The samples before contrast."""
        return checked_baseline(self.window, self.time.size)

    def change(self, part: slice) -> Change:
        """Return the change of R2* of some voxels."""
        return relaxation_change(self.voxels[part], self.echoes, self.window)

    def curves(self) -> FloatArray:
        """Return the change of R2* of all voxels (V, T), NaN where it cannot be trusted."""
        out = np.empty((len(self.voxels), self.time.size))

        def work(part: slice) -> None:
            change = self.change(part)
            out[part] = np.where(change.flags[:, None] > 0, np.nan, change.curves)

        in_chunks(work, len(out), size=CHUNK)
        return out
