"""Settings of a step or an analysis, from a table of keys to a typed dataclass."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from biomarkers.errors import InputError, SettingsError


def make_options(kind: type, values: Mapping[str, Any], where: str) -> Any:
    """Make settings from a table of keys, as TOML gives it.

    Raises
    ------
    SettingsError
        Naming every key that is unknown, and every value that is of the wrong kind.

    """
    hints = get_type_hints(kind)
    known = [each.name for each in fields(kind)]
    problems = list(unknown_keys(values, known, where))
    taken = {}
    for name in (each for each in values if each in known):
        try:
            taken[name] = _as(hints[name], values[name])
        except TypeError:
            expected = _in_words(hints[name])
            problems.append(f"{where}.{name}: found {values[name]!r}, expected {expected}")
    if not problems:
        try:
            return kind(**taken)
        except InputError as error:
            problems.append(f"{where}: {error}")
    raise SettingsError(problems, where)


def unknown_keys(given: Mapping[str, Any], known: Collection[str], where: str) -> Iterator[str]:
    """Yield a line for every key that is none of those known, with one that looks like it."""
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(str(key), list(known), n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known) or 'none'}"
            yield f"{where}.{key}: unknown key; {hint}"


def _as(hint: Any, value: Any) -> Any:
    """Return a value of TOML as the type of a field; `TypeError` if it is none."""
    kind, inside = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return _first_of(inside, value)
    if kind is tuple and isinstance(value, list | tuple):
        kinds = (inside[0],) * len(value) if inside[1:] == (...,) else inside
        if len(kinds) == len(value):
            return tuple(_as(each, item) for each, item in zip(kinds, value, strict=True))
    if kind is Mapping and isinstance(value, Mapping):
        return {_as(inside[0], key): _as(inside[1], item) for key, item in value.items()}
    if hint is float and type(value) is int:
        return float(value)
    # True is an int to Python, and 1 is true.
    if (kind is Literal and value in inside) or type(value) is hint:
        return value
    raise TypeError


def _first_of(kinds: tuple[Any, ...], value: Any) -> Any:
    for each in kinds:
        try:
            return _as(each, value)
        except TypeError:
            continue
    raise TypeError


def _in_words(hint: Any) -> str:
    kind, inside = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return " or ".join(_in_words(each) for each in inside if each is not NoneType)
    if kind is Literal:
        return " | ".join(map(repr, inside))
    if kind is tuple and inside[1:] == (...,):
        return f"a list, each {_in_words(inside[0])}"
    if kind is Mapping:
        return f"a table, each {_in_words(inside[1])}"
    if kind is tuple:
        return f"[{', '.join(_in_words(each) for each in inside)}]"
    return {float: "a number", int: "a whole number", bool: "true or false", str: "text"}[hint]
