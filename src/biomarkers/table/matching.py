"""Subjects of two tables that are one for sure, though one table calls them Rat 1, the other 1."""

import re
from collections.abc import Iterable

import pandas as pd

from biomarkers.table.names import role_of

_NUMBERED = re.compile(r"(?P<word>\D*?)[\s_.#-]*0*(?P<number>\d+)")


def same_subjects(
    participants: pd.DataFrame, measured: Iterable[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Return the participants named as in the measurements, and a sentence if that changed them.

    Only where the two tables have no name in common, every name is a number behind one and the same
    word, the words differ (`Rat 1` and `1`), and they are words for a subject. What differs in
    another way is left for the analysis to refuse.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import same_subjects
    >>> people = pd.DataFrame({"subject": ["1", "2"], "responder": [1, 0]})
    >>> same_subjects(people, ["Rat 1", "Rat 2"])[0]["subject"].tolist()
    ['Rat 1', 'Rat 2']

    """
    names = list(dict.fromkeys(measured))
    there, here = _numbered(names), _numbered(participants["subject"])
    if not there or not here or there[0] == here[0] or set(names) & set(participants["subject"]):
        return participants, []
    shared = [number for number in here[1] if number in there[1]]
    if not shared:
        return participants, []
    renamed = [there[1].get(number, name) for number, name in here[1].items()]
    example = f"{here[1][shared[0]]!r} was taken for {there[1][shared[0]]!r}"
    return participants.assign(subject=renamed), [f"Participants match by number: {example}."]


def _numbered(names: Iterable[str]) -> tuple[str, dict[str, str]] | None:
    """Return the word that stands before every number, and the names by number; None if unclear."""
    by_number, words = {}, set()
    for name in names:
        match = _NUMBERED.fullmatch(name)
        if match is None or match["number"] in by_number:
            return None
        words.add(match["word"].strip().casefold())
        by_number[match["number"]] = name
    word = next(iter(words), "")
    if len(words) != 1 or (word and role_of(word) != "subject" and word != "sub"):
        return None
    return word, by_number
