"""Names that differ only in how they are written: 1 and 01, Rat-3 and rat03."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_FORMAT = "Cf"  # Unicode's invisible characters, like the zero-width space


def same_but_spelling(first: Iterable[str], second: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of names, each in one list only, that are one name written in two ways.

    Parameters
    ----------
    first, second
        Names as two tables, or a table and folders, have them.

    Examples
    --------
    >>> from biomarkers.table.spelling import same_but_spelling
    >>> same_but_spelling(["1", "2", "Rat-3"], ["01", "2", "rat03", "4"])
    [('1', '01'), ('Rat-3', 'rat03')]

    """
    one, other = list(dict.fromkeys(first)), list(dict.fromkeys(second))
    known, there = set(one), set(other)
    lonely = {_key(name): name for name in other if name not in known}
    alike = ((name, lonely.get(_key(name))) for name in one if name not in there)
    return [(name, twin) for name, twin in alike if twin is not None]


def spelled_twice(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the names of one list that an earlier one is, too, but for its spelling."""
    seen: dict[str, str] = {}
    for name in dict.fromkeys(names):
        earlier = seen.setdefault(_key(name), name)
        if earlier != name:
            yield earlier, name


def _key(name: str) -> str:
    """Return what is left of a name without case, blanks, leading zeros and a float's `.0`."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(each for each in text if unicodedata.category(each) != _FORMAT)
    text = re.sub(r"[\s_-]+", "-", text).strip("-").removeprefix("sub-")
    text = re.sub(r"^(\d+)\.0+$", r"\1", text)
    text = re.sub(r"(?<![\d.])0+(?=\d)", "", text)
    # Between two numbers a separator tells 1-12 from 11-2; elsewhere it tells nothing.
    return re.sub(r"(?<!\d)-|-(?!\d)", "", text)
