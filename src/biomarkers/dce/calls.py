"""From a dynamic series to maps of kinetic parameters."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.delay import Delay, SharedDelay
from biomarkers.dce.enhancement import enhancement
from biomarkers.dce.fitting import Curves, Found, Settings, as_models, fit_curves
from biomarkers.dce.known_t1 import t1_of
from biomarkers.dce.result import DCEMaps
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import PulseSequence, as_sequence, plain_echo
from biomarkers.dce.smooth_input import smooth_between_samples
from biomarkers.dce.water_exchange import Lifetime
from biomarkers.estimates import FitFlag, reasons_of
from biomarkers.images.voxels import checked_series, chosen_voxels, in_place, of_chosen
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import Baseline, baseline_before_arrival, checked_baseline
from biomarkers.kinetics.parameters import known
from biomarkers.relaxometry import T1Map

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DELAY = known("delay")


def maps(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike | T1Map,
    input: Input,
    model: str | Sequence[str] = "extended_tofts",
    mask: npt.ArrayLike | None = None,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    delay: Delay = None,
    water_lifetime: Lifetime = 0.0,
    sequence: PulseSequence | None = None,
) -> DCEMaps:
    """Compute maps of kinetic parameters from a dynamic series.

    Parameters
    ----------
    signal4d
        Dynamic series, (..., T), any unit.
    time
        When each sample was taken, (T,), s, on the clock of `input`.
    t10
        T1 before contrast, s, a map (...) or one value; or a `T1Map`, whose flagged voxels have
        no T1 and whose errors then are in the errors of the parameters.
    input
        Arterial input, for instance from `measured_input`. Straight lines are drawn between its
        samples if they are finer than the series, else a smooth curve
        (`smooth_between_samples`).
    model
        Name of a model in `kinetics.MODELS`; or several, of which each voxel takes the one of
        lowest AICc. Errors then take that model as true.
    mask
        Voxels to fit, (...); all that have signal if not given.
    tr, flip_deg, r1, baseline, b1, sequence
        As in `concentration`: `tr` and `flip_deg` of a spoiled gradient echo, or in their place
        ``sequence=GradientEcho(...)``, which may undo the agent's effect on T2*, or
        ``sequence=TurboFlash(...)``. `auto` looks at the mean signal of the mask.
    delay
        How much later than in `input` the tissue is reached, s: None for not at all, a number,
        (low, high) to fit it in every voxel, or `SharedDelay(low, high)` to find the one that
        suits all voxels.
    water_lifetime
        Mean lifetime of water in cells, s. 0 (the default) is fast exchange, where concentration
        follows from signal. Otherwise (extended) Tofts kinetics are fitted to the signal, see
        `two_pool_signal`: infinity is the slow limit, (low, high) fits the lifetime, `tau_i`.
        It goes with a spoiled gradient echo whose T2* is taken as unchanged.

    Returns
    -------
    DCEMaps
        `maps["Ktrans"]`, `maps.se["Ktrans"]`, `maps.flags`, `maps.save(folder, like=image)`.

    Raises
    ------
    InputError
        If shapes do not fit, a model is unknown, the mask is empty or a setting is not
        physical.

    """
    scanned = as_sequence(sequence, tr, flip_deg)
    wanted = Settings(as_models(model), delay, water_lifetime)
    if not wanted.fast_exchange:
        plain_echo(scanned)
    series = checked_series(signal4d)
    chosen = chosen_voxels(series, mask)
    curves = series[chosen]
    window = baseline_before_arrival(curves) if baseline == "auto" else baseline
    ratio, scatter = enhancement(curves, checked_baseline(window, series.shape[-1]))
    known, t1_se = t1_of(t10, chosen)
    field = None if b1 is None else of_chosen("b1", b1, chosen)
    signals = Curves(ratio, Scan(scanned, r1, known, field), scatter, t1_se)
    source = smooth_between_samples(input, time)
    found = fit_curves(signals, time, source, settings=wanted)
    settings = {
        **scanned.described(),
        "ContrastAgentRelaxivity": r1,
        "BaselineSamples": list(window),
        "B1Corrected": b1 is not None,
        "ErrorsInclude": ["residuals", "baseline", *(["T1"] if t1_se is not None else [])],
        **_in_words(wanted),
    }
    return _placed(found, chosen, wanted, series.shape[-1], settings)


def _in_words(settings: Settings) -> dict[str, Any]:
    """Return what was fitted, for the sidecars."""
    delay = settings.delay
    if isinstance(delay, SharedDelay):
        said: Any = {"SharedBetween": [delay.low, delay.high]}
    else:
        said = {"FittedBetween": list(delay)} if isinstance(delay, tuple | list) else delay or 0.0
    return {"Delay": said, "WaterLifetime": settings.water_lifetime}


def _placed(
    found: Found, chosen: BoolArray, wanted: Settings, samples: int, settings: dict[str, Any]
) -> DCEMaps:
    """Put the results of the chosen voxels in their places."""
    best, place = found.best, partial(in_place, chosen)
    sound = best.flag("converged")
    values, errors = {}, {}
    for name in (*(each.name for each in best.parameters), "delay"):
        value = np.where(sound, best.value(name), np.nan)
        moves = [best.error(name), *(each.value(name) - value for each in found.moved)]
        values[name] = place(value)
        errors[name] = place(np.where(sound, np.linalg.norm(moves, axis=0), np.nan))
    if found.delay_se is not None:
        errors["delay"] = np.where(np.isfinite(values["delay"]), found.delay_se, np.nan)
    rmse = np.sqrt(best.number("rss") / samples)
    taken = place(np.where(sound, best.choice, -1), outside=-1)
    return DCEMaps(
        " | ".join(wanted.models),
        (*best.parameters, *([DELAY] if wanted.fits_delay else [])),
        values,
        errors,
        reasons_of(
            chosen.shape,
            {
                FitFlag.NOT_CONVERGED: place(~sound, outside=False),
                FitFlag.AT_BOUND: place(best.flag("at_bound"), outside=False),
            },
        ),
        chosen,
        settings,
        quality={
            "r2": place(np.where(sound, best.number("r2"), np.nan)),
            "rmse": place(np.where(sound, rmse, np.nan)),
        },
        choice=taken if len(wanted.models) > 1 else None,
    )
