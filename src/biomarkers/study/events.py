"""What happens in a run, stage by stage: for logs alone, results do not depend on it."""

import math
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Event:
    """Something that happened in a run, for logs.

    Parameters
    ----------
    what
        `kept`, `measured` or `failed`, of a session; after it, each `stage` of it, and each
        `warning`.
    session
        Of which session.
    seconds
        How long it took; NaN if it was not timed.
    text
        More of it, in words.
    stage
        Which part of the session: a step by its name, or `inputs` (their hashes), `labels` (and
        given maps, read), `regions` (volumes, pictures), `write`; of a warning also `plan`.
    peak_memory
        The most memory that its process had at a time, bytes: during the stage in a process of
        its own (Linux), else since the process began. None if that is not known.
    time
        When it ended, UTC.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> events = []
    >>> rats = sample_data.write_study("rats", subjects=["01"])
    >>> measured = study.measure(rats, "out", listen=events.append)
    >>> [(event.what, event.session) for event in events][:1]
    [('measured', 'sub-01 ses-day00')]
    >>> [event.stage for event in events if event.what == "stage"][:4]
    ['inputs', 'labels', 'regions', 'write']

    """

    what: str
    session: str
    seconds: float = math.nan
    text: str = ""
    stage: str = ""
    peak_memory: int | None = None
    time: datetime = field(default_factory=_now)


class Stages:
    """The stages of a session on its way, and what is remarked on in them.

    Parameters
    ----------
    session
        Which.

    """

    def __init__(self, session: str) -> None:
        self._session, self._start = session, time.perf_counter()
        self.events: list[Event] = []

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Time a stage."""
        _reset_peak()
        start = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - start
            event = Event("stage", self._session, seconds, "", stage, _peak())
            self.events.append(event)

    def warn(self, stage: str, *texts: str) -> None:
        """Keep what was remarked on in a stage."""
        self.events += [Event("warning", self._session, text=each, stage=stage) for each in texts]

    def ended(self, what: str, text: str) -> Event:
        """Return what became of the session."""
        peaks = [each.peak_memory for each in self.events if each.peak_memory is not None]
        seconds = time.perf_counter() - self._start
        return Event(what, self._session, seconds, text, peak_memory=max(peaks, default=None))


def _reset_peak() -> None:
    """Begin anew with the most memory; in a process of the caller's, that is the caller's."""
    if multiprocessing.parent_process() is None:
        return
    try:
        _RESET.write_text("5")
    except OSError:  # no Linux, or not allowed
        return


def _peak() -> int | None:
    """Return the most memory this process has had, bytes."""
    try:
        lines = _STATUS.read_text().splitlines()
        return next(int(each.split()[1]) << 10 for each in lines if each.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10  # macOS has bytes, others KiB
