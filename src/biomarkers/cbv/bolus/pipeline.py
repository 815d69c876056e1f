"""What all voxels of a scan share: the artery's ladder and area, even steps in time."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.deconvolution import area
from biomarkers.cbv.bolus.first_pass import first_pass
from biomarkers.cbv.bolus.leakage import Corrector
from biomarkers.cbv.bolus.methods import LadderMaker
from biomarkers.cbv.bolus.scan import Scan
from biomarkers.cbv.bolus.voxels import Pipeline
from biomarkers.checks import require_type
from biomarkers.errors import InputError
from biomarkers.kinetics import Input

FloatArray = npt.NDArray[np.float64]
Volume = Literal["area", "first_pass"]

# Steps between samples that differ by less than this share are even.
_EVEN = 1e-3
# A change of R2* that begins higher than this share of its peak was no change, or not from a
# baseline; an input may end so many samples before the series.
_HIGH, _EARLY = 0.5, 1.5


def checked_volume(volume: str) -> None:
    """Raise `InputError` unless it is said how volumes are taken."""
    if volume not in ("area", "first_pass"):
        raise InputError(f"volume is {volume!r}; expected 'area' or 'first_pass'")


def checked_input(source: Input, time: FloatArray) -> Input:
    """Return the artery that was given; `InputError` if it cannot be one of a series (T,), s."""
    require_type("input", source, Input, "kinetics.Input(time, blood=change of R2*, 1/s)")
    if source.blood is None:
        raise InputError("the input has no blood curve; give Input(time, blood=change of R2*)")
    if source.blood[0] > _HIGH * source.blood.max():
        raise InputError(
            f"the input begins at {source.blood[0]:.3g} and is at most {source.blood.max():.3g}; "
            "expected a change of R2* (1/s), near 0 before the bolus. Of a signal, dsc_input makes "
            "one"
        )
    missing = time[-1] - source.time[-1]
    if missing > _EARLY * np.diff(time).max():
        raise InputError(
            f"the input ends at {source.time[-1]:g} s, {missing:g} s before the series; give the "
            "artery to the end, or leave late samples out"
        )
    return source


def bind(
    scan: Scan,
    source: Input,
    ladder_of: LadderMaker,
    corrector: Corrector | None,
    *,
    volume: Volume,
    factor: float,
) -> Pipeline:
    """Bind scan, artery, deconvolution and correction.

    Raises
    ------
    InputError
        If the input encloses no area within the series, or has no first pass where that is wanted.

    """
    time, onto_grid = _even_steps(scan.time)
    step = float(time[1] - time[0])
    whole = area(source, time[0], time[-1])
    if not whole > 0:
        raise InputError(
            f"the artery's area is {whole:.3g} within the series; check the clocks of input and "
            "time, and that the input is a change of R2*, not a signal"
        )
    weights = np.full(time.size, step)
    weights[[0, -1]] *= 0.5
    return Pipeline(
        scan.time,
        step,
        onto_grid,
        scan.before,
        ladder_of(source, float(time[0]), step, time.size),
        weights / whole,
        _first_pass_area(source, time) if volume == "first_pass" else None,
        corrector,
        factor,
    )


def _first_pass_area(source: Input, time: FloatArray) -> float:
    """Return the area under the artery's first pass, 1/s·s."""
    at = np.interp(time, source.time, np.asarray(source.blood), left=0.0)
    found = float(first_pass(at[None], float(time[1] - time[0])).area[0])
    if not found > 0:
        raise InputError("the artery has no first pass to be fitted; take volume='area'")
    return found


def _even_steps(time: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Return even sample times, and the straight lines that bring curves (T,) to them (T, N)."""
    steps = np.diff(time)
    if np.ptp(steps) <= _EVEN * steps.mean():
        return time[0] + steps.mean() * np.arange(time.size), None
    even = np.arange(time[0], time[-1] + 1e-9, np.median(steps))
    return even, np.array([np.interp(even, time, unit) for unit in np.eye(time.size)])
