"""Measure a whole cohort: check everything, then session by session, keeping what is done."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from biomarkers.errors import ProblemsError
from biomarkers.files import require_writable
from biomarkers.study.cohort import DATASET, Study, open_study
from biomarkers.study.engine import Engine
from biomarkers.study.events import Event
from biomarkers.study.holding import hold
from biomarkers.study.keys import keys_of, program_of, settings_key, why_anew
from biomarkers.study.logs import RunLog
from biomarkers.study.measured import Failure, MeasuredStudy
from biomarkers.study.memory import need_of
from biomarkers.study.planning import plan_study
from biomarkers.study.recipe import PlannedStudy
from biomarkers.study.records import Key, Records, name_of
from biomarkers.study.selection import select
from biomarkers.study.settings import MeasureSettings
from biomarkers.study.step import Step
from biomarkers.study.steps import STEPS
from biomarkers.study.tables import join, write_results

__all__ = ["Failure", "MeasuredStudy", "PlannedStudy", "measure", "plan_measuring"]

Progress = Callable[[int, int, str], None]


def plan_measuring(
    folder: Path | str,
    *,
    derivatives: Sequence[Path | str] | None = None,
    settings: MeasureSettings | None = None,
    steps: Sequence[Step] = STEPS,
    out: Path | str | None = None,
) -> PlannedStudy:
    """Check every file of a study by its header, and say what would be measured.

    Parameters and errors are those of `measure`, but for faulty files: they are `problems`. With
    `out`, it is said too why each session would be measured, or that its result would be kept.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> planned = study.plan_measuring(sample_data.write_study("rats"))
    >>> len(planned.sessions), planned.problems
    (6, ())

    """
    settings = settings or MeasureSettings()
    planned = _plan(folder, derivatives, settings, steps, None if out is None else Path(out))
    if out is None:
        return planned
    keys = _keys(planned, settings) if settings.resume else None
    return replace(planned, reasons=_reasons(planned, keys, Records(Path(out))))


def _plan(
    folder: Path | str,
    derivatives: Sequence[Path | str] | None,
    settings: MeasureSettings,
    steps: Sequence[Step],
    out: Path | None,
) -> PlannedStudy:
    study = open_study(folder, derivatives=derivatives)
    if derivatives is None and out is not None:
        study = _without_results(study, out)
    chosen = settings.of_steps(steps, study.root)
    sessions = select(study, settings.participants, settings.sessions)
    recipes, problems = plan_study(study, steps, settings, chosen)
    left = {f"{each}: " for each in study.sessions if each not in sessions}
    mine = tuple(recipe for recipe in recipes if recipe.session in sessions)
    return PlannedStudy(
        study,
        sessions,
        mine,
        tuple(each for each in problems if not each.startswith(tuple(left))),
        chosen,
        # Of the whole study, so that a part of it gives the same names.
        any(len(recipe.labels) > 1 for recipe in recipes),
        Key(program_of(steps), settings_key(study, settings, chosen), ""),
        needs=tuple(map(need_of, mine)),
    )


def _without_results(study: Study, out: Path) -> Study:
    """Return a study that does not take its own results, written below it, for given maps."""
    own = (out / DATASET).resolve()
    sessions = tuple(
        replace(
            session,
            derivatives=tuple(d for d in session.derivatives if d.root.resolve() != own),
        )
        for session in study.sessions
    )
    return replace(study, sessions=sessions)


def _keys(planned: PlannedStudy, settings: MeasureSettings) -> list[Key]:
    return keys_of(planned.recipes, planned.common, planned.volumes_by_space, settings.jobs)


def _reasons(
    planned: PlannedStudy, keys: Sequence[Key] | None, records: Records
) -> tuple[str, ...]:
    """Return why sessions are measured; without keys, all of them are."""
    earlier = [records.seen(name_of(recipe.session)) for recipe in planned.recipes]
    if keys is None:
        return tuple("new" if each is None else "all are, without --resume" for each in earlier)
    pairs = zip(earlier, keys, strict=True)
    return tuple(why_anew(record, key, records.out) for record, key in pairs)


def measure(
    folder: Path | str,
    out: Path | str,
    *,
    derivatives: Sequence[Path | str] | None = None,
    settings: MeasureSettings | None = None,
    steps: Sequence[Step] = STEPS,
    progress: Progress | None = None,
    listen: Callable[[Event], None] | None = None,
) -> MeasuredStudy:
    """Measure every session of a BIDS study.

    Parameters
    ----------
    folder
        The study; see `open_study`.
    out
        Gets `measurements.tsv`, the computed maps as BIDS derivatives, `qc/`, and `records/`, by
        which a later run knows what is done, and which files are its own.
    derivatives
        Folders with label maps and given maps; by default all in `derivatives/` of the study.
    settings
        See `MeasureSettings`.
    steps
        What is measured, in order of dependency: `STEPS`, and maybe your own.
    progress
        Called with sessions done, sessions in all, and the name of the last one.
    listen
        Called with every event, as it happens.

    Returns
    -------
    MeasuredStudy
        With the sessions that failed, if any: what was done is kept.

    Raises
    ------
    InputError
        If the study cannot be walked, or a setting is unknown or impossible; if another run writes
        into `out`, or what would be overwritten there is not of an earlier run; or if only some
        sessions are asked for and `out` holds others that were measured in another way.
    ProblemsError
        If any file of it is faulty, naming every one; nothing is written then. With
        `settings.keep_going` the sessions concerned are left out and named instead.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> rats = sample_data.write_study("rats", subjects=["01"])
    >>> table = study.measure(rats, "out").table
    >>> table[table["biomarker"] == "Ktrans"][["day", "value"]].round(4).to_numpy().tolist()
    [[0.0, 0.151], [3.0, 0.0927], [10.0, 0.0711]]
    >>> sample_data.measurements()["value"][:3].tolist()  # the truth
    [0.151, 0.0927, 0.0711]

    """
    settings = settings or MeasureSettings()
    out = require_writable(out)
    log = RunLog(out if settings.log else None, settings.log_json, listen)
    with log:
        planned = _plan(folder, derivatives, settings, steps, out)
        if planned.problems and not (settings.keep_going and planned.recipes):
            raise ProblemsError(planned.problems, str(planned.study.root))
        with hold(out) as held, log.of_run(_described(planned, settings)):
            keys = _keys(planned, settings) if settings.resume else None
            reasons = _reasons(planned, keys, held.records)
            engine = Engine(held, planned.common, planned.volumes_by_space, progress, log.tell)
            if settings.is_part:
                engine.refuse_others(planned.sessions)
            for session, problem in planned.left_out():
                engine.leave_out(session, problem)
            if keys is not None:
                sessions = [recipe.session for recipe in planned.recipes]
                kept = zip(sessions, keys, reasons, strict=True)
                engine.keep((session, key) for session, key, reason in kept if not reason)
            todo = [at for at, reason in enumerate(reasons) if reason]
            engine.measure(
                [planned.recipes[at] for at in todo],
                settings.jobs,
                [None if keys is None else keys[at] for at in todo],
                settings.memory_limit,
                settings.scheduler,
            )
            if not settings.is_part:
                engine.forget_others(planned.study.sessions)
            table, failures = join(held.records, planned.study, planned.common)
            measured = write_results(planned, settings, table, failures, out)
            return replace(measured, warnings=log.warnings.short(), log=log.path)


def _described(planned: PlannedStudy, settings: MeasureSettings) -> str:
    """Return what a run is about, for its log."""
    by = f"{settings.jobs} jobs" if settings.scheduler is None else f"by {settings.scheduler}"
    return f"{planned.study.root.absolute()}, {len(planned.sessions)} sessions, {by}"
