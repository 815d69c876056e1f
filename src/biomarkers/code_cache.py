"""Where compiled code is kept between processes, and when it is still good.

numba keys its cache by the file a function stands in, yet compiles what the function calls into
it: after a change in another file its callers would run the old code. Here a function's key is the
content of its module and of all the modules of its package (and of this one) which that imports,
directly or not, at their top: what compiled code is made of reaches it by such an import. (What
`compiling.chosen_by_type` registers stands beside its stub.) Code of each key has a folder of its
own, so that two checkouts, or one before and after a change, keep each their own.

Of numba this uses `FunctionCache` and its parts (`numba.core.caching`), whose index holds the
signature, the processor and a hash of the function's bytecode, `normalize_signature`, `AppDirs`.
"""

import ast
import hashlib
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.sigutils import normalize_signature
from numba.misc.appdirs import AppDirs

from biomarkers.errors import UncachedWarning

# Code of a module is removed when that many later versions have been used, or after this time.
KEPT = 16
UNUSED = 30 * 86400.0  # s

_warned: list[OSError] = []

# Where the modules of a package are looked for.
_TOPS = {"biomarkers": Path(__file__).resolve().parents[1]}


class _Locator(_CacheLocator):  # type: ignore[misc]
    """Tell numba the folder and the key of a function's code."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file, self._line = file, function.__code__.co_firstlineno
        self._module, self._stamp = function.__module__, stamp(function.__module__, Path(file))

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_Locator":
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        return str(cache_folder() / f"{self._module}-{self._stamp[:16]}")

    def get_source_stamp(self) -> str:
        return self._stamp

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class SourceCache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """Compiled code of one function on disk; where that fails, the function is compiled anew.

    Raises
    ------
    OSError
        If sources cannot be read, or the user has no home.

    """

    _impl_class = _Impl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the code for a signature, None if there is none that can be read."""
        try:
            code = super().load_overload(sig, target_context)
            # Two processes that save at once may give two signatures one file.
            if code is not None and tuple(code.signature.args) != normalize_signature(sig)[0]:
                raise ValueError(f"code for {code.signature} instead of {sig}")
        except OSError:
            return None
        except Exception:  # a damaged file makes pickle raise anything
            with suppress(OSError):
                self.flush()  # saving reads the index, too
            return None
        if code is not None:
            _mark_used(self.cache_path)
        return code

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save the code for a signature; where that is not possible, warn, once a process."""
        folder = Path(self.cache_path)
        new = not folder.exists()
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn_uncached(error)
        else:
            if new:
                _remove_unused(folder)


def keep_code(dispatcher: Any) -> None:
    """Keep what a numba function compiles to, and use what was kept."""
    try:
        dispatcher._cache = SourceCache(dispatcher.py_func)
    except OSError as error:
        _warn_uncached(error)


def _warn_uncached(error: OSError) -> None:
    if not _warned:
        _warned.append(error)
        warnings.warn(
            f"compiled code cannot be kept ({error}): every process compiles it anew, up to a "
            "minute for each kind of fit; let NUMBA_CACHE_DIR name a folder that can be written",
            UncachedWarning,
            stacklevel=2,
        )


def cache_folder() -> Path:
    """Return the folder of compiled code: in NUMBA_CACHE_DIR, else in the user's cache folder."""
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR, "biomarkers")
    folder = Path(AppDirs("biomarkers", appauthor=False).user_cache_dir)
    if not folder.is_absolute():
        raise FileNotFoundError(f"no home folder for the user's cache ({folder})")
    return folder / "compiled"


def stamp(module: str, file: Path) -> str:
    """Return the key of what is compiled from a module: its sources, numba's and numpy's version.

    Raises
    ------
    OSError
        If a source cannot be read.

    """
    package = module.partition(".")[0]
    place = file.resolve() if file.name != "__init__.py" else file.resolve().parent
    _TOPS.setdefault(package, place.parents[module.count(".")])
    sources, todo = {}, [(module, file)]
    while todo:
        name, path = todo.pop()
        if name not in sources:
            sources[name], imported = _read(name, path, path.stat().st_mtime_ns)
            todo += [(each, at) for each in imported if (at := _file_of(each))]
    parts = (numba.__version__, np.__version__, sorted(sources.items()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@cache
def _read(module: str, file: Path, _changed: int) -> tuple[str, frozenset[str]]:
    """Return a hash of a source file and the names it imports at its top, modules or not."""
    content = file.read_bytes()
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    return hashlib.sha256(content).hexdigest(), frozenset(_imported(ast.parse(content), package))


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{each.name}" for each in node.names)
        elif isinstance(node, ast.If | ast.Try | ast.With) and not _is_for_types(node):
            yield from _imported(node, package)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


@cache
def _file_of(name: str) -> Path | None:
    """Return the source of a module of ours or of the function's package, None for other names."""
    # What keeps the code is no part of it.
    if name == __name__ or (top := _TOPS.get(name.partition(".")[0])) is None:
        return None
    stem = top.joinpath(*name.split("."))
    files = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def _mark_used(folder: str) -> None:
    with suppress(OSError):  # it may be another user's
        os.utime(folder)


def _remove_unused(newest: Path) -> None:
    """Remove older folders of the newest one's module, beyond `KEPT`, and all `UNUSED` for long."""
    module = newest.name.rpartition("-")[0]
    with suppress(OSError):  # other processes remove, too
        if newest.parent != cache_folder():
            return
        ages = {each: time.time() - each.stat().st_mtime for each in newest.parent.iterdir()}
        siblings = [each for each in ages if each.name.rpartition("-")[0] == module]
        surplus = sorted(siblings, key=lambda each: ages[each])[KEPT:]
        for each in {*surplus, *(each for each in ages if ages[each] > UNUSED)}:
            shutil.rmtree(each, ignore_errors=True)
