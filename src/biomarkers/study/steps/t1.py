"""T1 from a variable-flip-angle series, corrected by B1, with its error."""

from dataclasses import dataclass, replace

import numpy as np

from biomarkers.errors import InputError, StudyError
from biomarkers.images import require_same_grid
from biomarkers.relaxometry import T1Map, spgr_signal, t1_vfa
from biomarkers.study.acquisition import (
    Source,
    flip_angle,
    one_grid,
    repetition_time,
    sequence_notes,
)
from biomarkers.study.maps import Maps, only
from biomarkers.study.step import Files, Step
from biomarkers.study.work import Outcome, Plan, View, Work


@dataclass(frozen=True)
class T1Settings:
    """What may be chosen of T1.

    Parameters
    ----------
    bounds
        Shortest and longest T1 looked for, s.

    """

    bounds: tuple[float, float] = (0.01, 20.0)

    def __post_init__(self) -> None:
        if not 0.0 < self.bounds[0] < self.bounds[1]:
            raise InputError(f"bounds are {list(self.bounds)} s; expected positive ones that rise")


def plan(view: View) -> Plan:
    """Check the series, and that B1 lies on its grid."""
    series = vfa_series(view.images("VFA"))
    grid, notes = one_grid(series), sequence_notes(series)
    if "B1" in view.grids:
        require_same_grid(grid, view.grids["B1"])
    else:
        notes += ("no B1 map: flip angles are taken as nominal, T1 is not corrected",)
    return Plan(grid, notes)


def vfa_series(images: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return the series by flip angle.

    Raises
    ------
    StudyError
        If it is none, or a sidecar lacks what is needed.

    """
    series = tuple(sorted(images, key=flip_angle))
    where = series[0].file.path.parent
    if len({flip_angle(source) for source in series}) < 2:
        raise StudyError(f"{where}: a VFA series needs two or more flip angles, found 1")
    if len({repetition_time(source) for source in series}) > 1:
        times = ", ".join(f"{repetition_time(source):g}" for source in series)
        raise StudyError(f"{where}: the VFA images differ in TR ({times} s); expected one TR")
    return series


def measure(work: Work) -> Outcome:
    """Fit T1 in every voxel; regions know the noise better than the residuals of a voxel do."""
    fit = t1_estimates(vfa_series(work.images("VFA")), work.map_here("B1"), work.settings)
    if work.shares is None:
        return Outcome((fit,))
    pooled = only(fit.with_pooled_noise(), T1.gives)
    return Outcome((fit,), rows=pooled.by_region(work.shares), measured=False)


def t1_estimates(series: tuple[Source, ...], b1: Maps | None, settings: T1Settings) -> T1Map:
    """Fit T1 to a series, corrected by a B1 map on the same grid, whose error it then holds."""
    first = series[0].read().data
    signal = np.empty((*first.shape, len(series)))
    for place, source in enumerate(series):
        signal[..., place] = first if place == 0 else source.read().data
    fit = t1_vfa(
        signal,
        flip_deg=[flip_angle(source) for source in series],
        tr=repetition_time(series[0]),
        b1=b1.in_unit("B1", "") if b1 else None,
        t1_bounds=settings.bounds,
    )
    return replace(fit, settings={**fit.settings, "B1": b1.origin if b1 else "not corrected"})


def warm_up() -> None:
    """Fit T1 to one made-up voxel."""
    angles, tr = np.array([2.0, 5.0, 10.0, 20.0]), 0.01
    signal = spgr_signal(1000.0, 1.2, flip_deg=angles, tr=tr)
    t1_vfa(np.reshape(signal, (1, -1)), flip_deg=angles, tr=tr, b1=np.ones(1))


T1 = Step(
    "t1",
    "T1",
    (Files("VFA", differing=("flip",)),),
    ("T1",),
    measure,
    plan,
    uses=("B1",),
    settings=T1Settings,
    folder="anat",
    suffixes={"T1": "T1map"},
    warm_up=warm_up,
)
