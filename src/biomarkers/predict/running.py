"""The pieces of a judgement in one process or several, kept in a folder as they are done."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from biomarkers.errors import FileError, InputError
from biomarkers.extras import has_extra
from biomarkers.files import replacing, require_writable
from biomarkers.predict.steps.stability import TooFewLesionsError
from biomarkers.predict.tasks import Judged, Result, Task, do
from biomarkers.processes import InProcess, Lost, Processes

# Called with the pieces done, all pieces, and what the last one was.
Progress = Callable[[int, int, str], None]

_FORMAT = 2  # of pieces; raised where they hold something else than before


def run_tasks(
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
    work: Callable[[Task], Result] = do,
) -> list[Result]:
    """Return the results of tasks in their order; those that a folder holds are taken from it.

    Each is done by `work`.

    Raises
    ------
    InputError
        If `jobs` is below 1, a piece cannot be done, or the folder cannot be written.

    """
    if jobs < 1:
        raise InputError(f"jobs: found {jobs}, expected 1 or more")
    paths = [None if checkpoint is None else checkpoint / _name(task) for task in tasks]
    done = {place: kept for place, path in enumerate(paths) if path and (kept := _kept(path))}
    left = [place for place in range(len(tasks)) if place not in done]
    with Processes(min(jobs, len(left))) if jobs > 1 and len(left) > 1 else InProcess() as pool:
        for index, result in pool.results(work, [tasks[place] for place in left]):
            place = left[index]
            if isinstance(result, Lost):
                raise InputError(_why(result, tasks[place]))
            path = paths[place]
            if path is not None:
                _keep(result, path)
            done[place] = result
            if progress is not None:
                progress(len(done), len(tasks), tasks[place].kind)
    return [done[place] for place in range(len(tasks))]


def checkpoint_of(judged: Judged, digest: str, folder: Path | str | None) -> Path | None:
    """Return the folder of this judgement in a folder of several.

    Another cohort, recipe, setting, version of this package or of pieces has another name; so have
    pieces with SHAP values of trees and without.
    """
    if folder is None:
        return None
    settings = asdict(judged.settings)
    text = json.dumps(
        [version("biomarkers"), digest, settings, [each.declared() for each in judged.recipes],
         has_extra("shap"), _FORMAT]
    )  # fmt: skip
    made = require_writable(folder) / hashlib.sha256(text.encode()).hexdigest()[:16]
    made.mkdir(parents=True, exist_ok=True)
    return made


def _name(task: Task) -> str:
    return f"{task.kind}-{task.number}.npz"


def _kept(path: Path) -> Result | None:
    """Return what a file holds; None where there is no whole one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError):
        return None


def _keep(result: Result, path: Path) -> None:
    try:
        with replacing(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **result)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}") from error


def _why(lost: Lost, task: Task) -> str:
    kind, _, text = lost.how.partition(": ")
    if kind in (InputError.__name__, TooFewLesionsError.__name__):
        return text
    return f"{task.kind} {task.number} of the judgement failed: {lost.how}"
