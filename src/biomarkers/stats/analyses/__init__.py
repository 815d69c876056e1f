"""The analyses of a plan besides the test of separation, each a module.

A module of this package that declares an `Analysis` is an analysis of every plan: of those that
have its section, or of all where it has none. Curves, cut-offs, models and the like are made for
the series that are shown (`Findings.shown`): those the answer names, and as many more at most.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from biomarkers.stats.analyses.analysis import Analysis


def _declared() -> Iterator[Analysis]:
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        yield from (each for each in members if isinstance(each, Analysis))


ANALYSES: tuple[Analysis, ...] = tuple(_declared())

__all__ = ["ANALYSES"]
