"""Processes that share the work of a cohort."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context


def workers(count: int) -> ProcessPoolExecutor:
    """Return a pool of processes that compute on one thread each.

    They are fresh ones: a fork would inherit the locks of threads that numba may have started.
    """
    return ProcessPoolExecutor(count, get_context("spawn"), _on_one_thread)


def _on_one_thread() -> None:
    """Leave the other cores to the other processes, unless the environment says otherwise."""
    import numba  # noqa: PLC0415  (slow to import, and only a worker needs it here)

    if "NUMBA_NUM_THREADS" not in os.environ:
        numba.config.NUMBA_NUM_THREADS = 1


def start(pool: ProcessPoolExecutor, tasks: Iterable[Callable[[], None]]) -> list[Future[None]]:
    """Start tasks at once."""
    return [pool.submit(task) for task in tasks]


def finish(running: Iterable[Future[None]]) -> None:
    """Wait for tasks; what goes wrong with one is left for others to say."""
    for each in running:
        each.exception()
