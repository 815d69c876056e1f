"""Two tables joined into cases: features from one, outcome and clinical facts from the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import level
from biomarkers.predict.cases import Names, lesion_names, subject_names
from biomarkers.predict.labelling import class_labels, class_names
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.combination.sample import FEWEST
from biomarkers.stats.inputs import event_flags, numeric, require_columns, time_values
from biomarkers.stats.outcome import check_overlap
from biomarkers.stats.response import response_by_time
from biomarkers.stats.roc_analysis.classes import markers_of
from biomarkers.stats.survival.follow_up import same_moments
from biomarkers.stats.words import listed
from biomarkers.table import CLUSTER, check_measurements, check_participants

OutcomeColumns = str | tuple[str, str]

_CUT = "event by the horizon"
# Columns of a wide table that say which case it is.
_IDENTITY = ("subject", "participant_id", "lesion", CLUSTER, "day")


@dataclass(frozen=True, eq=False)
class Joined:
    """What `Cohort.from_tables` is given."""

    rows: pd.DataFrame
    participants: pd.DataFrame
    outcome: OutcomeColumns
    positive: object
    site: str | None
    blocks: Mapping[str, Sequence[str]]
    horizon: float | None
    classes: Sequence[object] = ()

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The columns of the outcome."""
        return (self.outcome,) if isinstance(self.outcome, str) else tuple(self.outcome)


def join_tables(given: Joined) -> dict[str, Any]:
    """Return the fields of a cohort; see `Cohort.from_tables` for the rules."""
    people = check_participants(given.participants).set_index("subject")
    if not given.classes:
        require_columns(people, given.outcomes, "participants")
    table = _as_wide(given)
    check_overlap(pd.Index(table["subject"].unique()), people.index)
    _check_agreement(table, people, given.outcomes)
    unlisted = ~table["subject"].isin(people.index)
    notes = _left_out(table.loc[unlisted, "subject"], "no participant")
    table = table[~unlisted].reset_index(drop=True)
    facts = people.loc[table["subject"]].reset_index(drop=True)
    names: tuple[str, ...] = ()
    labels = time = None
    if given.classes:
        outcome, names = class_names(given.classes, given.outcome, given.horizon)
        labels, more = class_labels(table, facts, outcome, names)
        kept = np.flatnonzero(labels >= 0)
        labels = labels[kept]
        truth = labels == 0
    else:
        kept, truth, time, more = _outcomes(facts, table["subject"], given)
    table, facts = (each.iloc[kept].reset_index(drop=True) for each in (table, facts))
    site = _sites(table, facts, given.site)
    features, blocks, of_people = _features(table, facts, given)
    subject = table["subject"].to_numpy(dtype=str)
    check_kinds(subject, truth, labels, names)
    return {
        "features": features,
        "subject": subject,
        "lesion": table["lesion"].to_numpy(dtype=str),
        "row_subject": table[CLUSTER].to_numpy(dtype=str) if CLUSTER in table else None,
        "site": site,
        "positive": truth,
        "time": time,
        "labels": labels,
        "classes": names,
        "outcome": given.outcome,
        "blocks": blocks,
        "facts": of_people,
        "words": _words(facts, given),
        "made": _made(given.rows),
        "notes": (*notes, *more, *_absent_at_sites(features, site)),
        "positive_is": _positive_is(given),
    }


def _positive_is(given: Joined) -> str:
    """Return in words what positive cases have."""
    if given.classes:
        return ""
    if isinstance(given.outcome, str):
        return f"{given.outcome} = {level(given.positive)}"
    time, event = given.outcome
    return event if given.horizon is None else f"{event} by {time} {given.horizon:g}"


def _as_wide(given: Joined) -> pd.DataFrame:
    """Return one row per case, `subject` and `lesion` first, in the order of those."""
    if "perturbation" in given.rows:
        raise InputError(
            "rows: found a column perturbation; repeated measurements belong in predict.Stable"
        )
    is_long = {"biomarker", "value"} <= set(given.rows)
    own = given.outcomes if given.classes else ()
    table = (
        _from_measurements(given.rows, given.site, own) if is_long else _from_columns(given.rows)
    )
    twice = table[table.duplicated(["subject", "lesion"])]
    if len(twice):
        first = twice.iloc[0]
        lesion = f", lesion {first['lesion']}" if first["lesion"] else ""
        raise InputError(
            f"rows: subject {first['subject']}{lesion} stands twice; expected one row a case"
            f"{'' if first['lesion'] else ' (a column lesion tells several of a subject apart)'}"
        )
    return table.sort_values(["subject", "lesion"], kind="stable").reset_index(drop=True)


def _from_measurements(
    rows: pd.DataFrame, site: str | None, outcomes: Sequence[str]
) -> pd.DataFrame:
    """Return the biomarkers of each region of a subject, its lesion, with its site and outcome."""
    lesion = next((name for name in ("lesion", "region") if name in rows), None)
    if lesion is not None:
        rows = rows.assign(region=lesion_names(rows[lesion])).drop(
            columns="lesion", errors="ignore"
        )
    checked = check_measurements(rows)
    _check_days(checked["day"])
    case = ["subject", "region"]
    wide = checked.pivot(index=case, columns="biomarker", values="value")  # noqa: PD010
    wide = wide[list(dict.fromkeys(checked["biomarker"]))]
    asked = dict.fromkeys((CLUSTER, "site", site, *outcomes))
    alike = [name for name in asked if name is not None and name in checked]
    _check_alike(checked, [name for name in alike if name in outcomes])
    facts = checked.groupby(case)[alike].first() if alike else pd.DataFrame(index=wide.index)
    table = facts.join(wide).reset_index().rename(columns={"region": "lesion"})
    return _whose(table.rename_axis(columns=None))


def _check_alike(rows: pd.DataFrame, outcomes: Sequence[str]) -> None:
    """Refuse a region whose rows tell two outcomes."""
    for name in outcomes:
        kinds = rows.groupby(["subject", "region"])[name].nunique()
        if (kinds > 1).any():
            subject, region = kinds.index[int((kinds > 1).to_numpy().argmax())]
            raise InputError(f"{name}: rows of subject {subject}, {region} differ; expected one")


def _made(rows: pd.DataFrame) -> dict[str, str]:
    """Return unit and settings of each biomarker, where measurement rows tell them.

    Raises
    ------
    InputError
        If a biomarker was measured with two settings.

    """
    ways = [name for name in ("unit", "settings") if name in rows]
    if "biomarker" not in rows or not ways:
        return {}
    kinds = rows[["biomarker", *ways]].fillna("").astype(str)
    kinds[ways] = kinds[ways].replace("n/a", "")  # as files have it
    kinds = kinds.drop_duplicates()
    twice = kinds["biomarker"][kinds["biomarker"].duplicated()]
    if len(twice):
        raise InputError(
            f"rows: {twice.iloc[0]} was measured in two ways ({' or '.join(ways)} differ); "
            "expected one"
        )
    words = kinds[ways].agg(" ".join, axis=1).str.strip()
    return {name: word for name, word in zip(kinds["biomarker"], words, strict=True) if word}


def _from_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a wide table with subject and lesion as text."""
    table = rows.rename(columns={"participant_id": "subject"}).rename(columns=str)
    require_columns(table, ["subject"], "rows")
    if not table.columns.is_unique:
        raise InputError(
            f"rows: column {table.columns[table.columns.duplicated()][0]} stands twice"
        )
    if "day" in table:
        _check_days(table["day"])
        table = table.drop(columns="day")
    subject = subject_names(table["subject"])
    lesion = lesion_names(table["lesion"]) if "lesion" in table else ""
    return _whose(table.assign(subject=subject, lesion=lesion))


def _whose(table: pd.DataFrame) -> pd.DataFrame:
    """Return cases of subjects where lesions are subjects and `individual` says whose.

    That column then holds the subject that the rows name.
    """
    if CLUSTER not in table:
        return table
    named = table["subject"] + table["lesion"].map(lambda name: f"/{name}" if name else "")
    whose = {"subject": subject_names(table[CLUSTER]), CLUSTER: table["subject"]}
    return table.assign(**whose, lesion=named)


def _check_days(days: "pd.Series[Any]") -> None:
    several = sorted(set(days.dropna()))
    if len(several) > 1:
        raise InputError(
            f"rows: found days {listed([f'{day:g}' for day in several])}; expected those of one "
            "day: choose it, or give the change between two as features"
        )


def _check_agreement(table: pd.DataFrame, people: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse an outcome that the two tables tell differently."""
    for name in names:
        if name not in table or name not in people:
            continue
        here = table.set_index("subject")[name].dropna()
        there = people[name].dropna()
        here = here[here.index.isin(there.index)]
        differing = here.map(level) != there.loc[here.index].map(level)
        if differing.any():
            subject = here.index[int(differing.to_numpy().argmax())]
            raise InputError(
                f"{name}: subject {subject} has {level(here[differing].iloc[0])} in rows and "
                f"{level(there[subject])} in participants; expected the same"
            )


def _outcomes(
    facts: pd.DataFrame, subjects: "pd.Series[str]", given: Joined
) -> tuple[Whole, Bools, Floats | None, list[str]]:
    """Return the cases with an outcome, their class or event, their time, and who is left out."""
    if isinstance(given.outcome, str):
        if given.horizon is not None:
            raise InputError("horizon: needs outcome=(time, event), found one column")
        return _classes(facts[given.outcome], given.positive, subjects, f"no {given.outcome}")
    time, event = given.outcome
    if given.horizon is not None:
        free = response_by_time(facts, time=time, event=event, horizon=given.horizon, name=_CUT)
        why = f"censored before {given.horizon:g}, or without {time} or {event}"
        return _classes(1 - free[_CUT], 1, subjects, why)
    times, events = time_values(facts, time), event_flags(facts, event)
    known = (times.notna() & events.notna()).to_numpy()
    kept = np.flatnonzero(known)
    notes = _left_out(subjects[~known], f"no {time} or {event}")
    moments = same_moments(np.asarray(times[known], dtype=float))
    return kept, events.to_numpy()[kept] == 1, moments, notes


def _classes(
    outcome: "pd.Series[Any]", positive: object, subjects: "pd.Series[str]", why: str
) -> tuple[Whole, Bools, None, list[str]]:
    (rows,), truth = markers_of([np.arange(len(outcome))], outcome.to_numpy(), positive=positive)
    kept = rows.astype(np.intp)
    lost = np.setdiff1d(np.arange(len(outcome)), kept)
    return kept, truth, None, _left_out(subjects.iloc[lost], why)


def _left_out(subjects: "pd.Series[str]", why: str) -> list[str]:
    names = list(dict.fromkeys(subjects))
    return [f"Left out, {why}: {listed(names)}."] if names else []


def _sites(table: pd.DataFrame, facts: pd.DataFrame, name: str | None) -> Names:
    if name is None:
        return np.full(len(table), "")
    if name not in table and name not in facts:
        raise InputError(f"site: {name} is a column of neither rows nor participants")
    sites = (table if name in table else facts)[name]
    if sites.isna().any() or (sites.map(str).str.strip() == "").any():
        raise InputError(f"{name}: subject {table['subject'][sites.isna().argmax()]} has no site")
    sites = sites.map(level)
    for subject, mine in sites.groupby(table["subject"]):
        if len(set(mine)) > 1:
            raise InputError(
                f"{name}: subject {subject} lies at {listed(sorted(set(mine)))}; expected one site"
            )
    return sites.to_numpy(dtype=str)


def _features(
    table: pd.DataFrame, facts: pd.DataFrame, given: Joined
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return all features as numbers, the names of those of each block, and of participants."""
    never = {*_IDENTITY, *given.outcomes, given.site, "site"}
    mine = [str(name) for name in table if name not in never]
    columns = {name: _numbers(table, name) for name in mine}
    blocks: dict[str, tuple[str, ...]] = {}
    for block, wanted in given.blocks.items():
        names: list[str] = []
        for name in wanted:
            if name in never:
                raise InputError(f"blocks.{block}: {name} says who or what a case is: no feature")
            if name not in columns:
                require_columns(facts, [name], f"blocks.{block}: rows and participants")
            made = {name: columns[name]} if name in columns else _of_fact(facts, name)
            columns |= made
            names += made
        blocks[block] = tuple(names)
    features = pd.DataFrame(columns, index=table.index)
    return features, blocks, tuple(name for name in columns if name not in mine)


def _words(facts: pd.DataFrame, given: Joined) -> dict[str, "pd.Series[str]"]:
    names = {name for wanted in given.blocks.values() for name in wanted if name in facts}
    return {
        name: facts[name].map(level).where(facts[name].notna())
        for name in sorted(names)
        if not pd.api.types.is_numeric_dtype(facts[name])
    }


def _numbers(table: pd.DataFrame, name: str) -> "pd.Series[float]":
    column = table[name]
    if pd.api.types.is_bool_dtype(column):
        return column.astype(float)
    try:
        return numeric(table, name)
    except InputError as error:
        raise InputError(f"rows: {error}; leave out columns that are no features") from error


def _of_fact(facts: pd.DataFrame, name: str) -> dict[str, "pd.Series[float]"]:
    """Return a column of participants as numbers, one of words as indicators."""
    column = facts[name]
    if pd.api.types.is_bool_dtype(column):
        return {name: column.astype(float)}
    if pd.api.types.is_numeric_dtype(column):
        return {name: numeric(facts, name)}
    words = sorted(set(column.dropna().map(level)))
    if len(words) > max(2, len(column) // 3):
        raise InputError(f"participants: column {name} holds {len(words)} words; expected numbers")
    return {
        f"{name}={word}": (column.map(level) == word).astype(float).where(column.notna())
        for word in words[1:]
    }


def check_kinds(subject: Names, truth: Bools, labels: Whole | None, classes: Sequence[str]) -> None:
    """Refuse too few subjects of a class: of two, or of several by their places."""
    names = ("positive", "negative") if labels is None else classes
    places = ~truth if labels is None else labels
    counts = [len(np.unique(subject[places == place])) for place in range(len(names))]
    if min(counts) < FEWEST:
        each = [f"{count} {name}" for count, name in zip(counts, names, strict=True)]
        raise InputError(
            f"found {', '.join(each[:-1])} and {each[-1]} subjects; "
            f"expected {FEWEST} or more of each"
        )


def _absent_at_sites(features: pd.DataFrame, site: Names) -> list[str]:
    """Name what was never measured at a whole site: its absence tells the site."""
    sites = np.unique(site)
    if len(sites) < 2:
        return []
    notes = []
    for name in sites:
        gone = features.columns[features[site == name].isna().all()]
        gone = [each for each in gone if features[each].notna().any()]
        if gone:
            notes.append(
                f"Missing in every case of site {name}: {listed(gone)}. Whether it is missing "
                "tells the site."
            )
    return notes
