"""Processes that share the work of a cohort, and what is compiled for them ahead of time.

Workers that each compiled for themselves would all do the same work, and do it one piece after
the other; in pieces of its own it is done once, by all of them at once, and kept on disk.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from biomarkers.study.step import Step
from biomarkers.study.steps import STEPS


def workers(count: int) -> ProcessPoolExecutor:
    """Return a pool of processes that compute on one thread each.

    They are fresh ones: a fork would inherit the locks of threads that numba may have started.
    """
    return ProcessPoolExecutor(count, get_context("spawn"), _on_one_thread)


def warm_up(pool: ProcessPoolExecutor, steps: Iterable[Step]) -> None:
    """Compile what steps will run; what goes wrong is left for the steps to say."""
    _finish(_start(pool, steps))


@contextmanager
def warming_up(jobs: int, steps: Sequence[Step] = STEPS) -> Iterator[None]:
    """Compile what steps will run while something else goes on; on one job, later."""
    if jobs < 2:
        yield
        return
    with workers(jobs) as pool:
        running = _start(pool, steps)
        yield
        _finish(running)


def _start(pool: ProcessPoolExecutor, steps: Iterable[Step]) -> list[Future[None]]:
    tasks = [step.warm_up for step in steps if step.warm_up is not None]
    return [pool.submit(task) for task in tasks]


def _finish(running: Iterable[Future[None]]) -> None:
    for each in running:
        each.exception()


def _on_one_thread() -> None:
    """Leave the other cores to the other processes, unless the environment says otherwise."""
    import numba  # noqa: PLC0415  (slow to import, and only a worker needs it here)

    if "NUMBA_NUM_THREADS" not in os.environ:
        numba.config.NUMBA_NUM_THREADS = 1
