"""Days of rows that have a date, a week or a label instead."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.errors import TableError
from biomarkers.table.days import (
    DAYS_OF_A_WEEK,
    as_date,
    date_orders,
    day_of_cell,
    holds_dates,
)
from biomarkers.table.options import TableOptions
from biomarkers.table.sheets import by_text, cell_text

FIRST = "first"


def with_days(
    frame: pd.DataFrame, source: str, options: TableOptions
) -> tuple[pd.DataFrame, list[str]]:
    """Return measurements with a column `day`, and what had to be guessed.

    Parameters
    ----------
    frame
        Has `day` (numbers, labels like J7, or dates), `date` or `week`; `baseline_date` if there is
        one. Cells are as in the file.
    source
        The file, for messages.
    options
        `baseline_date` and `date_order`.

    Raises
    ------
    TableError
        If a date is none, or it cannot be told which number is the day and which the month.

    """
    if "week" in frame and "day" not in frame:
        days = frame["week"].map(_days_of_weeks)
        guess = "Weeks were counted as 7 days each."
        return frame.drop(columns="week").assign(day=days), [guess]
    if holds_dates(frame["day"]) if "day" in frame else "date" in frame:
        return _from_dates(frame, source, options)
    if "day" not in frame:
        return frame, []
    labelled = by_text(frame["day"], day_of_cell)
    changed = labelled[labelled != by_text(frame["day"], cell_text)]
    guesses = []
    if len(changed):
        first = changed.index[0]
        guesses = [
            f"{cell_text(frame['day'].loc[[first]].iloc[0])} was read as day {changed.iloc[0]}."
        ]
    return frame.assign(day=labelled), guesses


def _days_of_weeks(cell: object) -> str:
    number = parse_number(cell_text(cell))
    return day_of_cell(cell) if math.isnan(number) else cell_text(DAYS_OF_A_WEEK * number)


def _from_dates(
    frame: pd.DataFrame, source: str, options: TableOptions
) -> tuple[pd.DataFrame, list[str]]:
    column = "day" if "day" in frame else "date"
    dates, guesses = _dates(frame[column], column, source, options)
    baseline, said = _baselines(frame, dates, source, options)
    days = [(when - start).days for when, start in zip(dates, baseline, strict=True)]
    left = frame.drop(columns=[name for name in (column, "baseline_date") if name in frame])
    return left.assign(day=[str(day) for day in days]), [*guesses, said]


def _dates(
    cells: "pd.Series[Any]", column: str, source: str, options: TableOptions
) -> tuple[list[date], list[str]]:
    """Return a date for each cell, and the order of day and month if it was read from the cells."""
    orders = {options.date_order} if options.date_order else date_orders(cells)
    if orders and not options.date_order:
        _refuse_two_kinds(cells, column, source)
    if len(orders) == 2 and any(as_date(cell, "") is None for cell in cells):
        example = next(cell_text(cell) for cell in cells if as_date(cell, "") is None)
        raise TableError(
            [
                f"column {column}: {example!r} may begin with the day or the month; say "
                "--date-order dmy or mdy"
            ],
            source,
        )
    order = min(orders, default="")
    dates = [as_date(cell, order) for cell in cells]
    wrong = [
        f"row {row}, column {column}: found {cell_text(cell)!r}, expected a date like 2025-03-31"
        for row, cell, when in zip(cells.index, cells, dates, strict=True)
        if when is None
    ]
    if wrong:
        raise TableError(dict.fromkeys(wrong), source)
    guessed = len(orders) == 1 and not options.date_order
    words = {"dmy": "day, month, year", "mdy": "month, day, year"}
    return [when for when in dates if when], [f"Dates are {words[order]}."] if guessed else []


def _refuse_two_kinds(cells: "pd.Series[Any]", column: str, source: str) -> None:
    """Refuse text beside dates: a workbook set to the other order takes 3/10/2025 for a date.

    It then leaves 17/10/2025 as text, so that the dates have day and month exchanged.
    """
    filled = [(row, cell) for row, cell in cells.items() if cell_text(cell)]
    dated = next(((row, cell) for row, cell in filled if isinstance(cell, date)), None)
    text = next(((row, cell) for row, cell in filled if not isinstance(cell, date)), None)
    if dated and text:
        raise TableError(
            [
                f"column {column}: row {dated[0]} holds a date ({cell_text(dated[1])}), row "
                f"{text[0]} a text ({cell_text(text[1])!r}): the workbook may have taken the day "
                "for the month; mend the cells, or say --date-order dmy or mdy, of the texts, if "
                "the dates are right"
            ],
            source,
        )


def _baselines(
    frame: pd.DataFrame, dates: list[date], source: str, options: TableOptions
) -> tuple[list[date], str]:
    """Return the date of day 0 of each row, and where it is from."""
    said = options.baseline_date
    if "baseline_date" in frame and not said:
        starts, _ = _dates(frame["baseline_date"], "baseline_date", source, options)
        return starts, "Days are counted from the baseline date of each row."
    if said and said != FIRST:
        start = as_date(said, options.date_order)
        if start is None:
            raise TableError(
                [f"baseline_date: found {said!r}, expected a date like 2025-03-31, or {FIRST}"],
                source,
            )
        return [start] * len(dates), f"Days are counted from {start.isoformat()}."
    subjects = frame["subject"].map(cell_text).tolist()
    firsts: dict[str, date] = {}
    for subject, when in zip(subjects, dates, strict=True):
        firsts[subject] = min(when, firsts.get(subject, when))
    sentence = f"Dates became days since the first date of each subject ({_counted(firsts)})"
    if said:
        return [firsts[subject] for subject in subjects], f"{sentence}."
    _refuse_late_starts(subjects, dates, firsts, source)
    return [firsts[subject] for subject in subjects], (
        f"{sentence}; say --baseline-date if day 0 is another one."
    )


def _counted(firsts: Mapping[str, date], most: int = 4) -> str:
    """Return the first dates in words, each with the number of its subjects."""
    counts = sorted(Counter(firsts.values()).items())
    shown = ", ".join(f"{when.isoformat()} of {count}" for when, count in counts[:most])
    return f"{shown}, …" if len(counts) > most else shown


def _refuse_late_starts(
    subjects: Sequence[str], dates: Sequence[date], firsts: Mapping[str, date], source: str
) -> None:
    """Refuse subjects whose days are those of the others only if their first date is no day 0."""
    days: dict[str, set[int]] = {}
    for subject, when in zip(subjects, dates, strict=True):
        days.setdefault(subject, set()).add((when - firsts[subject]).days)
    shared = Counter(day for own in days.values() for day in own)
    problems = []
    for subject, own in days.items():
        others = {day for day, count in shared.items() if count > (day in own)}
        late = next((day for day in sorted(others) if day > 0 and _fits(own, others, day)), None)
        if late is not None and not _fits(own, others, 0):
            problems.append(
                f"{subject}: days {', '.join(map(str, sorted(own)))} since its first date, "
                f"{firsts[subject].isoformat()}, are not those of the others, but would be if that "
                f"were day {late}; add a column with the baseline date of each subject, or say "
                f"--baseline-date {FIRST} if its first date is day 0"
            )
    if problems:
        raise TableError(problems, source)


def _fits(days: set[int], others: set[int], start: int) -> bool:
    """Tell whether days counted from `start` are those of the others, give or take one."""
    return all(any(abs(day + start - other) <= 1 for other in others) for day in days)
