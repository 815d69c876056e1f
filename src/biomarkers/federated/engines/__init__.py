"""What carries the messages: this process, Flower, or NVFlare; all carry the same.

An engine is a function ``run(server, sites, settings)``: until the server has nothing left to ask,
every site gets its message, and the server the replies.
"""

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from biomarkers.errors import InputError
from biomarkers.federated.messages import Server, SiteMaker, in_process

Engine = Callable[[Server, Mapping[str, SiteMaker], Any], None]

# How long sites have to answer a message, s, where the settings do not say.
WAIT = 600.0

# What each engine is imported as. A module of this package, and of the engine itself.
_ENGINES = {"flower": "flwr", "nvflare": "nvflare"}

# Engines report their use to their makers unless told not to, and Flower and Ray read that when
# they are imported.
_QUIET = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "FLWR_LOG_LEVEL": "ERROR",
}


def run_reference(server: Server, sites: Mapping[str, SiteMaker], settings: Any = None) -> None:
    """Ask every site in this process, one after the other."""
    in_process(server, {name: make() for name, make in sites.items()})


def load_engine(name: str) -> Engine:
    """Return an engine: ``reference``, ``flower`` or ``nvflare``.

    Raises
    ------
    InputError
        If there is no such engine, or it is not installed.

    """
    if name == "reference":
        return run_reference
    require_engine(name)
    engine: Engine = import_module(f"{__name__}.{name}").run
    return engine


def require_engine(name: str) -> None:
    """Make sure that an engine is installed, and switch off its reports of use.

    Raises
    ------
    InputError
        If there is no such engine, or it is not installed.

    """
    if name not in _ENGINES:
        known = ", ".join(("reference", *_ENGINES))
        raise InputError(f"engine: found {name!r}, expected one of {known}")
    os.environ.update(_QUIET)
    if reports := sys.modules.get("flwr.supercore.telemetry"):  # imported before this
        vars(reports).update(FLWR_TELEMETRY_ENABLED="0")
    if find_spec(_ENGINES[name]) is None:
        raise InputError(
            f"engine {name!r} needs the package {_ENGINES[name]}, which is not installed: in an "
            f"environment of its own, pip install 'biomarkers[{name}]'"
        )
