"""The parts of the report, each a module that declares a `SectionMaker`.

A module of this package that does so is a part of every report whose results hold something
for it.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from biomarkers.report.page import Page, SectionMaker


@cache
def section_makers() -> tuple[SectionMaker[Page], ...]:
    """Return the sections that the modules of this package declare, in order of place."""
    return makers_of(__name__, __path__)


def makers_of(package: str, path: Iterable[str]) -> tuple[SectionMaker[Any], ...]:
    """Return the sections that the modules of a package declare, in order of place."""
    makers = [
        member
        for module in iter_modules(path)
        for member in vars(import_module(f"{package}.{module.name}")).values()
        if isinstance(member, SectionMaker)
    ]
    return tuple(sorted(makers, key=lambda maker: maker.place))
