"""From longitudinal images to the earliest day on which responders separate.

The rooms, each a module of its own, loaded when first used:

`dce`, `pet`, `kinetics`, `relaxometry`, `images`
    From signal to maps and values by region.
`study`, `simulate`
    A cohort on disk, real or simulated.
`table`, `plan`, `stats`, `report`
    From a measurement table to results and a report.
`workflow`
    The whole way.
"""

from importlib import import_module
from types import ModuleType

from biomarkers._version import __version__

_ROOMS = (
    "dce", "errors", "images", "kinetics", "pet", "plan", "relaxometry", "report", "results",
    "simulate", "stats", "study", "table", "timing", "units", "workflow",
)  # fmt: skip

__all__ = ["__version__", *_ROOMS]  # noqa: PLE0604 (the rooms are names)


def __getattr__(name: str) -> ModuleType:
    if name in _ROOMS:
        return import_module(f"biomarkers.{name}")
    raise AttributeError(f"module 'biomarkers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
