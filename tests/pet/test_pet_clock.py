"""DICOM's clock times and decay corrections become the offsets of PET-BIDS."""

import math
from dataclasses import replace
from typing import Any

import pytest

from biomarkers.errors import InputError
from biomarkers.pet import DicomTimes, bids_timing

F18 = 6586.2
RATE = math.log(2.0) / F18

# Injected at 23:40, scanned from 00:40 on: two frames of 5 and 10 min.
NIGHT = DicomTimes(
    decay_correction="START",
    series="20240201004000",
    acquisition=("20240201004000", "20240201004500"),
    frame_duration_ms=(300000, 600000),
    half_life=F18,
    start_time="234000",
)
ZERO = "23:40:00"


def factors(to: float, *, start: tuple[float, ...] = (3600.0, 3900.0)) -> tuple[float, ...]:
    """Decay factors of the start of each frame, s after the injection."""
    return tuple(math.exp(RATE * (each - to)) for each in start)


# What the headers say: what differs from NIGHT, and to when decay was corrected, s after 23:40.
CORRECTIONS: list[tuple[str, dict[str, Any], float | None]] = [
    ("start of the scan", {}, 3600.0),
    ("start, the series begun before the first frame", {"series": "20240201003900"}, 3540.0),
    ("start, the series made the day after", {"series": "20240202090000"}, 3600.0),
    ("start, with the factors of the series",
     {"series": "20240201003000", "decay_factor": factors(3000.0)}, 3000.0),
    ("start, with the factors of the first frame",
     {"series": "20240201003000", "decay_factor": factors(3600.0)}, 3600.0),
    ("administration", {"decay_correction": "ADMIN"}, 0.0),
    ("administration, with its factors",
     {"decay_correction": "ADMIN", "decay_factor": factors(0.0)}, 0.0),
    ("no correction", {"decay_correction": "NONE"}, None),
    ("no correction, factors of one",
     {"decay_correction": "NONE", "decay_factor": (1.0, 1.0)}, None),
]  # fmt: skip


@pytest.mark.parametrize(("case", "changed", "to"), CORRECTIONS, ids=[c[0] for c in CORRECTIONS])
def test_every_decay_correction_of_dicom(case: str, changed: dict, to: float | None) -> None:
    found = bids_timing(replace(NIGHT, **changed))
    assert found["TimeZero"] == ZERO
    assert found["ImageDecayCorrected"] is (to is not None)
    assert found["ImageDecayCorrectionTime"] == pytest.approx(to or 0.0)
    assert found["ScanStart"] == 3600.0
    assert found["FrameTimesStart"] == [3600.0, 3900.0]
    assert found["FrameDuration"] == [300.0, 600.0]


# How the injection is stated, when the first frame starts, and how much later that is, s.
INJECTIONS: list[tuple[str, dict[str, str], str, float]] = [
    ("time, same day", {"start_time": "090000"}, "20240201100000", 3600.0),
    ("time with a fraction", {"start_time": "090000.5"}, "20240201100000", 3599.5),
    ("time without seconds", {"start_time": "0900"}, "20240201100000", 3600.0),
    ("time with colons", {"start_time": "09:00:00"}, "20240201100000", 3600.0),
    ("time, the evening before", {"start_time": "235959"}, "20240201000001", 2.0),
    ("time, the last of February", {"start_time": "233000"}, "20240301003000", 3600.0),
    ("time, New Year's Eve", {"start_time": "233000"}, "20240101003000", 3600.0),
    ("time, within the first frame", {"start_time": "100030"}, "20240201100000", -30.0),
    ("time, in a frame, after midnight", {"start_time": "000100"}, "20240131235900", -120.0),
    ("date and time", {"start_datetime": "20240201090000"}, "20240201100000", 3600.0),
    ("date and time, before midnight", {"start_datetime": "20240131234000.25"},
     "20240201004000", 3599.75),
    ("both, and they agree", {"start_datetime": "20240131234000", "start_time": "234000"},
     "20240201004000", 3600.0),
    ("offsets from UTC that differ", {"start_datetime": "20240201080000+0000"},
     "20240201100000+0100", 3600.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "start", "scan", "waited"), INJECTIONS, ids=[c[0] for c in INJECTIONS]
)
def test_every_way_to_state_the_injection(case, start, scan: str, waited: float) -> None:
    times = DicomTimes("START", scan, (scan,), (600000,), F18, **start)
    found = bids_timing(times)
    assert found["ScanStart"] - found["InjectionStart"] == pytest.approx(waited)
    assert 0.0 <= found["InjectionStart"] < 1.0


def test_fractions_of_a_second_are_kept() -> None:
    times = replace(
        NIGHT, start_time="233959.75", acquisition=("20240201004000.5", "20240201004500.5")
    )
    found = bids_timing(times)
    assert (found["TimeZero"], found["InjectionStart"]) == ("23:39:59", 0.75)
    assert found["ScanStart"] == 3601.5


def test_a_nuclide_of_days_needs_the_date_of_its_injection() -> None:
    zr89 = replace(NIGHT, half_life=78.41 * 3600.0)
    with pytest.raises(InputError, match=r"half-life of 78.41 h allows several days"):
        bids_timing(zr89)
    found = bids_timing(replace(zr89, start_time="", start_datetime="20240128144000"))
    assert found["ScanStart"] == pytest.approx(3.0 * 86400.0 + 10.0 * 3600.0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"decay_correction": "YES"}, "Decay Correction is 'YES'; expected START, ADMIN or NONE"),
        ({"start_time": ""}, "no Radiopharmaceutical Start DateTime nor Start Time"),
        ({"start_time": "25"}, "a time of day is '25'; expected HHMMSS"),
        ({"start_time": "256000"}, "a time of day is '256000'; expected HHMMSS"),
        ({"start_datetime": "20240131"}, "Radiopharmaceutical Start DateTime is '20240131'"),
        ({"start_datetime": "20240131224000"}, "expected one time of day"),
        ({"start_datetime": "20240201234000"}, "expected an injection before the scan ends"),
        ({"start_datetime": "20240130234000"}, "within 10 half-lives"),
        ({"series": "2024-02-01"}, "Series Date and Time is '2024-02-01'"),
        ({"series": "20240230004000"}, "Series Date and Time is .*day is out of range"),
        ({"series": "20240201004000+0100"}, "not every time has an offset from UTC"),
        ({"frame_duration_ms": (300000,)}, "differ in number"),
        ({"frame_duration_ms": ("a", "b")}, "Actual Frame Duration is .*; expected real numbers"),
        ({"half_life": None}, "Radionuclide Half Life is None; expected one positive number"),
        ({"acquisition": ("20240201004000", "20240201004200")}, "frame 0 ends at"),
        ({"decay_factor": (2.0, 2.1)}, "Decay Factor does not correct the frames"),
        ({"decay_correction": "NONE", "decay_factor": (1.0, 1.1)}, "NONE, but Decay Factor"),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_named(changed: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        bids_timing(replace(NIGHT, **changed))
