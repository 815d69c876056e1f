"""From the clock times of DICOM headers to the offsets of PET-BIDS."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from biomarkers.checks import as_numbers, positive_number
from biomarkers.errors import InputError, UnusualValueWarning
from biomarkers.pet.nuclides import NUCLIDES, Nuclide, agree_with
from biomarkers.ranges import check_possible
from biomarkers.timing import Frames

_MOMENT = re.compile(
    r"(?P<date>\d{8})(?P<time>\d{4}(\d{2}(\.\d{1,6})?)?)(?P<zone>[+-]\d{4})?", re.ASCII
)
_TIME = re.compile(r"\d{4}(\d{2}(\.\d{1,6})?)?", re.ASCII)
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_ACQUIRED = "Acquisition Date and Time"
_DATED = "Radiopharmaceutical Start DateTime"
_UNDATED = "Radiopharmaceutical Start Time"
_HALF_LIFE_AGREEMENT = 0.01
# After ten half-lives a thousandth is left: nobody scans that.
_LASTS = 10.0


@dataclass(frozen=True)
class DicomTimes:
    """What the headers of a PET series say of time and decay.

    A date and time is written as DICOM's type DT, `YYYYMMDDHHMMSS.ffffff`, with or without an
    offset from UTC (`+0100`); where an attribute has date and time apart, they are joined.

    Parameters
    ----------
    decay_correction
        Decay Correction (0054,1102): `START`, `ADMIN` or `NONE`.
    series
        Series Date (0008,0021) and Time (0008,0031).
    acquisition
        Acquisition Date (0008,0022) and Time (0008,0032) of each frame, in their order.
    frame_duration_ms
        Actual Frame Duration (0018,1242) of each frame, ms.
    half_life
        Radionuclide Half Life (0018,1075), s.
    start_datetime
        Radiopharmaceutical Start DateTime (0018,1078); empty if absent.
    start_time
        Radiopharmaceutical Start Time (0018,1072), `HHMMSS.ffffff`; empty if absent.
    decay_factor
        Decay Factor (0054,1321) of each frame; empty if absent. It tells which of several
        possible times was meant.

    Examples
    --------
    >>> from biomarkers import pet
    >>> times = pet.DicomTimes(
    ...     decay_correction="START",
    ...     series="20240305110000",
    ...     acquisition=["20240305110000"],
    ...     frame_duration_ms=[600000.0],
    ...     half_life=6586.2,
    ...     start_datetime="20240305100000",
    ... )
    >>> times.decay_correction, times.half_life
    ('START', 6586.2)

    """

    decay_correction: str
    series: str
    acquisition: Sequence[str]
    frame_duration_ms: Sequence[float]
    half_life: float
    start_datetime: str = ""
    start_time: str = ""
    decay_factor: Sequence[float] = ()


def bids_timing(times: DicomTimes) -> dict[str, Any]:
    """Return the timing keys of PET-BIDS for a DICOM series.

    `TimeZero` is the second in which the injection started; everything else counts from it. The
    time to which decay was corrected (DICOM PS3.3 C.8.9.1.1.5) is the injection for `ADMIN`. For
    `START` it is the start of the scan: the time of the series, unless that is later than the
    first acquisition, as in a series made afterwards; then that acquisition (as in the
    vendor-neutral pseudo-code for SUV of QIBA, the Quantitative Imaging Biomarkers Alliance).
    Decay factors, where they are there, are held against it, and decide between the two.

    An injection known by its time of day alone was the last one that the clock showed before the
    scan ended, which may be on the day before.

    Returns
    -------
    dict
        `TimeZero`, `InjectionStart`, `ScanStart`, `FrameTimesStart`, `FrameDuration`,
        `ImageDecayCorrected`, `ImageDecayCorrectionTime`, and `DecayCorrectionFactor` if known.

    Raises
    ------
    InputError
        If an attribute is missing, unreadable, or contradicts another; the message names it.

    Warns
    -----
    UnusualValueWarning
        If the longest frame is possible but not usual, or no nuclide has that half-life.

    Examples
    --------
    Injected at 10:00, scanned for ten minutes from 11:00:

    >>> from biomarkers import pet
    >>> times = pet.DicomTimes(
    ...     decay_correction="START",
    ...     series="20240305110000",
    ...     acquisition=["20240305110000"],
    ...     frame_duration_ms=[600000.0],
    ...     half_life=6586.2,
    ...     start_datetime="20240305100000",
    ... )
    >>> timing = pet.bids_timing(times)
    >>> timing["TimeZero"], timing["ScanStart"], timing["ImageDecayCorrectionTime"]
    ('10:00:00', 3600.0, 3600.0)

    """
    acquired, series = _scan_moments(times)
    lengths = as_numbers("Actual Frame Duration", times.frame_duration_ms)
    check_possible("frame_duration", lengths.max() / 1000.0, source="Actual Frame Duration")
    if not any(_same_half_life(times.half_life, each.half_life) for each in NUCLIDES.values()):
        text = f"Radionuclide Half Life is {times.half_life:g} s, that of no nuclide of PET"
        warnings.warn(UnusualValueWarning(f"{text}; is it in s?"), stacklevel=2)
    durations = [timedelta(milliseconds=float(each)) for each in lengths]
    ended = max(start + lasted for start, lasted in zip(acquired, durations, strict=True))
    injected = _injection(times, acquired[0], ended)
    zero = injected.replace(microsecond=0)

    def offset(when: datetime) -> float:
        return (when - zero).total_seconds()

    frames = Frames(
        np.array([offset(start) for start in acquired]),
        np.array([duration.total_seconds() for duration in durations]),
    )
    corrected_to = _corrected_to(times, frames, offset(injected), offset(series))
    factors = {"DecayCorrectionFactor": list(times.decay_factor)} if times.decay_factor else {}
    return {
        "TimeZero": f"{zero:%H:%M:%S}",
        "InjectionStart": offset(injected),
        "ScanStart": offset(acquired[0]),
        "FrameTimesStart": frames.start.tolist(),
        "FrameDuration": frames.duration.tolist(),
        "ImageDecayCorrected": corrected_to is not None,
        # BIDS wants a number also where nothing was corrected.
        "ImageDecayCorrectionTime": 0.0 if corrected_to is None else corrected_to,
        **factors,
    }


def _same_half_life(one: float, other: float) -> bool:
    return abs(one - other) <= _HALF_LIFE_AGREEMENT * other


def _scan_moments(times: DicomTimes) -> tuple[list[datetime], datetime]:
    """Return when each frame and the series started, on one clock."""
    positive_number("Radionuclide Half Life", times.half_life, "s")
    counts = {len(times.acquisition), len(times.frame_duration_ms)}
    counts |= {len(times.decay_factor)} if times.decay_factor else set()
    if len(counts) > 1 or 0 in counts:
        raise InputError(
            f"Acquisition Time ({len(times.acquisition)}), Actual Frame Duration "
            f"({len(times.frame_duration_ms)}) and Decay Factor ({len(times.decay_factor)}) "
            "differ in number; expected one of each for every frame"
        )
    acquired = [moment(_ACQUIRED, each) for each in times.acquisition]
    zones = {zone for _, zone in acquired}
    if len(zones) > 1:
        raise InputError(f"{_ACQUIRED}: frames differ in their offset from UTC")
    zone = zones.pop()
    series = same_clock("Series Date and Time", times.series, zone)
    return [start for start, _ in acquired], series


def _injection(times: DicomTimes, began: datetime, ended: datetime) -> datetime:
    """Return when the injection started, on the clock of the acquisition."""
    if times.start_datetime:
        injected = _dated_injection(times)
    elif times.start_time:
        injected = _undated_injection(times, ended)
    else:
        raise InputError("no Radiopharmaceutical Start DateTime nor Start Time; expected one")
    waited = (began - injected).total_seconds()
    if injected > ended or waited > _LASTS * times.half_life:
        raise InputError(
            f"{_DATED if times.start_datetime else _UNDATED}: injected "
            f"{injected:%Y-%m-%d %H:%M:%S}, scanned from {began:%Y-%m-%d %H:%M:%S} to "
            f"{ended:%H:%M:%S}; expected an injection before the scan ends and within {_LASTS:g} "
            "half-lives of it"
        )
    return injected


def _dated_injection(times: DicomTimes) -> datetime:
    zone = moment(_ACQUIRED, times.acquisition[0])[1]
    injected = same_clock(_DATED, times.start_datetime, zone)
    written = moment(_DATED, times.start_datetime)[0]
    if times.start_time and abs(time_on(times.start_time, written) - written) >= _SECOND:
        raise InputError(
            f"{_DATED} is {times.start_datetime} and {_UNDATED} is {times.start_time}; expected "
            "one time of day"
        )
    return injected


def _undated_injection(times: DicomTimes, ended: datetime) -> datetime:
    """Return the last moment before the end of the scan at which the clock showed a time."""
    if _LASTS * times.half_life > _DAY.total_seconds():
        raise InputError(
            f"{_UNDATED} is a time of day, and a half-life of {times.half_life / 3600.0:g} h "
            f"allows several days; give {_DATED}"
        )
    same_day = time_on(times.start_time, ended)
    return same_day - _DAY if same_day > ended else same_day


def _corrected_to(
    times: DicomTimes, frames: Frames, injected: float, series: float
) -> float | None:
    """Return the time to which decay was corrected, None if it was not."""
    first = float(frames.start[0])
    possible = {
        "ADMIN": (injected,),
        "START": (min(series, first), first),
        "NONE": (),
    }.get(times.decay_correction.strip().upper())
    if possible is None:
        raise InputError(
            f"Decay Correction is {times.decay_correction!r}; expected START, ADMIN or NONE"
        )
    if not times.decay_factor:
        return possible[0] if possible else None
    if not possible:
        if max(map(abs, np.subtract(times.decay_factor, 1.0))) > 1e-6:
            raise InputError("Decay Correction is NONE, but Decay Factor is not 1")
        return None
    nuclide = Nuclide("the nuclide", times.half_life)
    for to in possible:
        if agree_with(times.decay_factor, frames, nuclide, to=to):
            return to
    raise InputError(
        f"Decay Factor does not correct the frames to what Decay Correction "
        f"({times.decay_correction}) says; one of them is wrong"
    )


def moment(name: str, text: str) -> tuple[datetime, timedelta | None]:
    """Return date and time as written, and the offset from UTC if there is one."""
    match = _MOMENT.fullmatch(text.strip())
    try:
        if not match:
            raise ValueError("not of the form YYYYMMDDHHMMSS")
        day = datetime.strptime(match["date"], "%Y%m%d")
        return time_on(match["time"], day), _zone(match["zone"])
    except ValueError as error:
        raise InputError(f"{name} is {text!r} ({error}); expected YYYYMMDDHHMMSS.ffffff") from error


def same_clock(name: str, text: str, zone: timedelta | None) -> datetime:
    """Return a moment on the clock of the acquisition."""
    when, own = moment(name, text)
    if own == zone:
        return when
    if own is None or zone is None:
        raise InputError(
            f"{name} is {text!r}, but not every time has an offset from UTC; give Timezone Offset "
            "From UTC (0008,0201) to the others"
        )
    return when - own + zone


def _zone(text: str | None) -> timedelta | None:
    if text is None:
        return None
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:]))
    return -size if text[0] == "-" else size


def time_on(time: str, day: datetime) -> datetime:
    """Return a time of day on a day."""
    digits = time.strip().replace(":", "")
    # Two letters of the form for two digits of the time, which may end with the minutes.
    form = "%H%M%S"[: len(digits.partition(".")[0])] + (".%f" if "." in digits else "")
    try:
        if not _TIME.fullmatch(digits):
            raise ValueError("not of that form")
        return datetime.combine(day.date(), datetime.strptime(digits, form).time())
    except ValueError as error:
        raise InputError(f"a time of day is {time!r}; expected HHMMSS.ffffff") from error
