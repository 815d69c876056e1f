"""The parts of the report, each a module that declares a `SectionMaker`.

A module of this package that does so is a part of every report whose results hold something
for it.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from biomarkers.report.page import SectionMaker


@cache
def section_makers() -> tuple[SectionMaker, ...]:
    """Return the sections that the modules of this package declare, in order of place."""
    makers = [
        member
        for module in iter_modules(__path__)
        for member in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(member, SectionMaker)
    ]
    return tuple(sorted(makers, key=lambda maker: maker.place))
