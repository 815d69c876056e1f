"""What a session's result depends on, and what of it has changed since it was measured.

The key is the content of everything that may be read of the session, what is done with it, and
the program: a file that is only touched changes nothing, a byte in any of them does.
"""

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import biomarkers
from biomarkers.code_cache import stamp
from biomarkers.errors import InputError
from biomarkers.files import sha256, walk
from biomarkers.study.cohort import Session, Study
from biomarkers.study.inputs import digest_of, digests, facts_of, input_files, named
from biomarkers.study.recipe import Recipe, Task
from biomarkers.study.records import Key, Record
from biomarkers.study.settings import MeasureSettings
from biomarkers.study.step import Step

_LIBRARIES = (
    "numpy", "scipy", "numba", "pandas", "nibabel", "dipy", "lmfit", "matplotlib", "pillow",
    "scikit-image", "pywavelets",
)  # fmt: skip


def program_of(steps: Iterable[Step]) -> dict[str, str]:
    """Return the hash of the package's sources, those of steps from outside, and versions."""
    known = {"biomarkers": _sources()} | _versions()
    for step in steps:
        for part in (step.measure, step.plan, step.settings):
            module = part.__module__
            if module.partition(".")[0] != biomarkers.__name__:
                file = getattr(sys.modules.get(module), "__file__", None)
                source = stamp(module, Path(file)) if file else _in_notebook(part)
                known[module if file else f"{module}.{part.__qualname__}"] = digest_of(source)
    return known


def _in_notebook(part: Any) -> str:
    """Return the source of a function, or of the methods of a class, that stands in no file."""
    if not inspect.isclass(part):
        return inspect.getsource(part)
    # Python finds no class without a file; fields and defaults are among the settings anyway.
    written = [
        each
        for name, each in vars(part).items()
        if inspect.isfunction(each) and (name == "__post_init__" or not name.startswith("__"))
    ]
    return "\n".join(map(inspect.getsource, written))


@cache
def _sources() -> str:
    top = Path(biomarkers.__file__).parent
    files = [path for path in walk(top) if path.suffix != ".pyc"]
    return digest_of([(str(path.relative_to(top)), sha256(path)) for path in files])


@cache
def _versions() -> dict[str, str]:
    known = {"python": ".".join(map(str, sys.version_info[:2]))}
    for name in _LIBRARIES:
        try:
            known[name] = version(name)
        except PackageNotFoundError:  # it is there, as it was imported, but not installed by name
            continue
    return known


def settings_key(study: Study, settings: MeasureSettings, chosen: Mapping[str, Any]) -> str:
    """Return the hash of what was chosen, which rows of one table have in common."""
    steps = {name: asdict(values) for name, values in chosen.items()}
    return digest_of([study.root.name, settings.prefer, settings.resample_labels, steps])


def recipe_key(recipe: Recipe, *, volumes_by_space: bool) -> str:
    """Return the hash of what is done in a session."""
    session, how = recipe.session, recipe.registration
    given = [(each.biomarker, each.unit, named(session, each.source.file.path))
             for each in recipe.given]  # fmt: skip
    labels = [(named(session, each.file.path), sorted(each.names.items()))
              for each in recipe.labels]  # fmt: skip
    brought = (
        None if how is None else (how.space, asdict(how.settings), sorted(how.labels.names.items()))
    )
    tasks = [_task(task, session) for task in recipe.tasks]
    notes = [each.replace(str(session.raw.root), "") for each in recipe.notes]
    who = (session.subject, session.label, session.day, session.species)
    said = [who, tasks, given, labels, brought, sorted(recipe.inputs), notes, volumes_by_space]
    return digest_of(said)


def _task(task: Task, session: Session) -> list[Any]:
    files = {
        suffix: [named(session, each.file.path) for each in images]
        for suffix, images in task.files.items()
    }
    settings = asdict(task.settings)
    return [task.step.name, settings, files, task.gives]


def keys_of(recipes: Sequence[Recipe], common: Key, by_space: bool, threads: int) -> list[Key]:
    """Return the keys of sessions; files are read by several threads."""

    def key(recipe: Recipe) -> Key:
        try:
            inputs = digests(input_files(recipe)) | facts_of(recipe.session)
        except InputError as error:  # which measuring the session will say, too
            inputs = {"a folder": str(error)}
        how = recipe_key(recipe, volumes_by_space=by_space)
        return Key(common.program, common.settings, how, inputs)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(key, recipes))


def why_anew(record: Record | None, key: Key, out: Path) -> str:
    """Return why a session has to be measured, empty if its result can be kept."""
    if record is None:
        return "new"
    if record.key is None:
        return "failed before" if record.failure else "measured by an earlier version"
    if record.staged:
        return "interrupted"
    if record.rows is None or record.again:
        return "failed before"
    return _difference(record.key, key) or _damage(record, out)


def _difference(before: Key, now: Key) -> str:
    program = [name for name, value in now.program.items() if before.program.get(name) != value]
    if program or before.program.keys() - now.program.keys():
        return f"program changed ({', '.join(program) or 'a step is gone'})"
    inputs = list(_changes(before.inputs, now.inputs))
    if before.recipe != now.recipe and before.settings != now.settings:
        return "settings changed"
    if inputs:
        more = f" and {len(inputs) - 1} more" if len(inputs) > 1 else ""
        return f"input {inputs[0]}{more}"
    return "" if before.recipe == now.recipe else "what is done in it changed"


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if name not in before:
            yield f"{name} is new"
        elif name not in now:
            yield f"{name} is gone"
        elif before[name] != now[name]:
            yield f"{name} changed"


def _damage(record: Record, out: Path) -> str:
    for name, digest in record.files.items():
        path = out / name
        if not path.is_file():
            return f"output {name} is gone"
        if sha256(path) != digest:
            return f"output {name} changed"
    return ""
