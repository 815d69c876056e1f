"""The sidecar of a PET series, as PET-BIDS has it."""

from datetime import datetime
from typing import Any

import numpy as np

from biomarkers.errors import InputError
from biomarkers.pet import NUCLIDES, DicomTimes, bids_timing
from biomarkers.study.convert.dicom.header import Header
from biomarkers.study.convert.dicom.sidecar import acquisition
from biomarkers.study.convert.dicom.slices import Stack
from biomarkers.study.convert.dicom.times import volume_times

# Instead of the time of day: every other time counts from it.
_ZERO = "00:00:00"
_HALF_LIFE_AGREEMENT = 0.01
_ACTIVITY = {"BQML": "Bq/mL"}


def positron_emission(image: Stack, *, clock: bool = False) -> dict[str, Any]:
    """Return the sidecar of a PET series.

    Parameters
    ----------
    image
        The series.
    clock
        Whether the time of day at which the scan took place is told as `TimeZero`, which else is
        midnight.

    """
    header = image.header
    times, _ = timing(image)
    known = {
        **acquisition(image),
        **times,
        **_injected(_radiopharmaceutical(header)),
        "Units": _ACTIVITY.get(header.text("Units").upper(), ""),
        "TimeZero": times["TimeZero"] if clock else _ZERO,
    }
    return {key: value for key, value in known.items() if value not in ("", None)}


def timing(image: Stack) -> tuple[dict[str, Any], str]:
    """Return the times of a PET series, and what its headers lack of them; empty if nothing.

    Without the time of injection they count from the start of the scan, and nothing is said of the
    injection nor of the correction for decay.
    """
    times = dicom_times(image)
    try:
        return bids_timing(times), ""
    except InputError as error:
        onsets = volume_times(image) if len(image.volumes) > 1 else np.zeros(1)
        lengths = [each / 1e3 for each in times.frame_duration_ms]
        began = image.volumes[0][0].acquired
        known = {
            "TimeZero": f"{began:%H:%M:%S}" if began else _ZERO,
            "ScanStart": 0.0,
            "FrameTimesStart": None if onsets is None else onsets.tolist(),
            "FrameDuration": lengths if min(lengths) > 0.0 else None,
        }
        return known, str(error)


def _radiopharmaceutical(header: Header) -> Header:
    listed = header.first("RadiopharmaceuticalInformationSequence")
    return Header(listed[0] if listed else {})


def _injected(drug: Header) -> dict[str, Any]:
    """Return what was injected: tracer, nuclide, and radioactivity in Bq, as DICOM has it."""
    half_life, dose = drug.number("RadionuclideHalfLife"), drug.number("RadionuclideTotalDose")
    coded = drug.first("RadiopharmaceuticalCodeSequence")
    meaning = Header(coded[0]).text("CodeMeaning") if coded else ""
    return {
        "TracerName": meaning or drug.text("Radiopharmaceutical"),
        "TracerRadionuclide": _nuclide(half_life) if half_life else "",
        "RadionuclideHalfLife": half_life,
        "InjectedRadioactivity": dose or None,
        "InjectedRadioactivityUnits": "Bq" if dose else "",
    }


def _nuclide(half_life: float) -> str:
    """Return the nuclide whose half-life is nearest, empty if none is near."""
    nearest = min(NUCLIDES.values(), key=lambda each: abs(each.half_life - half_life))
    near = abs(nearest.half_life - half_life) <= _HALF_LIFE_AGREEMENT * nearest.half_life
    return nearest.name if near else ""


def dicom_times(image: Stack) -> DicomTimes:
    """Return what the headers of a PET series say of time and decay; a frame is a volume."""
    first = [min(volume, key=lambda each: each.order) for volume in image.volumes]
    drug = _radiopharmaceutical(image.header)
    series = image.header.moment((), (("SeriesDate", "SeriesTime"),))
    return DicomTimes(
        decay_correction=image.header.text("DecayCorrection"),
        series=_written(series or first[0].acquired),
        acquisition=[_written(each.acquired) for each in first],
        frame_duration_ms=[each.duration for each in first],
        half_life=drug.number("RadionuclideHalfLife") or 0.0,
        start_datetime=drug.text("RadiopharmaceuticalStartDateTime"),
        start_time=drug.text("RadiopharmaceuticalStartTime"),
        decay_factor=[each.decay for each in first if each.decay is not None],
    )


def _written(when: datetime | None) -> str:
    return f"{when:%Y%m%d%H%M%S.%f}" if when else ""
