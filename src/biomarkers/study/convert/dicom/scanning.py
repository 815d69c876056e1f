"""From a folder of DICOM files to series that can be converted."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from biomarkers.errors import InputError, StudyError
from biomarkers.study.convert.dicom import pixels
from biomarkers.study.convert.dicom.completeness import problems
from biomarkers.study.convert.dicom.files import by_series, read_slices
from biomarkers.study.convert.dicom.header import Header
from biomarkers.study.convert.dicom.positron import positron_emission, timing
from biomarkers.study.convert.dicom.privacy import identifying, kept_fields
from biomarkers.study.convert.dicom.sidecar import is_diffusion, magnetic_resonance, sequence
from biomarkers.study.convert.dicom.slices import Slice, Stack, stacks
from biomarkers.study.convert.dicom.times import slice_timing, volume_times
from biomarkers.study.convert.series import Contents, Converted, Series, Traits

# What dcm2niix reads from private fields of scanners, and no header says in public.
_FROM_DCM2NIIX = (
    *("PhaseEncodingDirection", "PhaseEncodingAxis", "EffectiveEchoSpacing", "TotalReadoutTime"),
    *("SliceTiming", "SliceEncodingDirection", "MultibandAccelerationFactor", "PartialFourier"),
    *("ParallelReductionFactorInPlane", "ConversionSoftware", "ConversionSoftwareVersion"),
)


def find_series(source: Path | str, *, keep: Sequence[str] = ()) -> Contents:
    """Return the series of DICOM below a folder, by their headers.

    Raises
    ------
    FileError
        If there is no such folder.
    InputError
        If there is no image of DICOM in it, or pydicom is not installed.

    """
    slices, others = read_slices(source)
    if not slices:
        raise InputError(f"{source} holds no image of DICOM; found {len(others)} other files")
    found = sorted(
        (_series(each, Path(source), tuple(keep)) for each in by_series(slices)), key=_place
    )
    return Contents(_with_own_keys(found), others=tuple(others))


def _place(series: Series) -> tuple[str, str, int]:
    return series.patient, str(series.date or ""), int(series.key or 0)


def _with_own_keys(series: Sequence[Series]) -> tuple[Series, ...]:
    """Return series so that none of one patient and date has the number of another."""
    seen: dict[object, int] = {}
    result = []
    for each in series:
        count = seen[_place(each)] = seen.get(_place(each), 0) + 1
        result.append(each if count == 1 else replace(each, key=f"{each.key}-{count}"))
    return tuple(result)


def _series(slices: Sequence[Slice], source: Path, keep: tuple[str, ...]) -> Series:
    images = stacks(slices)
    header = images[0].header
    return Series(
        key=header.text("SeriesNumber"),
        description=header.text("SeriesDescription"),
        protocol=header.text("ProtocolName"),
        patient=header.text("PatientID"),
        folder=_folder(slices, source),
        date=_date(header),
        traits=_traits(images),
        convert=partial(_convert, images, keep),
        problems=tuple(problems(slices, images)),
        identifying=identifying(header.dataset) - set(keep),
        notes=_notes(images),
        join=partial(_join, source, keep),
        slices=slices,
    )


def _join(source: Path, keep: tuple[str, ...], several: Sequence[Series]) -> Series:
    """Return the series that several make together, as scanners split one by its volumes."""
    return _series([each for series in several for each in series.slices], source, keep)


def _notes(images: Sequence[Stack]) -> tuple[str, ...]:
    """Say so where headers do not tell when volumes, or the injection of PET, took place."""
    if _is_positron(images[0]):
        lacking = timing(images[0])[1]
        return (f"times count from the start of the scan: {lacking}",) if lacking else ()
    dynamic = [each for each in images if len(each.volumes) > 1 and not is_diffusion(each)]
    if all(volume_times(image) is not None for image in dynamic):
        return ()
    return ("headers do not tell when its volumes were acquired: VolumeTiming is left out",)


def _is_positron(image: Stack) -> bool:
    return image.header.text("Modality") == "PT"


def _date(header: Header) -> date | None:
    for keyword in ("AcquisitionDateTime", "AcquisitionDate", "SeriesDate", "StudyDate"):
        try:
            return datetime.strptime(header.text(keyword)[:8], "%Y%m%d").date()
        except ValueError:
            continue
    return None


def _folder(slices: Sequence[Slice], source: Path) -> str:
    """Return the folder below the source that all files of a series lie in."""
    common = Path(os.path.commonpath([each.path.parent for each in slices]))
    return common.relative_to(source).as_posix()


def _traits(images: Sequence[Stack]) -> Traits:
    header = images[0].header
    return Traits(
        modality=header.text("Modality"),
        slices=len(images[0].volumes[0]),
        volumes=max(len(image.volumes) for image in images),
        echoes=len({image.entities.get("echo") for image in images}),
        sequence=sequence(header),
        tr=header.number("RepetitionTime", scale=1e-3),
        te=header.number("EffectiveEchoTime", "EchoTime", scale=1e-3),
        flip_deg=header.number("FlipAngle"),
        diffusion=any(map(is_diffusion, images)),
    )


def _convert(images: Sequence[Stack], keep: tuple[str, ...], scratch: Path) -> list[Converted]:
    try:
        return [
            _converted(image, keep, scratch / str(number)) for number, image in enumerate(images)
        ]
    except InputError as error:
        header = images[0].header
        named = f"series {header.text('SeriesNumber')} ({header.text('SeriesDescription')})"
        raise StudyError(f"{named}: {error}") from error


def _converted(image: Stack, keep: tuple[str, ...], scratch: Path) -> Converted:
    made = pixels.convert(image, scratch)
    sidecar = {key: made.sidecar[key] for key in _FROM_DCM2NIIX if key in made.sidecar}
    if _is_positron(image):
        known = positron_emission(image, clock="TimeZero" in keep)
    else:
        known = magnetic_resonance(image) | slice_timing(image, made.order)
    asked = kept_fields(image.header, keep)
    return Converted(
        made.data, made.affine, sidecar | known | asked, image.entities, made.bvals, made.bvecs
    )
