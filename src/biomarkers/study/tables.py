"""The table of a study, joined from the records of its sessions."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers import __version__
from biomarkers.estimates.regions import with_remark
from biomarkers.files import write_json
from biomarkers.study.cohort import Study
from biomarkers.study.measured import Failure, MeasuredStudy
from biomarkers.study.outputs import write_dataset_description
from biomarkers.study.recipe import PlannedStudy
from biomarkers.study.records import RECORD, TABLE, Key, Record, Records, name_of
from biomarkers.study.settings import MeasureSettings
from biomarkers.study.unit import MEND
from biomarkers.table import check_measurements, write_table

_EMPTY = ["subject", "day", "region", "biomarker", "value", "unit"]


def join(records: Records, study: Study, common: Key) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the rows of all sessions, in their order, and what could not be measured."""
    groups = _groups(study)
    units: dict[str, tuple[str, str]] = {}
    parts, failures = [], []
    for record in _in_order(records, study):
        session = f"sub-{record.subject} ses-{record.label}"
        reason = record.again or record.failure
        if reason:
            failures.append(Failure(session, reason, record.advice))
        if not record.can_stand_beside(common):
            continue
        rows = record.frame()
        mixed = _mixed_unit(rows, session, units)
        if mixed:
            failures.append(Failure(session, mixed, MEND))
        elif len(rows):
            parts.append(_identified(rows, record, groups))
    if not parts:
        return pd.DataFrame(columns=_EMPTY), failures
    joined = pd.concat(parts, ignore_index=True)
    return check_measurements(joined, source="measured study"), failures


def _in_order(records: Records, study: Study) -> Iterator[Record]:
    """Yield records in the order of the study, then those of sessions it no longer has."""
    names = [name_of(session) for session in study.sessions]
    for name in (*names, *(each for each in records.names() if each not in names)):
        record = records.read(name)
        if record is not None:
            yield record


def _groups(study: Study) -> "pd.Series[str] | None":
    if study.participants is None or "group" not in study.participants:
        return None
    return study.participants.set_index("subject")["group"]


def _identified(
    rows: pd.DataFrame, record: Record, groups: "pd.Series[str] | None"
) -> pd.DataFrame:
    rows = rows.assign(subject=record.subject, day=record.day, session=record.label)
    if record.again:
        rows = _marked(rows)
    return rows if groups is None else rows.assign(group=groups.get(record.subject, ""))


def _marked(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows that say that they are of an earlier run, and warn where they were `ok`."""
    words = "of an earlier run: the session could not be measured anew"
    rows = with_remark(rows, words)
    before = rows["reason"].fillna("")
    return rows.assign(
        reason=[each if words in each else f"{each}; {words}".lstrip("; ") for each in before]
    )


def _mixed_unit(rows: pd.DataFrame, session: str, units: dict[str, tuple[str, str]]) -> str:
    """Return which biomarker has another unit than in an earlier session, in words."""
    if not len(rows):
        return ""
    mine = dict(zip(rows["biomarker"].tolist(), rows["unit"].tolist(), strict=True))
    for name, unit in mine.items():
        seen, where = units.get(name, (unit, session))
        if unit != seen:
            return (
                f"{name} is in {unit or 'a plain number'} here and in {seen or 'a plain number'} "
                f"in {where}; one biomarker has one unit"
            )
    for name, unit in mine.items():
        units.setdefault(name, (unit, session))
    return ""


def write_results(
    planned: PlannedStudy,
    settings: MeasureSettings,
    table: pd.DataFrame,
    failures: Sequence[Failure],
    out: Path,
) -> MeasuredStudy:
    """Write what is said of the whole study; return it with the failures that were asked for."""
    write_dataset_description(out)
    write_table(table, out / TABLE)
    said = [{"session": each.session, "reason": each.reason} for each in failures]
    write_json(out / RECORD, {**_about(planned, settings), "failures": said})
    mine = {str(session) for session in planned.sessions}
    return MeasuredStudy(
        table, out / TABLE, tuple(each for each in failures if each.session in mine)
    )


def _about(planned: PlannedStudy, settings: MeasureSettings) -> dict[str, Any]:
    """Return how a study is measured, for a reader in ten years."""
    study = planned.study
    return {
        "version": __version__,
        "program": dict(planned.common.program),
        "study": study.root.name,
        "subjects": len(study.subjects),
        "sessions": len(study.sessions),
        "settings": {
            "prefer": settings.prefer,
            "resample_labels": settings.resample_labels,
            "keep_going": settings.keep_going,
            "steps": json.loads(json.dumps({k: asdict(v) for k, v in planned.chosen.items()})),
        },
        "notes": list(study.notes),
    }
