"""What tables tell of a plan: which days make a visit, which column may be the outcome."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from biomarkers.plan.model import level
from biomarkers.table.events import is_event_column
from biomarkers.table.names import plain_name, role_of

# Days of a visit lie within this share of the day itself, but never less than so many days.
_WINDOW_SHARE, _WINDOW_DAYS = 0.1, 2.0
_POSITIVE = frozenset(
    ["1", "true", "yes", "y", "oui", "o", "ja", "j", "si", "pos", "positive", "positif",
     "responder", "repondeur", "response", "r", "cr", "treated", "traite", "progressor"]
)  # fmt: skip
_NEGATIVE = frozenset(
    ["0", "false", "no", "n", "non", "nein", "neg", "negative", "negatif", "nonresponder",
     "non responder", "non repondeur", "nr", "control", "controle", "kontrolle", "ctrl", "sham",
     "placebo", "vehicle", "vehicule", "untreated", "temoin"]
)  # fmt: skip
_NO_OUTCOME = frozenset(
    ["sex", "sexe", "gender", "genre", "geschlecht", "batch", "lot", "site", "centre", "center",
     "scanner", "species", "strain"]
)  # fmt: skip
_MOST_LEVELS = 20


@dataclass(frozen=True)
class DraftVisit:
    """Days that lie close together, and how many subjects were measured on them."""

    name: str
    days: tuple[float, ...]
    subjects: int


def draft_visits(measured: pd.DataFrame) -> list[DraftVisit]:
    """Return the visits of measurements: neighbouring days that no subject has both of.

    Parameters
    ----------
    measured
        `subject`, `day` and, if some were not measured on a day of theirs, `value`.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.plan.draft import draft_visits
    >>> rows = pd.DataFrame({"subject": ["a", "a", "b", "b"], "day": [0.0, 6.0, 0.0, 7.0]})
    >>> [(visit.name, visit.days) for visit in draft_visits(rows)]
    [('0', (0.0,)), ('7', (6.0, 7.0))]

    """
    days = measured["day"].astype(float)
    by_day = {day: set(measured["subject"][days == day]) for day in days.unique().tolist()}
    there = measured["value"].notna() if "value" in measured else days.notna()
    seen_on = {day: set(measured["subject"][there & (days == day)]) for day in by_day}
    clusters: list[list[float]] = []
    seen: set[str] = set()
    for day in sorted(by_day):
        near = clusters and day - clusters[-1][0] <= max(_WINDOW_DAYS, _WINDOW_SHARE * day)
        if near and not seen & by_day[day]:
            clusters[-1].append(day)
            seen |= by_day[day]
        else:
            clusters.append([day])
            seen = set(by_day[day])
    return [_visit(days, seen_on) for days in clusters]


def _visit(days: Sequence[float], by_day: Mapping[float, set[str]]) -> DraftVisit:
    # Day 0 keeps its name; else the day most subjects have, the later of two.
    most = max(days, key=lambda day: (day == 0, len(by_day[day]), day))
    subjects = set().union(*(by_day[day] for day in days))
    return DraftVisit(level(most), tuple(days), len(subjects))


@dataclass(frozen=True)
class DraftOutcome:
    """A column of participants that may be the outcome, with its values and their counts."""

    column: str
    counts: Mapping[str, int]
    is_group: bool
    is_event: bool

    @property
    def positive(self) -> str:
        """The value that is to be found: the one that says yes, or not no; else the last."""
        values = sorted(self.counts)
        yes = [value for value in values if plain_name(value) in _POSITIVE]
        no = [value for value in values if plain_name(value) in _NEGATIVE]
        if len(yes) == 1:
            return yes[0]
        others = [value for value in values if value not in no]
        return (others or values)[-1]


def draft_outcomes(participants: pd.DataFrame) -> list[DraftOutcome]:
    """Return the columns of participants that have a few values, those with two first."""
    found = []
    for name in (str(each) for each in participants.columns if each != "subject"):
        values = participants[name].dropna().map(level)
        counts = {str(value): int(count) for value, count in values.value_counts().items()}
        if 2 <= len(counts) <= _MOST_LEVELS and plain_name(name) not in _NO_OUTCOME:
            is_group, is_event = role_of(name) == "group", is_event_column(name, counts)
            found.append(DraftOutcome(name, counts, is_group, is_event))
    return sorted(found, key=lambda each: len(each.counts) > 2)


def only_outcome(candidates: Iterable[DraftOutcome]) -> DraftOutcome | None:
    """Return the one column with two values; death or a treatment only if there is no other."""
    two = [each for each in candidates if len(each.counts) == 2]
    ungrouped = [each for each in two if not each.is_group]
    chosen = [each for each in ungrouped if not each.is_event] or ungrouped or two
    return chosen[0] if len(chosen) == 1 else None
