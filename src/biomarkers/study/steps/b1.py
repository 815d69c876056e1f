"""The transmit field from an actual-flip-angle pair, with its error where the images tell it."""

from dataclasses import dataclass
from typing import Literal

from biomarkers.errors import InputError, StudyError
from biomarkers.estimates import Estimates
from biomarkers.relaxometry import afi_map, b1_smoothing_fwhm
from biomarkers.study.acquisition import (
    Source,
    flip_angle,
    one_grid,
    possible,
    repetition_time,
    sequence_notes,
)
from biomarkers.study.step import Files, Step
from biomarkers.study.work import Outcome, Plan, View, Work

_FIELD = "MagneticFieldStrength"


@dataclass(frozen=True)
class B1Settings:
    """What may be chosen of B1.

    Parameters
    ----------
    smoothing
        Full width at half maximum of the Gaussian over which signals are smoothed, mm; 0 for
        none. `auto` is a small part of the wavelength, by `MagneticFieldStrength` in the sidecar,
        and none without it.
    t1
        T1 that is typical of the tissue, s, from which B1 of a pair depends a little; not given:
        much longer than both repetition times.

    """

    smoothing: float | Literal["auto"] = "auto"
    t1: float | None = None

    def __post_init__(self) -> None:
        if self.smoothing != "auto" and not self.smoothing >= 0:
            raise InputError(f"smoothing is {self.smoothing!r}; expected mm, 0 or more")
        if self.t1 is not None and not self.t1 > 0:
            raise InputError(f"t1 is {self.t1!r}; expected seconds")


def plan(view: View) -> Plan:
    """Check the pair and its grid."""
    pair = afi_pair(view.images("TB1AFI"))
    notes = sequence_notes(pair)
    if view.settings.smoothing == "auto" and not _width(pair[0], view.settings):
        notes += ("MagneticFieldStrength of the AFI pair is absent: B1 is not smoothed",)
    return Plan(one_grid(pair), notes)


def afi_pair(images: tuple[Source, ...]) -> tuple[Source, ...]:
    """Return the pair, shorter TR first.

    Raises
    ------
    StudyError
        If it is none, or a sidecar lacks what is needed.

    """
    pair = tuple(sorted(images, key=repetition_time))
    times = [repetition_time(source) for source in pair]
    angles = {flip_angle(source) for source in pair}
    if len(pair) != 2 or times[0] == times[1] or len(angles) != 1:
        found = ", ".join(f"TR {time:g} s" for time in times)
        raise StudyError(
            f"{pair[0].file.path.parent}: {len(pair)} TB1AFI image(s) ({found}, flip angle "
            f"{', '.join(f'{angle:g}' for angle in sorted(angles))} degrees); an actual-flip-angle "
            "pair is two images of one flip angle and two TRs"
        )
    return pair


def measure(work: Work) -> Outcome:
    """Compute the transmit field of the pair."""
    return Outcome((b1_estimates(afi_pair(work.images("TB1AFI")), work.settings),))


def b1_estimates(pair: tuple[Source, ...], settings: B1Settings) -> Estimates:
    """Compute the transmit field from a pair, shorter TR first.

    Without smoothing, or where voxels are too large for it to show noise, the error is not known.
    """
    images = [source.read() for source in pair]
    tr1, tr2 = (repetition_time(source) for source in pair)
    fwhm = _width(pair[0], settings)
    smoothing = {"voxel_size": images[0].voxel_size, "fwhm_mm": fwhm} if fwhm > 0 else None
    scan = {"flip_deg": flip_angle(pair[0]), "tr1": tr1, "tr2": tr2}
    return afi_map(images[0].data, images[1].data, **scan, t1=settings.t1, smoothing=smoothing)


def _width(source: Source, settings: B1Settings) -> float:
    if settings.smoothing != "auto":
        return settings.smoothing
    if _FIELD not in source.sidecar.values:
        return 0.0
    return b1_smoothing_fwhm(possible("field_t", source, _FIELD))


B1 = Step(
    "b1",
    "Transmit field",
    (Files("TB1AFI", differing=("acq",)),),
    ("B1",),
    measure,
    plan,
    settings=B1Settings,
    folder="fmap",
    suffixes={"B1": "TB1map"},
)
