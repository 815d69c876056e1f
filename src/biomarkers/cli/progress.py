"""Progress on standard error: a line that moves on a terminal, a few plain lines elsewhere."""

import sys
from types import TracebackType
from typing import TextIO

_WIDTH = 30


class Progress:
    """Shows how much of a stage is done.

    Call it with done, total and the name of the last thing done; `say` announces a stage.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._moving = self._stream.isatty()
        self._tenths = 0
        self._open_line = False

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_line()

    def say(self, text: str) -> None:
        """Announce a stage."""
        self._end_line()
        self._tenths = 0
        print(text, file=self._stream, flush=True)

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` are done, `what` being the last."""
        if self._moving:
            filled = _WIDTH * done // max(total, 1)
            bar = "█" * filled + "░" * (_WIDTH - filled)
            self._stream.write(f"\r  {bar} {done}/{total}  {what:<24.24}")
            self._stream.flush()
            self._open_line = done < total
            if done == total:
                self._stream.write("\n")
            return
        tenths = 10 * done // max(total, 1)
        if tenths != self._tenths:
            self._tenths = tenths
            print(f"  {done}/{total}  {what}", file=self._stream, flush=True)

    def _end_line(self) -> None:
        if self._open_line:
            self._stream.write("\n")
            self._open_line = False
