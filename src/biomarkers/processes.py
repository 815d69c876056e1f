"""Work on many items, in this process or in others that may be lost one at a time.

This module is small, so that a process is soon ready. An executor is given one function and many
items, and yields results as they are done. The pools of the standard library lose all that is
pending with one killed process; here its item is tried once more, alone, and the others go on.
"""

import math
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import SpawnContext
from multiprocessing.reduction import ForkingPickler
from threading import Thread
from types import TracebackType
from typing import Any, Protocol, Self

from biomarkers.errors import InputError

_READY = "ready"
_STARTS = 3
_CANNOT_START = (
    "processes that share the work cannot start: a script that starts several jobs has to do so "
    "below `if __name__ == '__main__':`; or take jobs=1"
)
_KILLED_EARLY = "processes that share the work are killed before they start: take fewer jobs"


@dataclass(frozen=True)
class Lost:
    """What became of an item that has no result.

    Parameters
    ----------
    how
        How that came, in words.
    died
        Whether the process ended that worked on it.

    """

    how: str
    died: bool = False


class Turns:
    """Which item is next: one that fits; one lost with its process is tried once more, alone.

    Parameters
    ----------
    items
        All of them; `memory`, if an item has it, is how many bytes it needs.
    memory
        Bytes that the items worked on at once may need together; one that needs more is worked on
        alone.

    """

    def __init__(self, items: Sequence[Any], memory: float = math.inf) -> None:
        self._needs = [int(getattr(item, "memory", 0)) for item in items]
        self._memory = memory
        self._waiting = deque(range(len(items)))
        self._alone, self._again = deque[int](), set[int]()

    def next(self, busy: Collection[int]) -> int | None:
        """Return the index of the next item beside those worked on, None if there is none now."""
        left = self._memory - sum(self._needs[index] for index in busy) if busy else math.inf
        index = next((each for each in self._waiting if self._needs[each] <= left), None)
        if index is not None:
            self._waiting.remove(index)
            return index
        return self._alone.popleft() if self._alone and not busy else None

    def left(self, busy: int) -> int:
        """Return how many processes can have something to do, `busy` of which have."""
        return len(self._waiting) + busy or len(self._alone)

    def is_final(self, index: int, answer: Any) -> bool:
        """Whether this is what becomes of an item; if not, its turn comes again."""
        if isinstance(answer, Lost) and answer.died and index not in self._again:
            self._again.add(index)
            self._alone.append(index)
            return False
        return True


class Executor(Protocol):
    """Does one piece of work on many items; what it holds is freed when its block ends."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def results(
        self, work: Callable[[Any], Any], items: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield the index of each item and what `work` made of it, or `Lost`, as it is done.

        `work` stands at the top of a module; items and results are pickled.
        """
        ...


class InProcess:
    """One item after the other, here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def results(
        self, work: Callable[[Any], Any], items: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield results in the order of the items."""
        for index, item in enumerate(items):
            yield index, tried(work, item)


class Processes:
    """Processes of our own, on one thread each; fresh ones, as a fork would inherit locks.

    Parameters
    ----------
    count
        How many at most.
    memory
        As of `Turns`.

    """

    def __init__(self, count: int, memory: float = math.inf) -> None:
        self._count, self._lost_starts, self._closed = count, 0, False
        self._memory = memory
        self._context = get_context("spawn")
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        for worker in self._workers:
            worker.end()

    def results(
        self, work: Callable[[Any], Any], items: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield results as they are done.

        Raises
        ------
        InputError
            If no process can be started.

        """
        turns = Turns(items, self._memory)
        while wanted := turns.left(sum(each.is_busy for each in self._workers)):
            self._hire(wanted)
            self._hand_out(turns, work, items)
            for index, answer in self._answers():
                if turns.is_final(index, answer):
                    yield index, answer
            if self._closed:
                return

    def _hire(self, wanted: int) -> None:
        while len(self._workers) < min(self._count, wanted):
            self._workers.append(_Worker(self._context))

    def _hand_out(self, turns: Turns, work: Callable[[Any], Any], items: Sequence[Any]) -> None:
        """Give idle workers something to do."""
        for worker in [each for each in self._workers if each.is_idle]:
            index = turns.next([each.index for each in self._workers if each.index is not None])
            if index is None:
                return
            worker.take(index, work, items[index])

    def _answers(self) -> list[tuple[int, Any]]:
        """Wait until a worker has something to say; return what is done or lost."""
        heard = connection.wait([each.pipe for each in self._workers if not each.is_idle])
        answers = []
        for worker in [each for each in self._workers if each.pipe in heard]:
            index, answer = worker.index, worker.hear()
            if worker.has_died:
                self._workers.remove(worker)
                if index is None:
                    self._count_lost_start(worker)
            else:
                self._lost_starts = 0
            if index is not None:
                answers.append((index, answer))
        return answers

    def _count_lost_start(self, worker: "_Worker") -> None:
        self._lost_starts += 1
        if self._closed:
            return
        if (worker.process.exitcode or 0) > 0:
            raise InputError(_CANNOT_START)
        if self._lost_starts == _STARTS:
            raise InputError(_KILLED_EARLY)


class _Worker:
    """A process and the pipe to it: starting, idle, busy with the item of an index, or dead."""

    def __init__(self, context: SpawnContext) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.index: int | None = None
        self.has_died = self._is_ready = False
        with _interrupts_held():
            self.process.start()
        theirs.close()  # so that its end is seen

    @property
    def is_busy(self) -> bool:
        return self.index is not None

    @property
    def is_idle(self) -> bool:
        return self._is_ready and self.index is None

    def take(self, index: int, work: Callable[[Any], Any], item: Any) -> None:
        """Begin with an item; what cannot be pickled is work that fails."""
        self.index = index
        try:
            message = ForkingPickler.dumps((work, item))
        except Exception as error:
            message = ForkingPickler.dumps((_fail, f"cannot be handed to a process: {error}"))
        with suppress(OSError):  # where it has died, as will be heard
            self.pipe.send_bytes(message)

    def hear(self) -> Any:
        """Return the result of the item, `Lost` if the process has ended."""
        try:
            answer = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            self.pipe.close()
            self.has_died, self.index = True, None
            return Lost(_ending(self.process.exitcode), died=True)
        self._is_ready, self.index = True, None
        return answer

    def end(self) -> None:
        """End the process at once: it writes nothing that is needed."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit status {code}"


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C from a process that is started here: it is the parent's to end it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: "connection.Connection[Any, Any]") -> None:
    """Work on what comes through a pipe, until its other end is closed."""
    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _on_one_thread()
    pipe.send(_READY)
    while True:
        try:
            work, item = pipe.recv()
        except EOFError:
            return
        answer = tried(work, item)
        try:
            pipe.send(answer)
        except Exception as error:
            pipe.send(Lost(f"its result cannot be sent: {error}"))


def tried(work: Callable[[Any], Any], item: Any) -> Any:
    """Return what work made of an item; `Lost`, if it raised an error."""
    try:
        return work(item)
    except Exception as error:
        return Lost(f"{type(error).__name__}: {error}")


def _fail(why: str) -> None:
    raise InputError(why)


def _end_with_parent() -> None:
    """End when the parent has: nobody is there to take what is done."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _on_one_thread() -> None:
    """Leave the other cores to the other processes, unless the environment says otherwise."""
    if "NUMBA_NUM_THREADS" not in os.environ:
        os.environ["NUMBA_NUM_THREADS"] = "1"
        if "numba" in sys.modules:  # the script of the parent imported it
            sys.modules["numba"].config.NUMBA_NUM_THREADS = 1
