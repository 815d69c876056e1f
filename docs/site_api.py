"""The reference of the Python interface: a page for each room and for each thing it exports."""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import biomarkers

ROOMS = {
    "The whole way": ("workflow", "sample_data"),
    "Images of a modality": ("dce", "cbv", "pet", "mrs", "dwi", "radiomics"),
    "Under all modalities": ("kinetics", "relaxometry", "images", "estimates"),
    "Cohorts": ("study", "simulate"),
    "Tables and decisions": ("table", "plan", "stats", "predict", "deep", "federated"),
    "Results and reports": ("results", "report"),
    "Under everything": ("quantities", "timing", "units", "errors"),
}
# Not described: what the package is built of, and what its command is.
INTERNAL = {
    "arrays", "bids", "blas", "checks", "cli", "cluster", "code_cache", "compiling", "extras",
    "files", "ibsi", "options", "processes", "ranges",
}  # fmt: skip

Page = tuple[str, str]  # name of the file, and its text


def api_pages() -> Iterator[Page]:
    """Yield every page of the reference.

    Raises
    ------
    ValueError
        If a room stands in no group.

    """
    known = {name for names in ROOMS.values() for name in names} | INTERNAL
    if missing := sorted(set(biomarkers.__all__) - known - {"__version__"}):
        raise ValueError(f"name the group of {', '.join(missing)} in {__file__}")
    groups = rooms_by_group()
    yield "index.rst", index(groups)
    for room in (room for rooms in groups.values() for room in rooms):
        yield from room_pages(room)


def rooms_by_group() -> dict[str, list[ModuleType]]:
    """Return the rooms that there are."""
    return {
        title: [import_module(f"biomarkers.{name}") for name in names if name in biomarkers.__all__]
        for title, names in ROOMS.items()
    }


def index(groups: dict[str, list[ModuleType]]) -> str:
    """Return the page of all rooms."""
    lines = [*title("Python interface"), "Everything that a room exports, from its docstring.", ""]
    for group, rooms in groups.items():
        rows = [(f":doc:`{short(room)} <{short(room)}>`", summary(room)) for room in rooms]
        lines += [*title(group, "-"), *table(rows)]
    names = [f"   {short(room)}" for rooms in groups.values() for room in rooms]
    return "\n".join([*lines, ".. toctree::", "   :hidden:", "", *names, ""])


def room_pages(room: ModuleType) -> Iterator[Page]:
    """Yield the page of a room and those of what it exports."""
    things = exported(room)
    lines = [f".. module:: {room.__name__}", "", *title(short(room)), *docstring(room)]
    for heading, names in grouped(room, things).items():
        rows = [(link(room, name), summary(things[name])) for name in names]
        lines += [*title(heading, "-"), *table(rows)]
    data = [name for name, thing in things.items() if not is_code(thing)]
    if data:
        lines += title("Data", "-")
    for name in data:
        lines += [f".. data:: {name}", "", f"   {described(things[name])}", ""]
    yield f"{short(room)}.rst", "\n".join(lines)
    for page, names in pages_of(room).items():
        yield f"{short(room)}/{page}.rst", thing_page(room, page, names)


def exported(room: ModuleType) -> dict[str, Any]:
    """Return what a room exports, by name, in alphabetical order."""
    names = getattr(room, "__all__", None) or [
        name
        for name, thing in vars(room).items()
        if name[0] != "_" and getattr(thing, "__module__", "").startswith(room.__name__)
    ]
    things = {name: getattr(room, name) for name in sorted(names, key=str.lower)}
    return {name: thing for name, thing in things.items() if not inspect.ismodule(thing)}


def pages_of(room: ModuleType) -> dict[str, list[str]]:
    """Return the names that a room describes, by page: a function and its result share one.

    `icc` and `Icc` could not be two files where capitals do not count.
    """
    pages: dict[str, list[str]] = defaultdict(list)
    for name, thing in exported(room).items():
        if is_code(thing) and home(room, name) == room:
            pages[name.lower().replace("_", "")].append(name)
    return {
        min(names, key=str.swapcase): sorted(names, key=str.swapcase) for names in pages.values()
    }


def home(room: ModuleType, name: str) -> ModuleType:
    """Return the room that describes what a room exports: the lower one, where both export it."""
    thing = getattr(room, name)
    owner = import_module(".".join(thing.__module__.split(".")[:2]))
    internal = short(owner) in INTERNAL or getattr(owner, name, None) is not thing
    return room if internal else owner


def addresses() -> dict[str, str]:
    """Return where everything is described that a room exports, by each of its names.

    `biomarkers.dce.t1_vfa` is described in `relaxometry`, and so is the module that defines it.
    """
    return {
        f"{where}.{name}": f"{home(room, name).__name__}.{name}"
        for rooms in rooms_by_group().values()
        for room in rooms
        for name, thing in exported(room).items()
        if is_code(thing)
        for where in (room.__name__, thing.__module__)
    }


def link(room: ModuleType, name: str) -> str:
    """Return a link to the page of what a room exports."""
    return f":obj:`{name} <{home(room, name).__name__}.{name}>`"


def grouped(room: ModuleType, things: dict[str, Any]) -> dict[str, list[str]]:
    """Return the names of functions and classes below headings: parts of the room, or kinds."""
    groups: dict[str, list[str]] = defaultdict(list)
    parts = {name: part(room, thing) for name, thing in things.items() if is_code(thing)}
    by_part = len(set(parts.values())) > 4 and len(things) > 50
    for name, heading in sorted(parts.items(), key=lambda item: item[1] if by_part else ""):
        kind = "Classes" if inspect.isclass(things[name]) else "Functions"
        groups[heading if by_part else kind].append(name)
    return (
        dict(groups) if by_part else {k: groups[k] for k in ("Functions", "Classes") if groups[k]}
    )


def part(room: ModuleType, thing: Any) -> str:
    """Return what the package within a room, in which a thing is defined, is about."""
    names = thing.__module__.removeprefix(f"{room.__name__}.").split(".")
    return names[0].replace("_", " ").capitalize() if len(names) > 1 else "General"


def thing_page(room: ModuleType, page: str, names: list[str]) -> str:
    """Return the page of a function, a class, or a function and the class of its result."""
    lines = [":orphan:", "", f".. currentmodule:: {room.__name__}", "", *title(page)]
    lines += [f":doc:`{room.__name__} <../{short(room)}>`", ""]
    for name in names:
        lines += description(name, getattr(room, name))
    return "\n".join(lines)


def description(name: str, thing: Any) -> list[str]:
    """Return the lines that describe a function or class."""
    if not inspect.isclass(thing):
        return [f".. autofunction:: {name}", ""]
    own = [each for each in vars(thing) if is_member(thing, each)]
    lines = [f".. autoclass:: {name}", *([f"   :members: {', '.join(own)}"] if own else []), ""]
    rows = [(f"``{each}``", summary(getattr(thing, each))) for each in inherited(thing, own)]
    return lines + ([".. rubric:: As every record of its kind", "", *table(rows)] if rows else [])


def inherited(kind: type, own: list[str]) -> list[str]:
    """Return the documented members that a class has from another class of the package."""
    bases = [each for each in kind.__mro__[1:] if each.__module__.startswith("biomarkers")]
    names = {name for each in bases for name in vars(each) if is_member(each, name)}
    return sorted(names - set(own))


def is_member(kind: type, name: str) -> bool:
    """Return whether a class documents a method or property of its own; fields are parameters."""
    thing = inspect.getattr_static(kind, name)
    if name.startswith("_") or (is_dataclass(kind) and name in kind.__dataclass_fields__):
        return False
    return (callable(thing) or hasattr(type(thing), "__get__")) and bool(thing.__doc__)


def is_code(thing: Any) -> bool:
    """Return whether a thing is a function or a class, and not a value."""
    return inspect.isclass(thing) or (callable(thing) and hasattr(thing, "__name__"))


def described(thing: Any) -> str:
    """Return a few words on a value."""
    if isinstance(thing, str | float | int):
        return f"``{thing!r}``"
    kind = type(thing).__name__
    if isinstance(thing, dict | tuple | frozenset | list) and all(
        isinstance(each, str) for each in thing
    ):
        return f"{kind}: " + ", ".join(f"``{each}``" for each in thing)
    return f"A `{kind}`."


def docstring(room: ModuleType) -> list[str]:
    """Return the docstring of a room, as lines."""
    return [*inspect.cleandoc(room.__doc__ or "").splitlines(), ""]


def summary(thing: Any) -> str:
    """Return the first sentence of a docstring."""
    return " ".join(inspect.cleandoc(thing.__doc__ or "").partition("\n\n")[0].split())


def short(room: ModuleType) -> str:
    """Return the name of a room."""
    return room.__name__.rpartition(".")[2]


def title(text: str, underline: str = "=") -> list[str]:
    """Return a heading."""
    return [text, underline * len(text), ""]


def table(rows: list[tuple[str, str]]) -> list[str]:
    """Return a table of two columns."""
    lines = [".. list-table::", "   :widths: auto", "   :class: names", ""]
    for name, text in rows:
        lines += [f"   * - {name}", f"     - {text}"]
    return [*lines, ""]
