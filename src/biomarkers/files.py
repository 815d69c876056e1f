"""Files that are whole or absent, and files known by their content."""

import hashlib
import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from biomarkers.errors import FileError


def require_file(path: Path | str, what: str) -> Path:
    """Return `path` if it is a readable file.

    Raises
    ------
    FileError
        Naming the file and `what` it should have been, when it is missing or a folder.

    """
    path = Path(path)
    if path.is_dir():
        raise FileError(f"{path} is a folder; expected {what}")
    if not path.is_file():
        raise FileError(f"{path} does not exist; expected {what}")
    return path


def require_folder(path: Path | str, what: str) -> Path:
    """Return `path` if it is a folder, else raise `FileError` saying `what` it should have been."""
    path = Path(path)
    if not path.is_dir():
        found = "is a file" if path.exists() else "does not exist"
        raise FileError(f"{path} {found}; expected {what}")
    return path


def require_writable(path: Path | str) -> Path:
    """Return `path` if it is a folder one can write into, or one that can be made.

    Called before any work starts, so that hours of it are not lost for want of a place. Nothing
    is made.

    Raises
    ------
    FileError
        Saying what stands in the way.

    """
    path = Path(path)
    standing = next(
        place for place in (path.absolute(), *path.absolute().parents) if place.exists()
    )
    if not standing.is_dir():
        raise FileError(f"{path} cannot be written: {standing} is a file; name another folder")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise FileError(f"{path} cannot be written: no permission in {standing}")
    return path


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its place only if the block succeeds.

    An interrupted write therefore never leaves half a file, nor loses the one before it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffixes stay at the end: writers choose their format (.nii.gz) by them.
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=".writing-", suffix="".join(path.suffixes)
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> Path:
    """Write `text` (UTF-8) atomically and return the path."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return Path(path)


def write_json(path: Path | str, content: Any) -> Path:
    """Write `content` as indented JSON, atomically; NaN is written as null."""
    return write_text(path, json.dumps(_plain(content), indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path | str, what: str) -> Any:
    """Read a JSON file.

    Raises
    ------
    FileError
        If it is missing or not JSON; the message names the line.

    """
    path = require_file(path, what)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is not valid JSON ({error}); expected {what}") from error


def sha256(path: Path | str) -> str:
    """Return the SHA-256 digest of a file, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    """Turn numpy scalars, paths, tuples and NaN into what JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else f"{value}"
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
