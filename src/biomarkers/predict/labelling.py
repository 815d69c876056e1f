"""Which of several classes each case is of: told by two tables, permuted, and drawn from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import level
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Whole
from biomarkers.stats.combination.sample import FEWEST
from biomarkers.stats.inputs import require_columns
from biomarkers.stats.words import listed


def class_labels(
    table: pd.DataFrame, facts: pd.DataFrame, outcome: str, names: tuple[str, ...]
) -> tuple[Whole, list[str]]:
    """Return the place of each case's class (−1: of none), and notes of who is left out.

    Parameters
    ----------
    table, facts
        A row a case: its own columns, and those of its participant. What a case tells of itself
        comes first.
    outcome
        The column.
    names
        Of the classes.

    Raises
    ------
    InputError
        If no case is of one of them.

    """
    if outcome not in table:
        require_columns(facts, [outcome], "rows and participants")
    nothing = pd.Series(np.nan, index=table.index, dtype=object)
    told = table.get(outcome, nothing).astype(object)
    told = told.where(~_blank(told), facts.get(outcome, nothing).astype(object))
    blank = _blank(told)
    words = told.map(level)
    places = words.map({name: place for place, name in enumerate(names)}).where(~blank)
    labels = np.asarray(places.fillna(-1), dtype=np.intp)
    absent = [f"0 {name}" for place, name in enumerate(names) if place not in labels]
    if absent:
        raise InputError(
            f"classes: found {listed(absent)} among the cases; {outcome} holds "
            f"{listed(sorted(set(words[~blank]))) or 'nothing'}, name these as they are spelled"
        )
    cases = table["subject"] + table["lesion"].map(lambda name: f", lesion {name}" if name else "")
    strange = (labels < 0) & ~blank.to_numpy()
    others = (cases + " (" + words + ")")[strange]
    gone = _left_out(cases[blank], f"no {outcome}")
    return labels, [*gone, *_left_out(others, f"{outcome} none of {listed(names)}")]


def class_names(
    classes: Sequence[object], outcome: str | tuple[str, str], horizon: float | None
) -> tuple[str, tuple[str, ...]]:
    """Return the column of the outcome and the names of classes; refuse what is none of both."""
    if not isinstance(outcome, str) or horizon is not None:
        raise InputError("classes: needs one column of outcome and no horizon, found a time")
    if isinstance(classes, str):
        raise InputError(f"classes: found the text {classes!r}, expected several values")
    names = tuple(map(level, classes))
    if len(names) < 2 or len(set(names)) < len(names):
        raise InputError(f"classes: found {listed(names)}; expected two or more different values")
    return outcome, names


def _blank(column: "pd.Series[Any]") -> "pd.Series[bool]":
    return column.isna() | (column.map(str).str.strip() == "")


def _left_out(cases: "pd.Series[str]", why: str) -> list[str]:
    return [f"Left out, {why}: {listed(list(cases))}."] if len(cases) else []


def subjects_by_class(cases: Cases) -> list[int]:
    """Return how many subjects have cases of each class."""
    return [len(np.unique(cases.subject[cases.labels == k])) for k in range(len(cases.classes))]


def drawn_share(cases: Cases, share: float, random: np.random.Generator) -> Cases:
    """Draw a share of the subjects of each class, at least 3; the rarest class draws first."""
    chosen: set[str] = set()
    for k in np.argsort(subjects_by_class(cases), kind="stable"):
        subjects = np.unique(cases.subject[cases.labels == k])
        wanted = max(FEWEST, round(share * len(subjects)))
        lacking = max(wanted - len(chosen.intersection(subjects.tolist())), 0)
        others = subjects[~np.isin(subjects, list(chosen))]
        chosen.update(random.permutation(others)[:lacking].tolist())
    return cases.take(np.isin(cases.subject, list(chosen)))


def permuted_classes(cases: Cases, *, permutations: int, seed: int) -> Whole:
    """Return whose class each group is given: groups × (1 + permutations), the first its own.

    A group is the cases of a subject of one class (`Cases.labelled`). Subjects of a site with as
    many groups exchange all their classes; then the groups of each exchange theirs.
    """
    random = np.random.default_rng(seed)
    units, groups = cases.units, cases.labelled
    first = np.unique(groups.member, return_index=True)[1]
    whose = units.member[first]
    sizes = np.bincount(whose)
    strata: dict[tuple[int, int], list[Whole]] = {}
    for subject, (site, size) in enumerate(zip(units.block.tolist(), sizes.tolist(), strict=True)):
        strata.setdefault((site, size), []).append(np.flatnonzero(whose == subject))
    order = np.repeat(np.arange(len(first))[:, None], permutations + 1, axis=1)
    for members in map(np.array, strata.values()):
        for column in range(1, permutations + 1):
            source = members[random.permutation(len(members))]
            order[members, column] = random.permuted(source, axis=1)
    return order
