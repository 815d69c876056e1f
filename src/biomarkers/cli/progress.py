"""Progress on standard error: a bar on a terminal, a few plain lines elsewhere.

Both say how long it has taken, and how long it will.
"""

import sys
import time
from types import TracebackType
from typing import TextIO

from tqdm import tqdm

_BAR = "  {bar:30} {n_fmt}/{total_fmt}  {elapsed} elapsed, {remaining} left  {desc}"


class Progress:
    """Shows how much of a stage is done.

    Call it with done, total and the name of the last thing done; `say` announces a stage.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._moving = self._stream.isatty()
        self._bar: tqdm[None] | None = None
        self._restart()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restart()

    def _restart(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._tenths, self._start = None, 0, time.monotonic()

    def say(self, text: str) -> None:
        """Announce a stage."""
        self._restart()
        if not self._quiet:
            print(text, file=self._stream, flush=True)

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` are done, `what` being the last."""
        if self._quiet:
            return
        if self._moving:
            self._move(done, total, what)
        else:
            self._line(done, total, what)

    def _move(self, done: int, total: int, what: str) -> None:
        if self._bar is None:
            self._bar = tqdm(total=total, file=self._stream, bar_format=_BAR)
        self._bar.set_description_str(what, refresh=False)
        self._bar.update(done - self._bar.n)
        if done == total:
            self._restart()

    def _line(self, done: int, total: int, what: str) -> None:
        tenths = 10 * done // max(total, 1)
        if tenths == self._tenths:
            return
        self._tenths = tenths
        elapsed = time.monotonic() - self._start
        times = f"{_clock(elapsed)} elapsed"
        if done < total:
            times += f", {_clock(elapsed * (total - done) / done)} left"
        print(f"  {done}/{total}  {times}  {what}", file=self._stream, flush=True)
        if done == total:
            self._restart()


def _clock(seconds: float) -> str:
    return str(tqdm.format_interval(seconds))
