"""Lines of the source, room by room: all of them, and those that are code.

A line is code when a token of the program stands on it; docstrings, comments and blank lines are
none. A string that goes over several lines counts as many. With `--check` the exit status says
whether the code stays within its limits.

How much the compiled kernels of kinetics are tested is given by three rules: the room as a whole,
all its tests over its kernels, and only those tests that call a kernel directly.

    python -m benchmarks.code_lines [--root FOLDER] [--check]
"""

import argparse
import ast
import io
import sys
import tokenize
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RECORD = "estimates"  # the shared record of estimates, a module or a package
MODALITIES = ("dce", "cbv", "pet", "kinetics", "relaxometry", RECORD)
AT_MOST, AT_MOST_MODALITIES = 28_500, 12_300
_SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


class Lines(NamedTuple):
    """Lines of a file, or of many."""

    total: int
    code: int


def docstring_lines(source):
    """Line numbers of all docstrings of modules, classes and functions."""
    numbers = set()
    for node in ast.walk(ast.parse(source)):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            numbers.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return numbers


def count(source):
    """Count the lines of a module."""
    numbers = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _SILENT:
            numbers.update(range(token.start[0], token.end[0] + 1))
    return Lines(len(source.splitlines()), len(numbers - docstring_lines(source)))


def count_files(paths):
    """Count the lines of files together."""
    each = [count(path.read_text(encoding="utf-8")) for path in paths]
    return Lines(sum(lines.total for lines in each), sum(lines.code for lines in each))


def rooms(package):
    """Lines of every room: a folder of the package, or a module beside them."""
    files = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        files[path.relative_to(package).parts[0].removesuffix(".py")].append(path)
    return {room: count_files(paths) for room, paths in files.items()}


def kernels(package):
    """Modules of compiled functions in kinetics."""
    files = sorted((package / "kinetics").glob("_*.py"))
    return [path for path in files if "\n@compiled" in path.read_text(encoding="utf-8")]


def tests_of_kernels(package, tests):
    """Test modules of kinetics that import a module of compiled code, and call it directly."""
    names = {path.stem for path in kernels(package)}
    return [
        path
        for path in sorted((tests / "kinetics").rglob("*.py"))
        if names & imported_modules(path.read_text(encoding="utf-8"))
    ]


def imported_modules(source):
    """Last part of every name that is imported, or imported from."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[-1])
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.name.split(".")[-1] for alias in node.names}
    return names


def limits(by_room):
    """Code lines that are limited: a name, how many there are, and how many there may be."""
    modalities = [name for name in MODALITIES if name in by_room]
    return (
        ("all", sum(lines.code for lines in by_room.values()), AT_MOST),
        (" + ".join(modalities), sum(by_room[m].code for m in modalities), AT_MOST_MODALITIES),
    )


def shares(root):
    """Test lines over code lines, by rule."""
    package, tests = root / "src" / "biomarkers", root / "tests"
    folder = sorted((tests / "kinetics").rglob("*.py"))
    whole = count_files(sorted((package / "kinetics").rglob("*.py")))
    compiled = count_files(kernels(package))
    return {
        "all lines of tests/kinetics over code lines of kinetics": (
            count_files(folder).total / whole.code
        ),
        "code lines of tests/kinetics over code lines of its kernels": (
            count_files(folder).code / compiled.code
        ),
        "code lines of test modules that import a kernel over code lines of the kernels": (
            count_files(tests_of_kernels(package, tests)).code / compiled.code
        ),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to count")
    parser.add_argument("--check", action="store_true", help="fail where there is too much code")
    options = parser.parse_args()
    by_room = rooms(options.root / "src" / "biomarkers")
    print(f"{'':<14}{'lines':>9}{'code':>9}")
    for room, lines in sorted(by_room.items(), key=lambda item: -item[1].code):
        print(f"{room:<14}{lines.total:>9}{lines.code:>9}")
    print(f"{'all':<14}{sum(lines.total for lines in by_room.values()):>9}")
    for name, code, most in limits(by_room):
        print(f"code, {name}: {code} (at most {most})")
    for rule, share in shares(options.root).items():
        print(f"{rule}: {share:.2f}")
    return int(options.check and any(code > most for _, code, most in limits(by_room)))


if __name__ == "__main__":
    sys.exit(main())
