"""Outcomes that look made of what is to predict them: by a cut-off, or by time on study.

An outcome in a file does not say how it was made. What can be seen is that one number
reproduces it without an error.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from biomarkers.plan import class_nouns
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.planned_analysis.findings import Findings, Note, Prepared, Reproduced
from biomarkers.stats.words import listed, verb

# With fewer in a class, one number reproduces the outcome by chance too often to count.
LEAST = 5

_SERIES = ["biomarker", "region"]


def reproductions(
    table: pd.DataFrame, changes: pd.DataFrame, positive: "pd.Series[bool]"
) -> tuple[Reproduced, ...]:
    """Return what reproduces the outcome: one number per biomarker and region, and time.

    Parameters
    ----------
    table
        All measurements, of every day and biomarker.
    changes
        `results.TABLES["changes"]`.
    positive
        Class by subject.

    """
    if min(int(positive.sum()), int((~positive).sum())) < LEAST:
        return ()
    side = positive.to_numpy(dtype=bool)
    last = table[table["value"].notna()].groupby("subject")["day"].max()
    days = last.reindex(positive.index).to_numpy(dtype=float)
    reproduced = [_separates(days, side, ("", "", "last day measured"))]
    for (biomarker, region), numbers in _numbers(changes, positive.index):
        candidates = (
            _separates(values, side, (biomarker, region, what)) for what, values in numbers
        )
        reproduced.append(next(filter(None, candidates), None))
    return tuple(filter(None, reproduced))


def _numbers(
    changes: pd.DataFrame, subjects: pd.Index
) -> Iterator[tuple[tuple[str, str], Iterator[tuple[str, Floats]]]]:
    """Give for each series the numbers an outcome is commonly made of, the plainest first."""
    visits = sorted(changes["visit"].unique())
    number = changes.groupby(_SERIES, sort=False).ngroup().to_numpy()
    where = (number, np.searchsorted(visits, changes["visit"].to_numpy(dtype=str)),
             subjects.get_indexer(pd.Index(changes["subject"])))  # fmt: skip
    series = changes[_SERIES].iloc[np.unique(number, return_index=True)[1]]
    wide = {}
    for name in ("change", "value"):
        wide[name] = np.full((len(series), len(visits), len(subjects)), np.nan)
        wide[name][where] = changes[name].to_numpy(dtype=float)
    for place, (biomarker, region) in enumerate(series.itertuples(index=False, name=None)):
        mine = {name: values[place] for name, values in wide.items()}
        yield (str(biomarker), str(region)), _of_one(mine, visits)


def _of_one(wide: Mapping[str, Floats], visits: Sequence[str]) -> Iterator[tuple[str, Floats]]:
    for name, values in wide.items():
        yield f"lowest {name}", np.fmin.reduce(values, axis=0)
        yield f"highest {name}", np.fmax.reduce(values, axis=0)
        for visit, at_visit in zip(visits, values, strict=True):
            yield f"{name} at visit {visit}", at_visit


def _separates(values: Floats, positive: Bools, name: tuple[str, str, str]) -> Reproduced | None:
    """Say whether the classes do not overlap; None if they do, or if somebody has no value."""
    if np.isnan(values).any():
        return None
    above, below = values[positive], values[~positive]
    for higher, lower, up in ((above, below, True), (below, above, False)):
        low, high = float(lower.max()), float(higher.min())
        if low < high:
            return Reproduced(*name, low=low, high=high, positives_higher=up)
    return None


def circular(findings: Prepared) -> Iterator[Note]:
    """Warn of a biomarker that the outcome is known to be made of."""
    related = [
        marker.name for marker in findings.plan.biomarkers if _is_part(marker.name, findings)
    ]
    if related:
        yield (
            "circular",
            f"The outcome {findings.plan.outcome} is made of {listed(findings.made_of)}: that "
            f"{listed(related)} {verb(len(related), 'predicts', 'predict')} it is in part its own "
            "definition.",
        )


def _is_part(biomarker: str, findings: Prepared) -> bool:
    """Whether the outcome is known to be made of this biomarker, or of another of its family."""
    family = biomarker.split("_", maxsplit=1)[0]
    return any(name.split("_", maxsplit=1)[0] == family for name in findings.made_of)


def perhaps_circular(findings: Findings) -> Iterator[Note]:
    """Ask whether the outcome was made of a biomarker that reproduces it."""
    cutoffs = [
        f"{one.biomarker} in {one.region} ({one.what}, between {one.low:.4g} and {one.high:.4g})"
        for one in findings.reproduced_by
        if one.biomarker and not _is_part(one.biomarker, findings)
    ]
    if cutoffs:
        yield (
            "perhaps_circular",
            f"A single cut-off separates the classes of {findings.plan.outcome} without an error: "
            f"{listed(cutoffs)}. If the outcome was defined by it, that is no prediction; name it "
            "in the plan's made_of.",
        )


def immortal_time(findings: Findings) -> Iterator[Note]:
    """State for each visit who was still there, where time on study is the outcome."""
    time = next((one for one in findings.reproduced_by if not one.biomarker), None)
    if time is None:
        return
    attendance = findings.tables["attendance"].drop_duplicates(["subject", "visit", "biomarker"])
    there = attendance[attendance["status"] != "gone"].drop_duplicates(["subject", "visit"])
    counts = [
        f"{visit.name} ({int(rows.sum())} and {int((~rows).sum())})"
        for visit in findings.plan.follow_ups
        for rows in (there.loc[there["visit"] == visit.name, "positive"],)
    ]
    nouns = class_nouns(findings.plan)
    longer, shorter = nouns[:: 1 if time.positives_higher else -1]
    advice = (
        ""
        if findings.made_of
        else " If subjects left because of a biomarker (a humane end-point), name it in the "
        "plan's made_of."
    )
    yield (
        "immortal_time",
        f"The outcome {findings.plan.outcome} follows from how long a subject was measured: "
        f"{longer} to day {time.high:g} or later, {shorter} to day {time.low:g} at most. To have "
        "reached a visit is then itself part of the outcome, and a visit says nothing of those "
        f"who left before. Still there, {nouns[0]} and {nouns[1]}, at visit {listed(counts)}."
        f"{advice}",
    )
