"""Text that a spreadsheet would run as a formula, written so that it does not.

A cell of CSV that begins with = + - @, a tab or a carriage return is a formula to Excel and
LibreOffice. Such text gets an apostrophe in front, as these programs write text themselves (OWASP,
"CSV injection"); reading takes it away. Numbers stay numbers.
"""

import math
import re

from biomarkers.checks import parse_number

_RUNS = re.compile(r"'*[=+\-@\t\r]")
_DEFUSED = re.compile(r"''*[=+\-@\t\r]")


def defused(text: str) -> str:
    """Return a text that no spreadsheet runs.

    Examples
    --------
    >>> from biomarkers.table.formulas import defused
    >>> [defused(text) for text in ("=1+1", "-0.5", "rat 1")]
    ["'=1+1", '-0.5', 'rat 1']

    """
    return f"'{text}" if _RUNS.match(text) and math.isnan(parse_number(text)) else text


def as_meant(text: str) -> str:
    """Return what `defused` was given."""
    return text[1:] if text[:1] == "'" and _DEFUSED.match(text) else text
