"""Read a PET scan as PET-BIDS has it: an image, its sidecars, the tables of its dataset."""

import re
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from biomarkers.bids import BidsFile, Sidecar, dataset_root, parse_name, read_sidecar
from biomarkers.errors import FileError, InputError, StudyError
from biomarkers.images import Image, probe, read_image, require_values
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
    """What is known of a scan before its image is read; fields as in `Scan`."""

    frames: Frames
    nuclide: Nuclide
    dose_mbq: float
    body: Body
    tracer: str
    decay_corrected_to: float | None
    injection_start: float
    sidecar: Sidecar


def load(path: Path | str) -> Scan:
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

    Raises
    ------
    FileError, ImageError
        If a file is missing, damaged or not what it should be.
    StudyError
        If metadata is missing, ambiguous or contradicts itself; the message names file and key.

    """
    known = read_metadata(path)
    image = _image(Path(path), known.sidecar, len(known.frames))
    return Scan(image, **{each.name: getattr(known, each.name) for each in fields(known)})


def read_metadata(path: Path | str) -> Metadata:
    """Read and check what is known of a scan, of its image the header only; errors as `load`."""
    path = Path(path)
    file = parse_name(path)
    if file is None:
        raise FileError(f"{path} has no BIDS name; expected one like sub-01_ses-day03_pet.nii.gz")
    header = probe(path)
    sidecar = read_sidecar(_resolved(file), dataset_root(path))
    _unit_factor(sidecar)
    injection = sidecar.offset("InjectionStart")
    frames = _frames(sidecar, header.shape[3] if len(header.shape) > 3 else 1, injection)
    what = _nuclide(sidecar)
    return Metadata(
        frames=frames,
        nuclide=what,
        dose_mbq=_dose(sidecar, what, injection),
        body=body_of(file, sidecar),
        tracer=sidecar.text("TracerName") or file.entities.get("trc", ""),
        decay_corrected_to=_correction(sidecar, frames, what, injection),
        injection_start=injection,
        sidecar=sidecar,
    )


def _resolved(file: BidsFile) -> BidsFile:
    """Return the file by its whole path, so that the folders above it are known."""
    return BidsFile(file.path.parent.resolve() / file.path.name, file.entities, file.suffix)


def _image(path: Path, sidecar: Sidecar, frames: int) -> Image:
    image = require_values(read_image(path, ndim=4 if frames > 1 else 3))
    data = np.asarray(image.data) * _unit_factor(sidecar)
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
        raise StudyError(f"{sidecar.source}: FrameTimesStart, FrameDuration: {error}") from error


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
            )
    return to
