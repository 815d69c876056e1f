"""The steps of measuring a study, each a module: what it needs, what it gives, its settings.

A module of this package that declares a `Step` is a step of every study.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from biomarkers.study.step import Step, in_order


def _declared() -> Iterator[Step]:
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        yield from (each for each in members if isinstance(each, Step))


STEPS: tuple[Step, ...] = in_order(_declared())

__all__ = ["STEPS"]
