"""Who was followed for how long, and whether the event came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.plan import level
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.inputs import (
    aligned,
    check_choice,
    event_flags,
    numeric,
    require_columns,
    time_values,
)
from biomarkers.stats.longitudinal.design import levels_of
from biomarkers.stats.ranks import DIGITS, merge_ties

EVERYONE = "all"
SUBJECT = "subject"

Direction = Literal["higher", "lower"]


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Right-censored times of the subjects that have one.

    Parameters
    ----------
    data
        Their rows, complete in every column that was asked for.
    time
        Of the event or of the last observation, (N,).
    event
        Whether it was the event, (N,).
    n_missing
        Subjects left out because something was missing.

    """

    data: pd.DataFrame
    time: Floats
    event: Bools
    n_missing: int

    @property
    def left_out(self) -> str:
        """What a headline says of the subjects left out; empty if there are none."""
        if not self.n_missing:
            return ""
        subjects = f"{self.n_missing} subject{'s' if self.n_missing != 1 else ''}"
        return f" {subjects} with a missing value left out."

    def groups(self, column: str | None) -> tuple[list[str], Whole]:
        """Return the names of the groups in a column, and the number of each subject's."""
        if column is None:
            return [EVERYONE], np.zeros(len(self.time), dtype=np.intp)
        called = {value: level(value) for value in levels_of(self.data[column])}
        numbers = {name: number for number, name in enumerate(dict.fromkeys(called.values()))}
        codes = self.data[column].map({value: numbers[name] for value, name in called.items()})
        return list(numbers), codes.to_numpy(dtype=np.intp)


def follow_up(
    participants: pd.DataFrame,
    *,
    time: str,
    event: str | None,
    needs: Sequence[str] = (),
    intervals: bool = False,
) -> FollowUp:
    """Read times and events, leaving out subjects without.

    Parameters
    ----------
    participants
        One row per subject.
    time
        Column with the time of the event, or of the last observation.
    event
        Column that is true (1) where `time` ends in the event and false (0) where observation
        merely ended; None: every time is an event.
    needs
        Further columns that a subject must have a value in.
    intervals
        Whether a row is an interval of a subject, of which there may be several.

    Raises
    ------
    InputError
        If a column is absent, a time is no number or negative, an event is neither true nor
        false, no subject is complete, or one stands in two rows that are no intervals.

    """
    columns = [column for column in (time, event, *needs) if column is not None]
    require_columns(participants, columns, "participants")
    times = time_values(participants, time)
    happened = event_flags(participants, event)
    known = times.notna() & happened.notna()
    for name in needs:
        known &= participants[name].notna()
    if not known.any():
        raise InputError(f"no subject has all of {', '.join(columns)}")
    followed = FollowUp(
        data=participants[known],
        time=same_moments(np.asarray(times[known], dtype=float)),
        event=happened[known].to_numpy() == 1,
        n_missing=int((~known).sum()),
    )
    if not intervals:
        origin = np.full(len(followed.time), -np.inf)
        check_histories(followed.data, origin, followed.time, followed.event)
    return followed


def marked_follow_up(
    marker: ArrayLike, time: ArrayLike, event: ArrayLike, direction: Direction
) -> tuple[Floats, FollowUp]:
    """Read a marker with the times and events of the same subjects.

    Parameters
    ----------
    marker, time, event
        One value per subject; subjects with a missing one are left out.
    direction
        `higher`: the event comes early to those with high values; or `lower`.

    Returns
    -------
    values
        The marker, times −1 where its direction is `lower`, (N,).
    followed
        Times and events.

    Raises
    ------
    InputError
        If lengths differ or the direction is unknown, or as `follow_up`.

    """
    check_choice("direction", direction, ("higher", "lower"))
    columns = {"marker": marker, "time": time, "event": event}
    columns = dict(zip(columns, aligned(columns), strict=True))
    lengths = {name: np.asarray(values, dtype=object).shape for name, values in columns.items()}
    if len(set(lengths.values())) > 1 or len(lengths["time"]) != 1:
        shapes = ", ".join(f"{name} {shape}" for name, shape in lengths.items())
        raise InputError(f"expected one value per subject in each; found shapes {shapes}")
    data = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()})
    # A logarithm of nothing keeps its rank.
    data["marker"] = numeric(data, "marker", finite=False)
    followed = follow_up(data, time="time", event="event", needs=["marker"])
    values = merge_ties(followed.data["marker"].to_numpy(dtype=float))
    return (values if direction == "higher" else -values), followed


def same_moments(*times: Floats) -> Floats:
    """Return times on one clock in one row, those that are one moment but for rounding made so.

    As `survival::aeqSurv` of R: .1 + .2 and .3 days are no two moments.
    """
    everything = np.concatenate(times)
    finite = np.abs(everything[np.isfinite(everything)])
    return merge_ties(everything, DIGITS * finite.max(initial=0.0) * np.isfinite(everything))


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
