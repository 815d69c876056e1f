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

_VARIABLES = ("NUMBA_CACHE_DIR", "MPLCONFIGDIR")
_BASES = {"XDG_CACHE_HOME": "~/.cache", "XDG_CONFIG_HOME": "~/.config"}


@contextmanager
def somewhere_for_caches() -> Iterator[None]:
    """Give this run, and its processes, a folder for caches where the user's cannot be written."""
    unset = [name for name in _VARIABLES if not os.environ.get(name)]
    reason = _reason() if unset else ""
    if not reason:
        yield
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="biomarkers-", ignore_cleanup_errors=True)
    except OSError:  # nor is there one for temporary files: each process says what it lacks
        yield
        return
    with folder:
        os.environ.update({name: str(Path(folder.name) / name.lower()) for name in unset})
        warn(
            UncachedWarning(
                f"caches cannot be kept ({reason}): each run compiles its code anew, up to a "
                f"minute for each kind of fit; let {' and '.join(unset)} name a folder that can be "
                "written"
            )
        )
        try:
            yield
        finally:
            for name in unset:
                del os.environ[name]


def _reason() -> str:
    """Return what keeps the user's own folders from being written; empty if nothing does."""
    for variable, place in _BASES.items():
        folder = Path(os.environ.get(variable) or os.path.expanduser(place))  # noqa: PTH111 (no home is no error)
        if not folder.is_absolute():
            return "the user has no home"
        try:
            require_writable(folder)
        except FileError as error:
            return str(error).partition("; ")[0]
    return ""
