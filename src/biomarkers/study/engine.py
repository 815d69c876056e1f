"""The engine of a run: hands sessions to an executor, and puts each result in its place.

Only here, in the one process that holds the folder of results, is anything written that lasts.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress

from biomarkers.cluster import Cluster
from biomarkers.errors import FileError, InputError
from biomarkers.processes import Executor, InProcess, Lost, Processes
from biomarkers.study.cohort import Session
from biomarkers.study.events import Event
from biomarkers.study.holding import Held
from biomarkers.study.inputs import facts_of
from biomarkers.study.keys import program_of, recipe_key
from biomarkers.study.memory import ADVICE, BASE, need_of, too_large
from biomarkers.study.recipe import Recipe
from biomarkers.study.records import FOLDER, Key, Record, name_of, record_of
from biomarkers.study.step import Step
from biomarkers.study.unit import (
    MEND,
    SMALLER,
    Result,
    Unit,
    measure_unit,
    stage_failure,
)
from biomarkers.study.workers import warm_up


@dataclass
class Engine:
    """Measures sessions into a folder of results.

    Parameters
    ----------
    held
        The folder.
    common
        What all results have in common: the program and what was chosen.
    volumes_by_space
        Whether volumes are named by the grid they were drawn on.
    progress
        Called with sessions done, sessions in all, and the name of the last one.
    listen
        Called with every event.

    """

    held: Held
    common: Key
    volumes_by_space: bool
    progress: Callable[[int, int, str], None] | None = None
    listen: Callable[[Event], None] | None = None

    def measure(
        self,
        recipes: Sequence[Recipe],
        jobs: int,
        keys: Sequence[Key | None],
        memory: int,
        scheduler: str | None = None,
    ) -> None:
        """Measure sessions; `keys` are known where their inputs have been read already.

        Those that are measured at once need no more than `memory` bytes together; one that alone
        needs more is not begun.
        """
        needs = [need_of(recipe) for recipe in recipes]
        for recipe, need in zip(recipes, needs, strict=True):
            if need > memory:
                self.leave_out(recipe.session, too_large(need, memory), ADVICE)
        fits = [need <= memory for need in needs]
        recipes, keys = list(compress(recipes, fits)), list(compress(keys, fits))
        # What tables say is read before the sessions, so that a later change is seen as one.
        known = [key or self._key(recipe) for recipe, key in zip(recipes, keys, strict=True)]
        units = [
            Unit(
                recipe,
                self.held.new_folder(name_of(recipe.session)),
                self.volumes_by_space,
                None if key is None else key.inputs,
                need,
            )
            for recipe, key, need in zip(recipes, keys, compress(needs, fits), strict=True)
        ]
        steps = planned_steps(recipes)
        if scheduler is None or not recipes:
            chosen = executor_for(jobs, len(recipes), memory)
        else:
            chosen = Cluster(scheduler, partial(program_of, steps), self.held.staging, memory)
        with chosen as executor:
            if not isinstance(executor, InProcess):
                warm_up(executor, steps)
            results = executor.results(measure_unit, units)
            for done, (index, result) in enumerate(results, start=1):
                session = recipes[index].session
                self._take(session, units[index], known[index], result)
                if self.progress:
                    self.progress(done, len(units), str(session))

    def _key(self, recipe: Recipe) -> Key:
        how = recipe_key(recipe, volumes_by_space=self.volumes_by_space)
        return replace(self.common, recipe=how, inputs=facts_of(recipe.session))

    def _take(self, session: Session, unit: Unit, key: Key, result: Result | Lost) -> None:
        """Put the result of a session in its place."""
        if isinstance(result, Lost):
            result = _result_of_lost(result, str(session))
        if result.rows is None:
            self._tell(*result.events, *result.stages)
            self.fail(session, result.failure, result.advice)
            return
        record = record_of(
            session,
            key=replace(key, inputs={**key.inputs, **result.inputs}),
            rows=result.rows,
            files=result.files,
            failure=result.failure,
            advice=result.advice,
            staged=self.held.staged(unit.folder),
        )
        try:
            self.held.records.publish(record)
        except FileError as error:
            events: tuple[Event, ...] = (Event("failed", str(session), text=str(error)),)
            self.fail(session, str(error), MEND)
        else:
            events = result.events
        self._tell(*events, *result.stages)

    def fail(self, session: Session, reason: str, advice: str = MEND) -> None:
        """Record that a session could not be measured; what was before stays, if it may."""
        records, name = self.held.records, name_of(session)
        before, folder = records.read(name), self.held.new_folder(name)
        failed = record_of(session, failure=reason, advice=advice)
        if before is not None and before.can_stand_beside(self.common):
            reason += "; its rows and maps are those of an earlier run"
            failed = replace(before, again=reason, advice=advice)
        elif before is not None and before.files:
            reason = self._set_aside(before, reason)
            failed = replace(failed, failure=reason)
        card = stage_failure(session, reason, folder)
        files = {**failed.files, **card}
        try:
            records.publish(replace(failed, files=files, staged=self.held.staged(folder)))
        except FileError:  # somebody else's file lies where the card would
            records.publish(failed)

    def _set_aside(self, before: Record, reason: str) -> str:
        """Move what was measured in another way out of the results; return the reason with it."""
        if before.rows is None and before.failure:
            return reason  # a failure is no result
        self.held.records.set_aside(before)
        where = f"{self.held.records.out.name}/{FOLDER}/earlier/{before.name}"
        return (
            f"{reason}; what an earlier run measured with other settings or another program cannot "
            f"stand beside the rest and was moved to {where}"
        )

    def leave_out(self, session: Session, problem: str, advice: str = MEND) -> None:
        """Record that a session was not begun, as its files are faulty or too large."""
        self._tell(Event("failed", str(session), text=problem))
        self.fail(session, problem, advice)

    def keep(self, kept: Iterable[tuple[Session, Key]]) -> None:
        """Keep results that are as they would be measured now."""
        for session, key in kept:
            record = self.held.records.read(name_of(session))
            if record is not None and record.key != key:  # settings of steps it does not need
                self.held.records.write(replace(record, key=key))
            self._tell(Event("kept", str(session)))

    def refuse_others(self, sessions: Collection[Session]) -> None:
        """Refuse a part of a study where others were measured in another way.

        Raises
        ------
        InputError
            As one table holds what was measured alike.

        """
        records, mine = self.held.records, {name_of(each) for each in sessions}
        for name in set(records.names()) - mine:
            record = records.read(name)
            if record is None or (record.rows is None and record.failure):
                continue
            if record.key is None or not record.key.is_of_one_table(self.common):
                same = record.key is not None and record.key.program == self.common.program
                raise InputError(
                    f"{records.out} holds other sessions, measured with another "
                    f"{'settings' if same else 'program'}; name another folder, or measure all "
                    "sessions"
                )

    def forget_others(self, sessions: Collection[Session]) -> None:
        """Remove what earlier runs gave of sessions that the study no longer has."""
        records, mine = self.held.records, {name_of(each) for each in sessions}
        for name in sorted(set(records.names()) - mine):
            record = records.read(name)
            if record is not None:
                records.remove(record)

    def _tell(self, *events: Event) -> None:
        if self.listen:
            for event in events:
                self.listen(event)


def executor_for(jobs: int, count: int, memory: int) -> Executor:
    """Return who measures a number of sessions: this process, or several of our own."""
    if jobs == 1 or count < 2:
        return InProcess()
    return Processes(max(1, min(jobs, count, memory // BASE)), memory)  # idle ones take theirs


def planned_steps(recipes: Iterable[Recipe]) -> list[Step]:
    """Return the steps that some session will need, each once."""
    return list({task.step.name: task.step for each in recipes for task in each.tasks}.values())


def _result_of_lost(lost: Lost, name: str) -> Result:
    why = lost.how
    if lost.died:
        why = f"the process that measured it {lost.how}, twice, the second time with no other"
    event = Event("failed", name, text=why)
    return Result(None, failure=why, advice=SMALLER if lost.died else MEND, events=(event,))
