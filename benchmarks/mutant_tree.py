"""A copy of the checkout in which one thing at a time is changed, and a room's tests are run."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from benchmarks.mutant_tests import file_of, ordered

COPIED = ("src", "tests", "benchmarks", "pyproject.toml", "examples")
PASSED, FAILED, BROKEN, NOTHING = 0, 1, 2, 5  # BROKEN: the module cannot even be imported
ENDLESS = -signal.SIGPROF


def imports_of(root):
    """For every module of the package, the files of the package that it imports anywhere."""
    source, result = root / "src", {}
    for path in (source / "biomarkers").rglob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        files = (source / name.replace(".", "/") for name in names)
        candidates = [each for f in files for each in (f.with_suffix(".py"), f / "__init__.py")]
        result[path] = {candidate for candidate in candidates if candidate.exists()}
    return {
        str(path.relative_to(root)): {str(each.relative_to(root)) for each in imported}
        for path, imported in result.items()
    }


def importers_of(file, imports):
    """Return a file and all that import it, directly or not."""
    reached, ahead = set(), [file]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [path for path, imported in imports.items() if name in imported]
    return reached


def module_of(file):
    """Name the module of `src/biomarkers/room/module.py`."""
    return file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def line_of_function(source, line):
    """Return the first line (with decorators) of the innermost function around a line, or 0."""
    starts = [
        min([node.lineno, *(each.lineno for each in node.decorator_list)])
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= node.end_lineno
    ]
    return max(starts, default=0)


class Tree:
    """A copy of the checkout.

    `kept` holds, for each room, what the unchanged tree compiles to and what its tests call.
    """

    def __init__(self, root, folder, kept):
        self.folder, self.kept = folder / "tree", kept
        self.folder.mkdir(parents=True)
        for name in COPIED:
            source, target = root / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, target)
        if (root.parent / "shared").exists():  # reference data
            (folder / "shared").symlink_to(root.parent / "shared")
        self.cache, self.order = folder / "cache", folder / "order.json"
        self.imports = imports_of(self.folder)

    def judge(self, mutant, timeout, *, rest=True):
        """Return `survived`, `killed`, or `killed (endless)`, and the seconds that this took.

        The room has been observed before. Without `rest`, only tests that call a function of the
        changed module are run.
        """
        path, room = self.folder / mutant.file, mutant.room
        original, began = path.read_bytes(), time.perf_counter()
        anew = importers_of(mutant.file, self.imports)
        self.copy_compiled(self.kept / room / "biomarkers", anew)
        trace = json.loads((self.kept / f"{room}.json").read_text(encoding="utf-8"))
        function = line_of_function(original, mutant.line)
        limits = ordered(trace, mutant.file, function, anew, rest=rest)
        self.order.write_text(json.dumps(limits), encoding="utf-8")
        self.write(path, mutant.applied(original))
        try:
            files = self.files(room, limits)
            status = self.run(files, self.cache, timeout, MUTANTS_ORDER=str(self.order))
        finally:
            self.write(path, original)
        outcome = {PASSED: "survived", NOTHING: "survived", ENDLESS: "killed (endless)"}
        return outcome.get(status, "killed"), time.perf_counter() - began

    def files(self, room, limits):
        """Return the room's files of tests, without those of which every test is passed over."""
        known = {file_of(name) for name in limits}
        passed = known - {file_of(name) for name, limit in limits.items() if limit}
        files = sorted((self.folder / "tests" / room).rglob("test_*.py"))
        return [
            each for file in files if (each := str(file.relative_to(self.folder))) not in passed
        ]

    @staticmethod
    def write(path, source):
        """Write a module, and forget its bytecode, which is told by seconds and size alone."""
        path.write_bytes(source)
        for each in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            each.unlink()

    def observe(self, room, timeout):
        """Run a room's tests on the unchanged tree once: they must pass."""
        trace, cache = self.kept / f"{room}.json", self.kept / room
        if trace.exists():
            return
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        if self.run([f"tests/{room}"], cache, timeout, MUTANTS_TRACE=str(trace)) != PASSED:
            trace.unlink(missing_ok=True)
            raise RuntimeError(f"the tests of {room} fail on the unchanged tree: {self.log()}")

    def copy_compiled(self, compiled, anew):
        """Start from the compiled code of modules that import nothing of the change."""
        shutil.rmtree(self.cache, ignore_errors=True)
        (self.cache / "biomarkers").mkdir(parents=True)
        good = {module_of(file) for file in self.imports.keys() - anew}
        for folder in compiled.glob("*-*"):  # module and key
            if folder.name.rpartition("-")[0] in good:
                shutil.copytree(folder, self.cache / "biomarkers" / folder.name)

    def run(self, tests, cache, timeout, **variables):
        """Run tests until the first failure; the status, negative for a signal."""
        environment = {
            **os.environ,
            **variables,
            "PYTHONPATH": str(self.folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "",
            "NUMBA_CACHE_DIR": str(cache),
            "XDG_CACHE_HOME": str(cache),
            "MPLCONFIGDIR": str(self.kept / "matplotlib"),
            "NUMBA_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "benchmarks.mutant_tests"]
        with (self.folder.parent / "log").open("wb") as log:
            try:
                status = subprocess.run(
                    [sys.executable, "-m", "pytest", *options, *tests],
                    cwd=self.folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    timeout=timeout,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                return ENDLESS
        if status not in (PASSED, FAILED, BROKEN, NOTHING) and status > 0:
            raise RuntimeError(f"pytest ended with {status}: {self.log()}")
        return status

    def log(self):
        return (self.folder.parent / "log").read_text(encoding="utf-8", errors="replace")[-3000:]
