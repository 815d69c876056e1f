"""The logs of a run: for readers beside the outputs, and for programs, an object a line.

Nothing in a log is part of the results, and a log that cannot be written any more stops no run.
"""

import json
import math
import os
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from biomarkers import __version__
from biomarkers.errors import FileError, UnloggedWarning, in_words, warn
from biomarkers.study.events import Event

FOLDER = "logs"
_SHOWN_ON_TERMINAL = 2
_NAMES = re.compile(r"\S*sub-[^\s:,;]+")
_NUMBERS = re.compile(r"\d+(\.\d+)?(e[+-]?\d+)?")
_INDENT = " " * 27
Listener = Callable[[Event], None]


class RunLog:
    """Takes every event of a run.

    Parameters
    ----------
    out
        Folder of results, whose `logs/` gets a log for readers; None for none.
    json_file
        Gets an object a line, after what is in it already; None for none.
    listen
        Called with every event of a session.

    Raises
    ------
    FileError
        If the file cannot be written.

    """

    def __init__(
        self, out: Path | None, json_file: Path | str | None, listen: Listener | None = None
    ) -> None:
        self._out = out
        self.path: Path | None = None
        self.warnings = Warnings()
        self._listen = listen
        self._has_begun = False
        self._counts = Counter[str]()
        self._files = [] if json_file is None else [_File(_opened(Path(json_file)), as_json)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say why a run was not begun, if it was not; close the logs."""
        if error is not None and not self._has_begun:
            self._write(Event("ended", "", text=f"not begun: {_why(error)}"))
        for each in self._files:
            each.close()

    @contextmanager
    def of_run(self, about: str) -> Iterator[None]:
        """Write from what a run is about to its end; `logs/measure-<start>.log` begins here."""
        self._has_begun = True
        begun = Event("begun", "", text=f"{about}; {_where()}")
        if self._out is not None:
            self._files += self._beside(self._out, begun)
        self._write(begun)
        how = ""
        try:
            yield
        except BaseException as error:
            how = f"; ended by {_why(error)}"
            raise
        finally:
            seconds = (Event("", "").time - begun.time).total_seconds()
            self._write(Event("ended", "", seconds, self._counted() + how))
            for line in self.warnings.lines():
                self._write(Event("summary", "", text=line))

    def tell(self, event: Event) -> None:
        """Write an event, and pass it on."""
        self._counts[event.what] += 1
        self.warnings.add(event)
        self._write(event)
        if self._listen:
            self._listen(event)

    def _write(self, event: Event) -> None:
        for each in self._files:
            each.write(event)

    def _counted(self) -> str:
        counts = (f"{self._counts[what]} {what}" for what in ("measured", "failed", "kept"))
        return f"sessions: {', '.join(counts)}"

    def _beside(self, out: Path, begun: Event) -> "Iterator[_File]":
        """Open the log of this run, which no other has; it is no reason not to measure."""
        start = begun.time.strftime("%Y%m%dT%H%M%S")
        try:
            (out / FOLDER).mkdir(exist_ok=True)
            for more in ("", *(f"-{count}" for count in range(2, 100))):
                path = out / FOLDER / f"measure-{start}{more}.log"
                if not os.path.lexists(path):
                    stream = path.open("x", encoding="utf-8", errors="backslashreplace")
                    self.path = path
                    yield _File(stream, as_text)
                    return
        except OSError as error:
            warn(UnloggedWarning(f"no log of this run: {error}"))


class Warnings:
    """What was remarked on, in how many sessions: texts that differ in numbers or names are one."""

    def __init__(self) -> None:
        self._sessions: dict[str, set[str]] = {}
        self._first: dict[str, str] = {}
        self._measured: set[str] = set()

    def add(self, event: Event) -> None:
        """Count an event."""
        if event.what in ("measured", "failed"):
            self._measured.add(event.session)
        if event.what != "warning":
            return
        kind = _NUMBERS.sub("#", _NAMES.sub("…", event.text))
        self._first.setdefault(kind, event.text)
        self._sessions.setdefault(kind, set()).add(event.session)

    def lines(self, most: int | None = None) -> list[str]:
        """Return how many sessions have warnings, and the most frequent; all, if not limited."""
        if not self._sessions:
            return []
        concerned = set().union(*self._sessions.values())
        lines = [f"in {len(concerned)} of {len(self._measured)} sessions"]
        ordered = sorted(self._sessions, key=lambda kind: (-len(self._sessions[kind]), kind))
        lines += [f"{len(self._sessions[kind])} x {self._first[kind]}" for kind in ordered[:most]]
        return lines

    def short(self) -> tuple[str, ...]:
        """Return what a terminal shows of them."""
        return tuple(self.lines(_SHOWN_ON_TERMINAL))


class _File:
    """A log that is written until it cannot be any more."""

    def __init__(self, stream: TextIO, shown: Callable[[Event], str]) -> None:
        self._stream: TextIO | None = stream
        self._shown = shown

    def write(self, event: Event) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(f"{self._shown(event)}\n")
            self._stream.flush()
        except OSError as error:
            warn(UnloggedWarning(f"{self._stream.name} is no longer written: {error}"))
            self.close()

    def close(self) -> None:
        stream, self._stream = self._stream, None
        try:
            if stream is not None:
                stream.close()
        except OSError:  # what was not written before is not written now
            return


def as_json(event: Event) -> str:
    """Return an event as an object on one line."""
    content = {
        "time": event.time.isoformat(timespec="milliseconds"),
        "what": event.what,
        "session": event.session,
        "stage": event.stage,
        "seconds": None if math.isnan(event.seconds) else round(event.seconds, 6),
        "peak_memory_bytes": event.peak_memory,
        "text": event.text,
    }
    return json.dumps(content)


def as_text(event: Event) -> str:
    """Return an event as a line for readers; what belongs to a session stands below it."""
    text = "".join(each if each.isprintable() else " " for each in event.text)
    if event.what == "summary":
        return f"{_INDENT}{text}"
    if event.what == "warning":
        return f"{_INDENT}{event.what:9} {event.stage}: {text}"
    parts = [] if math.isnan(event.seconds) else [f"{event.seconds:8.2f} s"]
    parts += [] if event.peak_memory is None else [f"{event.peak_memory / 2**20:6.0f} MiB"]
    parts += [text] if text else []
    if event.what == "stage":
        return f"{_INDENT}{event.stage:20} {'  '.join(parts)}"
    when = event.time.astimezone().isoformat(" ", "seconds")
    return f"{when}  {event.what:9} {event.session:20} {'  '.join(parts)}"


def _opened(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise FileError(
            f"{path} cannot be written as a log ({error.strerror}); name another file"
        ) from error


def _where() -> str:
    return f"biomarkers {__version__}, process {os.getpid()} on {socket.gethostname()}"


def _why(error: BaseException) -> str:
    if isinstance(error, Exception):
        return in_words(error)
    return "an interrupt" if isinstance(error, KeyboardInterrupt) else type(error).__name__
