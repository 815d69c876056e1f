"""Faults put into the source, one at a time: do the tests of the room notice?

A random sample of operators and constants is changed, each in a copy of the tree of its own (a
mutant), and the tests of the room that it lies in are run until the first failure. What passes all
of them has survived. Lines that no test reaches are drawn like any others. Mutants that no test
can tell from the original are named in `results/mutants_equivalent.csv`, with the reason, and left
out: others are drawn in their place.

Left alone: annotations, what is raised, texts, `__all__`, modules and functions that draw or put
into words.

Compiled code starts from an empty cache where the changed module is compiled, or is imported,
directly or not, by one that is. Elsewhere no compiled function holds anything of the change, and
what the unchanged tree has compiled is used again.

    python -m benchmarks.mutants [--count 100] [--seed 0] [--groups kinetics,relaxometry stats]
                                 [--jobs 1] [--list] [--only FILE:LINE] [--out FILE.csv]
"""

import argparse
import ast
import csv
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from benchmarks.mutations import DRAWING, mutants_of

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).parent / "results" / "mutants_equivalent.csv"
GROUPS = ("kinetics,relaxometry", "stats")  # each gives an equal share of the sample
TIMEOUT = 1200  # s; a mutant that runs longer goes round in circles, which is noticed
COPIED = ("src", "tests", "benchmarks", "pyproject.toml", "examples")


def draw(root, groups, count, seed):
    """Draw a sample, an equal share of every group of rooms, without those that are equivalent."""
    known = {(row["file"], row["text"], row["column"], row["change"]) for row in read_equivalent()}
    drawn, left_out = [], []
    for index, group in enumerate(groups):
        paths = [
            path
            for room in group.split(",")
            for path in sorted((root / "src" / "biomarkers" / room).rglob("*.py"))
            if not DRAWING.search(path.stem)
        ]
        every = [mutant for path in paths for mutant in mutants_of(path, root)]
        random.Random(f"{seed} {group}").shuffle(every)
        share = count // len(groups) + (index < count % len(groups))
        while share and every:
            mutant = every.pop()
            (left_out if mutant.key in known else drawn).append(mutant)
            share -= mutant.key not in known
    return drawn, left_out


def read_equivalent():
    with EQUIVALENT.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def imports_of(root):
    """For every module of the package, the files of the package that it imports."""
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
    return result


def files_in_compiled_code(root):
    """Files of compiled functions, and all that these import, directly or not."""
    imports = imports_of(root)
    reached = set()
    ahead = [
        path for path in imports if re.search(rb"^@(compiled|chosen_by)", path.read_bytes(), re.M)
    ]
    while ahead:
        path = ahead.pop()
        if path not in reached:
            reached.add(path)
            ahead += imports[path]
    return {str(path.relative_to(root)) for path in reached}


class Tree:
    """A copy of the checkout in which one file at a time is changed, and tests are run."""

    def __init__(self, root, folder):
        self.folder = folder / "tree"
        self.folder.mkdir(parents=True)
        for name in COPIED:
            source, target = root / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy2(source, target)
        if (root.parent / "shared").exists():  # reference data
            (folder / "shared").symlink_to(root.parent / "shared")
        self.warm, self.empty = folder / "warm", folder / "empty"
        self.warmed = set()

    def tests(self, mutant):
        """Test files of the room, those first that have most to do with the changed module."""
        path = self.folder / mutant.file
        words = public_words(path)
        room = self.folder / "tests" / mutant.file.split("/")[2]

        def distance(test):
            named = path.stem.strip("_") in test.stem
            content = set(re.findall(r"\w+", test.read_text(encoding="utf-8")))
            return -named, -len(words & content), str(test)

        return sorted(room.rglob("test_*.py"), key=distance)

    def run(self, tests, cache, timeout):
        """Run tests; True where they pass."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUMBA_CACHE_DIR": str(cache),
            "XDG_CACHE_HOME": str(cache),
            "NUMBA_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        with (self.folder.parent / "log").open("wb") as log:
            try:
                status = subprocess.run(
                    [str(part) for part in command],
                    cwd=self.folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    timeout=timeout,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                return False
        if status not in (0, 1, 2):  # 2: the module cannot even be imported
            raise RuntimeError(f"pytest ended with {status}: {self.log()}")
        return status == 0

    def log(self):
        return (self.folder.parent / "log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def judge(self, mutant, compiled, timeout):
        """Whether a mutant survives, and in how many seconds."""
        path, tests = self.folder / mutant.file, self.tests(mutant)
        cache = self.empty if compiled else self.warm
        if compiled:
            shutil.rmtree(self.empty, ignore_errors=True)
        original, began = path.read_bytes(), time.perf_counter()
        path.write_bytes(mutant.applied(original))
        try:
            survived = self.run(tests, cache, timeout)
        finally:
            path.write_bytes(original)
        return survived, time.perf_counter() - began

    def check_unchanged(self, room, timeout):
        """Run a room's tests on the unchanged tree: they must pass, and compile what there is."""
        tests = sorted((self.folder / "tests" / room).rglob("test_*.py"))
        if not self.run(tests, self.warm, timeout):
            raise RuntimeError(f"the tests of {room} fail on the unchanged tree: {self.log()}")


def public_words(path):
    """Names by which tests may know a module: its own, and those of its functions and classes."""
    words = {path.stem, path.stem.strip("_")}
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            words.add(node.name)
    return words


def judge_all(root, mutants, jobs, timeout):
    """Yield each mutant with whether it survived and how long that took."""
    compiled = files_in_compiled_code(root)
    with tempfile.TemporaryDirectory() as folder:
        trees = SimpleQueue()

        def judge(mutant):
            tree = trees.get()
            try:
                room = mutant.file.split("/")[2]
                if room not in tree.warmed:
                    tree.check_unchanged(room, timeout)
                    tree.warmed.add(room)
                return mutant, *tree.judge(mutant, mutant.file in compiled, timeout)
            finally:
                trees.put(tree)

        for number in range(jobs):
            trees.put(Tree(root, Path(folder) / f"{number}"))
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(judge, mutants)


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "line", "text", "column", "change", "outcome", "seconds"])
        writer.writerows(rows)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--count", type=int, default=100, help="how many mutants in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--groups", nargs="+", default=GROUPS, help="rooms, joined by commas")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at once")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds for each")
    parser.add_argument("--list", action="store_true", help="only say what would be changed")
    parser.add_argument("--only", default="", help="only those of the sample that begin so")
    parser.add_argument("--out", type=Path, help="a table of all")
    return parser.parse_args()


def main():
    options = parsed()
    drawn, left_out = draw(options.root, options.groups, options.count, options.seed)
    drawn = [mutant for mutant in drawn if options.only in mutant.name]
    if options.list:
        print(*(mutant.name for mutant in drawn), sep="\n")
        return
    rows = []
    for mutant, survived, seconds in judge_all(options.root, drawn, options.jobs, options.timeout):
        outcome = "SURVIVED" if survived else "killed"
        print(f"{outcome:<9}{seconds:6.0f} s  {mutant.name}", flush=True)
        rows.append([mutant.file, mutant.line, *mutant.key[1:], outcome.lower(), round(seconds)])
        if options.out:
            write(options.out, rows)
    killed = sum(row[5] == "killed" for row in rows)
    print(f"{killed} of {len(rows)} killed; {len(left_out)} equivalent ones left out")


if __name__ == "__main__":
    main()
