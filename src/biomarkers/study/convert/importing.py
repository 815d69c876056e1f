"""From series that were found to a study: what both kinds of import share."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from biomarkers.errors import InputError, ProblemsError, StudyError
from biomarkers.study.convert.days import session_days
from biomarkers.study.convert.mapping import Given, read_mapping, targets
from biomarkers.study.convert.names import Target
from biomarkers.study.convert.proposal import COLUMNS, proposed_rows
from biomarkers.study.convert.series import Contents, Series
from biomarkers.study.convert.tables import known_days, write_documents, write_tables
from biomarkers.study.convert.writing import move, require_new, stage, staging
from biomarkers.table import write_table

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Imported:
    """What an import found and what it wrote.

    Parameters
    ----------
    root
        The study.
    series
        Every series found, in the order of patient, date and series.
    targets
        What each series becomes; None for those left out. Empty without a mapping.
    written
        Files that were written; none in a dry run.
    dropped
        Names of header fields that identify and were not copied.
    unreadable
        Scans and series that cannot be imported, a line each.
    notes
        What headers leave open or contradict, a line each.
    others
        Files of the source that hold no image.

    """

    root: Path
    series: tuple[Series, ...]
    targets: tuple[Target | None, ...] = ()
    written: tuple[Path, ...] = ()
    dropped: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[Path, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row per series: what it is, and what it becomes (without a mapping: might)."""
        rows = proposed_rows(self.series)
        if self.targets:
            goals = map(_row, self.targets)
            rows = [row | goal for row, goal in zip(rows, goals, strict=True)]
        return pd.DataFrame(rows, columns=COLUMNS)

    def write_draft(self, path: Path | str) -> Path:
        """Write `table` (TSV or CSV): a mapping to be edited, with a row for every series.

        It names patients as the scanner does; keep it outside of the study.

        Raises
        ------
        InputError
            If the file is there already, is named otherwise, or would lie in the study.

        """
        path = Path(path)
        if path.exists():
            raise InputError(f"{path} is there already; name another file for the draft")
        if path.absolute().is_relative_to(self.root.absolute()):
            raise InputError(f"{path}: a draft holds identifiers; keep it outside of {self.root}")
        if path.suffix not in (".tsv", ".csv"):
            raise InputError(f"{path}: expected a name that ends in .tsv or .csv")
        return write_table(self.table.replace("", None), path)


def _row(target: Target | None) -> dict[str, object]:
    if target is None:
        return {"subject": "", "session": "", "day": "", "datatype": "", "suffix": "skip"}
    return {
        "subject": target.subject,
        "session": target.session,
        "day": "" if target.day is None else f"{target.day:g}",
        "datatype": target.datatype,
        "suffix": target.suffix,
        "entities": "_".join(f"{key}-{value}" for key, value in target.entities.items()),
        "join": "yes" if target.join else "",
    }


def imported(
    contents: Contents,
    root: Path,
    *,
    mapping: Given | None,
    baseline: str | None,
    dry_run: bool,
    progress: Progress | None,
) -> Imported:
    """Check what was found against the mapping and write it, unless it is a dry run.

    Raises
    ------
    ProblemsError
        If a series that is mapped cannot be imported, or has no place or day in the study.

    """
    series = contents.series
    broken = [f"{each}: {text}" for each in series for text in each.problems]
    record = Imported(
        root,
        series,
        dropped=tuple(sorted({name for each in series for name in each.identifying})),
        unreadable=(*contents.unreadable, *broken),
        notes=tuple(f"{each}: {text}" for each in series for text in each.notes),
        others=contents.others,
    )
    if mapping is None:
        return record
    source = str(mapping) if isinstance(mapping, Path | str) else "mapping"
    goals = targets(series, read_mapping(mapping), source)
    mapped = _joined([(each, goal) for each, goal in zip(series, goals, strict=True) if goal])
    _require_whole(mapped, source, len(series))
    days = session_days(mapped, baseline=baseline, known=known_days(root), source=source)
    require_new(root, mapped)
    visits = {goal.visit: days[goal.visit] for _, goal in mapped}
    written = () if dry_run else _write(root, mapped, visits, progress)
    return replace(record, targets=tuple(goals), written=written)


def _joined(mapped: Sequence[tuple[Series, Target]]) -> list[tuple[Series, Target]]:
    """Return series and targets, those that are to be joined as one series."""
    groups: dict[object, list[tuple[Series, Target]]] = {}
    for number, (series, target) in enumerate(mapped):
        groups.setdefault(target.stem({}) if target.join else number, []).append((series, target))
    result = []
    for (first, target), *others in groups.values():
        if others and first.join is None:
            raise StudyError(f"{first}: series of this kind cannot be joined; leave join out")
        several = [first, *(series for series, _ in others)]
        result.append((first.join(several) if others and first.join else first, target))
    return result


def _require_whole(mapped: Sequence[tuple[Series, Target]], source: str, count: int) -> None:
    problems = [f"{series}: {text}" for series, _ in mapped for text in series.problems]
    if problems:
        raise ProblemsError(problems, source)
    if not mapped:
        raise StudyError(
            f"{source}: none of {count} series is given a suffix; begin with a draft "
            "(biomarkers import ... --draft FILE)"
        )


def _write(
    root: Path,
    mapped: Sequence[tuple[Series, Target]],
    days: dict[tuple[str, str], float],
    progress: Progress | None,
) -> tuple[Path, ...]:
    with staging(root) as folder:
        staged = folder / "study"
        for done, (series, target) in enumerate(mapped, start=1):
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                stage(staged, series, target, series.convert(Path(scratch)))
            if progress:
                progress(done, len(mapped), str(series))
        write_tables(root, staged, days)
        write_documents(root, staged)
        return move(staged, root)
