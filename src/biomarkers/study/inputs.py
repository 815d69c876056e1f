"""What a session's result may depend on, by content: files, and rows of tables."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from biomarkers.bids import parse_name
from biomarkers.files import entries, sha256, walk
from biomarkers.study.cohort import Session
from biomarkers.study.matching import PARTICIPANTS
from biomarkers.study.recipe import Recipe
from biomarkers.table.cells import kept_rows

# Columns of participants.tsv that measuring reads; the outcome of a subject is none of them.
_BODY = ("weight", "height", "sex", "species")
_ALONG = (".json", ".bval", ".bvec")


def input_files(recipe: Recipe) -> dict[str, Path]:
    """Return every file that may be read when a session is measured, by a name that stays.

    Those are all in its folders, sidecars and tables of labels above it, what it takes of other
    sessions, and files that settings name.
    """
    session = recipe.session
    own = list(_own_files(session))
    suffixes = {file.suffix for path in own if (file := parse_name(path))}
    paths = [*own, *_files_above(session, suffixes), *_files_of_others(recipe)]
    return {named(session, path): path for path in (*paths, *_files_of_settings(recipe))}


def _own_files(session: Session) -> Iterator[Path]:
    for dataset in (session.raw, *session.derivatives):
        for path in walk(dataset.root / session.place):
            if not path.name.startswith("."):
                yield path


def _files_above(session: Session, suffixes: Collection[str]) -> Iterator[Path]:
    """Yield what the session inherits: sidecars of its suffixes, and tables of labels."""
    own = {"sub": session.subject, "ses": session.label}
    for dataset in (session.raw, *session.derivatives):
        for folder in (dataset.root / session.place.parent, dataset.root):
            for path in entries(folder):
                file = parse_name(path) if path.name.endswith(_ALONG) else None
                if path.name.endswith("dseg.tsv") or (
                    file is not None
                    and file.suffix in suffixes
                    and all(file.entities.get(key, value) == value for key, value in own.items())
                ):
                    yield path


def _files_of_others(recipe: Recipe) -> Iterator[Path]:
    how = recipe.registration
    if how is not None:
        others = (how.labels.file.path, how.drawn_on, how.anatomy, *how.stored.values())
        yield from (path for path in others if path is not None)


def _files_of_settings(recipe: Recipe) -> Iterator[Path]:
    """Yield the files that settings name: an input curve, a basis."""
    root = recipe.session.raw.root
    for task in recipe.tasks:
        for value in asdict(task.settings).values():
            path = root / value if isinstance(value, str) and value else root
            if path.is_file():
                yield path
            elif path != root and path.is_dir():
                yield from walk(path)


def named(session: Session, path: Path) -> str:
    """Return a name of a file that is the same wherever the study lies."""
    root = session.raw.root
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    for dataset in session.derivatives:
        if path.is_relative_to(dataset.root):
            return f"{dataset.name}/{path.relative_to(dataset.root).as_posix()}"
    return str(path)


def facts_of(session: Session) -> dict[str, str]:
    """Return hashes of what tables say of a session, and of the body of its subject."""
    root, subject = session.raw.root, f"sub-{session.subject}"
    known = {}
    for table, column, name in (
        (f"{subject}/{subject}_sessions.tsv", "session_id", f"ses-{session.label}"),
        (f"{subject}_sessions.tsv", "session_id", f"ses-{session.label}"),
        (PARTICIPANTS, "participant_id", subject),
    ):
        path = root / table
        if path.is_file():
            row = _row(path, column, name)
            body = {key: value for key, value in row.items() if key.startswith(_BODY)}
            kept = body if table == PARTICIPANTS else row
            # A weight or a height may have its unit in the description of the table.
            bare = {"weight", "height"} & {*kept} and path.with_suffix(".json").is_file()
            units = sha256(path.with_suffix(".json")) if bare else ""
            known[f"{table}, {name}"] = digest_of([sorted(kept.items()), units])
    return known


def _row(path: Path, column: str, name: str) -> dict[str, str]:
    """Return the cells of the last row of a name, with or without `sub-` or `ses-`."""
    rows = kept_rows(path, f"a table with a column {column}", column, name)
    return rows[-1][1] if rows else {}


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """Return the hash of each file; that of one that cannot be read is what stands in the way."""
    return {name: _content(path) for name, path in files.items()}


def _content(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        return f"not read: {error.strerror}"


def digest_of(content: Any) -> str:
    """Return the SHA-256 of what JSON can hold."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
