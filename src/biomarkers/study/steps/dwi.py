"""Diffusion-weighted images: ADC, and if asked for tensor, kurtosis and perfusion fraction."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from biomarkers import dwi
from biomarkers.arrays import BoolArray
from biomarkers.errors import InputError, StudyError
from biomarkers.estimates import Estimates, FitFlag, with_signal
from biomarkers.images import Image, probe
from biomarkers.images.scaled import Series, volumes_of
from biomarkers.study.acquisition import Source
from biomarkers.study.maps import only
from biomarkers.study.motion import MotionSettings
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.dwi_pictures import decay_panel
from biomarkers.study.steps.dwi_weighting import Weighting, read_weighting
from biomarkers.study.work import Outcome, Plan, View, Work

# More flagged voxels than this share of the tissue warn.
_FLAGGED = 0.2


@dataclass(frozen=True)
class DiffusionSettings(MotionSettings):
    """What may be chosen of diffusion.

    Parameters
    ----------
    b_range
        Least and largest b-value, s/mm^2, that the ADC is fitted to; tensor and IVIM take all up
        to the latter, kurtosis every one.
    method
        As in `dwi.adc`; `ivim` has no `loglinear` and is `nonlinear` then.
    models
        What is fitted besides the ADC.
    denoise
        Whether the series is denoised first, by `dwi.denoise`.

    """

    b_range: tuple[float, float] = (0.0, 1500.0)
    method: dwi.Method = "nonlinear"
    models: tuple[Literal["tensor", "kurtosis", "ivim"], ...] = ()
    denoise: bool = False

    def __post_init__(self) -> None:
        low, high = self.b_range
        if not 0.0 <= low < high:
            raise InputError(f"b_range is {list(self.b_range)} s/mm^2; expected it to rise from 0")


def read_series(work: Work) -> tuple[Image, Weighting]:
    """Return the series as it is fitted, and its weighting."""
    (source,) = work.images("dwi")
    series = source.read(ndim=4)
    weighting = read_weighting(source, work.session, series.shape[3])
    if work.settings.denoise:  # before anything is interpolated, which makes noise alike
        series = dwi.denoise(series)
    series = work.still(series, source)
    if weighting.gradients is not None:
        turned = work.motions.turned(weighting.gradients, source, series)
        weighting = weighting._replace(gradients=turned)
    return series, weighting


def plan(view: View) -> Plan:
    """Check b-values and gradients, and whether they tell what is asked for."""
    (source,) = view.images("dwi")
    grid = probe(source.file.path, ndim=4)
    weighting = read_weighting(source, view.session, grid.shape[3])
    name = source.file.path.name
    if not view.is_drawn_on(grid):
        return Plan(None, (f"{name} not measured: no label map lies on its grid",))
    _of_adc(weighting, view.settings, source)
    notes = {model: weighting.obstacle(model) for model in view.settings.models}
    return Plan(grid, tuple(f"{name}: no {model}, {why}" for model, why in notes.items() if why))


def _of_adc(weighting: Weighting, settings: DiffusionSettings, source: Source) -> BoolArray:
    """Return which volumes the ADC is fitted to; `StudyError` if they are of one b-value."""
    chosen = weighting.within(*settings.b_range)
    if not chosen.any() or len(dwi.shells(weighting.b[chosen])[0]) < 2:
        low, high = settings.b_range
        shells = ", ".join(f"{each:g}" for each in dwi.shells(weighting.b)[0])
        raise StudyError(
            f"{source.file.path}: b-values are {shells} s/mm^2, of which b_range from {low:g} to "
            f"{high:g} leaves fewer than two; set b_range in [measure.dwi]"
        )
    return chosen


def measure(work: Work) -> Outcome:
    """Fit the ADC, and what else is asked for and can be told."""
    settings: DiffusionSettings = work.settings
    (source,) = work.images("dwi")
    series, weighting = read_series(work)
    values = series.data
    inside = with_signal(values, None).mask
    chosen = _of_adc(weighting, settings, source)
    few, some = weighting.taken(chosen), _of_volumes(values, chosen)
    adc = dwi.adc(some, few.b, bvecs=few.gradients, mask=inside, method=settings.method)
    others = _others(values, weighting, settings, inside)
    tissue = work.tissue_mask(adc.inside)
    picture = None
    if work.tissue is not None:
        picture = decay_panel(some, few.b, adc, work.tissue)
    caption, status, numbers = _quality(adc, few, settings, tissue)
    card = work.card("dwi", DIFFUSION.title, caption, status, picture, numbers)
    return Outcome((only(adc, ("ADC",)), *others), (card,))


def _of_volumes(series: Series, chosen: BoolArray) -> Series:
    return series if chosen.all() else volumes_of(series, chosen)


def _others(
    values: Series, weighting: Weighting, settings: DiffusionSettings, inside: BoolArray
) -> list[Estimates]:
    """Fit what is asked for besides the ADC; MD and FA are those of the tensor where both are."""
    chosen = weighting.within(0.0, settings.b_range[1])
    few, method = weighting.taken(chosen), settings.method
    some = _of_volumes(values, chosen)
    wanted = {model for model in settings.models if not weighting.obstacle(model)}
    fits: list[Estimates] = []
    if "tensor" in wanted and few.gradients is not None:
        fits.append(dwi.tensor(some, few.b, few.gradients, mask=inside, method=method))
    if "kurtosis" in wanted and weighting.gradients is not None:
        fit = dwi.kurtosis(values, weighting.b, weighting.gradients, mask=inside, method=method)
        fits.append(only(fit, ("MK",)) if fits else fit)
    if "ivim" in wanted:
        curved: dwi.Method = "nonlinear" if method == "loglinear" else method
        fits.append(dwi.ivim(some, few.b, mask=inside, method=curved))
    return fits


def _quality(
    adc: dwi.DiffusionMap,
    weighting: Weighting,
    settings: DiffusionSettings,
    tissue: BoolArray,
) -> tuple[str, str, dict[str, float]]:
    """Return caption, status and numbers of the card."""
    shells, shell = dwi.shells(weighting.b)
    flagged = float(adc.flags[tissue].mean())
    negative = float(adc.reasons.has(FitFlag.NEGATIVE)[tissue].mean())
    spread = adc.quality["residual_sd"][tissue]
    known = spread > 0
    ratio = adc["S0"][tissue][known] / spread[known]
    snr = float(np.median(ratio)) if known.any() else float("nan")
    numbers = {
        "flagged": flagged,
        "negative": negative,
        "snr": snr,
        "directions": float(weighting.directions),
    }
    volumes = ", ".join(f"{b:.0f} ({n})" for b, n in zip(shells, np.bincount(shell), strict=True))
    caption = (
        f"ADC from b-values (volumes) of {volumes} s/mm²"
        f"{f' in {weighting.directions} directions' if weighting.directions else ''}, "
        f"{settings.method} fit{' of the denoised series' if settings.denoise else ''}. "
        f"{100.0 * (1.0 - flagged):.0f} % of the tissue voxels have a value; "
        f"{100.0 * negative:.1f} % are negative. The signal at b = 0 is {snr:.3g} times what the "
        "fit leaves over (median). Distortion of echo-planar images is not corrected: the map may "
        "be shifted and stretched against other images along the phase-encoding direction."
    )
    return caption, "warn" if flagged > _FLAGGED else "ok", numbers


def warm_up() -> None:
    """Fit a few made-up voxels."""
    b = np.array([0.0, 300.0, 600.0, 900.0])
    dwi.adc(100.0 * np.exp(-1e-3 * b) * np.ones((2, 1)), b)


DIFFUSION = Step(
    "dwi",
    "Diffusion",
    (Files("dwi"),),
    # All but ADC only if asked for.
    ("ADC", "MD", "FA", "MK", "f", "D", "Dstar"),
    measure,
    plan,
    drawn=("ADC",),
    settings=DiffusionSettings,
    folder="dwi",
    warm_up=warm_up,
)
