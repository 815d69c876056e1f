"""The methods of dynamic PET by name, and how each is run on the kinetics engine."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers, require_type
from biomarkers.errors import InputError
from biomarkers.estimates.voxels import mean_of_finite
from biomarkers.images.scaled import ScaledArray, Series
from biomarkers.kinetics import MODELS, Fit, Input, Model, StraightLine, TwoPass, graphical
from biomarkers.kinetics.fit import check_delay
from biomarkers.timing import FloatArray, Frames

Delay = float | tuple[float, float] | None
Method = Model | StraightLine

REFERENCE_LINES = ("mrtm1", "mrtm2", "logan_reference", "patlak_reference")
METHODS: Mapping[str, Method] = MappingProxyType(
    {name: MODELS[name] for name in ("1tcm", "2tcm", "2tcm_irreversible", "srtm", "srtm2")}
    | {name: getattr(graphical, name) for name in ("patlak", "logan", "ma1", *REFERENCE_LINES)}
)

# An input may be sampled from so late after the injection, s, or while there is so little of it.
_LATEST_S, _NONE_YET = 60.0, 0.05

# What a method takes for granted about release from the bound compartment.
ASSUME_NONE = ("patlak", "2tcm_irreversible")
ASSUME_RELEASE = ("2tcm", "logan", "ma1")


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be fitted, checked.

    Parameters
    ----------
    model
        One of `METHODS`.
    delay
        None, s, or bounds to fit it within.
    weights
        Of squared residuals, (T,), or None.
    t_star
        Start of the straight part, s; of lines only.
    k2_reference
        k2′ of the reference region, 1/min; of `srtm2`, `mrtm2` and `logan_reference` only.

    """

    model: str
    delay: Delay = None
    weights: npt.ArrayLike | None = None
    t_star: float | None = None
    k2_reference: float | None = None

    def __post_init__(self) -> None:
        for name in ("delay", "weights", "t_star", "k2_reference"):
            if getattr(self, name) is not None:
                as_numbers(name, getattr(self, name))
        check_delay(self.delay)
        if self.model not in METHODS:
            raise InputError(f"model is {self.model!r}; expected one of {', '.join(METHODS)}")
        if self.t_star is not None and not self.is_line:
            raise InputError(f"model {self.model} has no t_star; it is fitted to all frames")
        takes = ("srtm2", "mrtm2", "logan_reference")
        if self.k2_reference is not None and self.model not in takes:
            raise InputError(f"model {self.model} has no k2_reference; {', '.join(takes)} have")
        if self.model in REFERENCE_LINES and self.delay:
            raise InputError(f"model {self.model}: a reference region has no delay to tissue")

    @property
    def is_line(self) -> bool:
        """Whether the method is a graphical or multilinear one."""
        return isinstance(METHODS[self.model], StraightLine)

    @property
    def assumes(self) -> bool:
        """Whether the method takes something about release for granted."""
        return self.model in (*ASSUME_NONE, *ASSUME_RELEASE)

    def run(
        self,
        curves: npt.ArrayLike | Series,
        frames: Frames,
        input: Input,
        mask: npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit curves (..., T)."""
        require_type("input", input, Input, "kinetics.Input(time, plasma=..., blood=...)")
        _check_beginning(input)
        method, rate = METHODS[self.model], self.k2_reference
        if not isinstance(method, StraightLine):
            if isinstance(method, TwoPass) and rate is not None:
                method = method.given(rate)
            return method.fit(
                curves, frames, input, delay=self.delay, weights=self.weights, mask=mask
            )
        lag = check_delay(self.delay)
        if isinstance(lag, tuple):
            lag = shared_delay(curves, frames, input, bounds=lag, mask=mask)
        return method.fit(
            curves,
            frames,
            input.shifted(lag) if lag else input,
            t_star=self.t_star,
            k2_reference=rate,
            weights=self.weights,
            mask=mask,
        )


def _check_beginning(input: Input) -> None:
    """Refuse an input that was sampled too late to feed anything, on the clock of the injection."""
    curve = input.blood if input.plasma is None else input.plasma
    if curve is None or not input.whole or input.time[0] <= _LATEST_S:
        return
    share = float(curve[0]) / float(np.max(curve))
    if share > _NONE_YET:
        raise InputError(
            f"the input begins {input.time[0]:g} s after the injection, at {share:.0%} of its "
            "peak: what fed the tissue before is not known; expected an input since the injection"
        )


def shared_delay(
    curves: npt.ArrayLike,
    frames: Frames,
    input: Input,
    *,
    bounds: tuple[float, float],
    mask: npt.ArrayLike | None = None,
) -> float:
    """Return the delay, s, with which two tissue compartments describe the mean curve best.

    A graphical method reads late frames, which say nothing of the delay.

    Raises
    ------
    InputError
        If the mean curve determines no delay.

    """
    lag = float(MODELS["2tcm"].fit(mean_curve(curves, mask), frames, input, delay=bounds)["delay"])
    if not np.isfinite(lag):
        raise InputError(
            f"no delay between {bounds[0]:g} and {bounds[1]:g} s can be told from the mean curve; "
            "give one number"
        )
    return lag


def mean_curve(curves: npt.ArrayLike | Series, mask: npt.ArrayLike | None = None) -> FloatArray:
    """Return the mean (T,) of the curves (..., T) in the mask that are finite throughout."""
    series = curves if isinstance(curves, ScaledArray) else np.asarray(curves)
    rows = series.reshape(-1, series.shape[-1])
    index = slice(None) if mask is None else np.flatnonzero(np.asarray(mask, bool))
    mean, count = mean_of_finite(rows, index)
    if not count:
        raise InputError("no curve is finite in every frame; there is nothing to fit")
    return mean
