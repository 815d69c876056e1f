"""Some sessions of a study."""

import difflib
from collections.abc import Collection

from biomarkers.errors import InputError
from biomarkers.study.cohort import Session, Study


def select(
    study: Study, participants: Collection[str], sessions: Collection[str]
) -> tuple[Session, ...]:
    """Return the sessions of some participants and labels; of all where none is named.

    Raises
    ------
    InputError
        If the study has none of a name, or no session is left.

    """
    subjects = _known(participants, "sub-", study.subjects, "participant")
    labels = _known(sessions, "ses-", [each.label for each in study.sessions], "session")
    chosen = tuple(
        each
        for each in study.sessions
        if (not subjects or each.subject in subjects) and (not labels or each.label in labels)
    )
    if not chosen:
        raise InputError(
            f"{study.root}: no session {', '.join(sorted(labels))} of {', '.join(sorted(subjects))}"
        )
    return chosen


def _known(wanted: Collection[str], prefix: str, there: Collection[str], what: str) -> set[str]:
    names = {each.removeprefix(prefix) for each in wanted}
    for name in sorted(names - set(there)):
        close = difflib.get_close_matches(name, list(there), n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {_few(there)}"
        raise InputError(f"no {what} {name!r} in the study; {hint}")
    return names


def _few(names: Collection[str], count: int = 10) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:count]) + (", …" if len(distinct) > count else "")
