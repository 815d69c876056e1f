"""From a dynamic susceptibility series to maps of blood flow, blood volume and transit."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.dsc_artery import artery_among
from biomarkers.cbv.dsc_deconvolution import area, causal, cyclic
from biomarkers.cbv.dsc_first_pass import first_pass
from biomarkers.cbv.dsc_ladders import (
    CSVD_THRESHOLD,
    OSCILLATION_INDEX,
    SSVD_THRESHOLD,
    Ladder,
    oscillating,
    tikhonov,
    truncated,
)
from biomarkers.cbv.dsc_leakage import K1, K2, Corrector, Leakage, checked_leakage
from biomarkers.cbv.dsc_reference import reference_curve
from biomarkers.cbv.dsc_result import DSCMaps
from biomarkers.cbv.dsc_scaling import AS_MEASURED, Scaling
from biomarkers.cbv.dsc_signal import (
    Change,
    Echoes,
    checked_echoes,
    checked_signal,
    checked_time,
    find_baseline,
    relaxation_change,
)
from biomarkers.cbv.dsc_voxels import TIMES, Pipeline
from biomarkers.cbv.signals import Signals
from biomarkers.errors import InputError
from biomarkers.images.voxels import chosen_voxels, in_chunks, in_place
from biomarkers.kinetics import Input, Parameter
from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.arrival import Baseline, checked_baseline

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Method = Literal["sSVD", "cSVD", "oSVD", "tikhonov"]
Volume = Literal["area", "first_pass"]

DEFAULT_REGULARISATION: dict[str, float | str] = {
    "sSVD": SSVD_THRESHOLD,
    "cSVD": CSVD_THRESHOLD,
    "oSVD": OSCILLATION_INDEX,
    "tikhonov": "l_curve",
}
_CHUNK = 4096
# Steps between samples that differ by less than this share are even.
_EVEN = 1e-3


def dsc(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    input: Input | None = None,
    method: Method = "oSVD",
    leakage: Leakage | None = None,
    mask: npt.ArrayLike | None = None,
    reference: npt.ArrayLike | None = None,
    baseline: Baseline | Literal["auto"] = "auto",
    regularisation: float | str | None = None,
    volume: Volume = "area",
    scaling: Scaling = AS_MEASURED,
) -> DSCMaps:
    """Compute maps of blood flow, blood volume and transit from a bolus of contrast.

    Parameters
    ----------
    signal
        T2*-weighted series, (..., T), any unit, an array or an image. Of several echoes (..., E,
        T), (..., T, E) or a list of series: the change of R2* then is the slope over echoes, which
        T1 does not touch.
    time
        When each sample was taken, (T,), s, on the clock of `input`. Uneven steps are brought to
        the middle one by straight lines.
    te
        Echo time, or echo times, s.
    input
        Change of R2* in the artery, 1/s, as its `blood`; from `dsc_input` for a drawn one. None
        looks for it, see `dsc_artery`.
    method
        `sSVD`, truncated singular values of a residue that starts with the artery; `cSVD`, of a
        cyclic one, which may come late or early; `oSVD`, cyclic and truncated in each voxel as
        little as the oscillation of its residue allows; `tikhonov`, damped rather than truncated,
        starting with the artery.
    leakage
        `bsw` for contrast that leaks and stays, `bidirectional` for contrast that returns, None
        for none.
    mask
        Voxels to work on, (...); all that have signal if not given.
    reference
        Tissue that does not leak, (...), for `leakage`; found by its tail if not given.
    baseline
        First sample before contrast and the one after the last; `auto` finds it, and leaves out
        bright volumes before the steady state.
    regularisation
        Share of the largest singular value (`sSVD` 0.2, `cSVD` 0.1), largest oscillation index
        (`oSVD` 0.035), or for `tikhonov` how the penalty is chosen, `l_curve` or `gcv`.
    volume
        Blood volume from the `area` under whole curves, or under the gamma variate fitted to
        their `first_pass`, which leaves out recirculation.
    scaling
        Haematocrit and density: `AS_MEASURED`, `HUMAN`, `RAT`, or your own. With a density, flow
        and volume are per mass of tissue.

    Returns
    -------
    DSCMaps
        `CBF` (mL/min/100mL), `CBV` (fraction), `MTT` (s), `Tmax` (of the residue, s), `TTP` (of
        the curve, s, on the clock of `time`), and with leakage `K1`, `K2` (1/s) and `kep` (1/min);
        `.se`, `.flags`, `.reasons`, `.save(folder, like=image)`.

    Raises
    ------
    ArteryError
        If no input is given and no voxel looks like an artery.
    InputError
        If shapes do not fit, a setting is unknown or not physical, the mask is empty, or no bolus
        is seen.

    """
    instants, echoes = checked_time(time), checked_echoes(te)
    ladder_of = _checked(method, regularisation, volume)
    model = checked_leakage(leakage)
    series = checked_signal(signal, instants.size, echoes.times.size)
    chosen = chosen_voxels(series.reshape(*series.shape[:-2], -1), mask)
    voxels = series[chosen]
    window = find_baseline(voxels, echoes) if baseline == "auto" else baseline
    scan = _Scan(voxels, echoes, window, instants)
    source = input if input is not None else _found(scan, chosen)
    corrector = None if model is None else _corrector(model, scan, source, reference, chosen)
    pipeline = _pipeline(scan, source, ladder_of, corrector, scaling, volume)
    values, errors, flags = _measured(pipeline, scan)
    place = partial(in_place, chosen)
    reasons = in_place(chosen, flags, outside=0)
    return DSCMaps(
        method,
        tuple(_parameters(scaling)[name] for name in values),
        {name: place(each) for name, each in values.items()},
        {name: place(each) for name, each in errors.items()},
        chosen,
        np.asarray(reasons > 0),
        reasons,
        source,
        {
            "EchoTime": [float(each) for each in echoes.times],
            "BaselineSamples": list(window),
            "Deconvolution": method,
            "Regularisation": regularisation or DEFAULT_REGULARISATION[method],
            "Leakage": leakage,
            "Volume": volume,
            "HaematocritRatio": scaling.kappa,
            "TissueDensity": scaling.density,
            "Artery": "given" if input is not None else "found",
        },
    )


@dataclass(frozen=True, eq=False)
class _Scan:
    """The voxels worked on and how they were scanned."""

    voxels: FloatArray
    echoes: Echoes
    window: Baseline
    time: FloatArray

    def change(self, part: slice) -> Change:
        """Return the change of R2* of some voxels."""
        return relaxation_change(self.voxels[part], self.echoes, self.window)

    def curves(self) -> FloatArray:
        """Return the change of R2* of all voxels (V, T), NaN where it cannot be trusted."""
        out = np.empty((len(self.voxels), self.time.size))

        def work(part: slice) -> None:
            change = self.change(part)
            out[part] = np.where(change.flags[:, None] > 0, np.nan, change.curves)

        in_chunks(work, len(out), size=_CHUNK)
        return out


def _checked(
    method: str, regularisation: float | str | None, volume: str
) -> Callable[[Input, float, float, int], Ladder]:
    """Return what makes the ladder of a method; `InputError` if a setting is unknown."""
    if method not in DEFAULT_REGULARISATION:
        raise InputError(f"method is {method!r}; expected {_any_of(DEFAULT_REGULARISATION)}")
    if volume not in ("area", "first_pass"):
        raise InputError(f"volume is {volume!r}; expected 'area' or 'first_pass'")
    setting = DEFAULT_REGULARISATION[method] if regularisation is None else regularisation
    if method == "tikhonov":
        if setting not in ("l_curve", "gcv"):
            raise InputError(f"regularisation is {setting!r}; expected 'l_curve' or 'gcv'")
        return lambda *at: tikhonov(causal(*at), str(setting))
    if isinstance(setting, str) or not 0.0 < setting < 1.0:
        raise InputError(f"regularisation is {setting!r}; {method} takes a number between 0 and 1")
    level = float(setting)
    if method == "sSVD":
        return lambda *at: truncated(causal(*at), level)
    if method == "cSVD":
        return lambda *at: truncated(cyclic(*at), level)
    return lambda *at: oscillating(cyclic(*at), level)


def _any_of(names: Iterable[str]) -> str:
    return " or ".join(repr(name) for name in names)


def _found(scan: _Scan, chosen: BoolArray) -> Input:
    """Return the artery found among all voxels."""
    curves = np.full((*chosen.shape, scan.time.size), np.nan)
    curves[chosen] = scan.curves()
    return artery_among(curves, scan.time, chosen).input


def _corrector(
    model: Leakage,
    scan: _Scan,
    source: Input,
    reference: npt.ArrayLike | None,
    chosen: BoolArray,
) -> Corrector:
    """Return what removes leakage, from tissue that was given or is found."""
    curves = scan.curves()
    if reference is None:
        before = checked_baseline(scan.window, scan.time.size)
        return Corrector(model, scan.time, reference_curve(curves, scan.time, before, source))
    given = np.asarray(reference, dtype=bool)
    if given.shape != chosen.shape:
        raise InputError(f"reference of shape {given.shape} does not fit voxels {chosen.shape}")
    sound = given[chosen] & np.isfinite(curves).all(axis=1)
    if not sound.any():
        raise InputError("no voxel of the reference is in the mask and has a curve")
    return Corrector(model, scan.time, curves[sound].mean(axis=0))


def _pipeline(
    scan: _Scan,
    source: Input,
    ladder_of: Callable[[Input, float, float, int], Ladder],
    corrector: Corrector | None,
    scaling: Scaling,
    volume: Volume,
) -> Pipeline:
    """Bind what all voxels share."""
    if source.blood is None:
        raise InputError("the input has no blood curve; give Input(time, blood=change of R2*)")
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
    passed = None
    if volume == "first_pass":
        at = np.interp(time, source.time, source.blood, left=0.0)
        passed = float(first_pass(at[None], step).area[0])
        if not passed > 0:
            raise InputError("the artery has no first pass to be fitted; take volume='area'")
    return Pipeline(
        scan.time,
        step,
        onto_grid,
        checked_baseline(scan.window, scan.time.size),
        ladder_of(source, float(time[0]), step, time.size),
        weights / whole,
        passed,
        corrector,
        scaling.factor,
    )


def _even_steps(time: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Return even sample times, and the straight lines that bring curves (T,) to them (T, N)."""
    steps = np.diff(time)
    if np.ptp(steps) <= _EVEN * steps.mean():
        return time[0] + steps.mean() * np.arange(time.size), None
    even = np.arange(time[0], time[-1] + 1e-9, np.median(steps))
    return even, np.array([np.interp(even, time, unit) for unit in np.eye(time.size)])


def _measured(
    pipeline: Pipeline, scan: _Scan
) -> tuple[dict[str, FloatArray], dict[str, FloatArray], npt.NDArray[np.uint8]]:
    """Work through all voxels, chunk by chunk over threads."""
    count = len(scan.voxels)
    values = {name: np.full(count, np.nan) for name in pipeline.names}
    errors = {name: np.full(count, np.nan) for name in pipeline.names if name not in TIMES}
    flags = np.zeros(count, dtype=np.uint8)

    def work(part: slice) -> None:
        change = scan.change(part)
        found, wrong = pipeline.measure(change)
        for table, of_part in ((values, found), (errors, wrong)):
            for name, each in of_part.items():
                table[name][part] = each
        flags[part] = change.flags

    in_chunks(work, count, size=_CHUNK)
    return values, errors, flags


def _parameters(scaling: Scaling) -> dict[str, Parameter]:
    """Return what is estimated, with the units that a density makes."""
    volume = "1" if scaling.density is None else "mL/g"
    every = (
        Parameter("CBF", f"mL/min/{scaling.per}", "blood flow"),
        Parameter("CBV", volume, "blood volume"),
        Parameter("MTT", "s", "mean transit time, volume over flow", "Q.PH1.006"),
        Parameter("Tmax", "s", "time of the highest residue"),
        Parameter("TTP", "s", "time of the highest change of R2*, on the clock of the series"),
        K1,
        K2,
        known.KEP,
    )
    return {each.name: each for each in every}
