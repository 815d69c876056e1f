"""Numbers, units and lists as a person writes them. Nothing here computes."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any

ABSENT = "–"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_INVERSE = re.compile(r"^1/(\w+)$")
_POWER = re.compile(r"\^(-?\d+)")


def is_number(value: object) -> bool:
    """Whether `value` is a finite number (None and NaN are not)."""
    # Of a file whose values all are whole come numpy's integers, which are no `int`.
    return isinstance(value, Real) and math.isfinite(value)


def decimal(value: float | None, places: int) -> str:
    """Return a number with so many decimals and a true minus sign; a dash if there is none."""
    if value is None or math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:z.{places}f}".replace("-", "−")


def significant(value: float | None, digits: int = 4) -> str:
    """Return a measured value with four significant digits, or as many as asked for."""
    if value is None or not math.isfinite(value):
        return decimal(value, 0)
    return f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e+").replace("-", "−")


def interval(low: float | None, high: float | None, places: int = 2) -> str:
    """Return `low–high`, or a dash where either is unknown."""
    if not (is_number(low) and is_number(high)):
        return ABSENT
    return f"{decimal(low, places)}–{decimal(high, places)}"


def estimate_in_words(row: Mapping[str, Any], name: str) -> str:
    """Return a figure of a row by its name, with its interval where that is known."""
    told = f"{'AUC' if name == 'auc' else name.replace('_', ' ')} {decimal(row[name], 2)}"
    low, high = (row.get(f"{name}_{end}") for end in ("low", "high"))
    if not (is_number(low) and is_number(high)):
        return told
    return f"{told} ({decimal(low, 2)} to {decimal(high, 2)})"


def p_value(value: float | None, permutations: int = 0) -> str:
    """Return a p-value with four decimals, the resolution of 9 999 permutations.

    Where not one of so many `permutations` reaches what was observed, p is at most the smallest
    they can show, 1/(permutations + 1).
    """
    if value is not None and permutations and value <= (1 + 1e-9) / (permutations + 1):
        return f"≤{1 / (permutations + 1):.2g}"
    if value is not None and value < 0.0001:
        return "<0.0001"
    return decimal(value, 4)


def p_equals(value: float | None, permutations: int = 0) -> str:
    """Return `= 0.0003`, `= 0.33`, `≤ 0.0001` or `< 0.0001`, to stand after the letter p."""
    text = p_value(value, permutations)
    if text[0] in "<≤":
        return f"{text[0]} {text[1:]}"
    return f"= {decimal(value, 2) if value is not None and value >= 0.1 else text}"


def pretty_unit(unit: str) -> str:
    """Return an ASCII unit as it is set in print: `mm^3` as mm³, `1/min` as min⁻¹."""
    text = _INVERSE.sub(r"\1^-1", unit).replace("mL/min/100mL", "mL/min/100 mL")
    return _POWER.sub(lambda match: match[1].translate(_SUPERSCRIPT), text)


def power_of_ten(exponent: int) -> str:
    """Return `10⁻³`."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def listed(items: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    names = list(items)
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def count(number: int, noun: str) -> str:
    """Return `1 subject`, `12 345 subjects`."""
    return f"{thousands(number)} {noun}{'' if number == 1 else 's'}"


def thousands(number: int) -> str:
    """Return a whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def days(values: Sequence[float]) -> str:
    """Return `day 7`, `days 6–7` where they follow each other, else `days 0, 3 and 9`."""
    ordered = sorted(values)
    if len(ordered) == 1:
        return f"day {ordered[0]:g}"
    if all(after - before == 1 for before, after in pairwise(ordered)):
        return f"days {ordered[0]:g}–{ordered[-1]:g}"
    return f"days {listed(f'{day:g}' for day in ordered)}"


def shortened(name: str, most: int = 18) -> str:
    """Return a name, or its beginning if it is too long."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def capitalised(text: str) -> str:
    """Return `text` with its first letter raised, the rest as it was (`ADC` stays)."""
    return text[:1].upper() + text[1:]
