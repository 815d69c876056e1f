"""Measure a whole cohort: check everything, then session by session, keeping what is done."""

import json
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from biomarkers import __version__
from biomarkers.errors import BiomarkersError, ProblemsError
from biomarkers.files import require_writable, write_json
from biomarkers.study.cards import Card, remove_stale, write_card
from biomarkers.study.cohort import Session, Study, open_study
from biomarkers.study.outputs import remove_stale_maps, write_dataset_description
from biomarkers.study.planning import plan_study
from biomarkers.study.recipe import Recipe
from biomarkers.study.selection import RECORD, TABLE, is_of, rows_of_others, select
from biomarkers.study.session import Measured, measure_session
from biomarkers.study.settings import MeasureSettings
from biomarkers.study.step import Step
from biomarkers.study.steps import STEPS
from biomarkers.study.workers import warm_up, workers
from biomarkers.table import check_measurements, write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Progress = Callable[[int, int, str], None]
_ROWS_SHOWN = 10
_BROKEN = (
    "the process that measured it ended unexpectedly: too little memory (use fewer jobs), or a "
    "script that starts several jobs without `if __name__ == '__main__':`"
)


@dataclass(frozen=True)
class Failure:
    """A session that could not be measured, wholly or in part, and why."""

    session: str
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredStudy:
    """What a study gave.

    Parameters
    ----------
    table
        The measurement table, as written.
    path
        Where it was written.
    failures
        Sessions that are not in it, or not with all they hold.

    """

    table: pd.DataFrame
    path: Path
    failures: tuple[Failure, ...]

    def summary(self) -> str:
        """Return how much was measured, and what could not be, in words."""
        subjects, sessions = self.table["subject"].nunique(), self.table[["subject", "day"]]
        counts = f"{subjects} subjects, {len(sessions.drop_duplicates())} sessions"
        lines = [f"{counts}, {len(self.table)} values: {self.path}"]
        lines += [f"  failed: {each.session}: {each.reason}" for each in self.failures]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.summary().splitlines())
        return f"{lines}\n{self.table.head(_ROWS_SHOWN).to_html(index=False, border=0)}"

    def plot(self) -> "Figure":
        """Draw biomarkers of the first region over days, a line per subject."""
        from biomarkers.study.measured_figure import draw_values  # noqa: PLC0415  (seldom needed)

        return draw_values(self.table)


@dataclass(frozen=True)
class PlannedStudy:
    """What would be measured.

    Parameters
    ----------
    study
        Which.
    sessions
        Those that were asked for.
    recipes
        What is done in each session that is in order.
    problems
        What is wrong with the others.
    chosen
        Settings of every step.
    volumes_by_space
        Whether volumes are named by the grid that regions were drawn on.

    """

    study: Study
    sessions: tuple[Session, ...]
    recipes: tuple[Recipe, ...]
    problems: tuple[str, ...]
    chosen: Mapping[str, Any]
    volumes_by_space: bool


def plan_measuring(
    folder: Path | str,
    *,
    derivatives: Sequence[Path | str] | None = None,
    settings: MeasureSettings | None = None,
    steps: Sequence[Step] = STEPS,
) -> PlannedStudy:
    """Check every file of a study by its header, and say what would be measured.

    Parameters and errors are those of `measure`, but for faulty files: they are `problems`.
    """
    settings = settings or MeasureSettings()
    study = open_study(folder, derivatives=derivatives)
    chosen = settings.of_steps(steps, study.root)
    sessions = select(study, settings.participants, settings.sessions)
    recipes, problems = plan_study(study, steps, settings, chosen)
    left = {f"{each}: " for each in study.sessions if each not in sessions}
    return PlannedStudy(
        study,
        sessions,
        tuple(recipe for recipe in recipes if recipe.session in sessions),
        tuple(each for each in problems if not each.startswith(tuple(left))),
        chosen,
        # Of the whole study, so that a part of it gives the same names.
        any(len(recipe.labels) > 1 for recipe in recipes),
    )


def measure(
    folder: Path | str,
    out: Path | str,
    *,
    derivatives: Sequence[Path | str] | None = None,
    settings: MeasureSettings | None = None,
    steps: Sequence[Step] = STEPS,
    progress: Progress | None = None,
) -> MeasuredStudy:
    """Measure every session of a BIDS study.

    Parameters
    ----------
    folder
        The study; see `open_study`.
    out
        Gets `measurements.tsv`, the computed maps as BIDS derivatives, and `qc/`.
    derivatives
        Folders with label maps and given maps; by default all in `derivatives/` of the study.
    settings
        See `MeasureSettings`.
    steps
        What is measured, in order of dependency: `STEPS`, and maybe your own.
    progress
        Called with sessions done, sessions in all, and the name of the last one.

    Returns
    -------
    MeasuredStudy
        With the sessions that failed, if any: what was done is kept.

    Raises
    ------
    InputError
        If the study cannot be walked, or a setting is unknown or impossible; or if only some
        sessions are asked for and `out` holds others that were measured in another way.
    ProblemsError
        If any file of it is faulty, naming every one; nothing is written then. With
        `settings.keep_going` the sessions concerned are left out and named instead.

    """
    settings = settings or MeasureSettings()
    out = require_writable(out)
    planned = plan_measuring(folder, derivatives=derivatives, settings=settings, steps=steps)
    if planned.problems and not (settings.keep_going and planned.recipes):
        raise ProblemsError(planned.problems, str(planned.study.root))
    record = _record(planned, settings)
    others = rows_of_others(out, planned.sessions, record) if settings.is_part else None
    write_dataset_description(out)
    failures = _left_out(planned)
    parts: dict[int, pd.DataFrame] = {}
    cards = [_failure_card(session, failure.reason) for session, failure in failures]
    maps: set[Path] = set()
    for done, (index, result) in enumerate(_results(planned, out, settings.jobs), start=1):
        session = planned.recipes[index].session
        if isinstance(result, Failure):
            failures.append((session, result))
            cards.append(_failure_card(session, result.reason))
        else:
            parts[index] = _identified(result.rows, session, planned.study)
            cards += result.cards
            maps |= set(result.maps)
            if result.failure:
                failures.append((session, Failure(str(session), result.failure)))
        if progress:
            progress(done, len(planned.recipes), str(session))
    stale = (lambda path: is_of(path, planned.sessions)) if settings.is_part else None
    remove_stale(out / "qc", {write_card(card, out / "qc") for card in cards}, stale)
    remove_stale_maps(out, maps, stale)
    table = _join([*([] if others is None else [others]), *(parts[at] for at in sorted(parts))])
    write_table(table, out / TABLE)
    named = tuple(failure for _, failure in failures)
    said = [{"session": each.session, "reason": each.reason} for each in named]
    write_json(out / RECORD, {**record, "failures": said})
    return MeasuredStudy(table, out / TABLE, named)


def _results(
    planned: PlannedStudy, out: Path, jobs: int
) -> Iterator[tuple[int, Measured | Failure]]:
    """Yield each session's result as it is done, with its index."""
    recipes, by_space = planned.recipes, planned.volumes_by_space
    if jobs == 1 or len(recipes) < 2:
        for index, recipe in enumerate(recipes):
            yield index, _attempt(recipe, out, by_space)
        return
    with workers(min(jobs, len(recipes))) as pool:
        warm_up(pool, planned_steps(recipes))
        pending = {
            pool.submit(_attempt, recipe, out, by_space): index
            for index, recipe in enumerate(recipes)
        }
        for future in as_completed(pending):
            index = pending[future]
            try:
                yield index, future.result()
            except BrokenProcessPool:
                yield index, Failure(str(recipes[index].session), _BROKEN)


def planned_steps(recipes: Iterable[Recipe]) -> list[Step]:
    """Return the steps that some session will need, each once."""
    return list({task.step.name: task.step for each in recipes for task in each.tasks}.values())


def _attempt(recipe: Recipe, out: Path, by_space: bool) -> Measured | Failure:
    """Measure one session; a failure of one must not cost the others."""
    session = recipe.session
    try:
        return measure_session(recipe, out, volumes_by_space=by_space)
    except BiomarkersError as error:
        return Failure(str(session), str(error))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Failure(
            str(session),
            f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})",
        )


def _left_out(planned: PlannedStudy) -> list[tuple[Session, Failure]]:
    """Name the sessions that were not planned because their files are faulty."""
    in_order = {str(recipe.session) for recipe in planned.recipes}
    return [
        (session, Failure(str(session), problem.removeprefix(f"{session}: ")))
        for session in planned.sessions
        if str(session) not in in_order
        for problem in planned.problems
        if problem.startswith(f"{session}: ")
    ]


def _failure_card(session: Session, reason: str) -> Card:
    return Card(session, "failure", "Not measured", reason, "fail")


def _identified(rows: pd.DataFrame, session: Session, study: Study) -> pd.DataFrame:
    rows = rows.assign(subject=session.subject, day=session.day, session=session.label)
    if study.participants is None or "group" not in study.participants:
        return rows
    groups = study.participants.set_index("subject")["group"]
    return rows.assign(group=groups.get(session.subject, ""))


def _join(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=["subject", "day", "region", "biomarker", "value", "unit"])
    return check_measurements(pd.concat(filled, ignore_index=True), source="measured study")


def _record(planned: PlannedStudy, settings: MeasureSettings) -> dict[str, Any]:
    """Return how a study is measured, for a reader in ten years."""
    study = planned.study
    return {
        "version": __version__,
        "study": study.root.name,
        "subjects": len(study.subjects),
        "sessions": len(study.sessions),
        "settings": {
            "prefer": settings.prefer,
            "resample_labels": settings.resample_labels,
            "keep_going": settings.keep_going,
            # As JSON gives them back, for comparison with those of another run.
            "steps": json.loads(json.dumps({k: asdict(v) for k, v in planned.chosen.items()})),
        },
        "notes": list(study.notes),
    }
