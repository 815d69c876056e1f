"""Read a PET scan as PET-BIDS has it: an image, its sidecars, the tables of its dataset."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from biomarkers.bids import BidsFile, Sidecar, dataset_root, parse_name, read_sidecar
from biomarkers.errors import FileError, InputError, StudyError
from biomarkers.images import Image, probe, read_image, read_series, require_values
from biomarkers.images.scaled import times
from biomarkers.pet.body import Body
from biomarkers.pet.nuclides import Nuclide, agree_with, nuclide
from biomarkers.pet.scan import UNIT, Scan
from biomarkers.pet.subject import body_of
from biomarkers.timing import Frames
from biomarkers.units import conversion_factor

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?")
# Clock times are written to the second.
_CLOCK_STEP = 1.0
# Half-lives of one nuclide differ by a few thousandths from source to source.
_HALF_LIFE_AGREEMENT = 0.005


@dataclass(frozen=True)
class Metadata:
    """What is known of a scan before its image is read; fields as in `Scan`.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image, write_image
    >>> name = "sub-01_trc-FLT_pet.nii.gz"
    >>> image = Image(np.full((4, 4, 4), 80000.0), np.eye(4), "simulated")
    >>> _ = write_image(name, image.data, like=image)
    >>> keys = {
    ...     "TimeZero": "10:00:00", "ScanStart": 3600, "InjectionStart": 0, "Units": "Bq/mL",
    ...     "FrameTimesStart": [3600], "FrameDuration": [600], "ImageDecayCorrected": True,
    ...     "ImageDecayCorrectionTime": 0, "TracerName": "FLT", "TracerRadionuclide": "F18",
    ...     "InjectedRadioactivity": 20.0, "InjectedRadioactivityUnits": "MBq",
    ... }
    >>> _ = Path("sub-01_trc-FLT_pet.json").write_text(json.dumps(keys))
    >>> known = pet.read_metadata(name)
    >>> print(known.nuclide.name, known.dose_mbq, known.injection_start)
    F18 20.0 0.0

    """

    frames: Frames
    nuclide: Nuclide
    dose_mbq: float
    body: Body
    tracer: str
    decay_corrected_to: float | None
    injection_start: float
    sidecar: Sidecar


def load(
    path: Path | str,
    *,
    frames: Frames | None = None,
    weight_g: float | None = None,
    decay_corrected_to: float | None = None,
) -> Scan:
    """Read a PET scan with everything its analysis needs.

    Every time of the scan is in seconds after the start of injection (`InjectionStart`), whatever
    `TimeZero` is. Activity is in kBq/mL; its decay correction is left as it is and stated.

    Parameters
    ----------
    path
        An image of PET-BIDS (Norgaard et al. 2022, doi:10.1038/s41597-022-01164-1), 3-D or 4-D.
        Its sidecars are inherited from every folder up to the root of its dataset; body weight is
        `weight_g` of `sub-*_sessions.tsv`, else of `participants.tsv`, else of the sidecar.
        `ResidualRadioactivity`, with `…Units` and `…Time` (s from `TimeZero`, when it was
        measured), is what stayed in the syringe of the `InjectedRadioactivity`.
    frames
        Instead of `FrameTimesStart` and `FrameDuration`, s after the start of injection.
    weight_g
        Body weight, g, instead of that of the files.
    decay_corrected_to
        The time to which decay was corrected, s after the start of injection, instead of
        `ImageDecayCorrectionTime` and `DecayCorrectionFactor`.

    Raises
    ------
    FileError, ImageError
        If a file is missing, damaged or not what it should be.
    StudyError
        If metadata is missing, ambiguous or contradicts itself; the message names file and key.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image, write_image
    >>> name = "sub-01_trc-FLT_pet.nii.gz"
    >>> image = Image(np.full((4, 4, 4), 80000.0), np.eye(4), "simulated")
    >>> _ = write_image(name, image.data, like=image)
    >>> keys = {
    ...     "TimeZero": "10:00:00", "ScanStart": 3600, "InjectionStart": 0, "Units": "Bq/mL",
    ...     "FrameTimesStart": [3600], "FrameDuration": [600], "ImageDecayCorrected": True,
    ...     "ImageDecayCorrectionTime": 0, "TracerName": "FLT", "TracerRadionuclide": "F18",
    ...     "InjectedRadioactivity": 20.0, "InjectedRadioactivityUnits": "MBq",
    ... }
    >>> _ = Path("sub-01_trc-FLT_pet.json").write_text(json.dumps(keys))
    >>> scan = pet.load(name, weight_g=250.0)
    >>> print(scan.frames.start, f"SUV {pet.suv(scan).data.mean():.2f}")
    [3600.] SUV 1.00

    """
    known = read_metadata(
        path, frames=frames, weight_g=weight_g, decay_corrected_to=decay_corrected_to
    )
    image = _image(Path(path), known.sidecar, len(known.frames))
    return Scan(image, **{each.name: getattr(known, each.name) for each in fields(known)})


def read_metadata(
    path: Path | str,
    *,
    frames: Frames | None = None,
    weight_g: float | None = None,
    decay_corrected_to: float | None = None,
) -> Metadata:
    """Read and check what is known of a scan, of its image the header only; as `load`.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image, write_image
    >>> name = "sub-01_trc-FLT_pet.nii.gz"
    >>> image = Image(np.full((4, 4, 4), 80000.0), np.eye(4), "simulated")
    >>> _ = write_image(name, image.data, like=image)
    >>> keys = {
    ...     "TimeZero": "10:00:00", "ScanStart": 3600, "InjectionStart": 0, "Units": "Bq/mL",
    ...     "FrameTimesStart": [3600], "FrameDuration": [600], "ImageDecayCorrected": True,
    ...     "ImageDecayCorrectionTime": 0, "TracerName": "FLT", "TracerRadionuclide": "F18",
    ...     "InjectedRadioactivity": 20.0, "InjectedRadioactivityUnits": "MBq",
    ... }
    >>> _ = Path("sub-01_trc-FLT_pet.json").write_text(json.dumps(keys))
    >>> pet.read_metadata(name).frames.start
    array([3600.])

    """
    path = Path(path)
    file = parse_name(path)
    if file is None:
        raise FileError(f"{path} has no BIDS name; expected one like sub-01_ses-day03_pet.nii.gz")
    header = probe(path)
    sidecar = read_sidecar(_resolved(file), dataset_root(path))
    _unit_factor(sidecar)
    injection = sidecar.offset("InjectionStart")
    if frames is None:
        frames = _frames(sidecar, header.shape[3] if len(header.shape) > 3 else 1, injection)
    if decay_corrected_to is None:
        decay_corrected_to = _correction(sidecar, frames, _nuclide(sidecar), injection)
    what, body = _nuclide(sidecar), body_of(file, sidecar)
    return Metadata(
        frames=frames,
        nuclide=what,
        dose_mbq=_dose(sidecar, what, injection),
        body=body if weight_g is None else replace(body, weight_g=weight_g),
        tracer=sidecar.text("TracerName") or file.entities.get("trc", ""),
        decay_corrected_to=decay_corrected_to,
        injection_start=injection,
        sidecar=sidecar,
    )


def _resolved(file: BidsFile) -> BidsFile:
    """Return the file by its whole path, so that the folders above it are known."""
    return BidsFile(file.path.parent.resolve() / file.path.name, file.entities, file.suffix)


def _image(path: Path, sidecar: Sidecar, frames: int) -> Image:
    image = require_values(read_series(path) if frames > 1 else read_image(path))
    data = times(image.data, _unit_factor(sidecar))
    return image.with_data(data, source=image.source, unit=UNIT)


def _factor(sidecar: Sidecar, key: str, to: str, what: str) -> float:
    """Return what brings values in the unit that a key states to another unit."""
    unit = sidecar.word(key, of=what)
    try:
        return conversion_factor(unit, to)
    except InputError as error:
        raise sidecar.wrong(key, what) from error


def _unit_factor(sidecar: Sidecar) -> float:
    return _factor(sidecar, "Units", UNIT, "activity per volume, like Bq/mL")


def _frames(sidecar: Sidecar, count: int, injection: float) -> Frames:
    zero = sidecar.word("TimeZero", of="a clock time hh:mm:ss")
    if not _CLOCK.fullmatch(zero):
        raise sidecar.wrong("TimeZero", "a clock time hh:mm:ss")
    start = sidecar.numbers("FrameTimesStart", of="the start of each frame, s", count=count)
    duration = sidecar.numbers("FrameDuration", of="the length of each frame, s", count=count)
    if min(duration) <= 0.0:
        raise sidecar.wrong("FrameDuration", "lengths above 0 s")
    began = sidecar.offset("ScanStart")
    if start[0] < began - _CLOCK_STEP:
        raise StudyError(
            f"{sidecar.source}: FrameTimesStart begins at {start[0]:g} s, before ScanStart "
            f"({began:g} s); both count from TimeZero, not from the start of the scan"
        )
    if start[-1] + duration[-1] <= injection:
        raise StudyError(
            f"{sidecar.source}: the last frame ends at {start[-1] + duration[-1]:g} s, before "
            f"InjectionStart ({injection:g} s); both count from TimeZero"
        )
    try:
        return Frames(np.array(start) - injection, np.array(duration))
    except InputError as error:
        cause = _ends_for_durations(start, duration)
        raise StudyError(
            f"{sidecar.source}: FrameTimesStart, FrameDuration: {error}{cause}"
        ) from error


def _ends_for_durations(start: Sequence[float], duration: Sequence[float]) -> str:
    """Say so where durations are the times at which frames end, on either clock."""
    ends = np.array(duration[:-1])
    if ends.size and any(np.allclose(ends, np.array(start[1:]) - zero) for zero in (0.0, start[0])):
        return (
            "; FrameDuration holds the end of each frame, where the next one starts: mend it, or "
            "give pet.load(..., frames=Frames(start, duration)), s after the injection"
        )
    return ""


def _nuclide(sidecar: Sidecar) -> Nuclide:
    name = sidecar.word("TracerRadionuclide", of="a nuclide, like F18")
    try:
        known = nuclide(name)
    except InputError as error:
        raise StudyError(f"{sidecar.source}: TracerRadionuclide: {error}") from error
    key = "RadionuclideHalfLife"
    if key not in sidecar.values:
        return known
    # What the scanner itself used: decay is undone as it was done.
    stated = sidecar.number(key)
    if abs(stated - known.half_life) > _HALF_LIFE_AGREEMENT * known.half_life:
        raise sidecar.wrong(key, f"{known.half_life:g} s, that of {known.name}")
    return Nuclide(known.name, stated)


def _dose(sidecar: Sidecar, what: Nuclide, injection: float) -> float:
    """Return what went into the body, MBq at the start of injection."""
    dose = _radioactivity(sidecar, "InjectedRadioactivity")
    key = "ResidualRadioactivity"
    if key not in sidecar.values:
        return dose
    residue = _radioactivity(sidecar, key)
    measured = sidecar.offset(f"{key}Time")
    residue *= float(np.exp(what.decay_constant * (measured - injection)))
    if residue >= dose:
        raise sidecar.wrong(key, f"less than InjectedRadioactivity ({dose:g} MBq)")
    return dose - residue


def _radioactivity(sidecar: Sidecar, key: str) -> float:
    factor = _factor(sidecar, f"{key}Units", "MBq", "a unit of radioactivity, like MBq")
    return factor * sidecar.number(key)


def _correction(sidecar: Sidecar, frames: Frames, what: Nuclide, injection: float) -> float | None:
    """Return the time to which decay was corrected, s after the start of injection."""
    if not sidecar.truth("ImageDecayCorrected"):
        return None
    to = sidecar.offset("ImageDecayCorrectionTime") - injection
    key = "DecayCorrectionFactor"
    if key in sidecar.values:
        factors = sidecar.numbers(key, of="the factor of each frame", count=len(frames))
        if not agree_with(factors, frames, what, to=to):
            raise StudyError(
                f"{sidecar.source}: {key} does not correct the frames to "
                f"ImageDecayCorrectionTime ({to + injection:g} s); one of them is wrong"
                f"{_time_corrected_to(sidecar, factors, frames, what, injection)}"
            )
    return to


def _time_corrected_to(
    sidecar: Sidecar,
    factors: Sequence[float],
    frames: Frames,
    what: Nuclide,
    injection: float,
) -> str:
    """Say to which time factors do correct, s after the injection, if there is one."""
    times = {
        "the injection": 0.0,
        "the start of the scan": float(frames.start[0]),
        "TimeZero": -injection,
        "ScanStart": sidecar.offset("ScanStart") - injection,
    }
    for name, to in times.items():
        if agree_with(factors, frames, what, to=to):
            return (
                f". The factors are those of a correction to {name} ({to:g} s after the "
                f"injection): if that is right, pet.load(..., decay_corrected_to={to:g})"
            )
    return "; to go by neither, pet.load(..., decay_corrected_to=), s after the injection"
