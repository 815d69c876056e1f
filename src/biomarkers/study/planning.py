"""What will be done in a session, decided and checked from names and headers alone.

A bad file is found here, before hours of work, and every bad file of a cohort at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from biomarkers.errors import FileError, GeometryError, ProblemsError, StudyError, in_words
from biomarkers.files import entries, listed_once
from biomarkers.images import ImageHeader, describe_grid, probe, require_same_grid, same_grid
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import Session, Study
from biomarkers.study.labelling import ARTERY, LabelPlan, drawn_on
from biomarkers.study.maps import GIVEN, GivenMap
from biomarkers.study.recipe import Recipe, Task
from biomarkers.study.registering import (
    REGISTER,
    RegisterSettings,
    Registration,
    find_registration,
    names_of,
)
from biomarkers.study.settings import MeasureSettings
from biomarkers.study.sources import find_given, find_labels, find_series
from biomarkers.study.step import Step, in_order
from biomarkers.study.work import View

_UNLISTED = "participants.tsv does not list the subject: nothing is known of it"


def plan_study(
    study: Study, steps: Sequence[Step], settings: MeasureSettings, chosen: Mapping[str, Any]
) -> tuple[list[Recipe], list[str]]:
    """Decide what will be done in every session.

    Returns
    -------
    recipes : list of Recipe
        One for each session in which everything is in order.
    problems : list of str
        What is wrong with the others.

    Raises
    ------
    InputError
        If steps have one name, or need each other's maps.

    """
    ordered = in_order(steps)
    recipes, problems = [], []
    known = None if study.participants is None else set(study.participants["subject"])
    with listed_once():
        _look_at_what_is_shared(study)
        for session in study.sessions:
            notes = [] if known is None or session.subject in known else [_UNLISTED]
            try:
                other = _labels_from(study, session, chosen.get(REGISTER))
                draft = _Draft(session, settings, chosen, notes=notes, other=other)
                with listed_once():
                    recipes.append(draft.recipe(ordered))
            except ProblemsError as error:
                problems += [f"{session}: {error.source}: {problem}" for problem in error.problems]
            except Exception as error:  # whatever one session holds, the others are planned
                problems.append(f"{session}: {in_words(error)}")
    mixed = _mixed_units(recipes)
    problems += mixed.values()
    recipes = [each for each in recipes if str(each.session) not in mixed]
    if recipes and not problems and not any(map(_has_regions, recipes)):
        problems.append(
            "no label map (*_dseg.nii.gz) in any session; name the folder that holds them with "
            "--derivatives"
        )
    return recipes, problems


def _look_at_what_is_shared(study: Study) -> None:
    """List the folders that hold all subjects, which every session would do otherwise."""
    datasets = {each for session in study.sessions for each in (session.raw, *session.derivatives)}
    for dataset in datasets:
        with suppress(FileError):  # as each session will say
            entries(dataset.root)


def _labels_from(study: Study, session: Session, how: RegisterSettings | None) -> Session | None:
    """Return the session of the same subject whose labels the others take; None without one."""
    if how is None or not how.session:
        return None
    own = [each for each in study.sessions if each.subject == session.subject]
    for each in own:
        if each.label == how.session:
            return each
    labels = ", ".join(each.label for each in own)
    raise StudyError(
        f"no session {how.session} of the subject, whose labels the others are to take ([measure."
        f"register] session); it has {labels}"
    )


def _has_regions(recipe: Recipe) -> bool:
    return bool(recipe.labels or recipe.registration) or any(
        not task.step.labelled for task in recipe.tasks
    )


@dataclass
class _Draft:
    """A recipe while it is drawn up."""

    session: Session
    settings: MeasureSettings
    chosen: Mapping[str, Any]
    labels: tuple[LabelPlan, ...] = ()
    given: dict[str, GivenMap] = field(default_factory=dict)
    grids: dict[str, ImageHeader] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    other: Session | None = None
    registration: Registration | None = None

    def recipe(self, steps: Sequence[Step]) -> Recipe:
        files = {
            step.name: {
                each.suffix: find_series(self.session, each)
                for each in step.files_for(self.chosen[step.name])
            }
            for step in steps
        }
        self.given, self.labels = find_given(self.session), find_labels(self.session)
        self.registration = self._registration()
        self.notes += _without_units(self.given.values())
        self.notes += self._unread(each for of_step in files.values() for each in of_step.values())
        for given in self.given.values():
            self._probe(given)
        for step in steps:
            wanted = step.files_for(self.chosen[step.name])
            needed = [files[step.name][each.suffix] for each in wanted if each.required]
            if wanted and all(needed) and not (step.shown and self._kept().issuperset(step.shown)):
                self._add(step, files[step.name])
        self._check_labels()
        if self.registration is not None:
            self.notes += self.registration.unused(self._image_names())
        notes = (*dict.fromkeys(self.notes), *self._emptiness())
        inputs = frozenset(
            getattr(self.chosen[step.name], name).lower() for step in steps for name in step.inputs
        )
        return Recipe(
            self.session,
            tuple(self.tasks),
            tuple(self.given.values()),
            self.labels,
            inputs | {ARTERY},
            notes,
            self.registration,
        )

    def _registration(self) -> Registration | None:
        how, other = self.chosen.get(REGISTER), self.other
        if how is None:
            return None
        elsewhere = None if other is None or self.labels else (other, find_labels(other))
        return find_registration(self.session, self.labels, how, elsewhere)

    def _unread(self, series: Iterable[Sequence[Source]]) -> Iterator[str]:
        """Say which images nothing reads, for their names are none of BIDS."""
        read = {source.file.path for images in series for source in images}
        read |= {each.source.file.path for each in self.given.values()}
        read |= {label.file.path for label in self.labels}
        for path in self.session.unnamed():
            if path not in read and not path.name.removesuffix(".gz").endswith("_se.nii"):
                yield f"{path.name} is not read: its name is none of BIDS"

    def _kept(self) -> frozenset[str]:
        """Return quantities whose given map is preferred to a computed one."""
        return frozenset(self.given if self.settings.prefer == GIVEN else ())

    def _probe(self, given: GivenMap) -> None:
        self.grids[given.biomarker] = probe(given.source.file.path, ndim=3)
        if given.error_path is not None:
            error_grid = probe(given.error_path, ndim=3)
            require_same_grid(self.grids[given.biomarker], error_grid)

    def _add(self, step: Step, files: dict[str, tuple[Source, ...]]) -> None:
        """Plan a step; given maps of what it gives are left unless they are preferred."""
        settings = self.chosen[step.name]
        view = View(
            self.session, settings, files, dict(self.grids), self.labels,
            self.settings.resample_labels, self.registration,
        )  # fmt: skip
        plan = step.plan(view)
        self.notes += plan.notes
        if plan.grid is None:
            return
        missing = [name for name in step.requires if name not in self.grids]
        if missing:
            first = view.every_image[0].file.path.name
            self.notes.append(f"{first} not measured: no map of {' or '.join(missing)}")
            return
        for name in step.requires:
            require_same_grid(self.grids[name], plan.grid)
        earlier = {name: task.step for task in self.tasks for name in task.gives}
        self.notes += [
            f"{name} is that of {earlier[name].title}; {step.title} would give it too"
            for name in step.shown
            if name in earlier
        ]
        _require_one_motion(self.tasks, step, settings, files)
        gives = tuple(name for name in step.gives if name not in {*self._kept(), *earlier})
        for name in gives:
            self.grids[name] = plan.grid
            self.given.pop(name, None)
        self.tasks.append(Task(step, settings, files, plan.grid, gives))

    def _check_labels(self) -> None:
        """Every map needs the one label map on its grid, unless a single one may be resampled."""
        how = self.registration
        for names, grid in (
            *((_names(task), task.grid) for task in self.tasks if task.step.labelled),
            *((given.names, self.grids[name]) for name, given in self.given.items()),
        ):
            alike = [label for label in self.labels if same_grid(label.header, grid)]
            if len(alike) > 1:
                files = " and ".join(str(label.file.path) for label in alike)
                raise StudyError(
                    f"two label maps on one grid: {files}; name one derivatives folder with "
                    "--derivatives, or move one of them out"
                )
            if drawn_on(grid, self.labels, resample=self.settings.resample_labels):
                continue
            if how is not None and how.reaches(names):
                continue
            there = "\n    ".join(describe_grid(label.header) for label in self.labels)
            raise GeometryError(
                f"no label map lies on the grid of\n    {describe_grid(grid)}\n  but on\n"
                f"    {there}\n  Give one drawn on that grid; have one brought there by a "
                "transform, stored or estimated: [measure.register] in plan.toml; or, if nothing "
                "moved, have a single one resampled: --resample-labels"
            )

    def _image_names(self) -> set[str]:
        tasks = [name for task in self.tasks for name in _names(task)]
        return {*tasks, *(name for given in self.given.values() for name in given.names)}

    def _emptiness(self) -> list[str]:
        """Say where nothing comes of a session."""
        labels = self.labels or ([self.registration.labels] if self.registration else [])
        if not self.tasks and not self.given and not labels:
            return ["nothing in this session can be measured"]
        labelled = self.given or labels or any(task.step.labelled for task in self.tasks)
        if labelled and not any(label.regions for label in labels):
            return ["no labelled voxel: maps are written, no region is measured"]
        return []


def _names(task: Task) -> tuple[str, ...]:
    return names_of([image for images in task.files.values() for image in images])


def _require_one_motion(
    tasks: Iterable[Task], step: Step, settings: Any, files: Mapping[str, tuple[Source, ...]]
) -> None:
    """Refuse to take one series as at rest in a step, and as it moved in another."""
    motion = getattr(settings, "motion", None)
    mine = {image.file.path for images in files.values() for image in images}
    for task in tasks:
        shared = mine & {image.file.path for images in task.files.values() for image in images}
        other = getattr(task.settings, "motion", motion)
        if shared and other != motion:
            raise StudyError(
                f"{min(shared)}: motion is {other!r} in [measure.{task.step.name}] and {motion!r} "
                f"in [measure.{step.name}]; a series lies where it lies, set the same in both"
            )


def _without_units(given: Iterable[GivenMap]) -> Iterator[str]:
    for each in given:
        if "Units" not in each.source.sidecar.values:
            name, unit = each.source.file.path.name, each.unit or "a plain number"
            yield f"{name} states no Units: taken as {unit}"


def _mixed_units(recipes: Sequence[Recipe]) -> dict[str, str]:
    """Name the given maps whose unit differs from that of an earlier session, by session."""
    first: dict[str, tuple[str, str]] = {}
    problems: dict[str, str] = {}
    for recipe in recipes:
        session = str(recipe.session)
        units = {given.biomarker: given.unit for given in recipe.given}
        computed = [name for task in recipe.tasks for name in task.gives]
        units |= {name: QUANTITIES[name].unit for name in computed if name in QUANTITIES}
        for name, unit in units.items():
            seen, where = first.setdefault(name, (unit, session))
            if unit != seen:
                problems[session] = (
                    f"{session}: {name} is in {unit or 'a plain number'} here and in "
                    f"{seen or 'a plain number'} in {where}; one biomarker has one unit, convert "
                    "the given maps"
                )
    return problems
