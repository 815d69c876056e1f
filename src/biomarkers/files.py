"""Files that are whole or absent, and files known by their content."""

import errno
import hashlib
import json
import math
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from biomarkers.errors import FileError

# Bytes of what is read as a whole, so that a file of another kind, or one made to be huge, is
# refused before memory is spent on it.
MOST_BYTES = 1 << 30
MOST_TEXT = 64 << 20
_MOST_TOML = 1 << 20
_Entry = TypeVar("_Entry")

# What was seen of folders, within `listed_once`.
_seen: ContextVar[dict[tuple[Any, Path], list[Any]] | None] = ContextVar("seen", default=None)


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
        absence = "is a device or a pipe" if path.exists() else _absence(path)
        raise FileError(f"{path} {absence}; expected {what}")
    return path


def read_bytes(path: Path | str, what: str, *, most: int = MOST_BYTES) -> bytes:
    """Return the content of a file.

    Raises
    ------
    FileError
        If it is missing, or longer than `most` bytes.

    """
    path = require_file(path, what)
    size = path.stat().st_size
    if size > most:
        raise FileError(f"{path} has {size} bytes; expected {what}, of at most {most >> 20} MiB")
    return path.read_bytes()


def read_text(
    path: Path | str, what: str, *, encoding: str = "utf-8-sig", most: int = MOST_TEXT
) -> str:
    """Return the text of a file; `FileError` also if it has bytes that are none in its encoding."""
    try:
        return read_bytes(path, what, most=most).decode(encoding)
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is not text in {error.encoding.upper()} (byte {error.start}); expected "
            f"{what}. Save it as UTF-8"
        ) from error


def require_folder(path: Path | str, what: str) -> Path:
    """Return `path` if it is a folder, else raise `FileError` saying `what` it should have been."""
    path = Path(path)
    if not path.is_dir():
        found = "is a file" if path.exists() else _absence(path)
        raise FileError(f"{path} {found}; expected {what}")
    return path


def _absence(path: Path) -> str:
    if path.is_symlink():
        return f"is a link to {path.readlink()}, which is not there (fetch it, or mount its disk)"
    return "does not exist"


@contextmanager
def listed_once() -> Iterator[None]:
    """Look into each folder once only, within the block: what is put there meanwhile is not seen.

    For who asks many questions about the same few folders, of a file server even. A block within
    another knows what was seen before it, and leaves nothing behind.
    """
    before = _seen.set({**(_seen.get() or {})})
    try:
        yield
    finally:
        _seen.reset(before)


def listed(look: Callable[[Path], list[_Entry]], folder: Path) -> list[_Entry]:
    """Return what a look at a folder gives; within `listed_once`, what the first one gave."""
    seen = _seen.get()
    if seen is None:
        return look(folder)
    if (look, folder) not in seen:
        seen[look, folder] = look(folder)
    return seen[look, folder]


def entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, sorted; nothing where there is no folder.

    Raises
    ------
    FileError
        If the folder cannot be read: what is not seen must not be taken for absent.

    """
    return listed(_entries, folder)


def _entries(folder: Path) -> list[Path]:
    if not folder.exists() and not folder.is_symlink():
        return []
    try:
        return sorted(require_folder(folder, "a folder").iterdir())
    except PermissionError as error:
        raise FileError(f"{folder} cannot be read: permission denied") from error


def file_in(folder: Path, name: str) -> Path:
    """Return a file of a folder; `FileError` where the name leads elsewhere."""
    if name in ("", ".", "..") or Path(name).name != name or "\\" in name or "\0" in name:
        raise FileError(f"{folder}: {name!r} is no name of a file in this folder")
    return folder / name


def folders(folder: Path, prefix: str = "") -> list[Path]:
    """Return the folders in a folder whose name begins with `prefix`; errors as `walk`."""
    return [path for path in entries(folder) if path.name.startswith(prefix) and _is_folder(path)]


def walk(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, in order, links to folders followed.

    A link back to a folder above holds nothing new and is passed over.

    Raises
    ------
    FileError
        If a folder cannot be read, or a link that by its name stands for one leads nowhere.

    """
    yield from listed(_files_below, folder)


def _files_below(folder: Path) -> list[Path]:
    above, files = folder.resolve(), []
    for path in entries(folder):
        if not _is_folder(path):
            files.append(path)
        elif not above.is_relative_to(path.resolve()):
            files += walk(path)
    return files


def _is_folder(path: Path) -> bool:
    if path.is_dir() or not path.is_symlink() or path.suffix or path.exists():
        return path.is_dir()
    raise FileError(f"{path} {_absence(path)}; expected a folder")


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
    places = (path.absolute(), *path.absolute().parents)
    # What lies behind a folder that may not be entered counts as absent.
    standing = next(place for place in places if os.access(place, os.F_OK))
    if not standing.is_dir():
        raise FileError(f"{path} cannot be written: {standing} is a file; name another folder")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise FileError(
            f"{path} cannot be written: no permission in {standing}, or its disk is read-only; "
            "name another folder"
        )
    return path


def is_disk_full(error: BaseException) -> bool:
    """Whether an error says that a disk has no more room, or not for this user."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


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
        If it is missing or not JSON (the message names the line), a key stands twice in one
        object, or a number is none (NaN) or infinite.

    """
    text = read_text(path, what)
    try:
        return json.loads(text, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is not valid JSON ({_cause(error)}); expected {what}") from error


def read_toml(path: Path | str, what: str) -> dict[str, Any]:
    """Read a TOML file; `FileError` if it is missing or not TOML (the message names the line)."""
    text = read_text(path, what, most=_MOST_TOML)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is not valid TOML: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """Return why a text cannot be parsed; Python's own words are about its limits."""
    if isinstance(error, RecursionError):
        return "brackets within brackets, too deep"
    return "a number of too many digits" if "integer string" in str(error) else str(error)


def physical_memory() -> int:
    """Return the bytes of memory of this machine; a very large number where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 1 << 62


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of some pairs; `ValueError` where a key stands twice or is no number."""
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in values if keys.count(key) > 1)
        raise ValueError(f"key {twice} stands {keys.count(twice)} times; keep one")
    for key, value in pairs:
        listed = value if isinstance(value, list) else [value]
        strange = [each for each in listed if isinstance(each, float) and not math.isfinite(each)]
        if strange:
            raise ValueError(f"{key} is {strange[0]}, which JSON does not know; expected a number")
    return values


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
