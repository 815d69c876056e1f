"""From longitudinal images to the earliest day on which responders separate.

Every public sub-package and module is an attribute, loaded when first used:

`dce`, `cbv`, `pet`, `mrs`, `dwi`, `radiomics`, `kinetics`, `relaxometry`, `images`
    From signal to maps and values by region.
`study`, `simulate`
    A cohort on disk, real or simulated.
`table`, `plan`, `stats`, `report`
    From a measurement table to results and a report.
`predict`
    From features of cases to a judged rule.
`deep`
    Networks over slices, days and spectra, judged like any other model.
`federated`
    The same training at several sites, without moving their rows.
`workflow`
    The whole way.
`sample_data`
    Small data with known truth, to try a call on.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from biomarkers._version import __version__

_MODULES = tuple(module.name for module in iter_modules(__path__) if module.name[0] != "_")

__all__ = ["__version__", *_MODULES]  # noqa: PLE0604 (the modules are names)


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"biomarkers.{name}")
    raise AttributeError(f"module 'biomarkers' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
