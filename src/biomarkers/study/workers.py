"""Numeric code that is compiled ahead of time, by several processes at once."""

from collections.abc import Callable, Iterable

from biomarkers.processes import Executor
from biomarkers.study.step import Step


def warm_up(executor: Executor, steps: Iterable[Step]) -> None:
    """Compile what steps will run; what goes wrong is left for the steps to say.

    Workers that each compiled for themselves would all do the same work, and do it one piece after
    the other; in pieces of its own it is done once, by all of them at once, and kept on disk.
    """
    for _ in executor.results(_call, [step.warm_up for step in steps if step.warm_up]):
        pass


def _call(task: Callable[[], None]) -> None:
    task()
