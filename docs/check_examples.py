"""Say which part of the public interface has no example to copy.

    python docs/check_examples.py              counts by room, names what lacks one
    python docs/check_examples.py dce cbv      of these rooms alone

Public are the functions and classes that a room exports, and the methods of those classes: each
where it is defined, so that what a class takes from its parent, or does in its place, is counted
once. Properties of one line need none, nor do fields and exceptions. Exits with 1 below 90 %.
"""

import doctest
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import biomarkers

LEAST = 0.9
# Modules that the package is built with: nothing in them is called by a reader's script.
_INTERNAL = {
    "arrays",
    "blas",
    "checks",
    "cluster",
    "code_cache",
    "compiling",
    "errors",
    "extras",
    "files",
    "options",
    "processes",
    "ranges",
}
ROOMS = [
    module.name
    for module in iter_modules(biomarkers.__path__)
    if module.name[0] != "_" and module.name not in _INTERNAL
]


def problems() -> Iterator[str]:
    """Yield what lacks an example, if that is more than a tenth of everything."""
    things = public()
    without = [name for name, thing in things.items() if not has_example(thing)]
    if len(without) > (1 - LEAST) * len(things):
        yield f"{len(without)} of {len(things)} public names have no example:"
        yield from without


def public() -> dict[str, object]:
    """Return everything public by its name, in the room where it is defined."""
    return {name: thing for room in ROOMS for name, thing in _members(room)}


def has_example(thing: object) -> bool:
    """Say whether the docstring of a function, class, method or property holds one that runs."""
    text = thing.__dict__.get("__doc__") if isinstance(thing, type) else thing.__doc__
    examples = doctest.DocTestParser().get_examples(text or "")
    return any(not example.options.get(doctest.SKIP) for example in examples)


def _members(room: str) -> Iterator[tuple[str, object]]:
    for name, thing in _exported(room):
        if isinstance(thing, type):
            if not issubclass(thing, BaseException):
                yield _named(thing, name), thing
                yield from _methods(thing)
        elif inspect.isroutine(thing):
            yield _named(thing, name), thing
        elif _is_straight_line(thing):
            yield f"{room}.{name}", thing


def _named(thing: object, name: str) -> str:
    return f"{thing.__module__.split('.')[1]}.{name}"


def _exported(room: str) -> Iterator[tuple[str, object]]:
    """Yield what a room exports, by `__all__` or else whatever in it is its own."""
    module = import_module(f"biomarkers.{room}")
    for name in getattr(module, "__all__", vars(module)):
        thing = getattr(module, name)
        own = getattr(thing, "__module__", "").startswith(module.__name__)
        if not name.startswith("_") and (own or hasattr(module, "__all__")):
            yield name, thing


def _is_straight_line(thing: object) -> bool:
    """Say whether it is called like a function: `kinetics.logan` is an object of a method."""
    return callable(thing) and type(thing).__name__ == "StraightLine"


def _methods(kind: type) -> Iterator[tuple[str, object]]:
    """Yield the public methods of a class, its parents' included, and its longer properties."""
    for name in dir(kind):
        homes = [each for each in kind.__mro__ if name in vars(each)]
        if name.startswith("_") or not homes[-1].__module__.startswith("biomarkers"):
            continue
        if name in getattr(kind, "__dataclass_fields__", {}):  # with a function for its default
            continue
        thing = vars(homes[-1])[name]
        if isinstance(thing, classmethod | staticmethod):
            thing = thing.__func__
        if inspect.isfunction(thing) or (_is_property(thing) and not _is_short(thing)):
            yield _named(homes[-1], f"{homes[-1].__name__}.{name}"), thing


def _is_property(thing: object) -> bool:
    return isinstance(thing, property) or type(thing).__name__ == "cached_property"


def _is_short(thing: object) -> bool:
    """Say whether a property has one line below its docstring."""
    function = getattr(thing, "fget", None) or thing.func  # type: ignore[attr-defined]
    source = inspect.getsource(function)
    return len(source.split(function.__doc__ or "->")[-1].strip(' \n"').splitlines()) <= 1


def main(rooms: list[str]) -> int:
    """Print the counts and what lacks an example; return the exit status."""
    things = public()
    having = {name for name, thing in things.items() if has_example(thing)}
    for room in rooms or ROOMS:
        of_room = [name for name in things if name.startswith(f"{room}.")]
        without = [name for name in of_room if name not in having]
        print(f"{room:14} {len(of_room) - len(without):4} of {len(of_room):4}")
        for name in without:
            print(f"    {name}")
    share = len(having) / len(things)
    print(f"{len(having)} of {len(things)} have an example: {share:.1%}")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
