"""The unit of work: one session, measured into a folder of its own.

A unit pickles, and so does what it gives, which is small: images and cards stay in the folder
until the run puts them in their places. A process that is lost leaves nothing else behind.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.blas import one_blas_thread
from biomarkers.errors import BiomarkersError, in_words
from biomarkers.files import is_disk_full, sha256, walk
from biomarkers.study.cards import Card, write_card
from biomarkers.study.cohort import Session
from biomarkers.study.events import Event, Stages
from biomarkers.study.inputs import digests, input_files
from biomarkers.study.recipe import Recipe
from biomarkers.study.records import Rows, rows_of
from biomarkers.study.session import measure_session
from biomarkers.table import check_measurements

QC = "qc"
MEND = "mend or replace what is named, then go on with --resume"
SMALLER = "take fewer jobs or less --memory, or a machine with more, then go on with --resume"
FREE = "free space on the disk, then go on with --resume"
REPORT = "a fault of the program, or of a step from outside: report it with this line"


@dataclass(frozen=True)
class Unit:
    """One session to be measured.

    Parameters
    ----------
    recipe
        What is done.
    folder
        Where its files are made; it is there for this unit alone.
    volumes_by_space
        Whether volumes are named by the grid they were drawn on.
    inputs
        SHA-256 of its input files by name; None if they are still to be read.
    memory
        Bytes that a process needs for it; an executor begins it where so much is left.

    """

    recipe: Recipe
    folder: Path
    volumes_by_space: bool
    inputs: Mapping[str, str] | None = None
    memory: int = 0


@dataclass(frozen=True)
class Result:
    """What became of a unit.

    Parameters
    ----------
    rows
        Cells by column; None if nothing could be measured.
    files
        SHA-256 by path below the folder of the unit.
    inputs
        SHA-256 of the input files, as they were before the session was measured.
    failure, advice
        What could not be measured and why; what to do.
    events
        What happened.
    stages
        Of it: time and memory of each stage, and warnings.

    """

    rows: Rows | None
    files: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    advice: str = ""
    events: tuple[Event, ...] = ()
    stages: tuple[Event, ...] = ()


@one_blas_thread()
def measure_unit(unit: Unit) -> Result:
    """Measure a session; a failure of one must not cost the others."""
    stages, result = Stages(str(unit.recipe.session)), None
    with stages.of("inputs"):
        inputs, failure, advice = attempt(lambda: _inputs_of(unit))
    if inputs is not None:
        result, failure, advice = attempt(lambda: _measured(unit, inputs, stages))
    if result is None:
        result = Result(None, failure=failure, advice=advice)
    what = "failed" if result.rows is None else "measured"
    event = stages.ended(what, result.failure)
    return replace(result, inputs=inputs or {}, events=(event,), stages=tuple(stages.events))


def attempt(work: Callable[[], Any]) -> tuple[Any, str, str]:
    """Return what work gave, or None, why it failed, and what to do."""
    try:
        return work(), "", ""
    except MemoryError as error:
        return None, f"too little memory ({error})", SMALLER
    except Exception as error:  # a failure of one session must not cost the others
        if is_disk_full(error):
            return None, in_words(error), FREE
        expected = isinstance(error, BiomarkersError | OSError)
        return None, in_words(error), MEND if expected else REPORT


def _inputs_of(unit: Unit) -> Mapping[str, str]:
    return digests(input_files(unit.recipe)) if unit.inputs is None else unit.inputs


def _measured(unit: Unit, inputs: Mapping[str, str], stages: Stages) -> Result:
    shutil.rmtree(unit.folder, ignore_errors=True)  # of a process that was killed at this unit
    unit.folder.mkdir(parents=True)
    by_space = unit.volumes_by_space
    measured = measure_session(unit.recipe, unit.folder, volumes_by_space=by_space, stages=stages)
    with stages.of("write"):
        rows = without_overflow(measured.rows)
        if len(rows):  # what breaks the rules of the table must not reach that of the cohort
            session = unit.recipe.session
            identified = rows.assign(subject=session.subject, day=session.day)
            check_measurements(identified, source=f"rows of {session}")
        for card in measured.cards:
            write_card(card, unit.folder / QC)
        return Result(rows_of(rows), files_in(unit.folder), inputs, measured.failure)


def without_overflow(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of which what is too large for a number is missing, and said so."""
    numbers = [name for name in ("value", "se") if name in rows]
    infinite = {name: np.isinf(rows[name].to_numpy(float)) for name in numbers}
    if not len(rows) or not any(each.any() for each in infinite.values()):
        return rows
    rows = rows.assign(**{name: rows[name].mask(infinite[name]) for name in numbers})
    lost = infinite["value"]
    before = rows["reason"] if "reason" in rows else pd.Series("", rows.index)
    grades = rows["qc"] if "qc" in rows else pd.Series("ok", rows.index)
    return rows.assign(
        qc=grades.mask(lost, "fail"), reason=before.mask(lost, "too large for a number")
    )


def files_in(folder: Path) -> dict[str, str]:
    """Return the hash of every file below a folder, by its path from there."""
    return {str(path.relative_to(folder)): sha256(path) for path in walk(folder)}


def stage_failure(session: Session, reason: str, folder: Path) -> dict[str, str]:
    """Write the card of a session that could not be measured; return its hash by its path."""
    card = Card(session, "failure", "Not measured", reason, "fail")
    path = write_card(card, folder / QC)
    return {str(path.relative_to(folder)): sha256(path)}
