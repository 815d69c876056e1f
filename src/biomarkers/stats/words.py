"""Words of counts and lists, for sentences about an analysis."""

from collections.abc import Sequence


def count(number: int, noun: str) -> str:
    """Return `1 subject`, `2 subjects`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def of_class(number: int, noun: str) -> str:
    """Return `1 responder`, `2 responders` of a noun in the plural."""
    return f"{number} {noun.removesuffix('s') if number == 1 else noun}"


def verb(number: int, one: str, many: str) -> str:
    """Return the form that goes with a number."""
    return one if number == 1 else many


def listed(names: Sequence[object], between: str = ", ") -> str:
    """Return names with commas, the first dozen of many."""
    shown = between.join(str(name) for name in names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
