"""Whether the rows of a subject are a history that one subject can have."""

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats

SUBJECT = "subject"


def check_histories(data: pd.DataFrame, start: Floats, stop: Floats, event: Bools) -> None:
    """Refuse a subject that is at risk twice at a time, or after its event.

    Subjects are known by the column `subject`; without one there is nothing to check.

    Parameters
    ----------
    data
        The rows.
    start, stop, event
        Of each row: at risk after `start`, until `stop`, and whether that was the event. Times
        that are one moment are equal (`same_moments`).

    Raises
    ------
    InputError
        Naming the first such subject and its rows.

    """
    if SUBJECT not in data:
        return
    order = np.lexsort([stop, start, pd.factorize(data[SUBJECT])[0]])
    names = data[SUBJECT].to_numpy()[order]
    same = names[1:] == names[:-1]
    for wrong, what in (
        (event[order][:-1], "its event is over"),
        (start[order][1:] < stop[order][:-1], "it is at risk twice at a time"),
    ):
        places = np.flatnonzero(same & wrong)
        if not len(places):
            continue
        rows = [_shown(data.index[row], start[row], stop[row], event[row])
                for row in order[places[0] : places[0] + 2]]  # fmt: skip
        raise InputError(
            f"subject {names[places[0]]}: {what} ({'; '.join(rows)}); expected one row per "
            "subject, or intervals one after the other with no more than one event, in the last"
        )


def _shown(label: object, start: float, stop: float, event: bool) -> str:
    begin = f"after {start:g} " if np.isfinite(start) else ""
    return f"row {label}: {begin}up to {stop:g}, {'event' if event else 'no event'}"
