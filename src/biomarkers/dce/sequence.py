"""The sequences that a signal may come from, with their settings: how to undo each of them."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from biomarkers.dce._weighting import (
    SaturationRecovery,
    SpoiledGradientEcho,
    Weighting,
    to_concentration,
)
from biomarkers.errors import InputError
from biomarkers.relaxometry.spgr import checked_flip, require_positive

FloatArray = npt.NDArray[np.float64]


class PulseSequence(Protocol):
    """What is asked of a sequence: `GradientEcho` or `TurboFlash`."""

    @property
    def decay(self) -> float:
        """Loss by T2* per concentration, 1/mM; 0 if it is taken as unchanged."""

    def weighting(self, b1: FloatArray) -> Weighting:
        """Return how relaxation weighs the signal, by actual over nominal flip angle (...)."""

    def described(self) -> dict[str, Any]:
        """Return the settings by their sidecar keys."""


@dataclass(frozen=True, kw_only=True)
class GradientEcho:
    """A spoiled gradient echo in its steady state.

    Parameters
    ----------
    tr
        Repetition time, s.
    flip_deg
        Nominal flip angle, degrees.
    te, r2s
        Echo time, s, and transverse relaxivity of the agent, 1/(s·mM): the signal is multiplied
        by ``exp(-te r2s c)``. Give both or neither.

    Raises
    ------
    InputError
        If a setting is not physical.

    """

    tr: float
    flip_deg: float
    te: float = 0.0
    r2s: float = 0.0

    def __post_init__(self) -> None:
        require_positive("tr", self.tr, "s")
        require_positive("flip_deg", self.flip_deg, "degrees")
        checked_flip(self.flip_deg)
        checked_decay(self.te, self.r2s)

    @property
    def decay(self) -> float:
        """Loss by T2* per concentration, 1/mM."""
        return self.te * self.r2s

    def weighting(self, b1: FloatArray) -> SpoiledGradientEcho:
        """Return the weighting of voxels of that B1, (...)."""
        return SpoiledGradientEcho(self.tr, float(checked_flip(self.flip_deg)) * b1[..., None])

    def described(self) -> dict[str, Any]:
        """Return the settings by their sidecar keys."""
        return {"RepetitionTime": self.tr, "FlipAngle": self.flip_deg, **_echo(self.te, self.r2s)}


@dataclass(frozen=True, kw_only=True)
class TurboFlash:
    """Saturation-recovery turboFLASH: every image follows its own saturation pulse.

    That pulse has to leave no magnetisation; a train of small pulses then reads it, and contrast
    is that of the pulse at the centre of k-space (Larsson et al., Magn Reson Med 1996;35:716.
    doi:10.1002/mrm.1910350513).

    Parameters
    ----------
    prep_time
        From saturation to the first pulse of the train, s.
    tr
        From pulse to pulse, s.
    flip_deg
        Nominal flip angle of the train, degrees, up to 90.
    pulses_to_centre
        Pulses of the train before the one at the centre of k-space: 0 for centric order, half
        of the phase-encoding steps for linear order.
    te, r2s
        As in `GradientEcho`.

    Raises
    ------
    InputError
        If a setting is not physical.

    """

    prep_time: float
    tr: float
    flip_deg: float
    pulses_to_centre: int
    te: float = 0.0
    r2s: float = 0.0

    def __post_init__(self) -> None:
        require_positive("prep_time", self.prep_time, "s")
        require_positive("tr", self.tr, "s")
        require_positive("flip_deg", self.flip_deg, "degrees")
        if float(checked_flip(self.flip_deg)) > 0.5 * np.pi:
            raise InputError(
                f"flip_deg is {self.flip_deg:g}; expected up to 90 degrees in a pulse train"
            )
        pulses = self.pulses_to_centre
        if not (isinstance(pulses, int | np.integer) and pulses >= 0):
            raise InputError(f"pulses_to_centre is {pulses!r}; expected a whole number, 0 or more")
        checked_decay(self.te, self.r2s)

    @property
    def decay(self) -> float:
        """Loss by T2* per concentration, 1/mM."""
        return self.te * self.r2s

    def weighting(self, b1: FloatArray) -> SaturationRecovery:
        """Return the weighting of voxels of that B1, (...); NaN where a flip exceeds 90 degrees."""
        angle = float(checked_flip(self.flip_deg)) * b1[..., None]
        angle = np.where(angle <= 0.5 * np.pi, angle, np.nan)
        return SaturationRecovery(self.prep_time, self.tr, int(self.pulses_to_centre), angle)

    def described(self) -> dict[str, Any]:
        """Return the settings by their sidecar keys."""
        return {
            "SaturationDelay": self.prep_time,
            "RepetitionTimeExcitation": self.tr,
            "FlipAngle": self.flip_deg,
            "PulsesToCenter": int(self.pulses_to_centre),
            **_echo(self.te, self.r2s),
        }


def as_sequence(
    sequence: PulseSequence | None,
    tr: float | None,
    flip_deg: float | None,
    *,
    te: float = 0.0,
    r2s: float = 0.0,
) -> PulseSequence:
    """Return the sequence given, or the gradient echo of the settings given.

    Raises
    ------
    InputError
        If neither is given, or both.

    """
    if sequence is None and tr is not None and flip_deg is not None:
        return GradientEcho(tr=tr, flip_deg=flip_deg, te=te, r2s=r2s)
    if sequence is None or tr is not None or flip_deg is not None or te or r2s:
        raise InputError(
            "give tr and flip_deg (te and r2s) of a spoiled gradient echo, or, without these, "
            "sequence=GradientEcho(...) or TurboFlash(...); found "
            f"tr={tr}, flip_deg={flip_deg}, te={te:g}, r2s={r2s:g}, sequence={sequence!r}"
        )
    return sequence


def plain_echo(sequence: PulseSequence) -> GradientEcho:
    """Return the spoiled gradient echo that water exchange is worked out for.

    Raises
    ------
    InputError
        If it is another sequence, or its T2* is not taken as unchanged.

    """
    if isinstance(sequence, GradientEcho) and sequence.decay == 0:
        return sequence
    raise InputError(
        f"water_lifetime goes with a spoiled gradient echo without te and r2s; found {sequence!r}"
    )


def from_enhancement(
    sequence: PulseSequence,
    ratio: FloatArray,
    *,
    t10: npt.ArrayLike,
    r1: float,
    b1: npt.ArrayLike | None,
) -> FloatArray:
    """Return the concentration, mM, of signal over baseline (..., T).

    Parameters
    ----------
    sequence
        Where the signal comes from.
    ratio
        Signal over its mean before contrast.
    t10, r1, b1
        As in `concentration`.

    """
    require_positive("r1", r1, "1/(s mM)")
    voxels = ratio.shape[:-1]
    return to_concentration(
        sequence.weighting(per_voxel("b1", 1.0 if b1 is None else b1, voxels)),
        ratio,
        before=1.0 / per_voxel("t10", t10, voxels)[..., None],
        r1=r1,
        decay=sequence.decay,
    )


def per_voxel(name: str, value: npt.ArrayLike, voxels: tuple[int, ...]) -> FloatArray:
    """Return a positive quantity for every voxel, NaN where it is not positive and finite."""
    given = np.asarray(value, dtype=float)
    try:
        every = np.broadcast_to(given, voxels)
    except ValueError as error:
        raise InputError(f"{name} of shape {given.shape} does not fit voxels {voxels}") from error
    return np.where(np.isfinite(every) & (every > 0), every, np.nan)


def checked_decay(te: float, r2s: float) -> float:
    """Return the loss by T2* per concentration, 1/mM; 0 if neither number is given."""
    for name, value in (("te", te), ("r2s", r2s)):
        if np.ndim(value) != 0 or not (np.isfinite(value) and value >= 0):
            raise InputError(f"{name} is {value}; expected one number, 0 or more")
    if (te > 0) != (r2s > 0):
        raise InputError(
            f"te is {te:g} s and r2s {r2s:g} 1/(s mM); give both to undo the decay with T2*, "
            "or neither"
        )
    return te * r2s


def _echo(te: float, r2s: float) -> dict[str, Any]:
    return {"EchoTime": te, "ContrastAgentRelaxivityR2star": r2s} if r2s > 0 else {}
