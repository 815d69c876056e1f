"""Work on many items by the workers of a Dask scheduler, on other machines or on this one.

What is handed over is bytes that only workers open, so that the scheduler needs this module and
nothing else. It holds as many items at a time as there are workers. A mark in a folder that all of
them see tells a worker that another one died with its item: as with processes of our own, the item
is then tried once more, when no other is.
"""

import math
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from biomarkers.errors import ClusterError, InputError, in_words
from biomarkers.processes import Lost, Turns, tried

_CONNECTING, _FIRST_WORKER, _LAST_WORKER = 10.0, 30.0, 300.0  # s
_GONE = "was lost with its worker"
_RUN = "run"  # a file of the folder that is there as long as the run
_TICK = 30.0  # s, after which it is looked whether there is a worker still
_ONE_AT_A_TIME = Lock()
_loaded: dict[str, str] = {}
Program = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class _Order:
    """What holds for all items of a run: pickled `program`, what it must give, and where."""

    program: bytes
    wanted: Mapping[str, str]
    place: str
    folder: str


@dataclass(frozen=True)
class _Unfit:
    """Why a worker cannot do the work of a run."""

    why: str


class Cluster:
    """The workers of a Dask scheduler, each on one item at a time.

    Parameters
    ----------
    address
        Of the scheduler, `tcp://host:port`, or the file in which it stands.
    program
        Gives what the results depend on by name; workers must have the same.
    folder
        Of this run alone, for its marks; workers have to see it, and one that outlives the run
        removes it.
    memory
        As of `Turns`, on all workers together.

    """

    def __init__(
        self, address: str, program: Program, folder: Path, memory: float = math.inf
    ) -> None:
        self._address, self._folder, self._memory = address, folder, memory
        self._order = _Order(
            pickle.dumps(program), program(), str(Path.cwd()), str(folder.absolute())
        )

    def __enter__(self) -> Self:
        """Connect.

        Raises
        ------
        ClusterError
            If there is no scheduler, it has no worker, or one that cannot do this work.

        """
        distributed = _library()
        file = Path(self._address)
        where = {"scheduler_file": str(file)} if file.is_file() else {"address": self._address}
        self._futures: dict[Any, int] = {}
        try:
            self._client = distributed.Client(
                **where, timeout=_CONNECTING, set_as_default=False, name="biomarkers"
            )
        except Exception as error:  # of the network, of the name, of another version of Dask
            raise ClusterError(
                f"no scheduler answers at {self._address} ({_first_line(error)}); expected the "
                "address that `dask scheduler` prints, tcp://host:port, or the file that it wrote"
            ) from error
        try:
            (self._folder / _RUN).touch()
            self._require_workers()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take back what is not done; scheduler and workers stay."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(list(self._futures), force=True)
        self._futures.clear()
        with suppress(Exception):
            self._client.close()

    def _require_workers(self) -> None:
        """Refuse workers that would not give what our own processes give."""
        try:
            self._client.wait_for_workers(1, timeout=_FIRST_WORKER)
        except TimeoutError as error:
            raise ClusterError(
                f"the scheduler at {self._address} has no worker; start some with "
                f"`dask worker {self._address} --nthreads 1`, and wait until they are there"
            ) from error
        for worker, threads in self._client.nthreads().items():
            if threads != 1:
                raise ClusterError(
                    f"worker {worker} has {threads} threads; expected processes of one thread: "
                    f"`dask worker {self._address} --nthreads 1 --nworkers {threads}`"
                )
        for worker, problem in self._client.run(_problem, self._order, on_error="return").items():
            if problem:
                why = problem if isinstance(problem, str) else in_words(problem)
                raise ClusterError(f"worker {worker} {why}")

    def results(
        self, work: Callable[[Any], Any], items: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]:
        """Yield results as they are done.

        Raises
        ------
        ClusterError
            If the scheduler is gone, no worker is left, or one came that cannot do this work.

        """
        turns = Turns(items, self._memory)
        while turns.left(len(self._futures)):
            self._hand_out(turns, work, items)
            for index, answer in self._answers():
                if turns.is_final(index, answer):
                    yield index, answer

    def _hand_out(self, turns: Turns, work: Callable[[Any], Any], items: Sequence[Any]) -> None:
        workers = max(1, len(self._threads()))
        while len(self._futures) < workers:
            index = turns.next(self._futures.values())
            if index is None:
                return
            key = f"biomarkers-{uuid4().hex}"
            try:
                call = pickle.dumps((work, items[index]))
            except Exception as error:  # as with processes: work that fails
                call = pickle.dumps((_fail, f"cannot be handed to a worker: {error}"))
            future = self._client.submit(_perform, call, self._order, key, key=key)
            self._futures[future] = index

    def _threads(self) -> Mapping[str, int]:
        try:
            threads: Mapping[str, int] = self._client.nthreads()
        except Exception as error:
            raise self._gone(error) from error
        return threads

    def _answers(self) -> Iterator[tuple[int, Any]]:
        """Wait until something is done or lost."""
        distributed, waited = _library(), 0.0
        while waited < _LAST_WORKER:
            try:
                with self._client.as_current():
                    pending = list(self._futures)
                    done = distributed.wait(pending, _TICK, return_when="FIRST_COMPLETED").done
                break
            except TimeoutError:
                waited = 0.0 if self._threads() else waited + _TICK
            except Exception as error:  # all of them cancelled
                raise self._gone(error) from error
        else:
            raise ClusterError(
                f"the scheduler at {self._address} has had no worker for {_LAST_WORKER:g} s; start "
                "some, then go on with --resume"
            )
        for future in done:
            index, answer = self._futures.pop(future), self._answer(future)
            future.release()  # or it would be done anew where the worker that holds it dies
            yield index, answer

    def _answer(self, future: Any) -> Any:
        distributed = _library()
        try:
            answer = pickle.loads(future.result())
        except distributed.CancelledError as error:
            raise self._gone(error) from error
        except distributed.scheduler.KilledWorker:
            return Lost(_GONE, died=True)
        except Exception as error:  # of the scheduler: what workers do answers as `Lost`
            raise ClusterError(
                f"the scheduler at {self._address} cannot hand out the work "
                f"({_first_line(error)}); expected it to run where this package is installed"
            ) from error
        if isinstance(answer, _Unfit):
            raise ClusterError(answer.why)
        return answer

    def _gone(self, error: Exception) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self._address} is gone ({_first_line(error)}); what is done is "
            "kept: start another, then go on with --resume"
        )


def _library() -> Any:
    """Return Dask's library, which is an extra."""
    try:
        import distributed  # noqa: PLC0415  (an extra, and slow)
        import distributed.scheduler  # noqa: PLC0415
    except ImportError as error:
        raise ClusterError(
            'a scheduler needs Dask, which is not installed: pip install "biomarkers[cluster]"'
        ) from error
    return distributed


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _fail(why: str) -> None:
    raise InputError(why)


def _problem(order: _Order) -> str:
    """Return why this worker cannot do the work of a run, empty if it can."""
    if not Path(order.folder).is_dir():
        return f"does not see {order.folder}; expected the same file system as here"
    try:
        mine = _program_here(order.program)
    except Exception as error:  # a module of a step from outside that is not here, mostly
        return f"cannot load what is to be done ({type(error).__name__}: {error})"
    names = {*mine, *order.wanted}
    differing = sorted(name for name in names if mine.get(name) != order.wanted.get(name))
    if differing:
        return (
            f"has another {', '.join(differing)} than this run; install the same there, and start "
            "the worker again"
        )
    return ""


@lru_cache(maxsize=8)
def _program_here(program: bytes) -> Mapping[str, str]:
    known: Mapping[str, str] = pickle.loads(program)()
    # A module stays what it was when it was loaded, though its file may be another by now.
    return {name: _loaded.setdefault(name, known[name]) for name in known}


def _perform(call: bytes, order: _Order, name: str) -> bytes:
    """Do the work of one item, on a worker; return what it gave, pickled."""
    mark = Path(order.folder) / f"{name}.begun"
    if mark.exists():  # said before anything is loaded: this worker may have just been started
        return pickle.dumps(Lost(_GONE, died=True))
    with _ONE_AT_A_TIME, _as_in(order.place), _one_numba_thread():
        problem = _problem(order)
        if problem:
            return pickle.dumps(_Unfit(f"a worker that came later {problem}"))
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return pickle.dumps(Lost(_GONE, died=True))
        work, item = pickle.loads(call)
        answer = tried(work, item)
    if not (Path(order.folder) / _RUN).exists():  # the run has ended, and cleared its folder
        shutil.rmtree(order.folder, ignore_errors=True)
    try:
        return pickle.dumps(answer)
    except Exception as error:
        return pickle.dumps(Lost(f"its result cannot be sent: {error}"))


@contextmanager
def _as_in(place: str) -> Iterator[None]:
    """Work where the run was started, so that paths mean, and messages say, the same."""
    if not Path(place).is_dir():
        yield
        return
    with chdir(place):
        yield


@contextmanager
def _one_numba_thread() -> Iterator[None]:
    """Leave other cores to other workers; what others run in this one gets back what it had."""
    if "numba" not in sys.modules:
        os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    import numba  # noqa: PLC0415  (only where there is work to do)

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)
