"""Every public function, class and method of the rooms that calculate, and why some are not called.

A name is that under which users find it; a method stands below the class that defines it.
"""

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from typing import Any

ROOMS = ("kinetics", "relaxometry", "dce", "cbv", "pet", "mrs", "dwi", "images", "estimates",
         "stats", "timing", "ranges")  # fmt: skip

# What is not called with spoiled arrays, and why. `*` stands for any name without a dot.
NOT_CALLED: dict[str, str] = {}


def public() -> dict[str, Any]:
    """Return functions, classes and methods by room and name."""
    return {name: each for room in ROOMS for name, each in _of_room(room)}


def _of_room(room: str) -> Iterator[tuple[str, Any]]:
    module = import_module(f"biomarkers.{room}")
    for name in getattr(module, "__all__", dir(module)):
        each = getattr(module, name)
        if name[0] == "_" or _room(each) != room:
            continue
        if inspect.isfunction(each):
            yield f"{room}.{name}", each
        elif inspect.isclass(each) and not issubclass(each, Enum):
            yield f"{room}.{name}", each
            for kind in each.__mro__:
                yield from _methods(kind)


def _methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, each in vars(kind).items():
        call = getattr(each, "__func__", each)
        if name[0] != "_" and _room(kind) and inspect.isfunction(call):
            yield f"{_room(kind)}.{kind.__qualname__}.{name}", call


def _room(each: Any) -> str:
    package, _, rest = getattr(each, "__module__", "").partition(".")
    return rest.partition(".")[0] if package == "biomarkers" else ""
