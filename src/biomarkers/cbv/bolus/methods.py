"""The methods of deconvolution by name, and their settings."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from biomarkers.cbv.bolus.deconvolution import causal, cyclic
from biomarkers.cbv.bolus.ladders import (
    CSVD_THRESHOLD,
    OSCILLATION_INDEX,
    SSVD_THRESHOLD,
    Ladder,
    oscillating,
    tikhonov,
    truncated,
)
from biomarkers.errors import InputError
from biomarkers.kinetics import Input

Method = Literal["sSVD", "cSVD", "oSVD", "tikhonov"]
# Makes a ladder of an artery, the time of the first sample, the step (s) and the samples' number.
LadderMaker: TypeAlias = "Callable[[Input, float, float, int], Ladder]"

DEFAULTS: dict[str, float | str] = {
    "sSVD": SSVD_THRESHOLD,
    "cSVD": CSVD_THRESHOLD,
    "oSVD": OSCILLATION_INDEX,
    "tikhonov": "l_curve",
}
_CRITERIA = ("l_curve", "gcv")


def ladder_maker(method: str, setting: float | str) -> LadderMaker:
    """Return what makes the ladder of a method; `InputError` if either is unknown."""
    if method not in DEFAULTS:
        raise InputError(f"method is {method!r}; expected {' or '.join(map(repr, DEFAULTS))}")
    if method == "tikhonov":
        if setting not in _CRITERIA:
            raise InputError(
                f"regularisation is {setting!r}; expected {' or '.join(map(repr, _CRITERIA))}"
            )
        return lambda *at: tikhonov(causal(*at), str(setting))
    if isinstance(setting, str) or not 0.0 < setting < 1.0:
        raise InputError(f"regularisation is {setting!r}; {method} takes a number between 0 and 1")
    level = float(setting)
    if method == "sSVD":
        return lambda *at: truncated(causal(*at), level)
    if method == "cSVD":
        return lambda *at: truncated(cyclic(*at), level)
    return lambda *at: oscillating(cyclic(*at), level)
