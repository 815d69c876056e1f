"""Frames are checked when they are made, and never change."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.timing import Frames


def test_mid_and_end() -> None:
    frames = Frames(np.array([0.0, 10.0]), np.array([10.0, 20.0]))
    assert frames.mid.tolist() == [5.0, 20.0]
    assert frames.end.tolist() == [10.0, 30.0]
    assert len(frames) == 2
    assert not frames.are_instants


def test_instants_have_no_duration() -> None:
    frames = Frames.instants([0.0, 2.5, 5.0])
    assert frames.are_instants
    assert frames.mid.tolist() == frames.start.tolist()


def test_frames_are_copies_and_read_only() -> None:
    start = np.array([0.0, 1.0])
    frames = Frames(start, np.zeros(2))
    start[0] = 9.0
    assert frames.start[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        frames.start[0] = 1.0


@pytest.mark.parametrize(
    ("start", "duration", "message"),
    [
        ([0.0, 1.0], [1.0], "one length"),
        ([], [], "one length"),
        ([0.0, np.nan], [1.0, 1.0], "finite"),
        ([0.0, 1.0], [1.0, -1.0], "frame 1 lasts -1 s"),
        ([0.0, 0.0], [0.0, 0.0], "frame 1 starts at 0 s, not after frame 0"),
        ([0.0, 5.0], [6.0, 1.0], "frame 0 ends at 6 s, after frame 1 starts"),
    ],
)
def test_impossible_frames_are_refused(
    start: list[float], duration: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Frames(np.array(start), np.array(duration))
