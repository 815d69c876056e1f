"""One run at a time into a folder of results.

The lock is a file that names host, process and start. One whose process is gone is none; of a
process on another host nothing can be known, so that its lock stands until somebody removes it.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from biomarkers.errors import FileError, InputError

_held: set[Path] = set()
_SETTLED = 0.5  # s, after which a lock that is being written has been


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock file; who holds it already in this process goes on.

    Raises
    ------
    InputError
        If another run holds it, naming host, process and since when; a `FileError` if it cannot
        be written.

    """
    path = path.absolute()
    if path in _held:
        yield
        return
    made = [folder for folder in (path.parent, *path.parents[1:]) if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _take(path)
    except OSError as error:
        raise FileError(
            f"{path.parent.parent} cannot be written: {error}; mend that, or name another folder"
        ) from error
    _held.add(path)
    try:
        yield
    finally:
        _held.discard(path)
        path.unlink(missing_ok=True)
        with suppress(OSError):  # what was made for the lock alone goes with it
            for folder in made:
                folder.rmdir()


def _take(path: Path) -> None:
    own = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "started": _started(os.getpid()),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if path.is_dir():
        raise FileError(f"{path} is a folder; expected the lock of a run, or nothing: remove it")
    while not _create(path, own):
        content = _content(path)
        holder = _parsed(content)
        if holder is not None and _is_alive(holder):
            raise InputError(_refusal(path, holder))
        _remove_dead(path, content)


def _create(path: Path, own: dict[str, Any]) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(own) + "\n")
    except FileExistsError:
        return False
    return True


def _content(path: Path) -> str:
    """Return what a lock says; one that says nothing yet is given time."""
    for pause in (_SETTLED, 0.0):
        try:
            content = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        if _parsed(content) is not None:
            break
        time.sleep(pause)
    return content


def _parsed(content: str) -> dict[str, Any] | None:
    try:
        holder = json.loads(content)
    except ValueError:
        return None
    return holder if isinstance(holder, dict) and "host" in holder else None


def _is_alive(holder: dict[str, Any]) -> bool:
    """Whether a holder still runs; what cannot be known is taken for yes."""
    if holder["host"] != socket.gethostname():
        return True
    process = holder.get("process")
    if not isinstance(process, int):
        return False
    started = _started(process)
    return started is None or started == holder.get("started")


def _started(process: int) -> str | None:
    """Return when a process started, empty if there is none; None where that cannot be known."""
    status = Path("/proc") / str(process) / "stat"
    if status.parent.parent.joinpath("self").exists():
        try:
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in ("Z", "X") else fields[19]  # ticks since the machine started
    try:
        shown = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(process)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return None
    return shown.stdout.strip()


def _remove_dead(path: Path, content: str) -> None:
    """Remove a dead lock, but not one that somebody else has put in its place meanwhile."""
    aside = path.with_name(f"{path.name}-{uuid4().hex}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    if aside.read_text(encoding="utf-8", errors="replace") != content and not path.exists():
        aside.rename(path)
    else:
        aside.unlink()


def _refusal(path: Path, holder: dict[str, Any]) -> str:
    who = f"process {holder.get('process')} on {holder['host']} since {holder.get('since')}"
    if holder["host"] == socket.gethostname():
        return f"{path.parent.parent}: written by {who}; wait for it, or name another folder"
    return f"{path.parent.parent}: written by {who}; if that is no longer so, remove {path}"
