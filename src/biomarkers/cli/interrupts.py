"""Ctrl-C and the end of a job on a cluster: one line, at once, and no traceback."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

# Exit status by signal, as shells have it, and what happened.
_WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
_received: list[int] = []


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Turn signals into `KeyboardInterrupt`; amid an import, or a second time, end there and then.

    An import may swallow the exception, or show it as a fault of its own. What is written stands
    whole at any moment, so that nothing is lost with that.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.signal(number, _receive) for number in _WORDS}
    _received.clear()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_interrupted() -> int:
    """Print what happened, and return the exit status."""
    number = _received[0] if _received else signal.SIGINT
    word = _WORDS[signal.Signals(number)]
    line = (
        f"\nbiomarkers: {word}; files that are written are whole, measuring goes on with --resume"
    )
    print(line, file=sys.stderr, flush=True)
    return 128 + number


def _receive(number: int, frame: FrameType | None) -> None:
    again = bool(_received)
    _received.append(number)
    if again or _is_importing(frame):
        os._exit(say_interrupted())
    raise KeyboardInterrupt


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
