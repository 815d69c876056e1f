"""Who a study's folders, tables and derivatives name: one spelling each, and all of them said."""

import warnings
from collections.abc import Iterable, Mapping

from biomarkers.errors import StudyError, UnmatchedWarning
from biomarkers.table.spelling import same_but_spelling

PARTICIPANTS = "participants.tsv"


def match_subjects(folders: Iterable[str], named: Mapping[str, Iterable[str]]) -> list[str]:
    """Compare the subjects that have a folder with those that each table or dataset names.

    Warns of those that only one of the two has, and returns the words: they are not measured, or
    nothing else is known of them.

    Parameters
    ----------
    folders
        Subjects with a folder of images.
    named
        Subjects by the file or folder that names them.

    Raises
    ------
    StudyError
        If a subject is there in two spellings, like 1 and 01.

    """
    subjects, said = list(dict.fromkeys(folders)), list[str]()
    for where, names in named.items():
        others = list(dict.fromkeys(names))
        for name, there in same_but_spelling(subjects, others):
            raise StudyError(f"sub-{name} is sub-{there} in {where}; write a subject alike in both")
        said += warn_of_unmatched(f"{where} names", set(others) - set(subjects), "without a folder")
        if where == PARTICIPANTS:
            lacking = set(subjects) - set(others)
            said += warn_of_unmatched(f"{where} lacks", lacking, "with a folder")
    return said


def warn_of_unmatched(
    what: str, names: Iterable[str], why: str, noun: str = "subject"
) -> list[str]:
    """Issue the one warning that counts and names what has no counterpart, and return it."""
    listed = sorted(names)
    if not listed:
        return []
    plural = "" if len(listed) == 1 else "s"
    text = f"{what} {len(listed)} {noun}{plural} {why}: {', '.join(listed)}"
    warnings.warn(text, UnmatchedWarning, stacklevel=2)
    return [text]
