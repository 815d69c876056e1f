"""Where libraries keep code and fonts between runs; of one run alone where the user has no place.

Without a home every process would compile its own code, and matplotlib list the fonts again and
say so at length.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from biomarkers.errors import FileError, UncachedWarning, warn
from biomarkers.files import require_writable

_CACHE, _CONFIG = ("XDG_CACHE_HOME", "~/.cache"), ("XDG_CONFIG_HOME", "~/.config")
# What names a folder, and which of the user's own are written where it does not: matplotlib keeps
# its settings in one and its list of fonts in the other.
_CACHES = {"NUMBA_CACHE_DIR": (_CACHE,), "MPLCONFIGDIR": (_CACHE, _CONFIG)}


@contextmanager
def somewhere_for_caches() -> Iterator[None]:
    """Give this run, and its processes, a folder for caches where the user's cannot be written."""
    reasons = {
        name: _reason(places) for name, places in _CACHES.items() if not os.environ.get(name)
    }
    lost = [name for name, reason in reasons.items() if reason]
    if not lost:
        yield
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="biomarkers-", ignore_cleanup_errors=True)
    except OSError:  # nor is there one for temporary files: each process says what it lacks
        yield
        return
    with folder:
        os.environ.update({name: str(Path(folder.name) / name.lower()) for name in lost})
        warn(UncachedWarning(_sentence(lost, reasons[lost[0]])))
        try:
            yield
        finally:
            for name in lost:
                del os.environ[name]


def _sentence(lost: list[str], reason: str) -> str:
    """Return what each run without those caches costs, why, and what helps."""
    cost = (
        "each run compiles its code anew, up to a minute for each kind of fit"
        if "NUMBA_CACHE_DIR" in lost
        else "each run lists the fonts anew"
    )
    return (
        f"caches cannot be kept ({reason}): {cost}; let {' and '.join(lost)} name a folder that "
        "can be written"
    )


def _reason(places: tuple[tuple[str, str], ...]) -> str:
    """Return what keeps the user's own folders from being written; empty if nothing does."""
    for variable, place in places:
        folder = Path(os.environ.get(variable) or os.path.expanduser(place))  # noqa: PTH111 (no home is no error)
        if not folder.is_absolute():
            return "the user has no home"
        try:
            require_writable(folder)
        except FileError as error:
            return str(error).partition("; ")[0]
    return ""
