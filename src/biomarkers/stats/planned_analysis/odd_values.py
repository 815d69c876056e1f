"""Values that look like slips of recording: codes for a missing value, and another unit.

They are named, not removed: whether 999 is a slip only those know who wrote it.
"""

from collections.abc import Iterator

import numpy as np

from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.labels import Names
from biomarkers.stats.planned_analysis.findings import Note, Prepared
from biomarkers.stats.words import listed

# What people write for a missing value where a number is asked for.
CODES = (-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 888, 8888)
FACTOR = 10.0  # from the others: more than a tumour changes between visits
WHOLE = 5.0  # the same of every value of a subject

_LEAST = 6  # values of a series, below which nothing is usual
_MIDDLE = (0.1, 0.9)  # of the others, between these shares: a few slips do not hide each other
_ROUNDING = 1e-9


def odd_values(prepared: Prepared) -> Iterator[Note]:
    """Name values that look like a code, or lie far from the subject's and the others' values."""
    changes = prepared.tables["changes"]
    for (biomarker, region), rows in changes.groupby(["biomarker", "region"], sort=False):
        values = rows["value"].to_numpy(dtype=float)
        if len(values) < _LEAST:
            continue
        coded = looks_coded(values)
        who, visits = rows["subject"].to_numpy(), rows["visit"].to_numpy()
        far = ~coded & lies_far(values, who, known=~coded)
        apart = ~coded & ~far & lie_apart(values, who, visits, known=~coded)
        for odd, what in (
            (coded, "looks like a code for a missing value"),
            (apart, f"of a whole subject is {WHOLE:g} times or more from that of all others at "
                    "every visit, as in another unit"),
            (far, f"is {FACTOR:g} times or more from the subject's and the others' values, as in "
                  "another unit"),
        ):  # fmt: skip
            if odd.any():
                shown = [
                    f"{row['subject']} on day {row['day']:g}: {row['value']:g}"
                    for row in rows[odd].to_dict("records")
                ]
                yield (
                    "odd_values",
                    f"{biomarker} in {region} {what}: {listed(shown)}. Used as it stands; if it is "
                    "a slip, correct or exclude it.",
                )


def looks_coded(values: Floats) -> Bools:
    """Say which values are a usual code for missing, beyond half a range from all others."""
    code = np.isin(values, CODES)
    others = values[~code]
    if not len(others):
        return np.zeros(len(values), dtype=bool)
    low, high = others.min(), others.max()
    reach = (high - low) / 2
    outside = (values < low - reach) | (values > high + reach)
    # A value of −1 is one among others below 0.
    return np.asarray(code & outside & ((values > 0) | (low >= 0)))


def lies_far(values: Floats, subjects: Names, known: Bools) -> Bools:
    """Say which values are a factor of 10 or more from others of the subject and of the group.

    Parameters
    ----------
    values, subjects
        One series: whose each value is.
    known
        Which of the values to compare with; of those only what is above 0 has a ratio.

    """
    usable = known & (values > 0)
    logs = np.log10(values, out=np.full(len(values), np.nan), where=usable)
    far = np.zeros(len(values), dtype=bool)
    reach = np.log10(FACTOR) - _ROUNDING
    for place in _candidates(logs, usable, reach):
        mine = usable & (subjects == subjects[place])
        mine[place] = False
        others = usable & (subjects != subjects[place])
        if not mine.any() or others.sum() < _LEAST - 1:
            continue
        apart = abs(logs[place] - float(np.median(logs[mine])))
        low, high = np.quantile(logs[others], _MIDDLE)
        outside = logs[place] >= high + reach or logs[place] <= low - reach
        far[place] = bool(apart >= reach and outside)
    return far


def lie_apart(values: Floats, subjects: Names, visits: Names, known: Bools) -> Bools:
    """Say which values are those of a subject that lies a factor of 5 off at every visit.

    Off the others of the same visit, and to the same side: a tumour may vanish, but not before it
    is treated.

    Parameters
    ----------
    values, subjects, visits
        One series: whose each value is, and when it was measured.
    known
        Which of the values to compare with; of those only what is above 0 has a ratio.

    """
    usable = known & (values > 0)
    logs = np.log10(values, out=np.full(len(values), np.nan), where=usable)
    side = np.zeros(len(values))
    reach = np.log10(WHOLE) - _ROUNDING
    candidates = _candidates(logs, usable, reach)
    if not len(candidates):
        return np.zeros(len(values), dtype=bool)
    for place in candidates:
        others = usable & (subjects != subjects[place]) & (visits == visits[place])
        if others.sum() >= _LEAST - 1:
            low, high = np.quantile(logs[others], _MIDDLE)
            side[place] = float(logs[place] >= high + reach) - float(logs[place] <= low - reach)
    whole = [abs(side[usable & (subjects == who)].mean()) == 1.0 for who in subjects[usable]]
    apart = np.zeros(len(values), dtype=bool)
    apart[usable] = whole
    return apart


def _candidates(logs: Floats, usable: Bools, reach: float) -> Whole:
    """Return the places so far from the lowest or the highest value that they may lie apart."""
    if not usable.any():
        return np.zeros(0, dtype=np.intp)
    low, high = logs[usable].min(), logs[usable].max()
    with np.errstate(invalid="ignore"):
        return np.flatnonzero(usable & ((logs >= low + reach) | (logs <= high - reach)))
