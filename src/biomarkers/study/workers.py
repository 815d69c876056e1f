"""Numeric code that is compiled ahead of time, by several processes at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from biomarkers.processes import Executor, Processes
from biomarkers.study.step import Step
from biomarkers.study.steps import STEPS


def warm_up(executor: Executor, steps: Iterable[Step]) -> None:
    """Compile what steps will run; what goes wrong is left for the steps to say.

    Workers that each compiled for themselves would all do the same work, and do it one piece after
    the other; in pieces of its own it is done once, by all of them at once, and kept on disk.
    """
    for _ in executor.results(_call, [step.warm_up for step in steps if step.warm_up]):
        pass


def _call(task: Callable[[], None]) -> None:
    task()


@contextmanager
def warming_up(jobs: int, steps: Sequence[Step] = STEPS) -> Iterator[None]:
    """Compile what steps will run while something else goes on; on one job, later.

    Examples
    --------
    >>> from biomarkers import sample_data
    >>> from biomarkers.study import warming_up
    >>> with warming_up(1):
    ...     rats = sample_data.write_study("rats")

    """
    if jobs < 2:
        yield
        return
    with Processes(jobs) as pool:
        running = Thread(target=warm_up, args=(pool, steps), daemon=True)
        running.start()
        yield
        running.join()
