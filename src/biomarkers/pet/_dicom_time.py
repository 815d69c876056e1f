"""Dates and times as DICOM writes them."""

import re
from datetime import datetime, timedelta

from biomarkers.errors import InputError

_MOMENT = re.compile(r"(?P<date>\d{8})(?P<time>\d{4}(\d{2}(\.\d{1,6})?)?)(?P<zone>[+-]\d{4})?")
_TIME = re.compile(r"\d{4}(\d{2}(\.\d{1,6})?)?")


def moment(name: str, text: str) -> tuple[datetime, timedelta | None]:
    """Return date and time as written, and the offset from UTC if there is one."""
    found = _MOMENT.fullmatch(text.strip())
    try:
        if not found:
            raise ValueError("not of the form YYYYMMDDHHMMSS")
        day = datetime.strptime(found["date"], "%Y%m%d")
        return time_on(found["time"], day), _zone(found["zone"])
    except ValueError as error:
        raise InputError(f"{name} is {text!r} ({error}); expected YYYYMMDDHHMMSS.ffffff") from error


def same_clock(name: str, text: str, zone: timedelta | None) -> datetime:
    """Return a moment on the clock of the acquisition."""
    found, own = moment(name, text)
    if own == zone:
        return found
    if own is None or zone is None:
        raise InputError(
            f"{name} is {text!r}, but not every time has an offset from UTC; give Timezone Offset "
            "From UTC (0008,0201) to the others"
        )
    return found - own + zone


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
