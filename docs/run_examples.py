"""Execute every example, and every page of the documentation with Python on it.

    python docs/run_examples.py            all that run without PyTorch
    python docs/run_examples.py --deep     those that import `biomarkers.deep` or torch

Prints one line for each and exits with 1 if one fails. What was executed is kept in
`build/docs/executed`, and executed again when it or the package has changed.
"""

import argparse
import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
EXECUTED = ROOT / "build" / "docs" / "executed"
LONGEST = 600  # s, one cell

# An import at the start of a line, in a notebook or in the Python of a page.
_DEEP = re.compile(
    r"^(?:import torch|from torch|import biomarkers\.deep|from biomarkers\.deep"
    r"|from biomarkers import (?:\([^)]*|.*)\bdeep)\b",
    re.MULTILINE,
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STATED = re.compile(r"^\S.*# -> (.+)$", re.MULTILINE)
_KERNEL = ["--log-level=ERROR", "--InlineBackend.figure_formats=retina"]


def notebooks(*, deep: bool = False) -> list[Path]:
    """Return the examples, the longest first, and the pages that hold Python.

    Those that run without PyTorch; with `deep` the others.
    """
    pages = sorted(set(ROOT.glob("docs/**/*.md")) - set(ROOT.glob("docs/site/*")))
    paths = [
        *sorted(ROOT.glob("examples/*.py"), reverse=True),
        *(page for page in pages if "```python" in page.read_text("utf-8")),
    ]
    return [path for path in paths if needs_torch(path) == deep]


def needs_torch(path: Path) -> bool:
    """Return whether a notebook or page is for the environment that has PyTorch."""
    return bool(_DEEP.search(path.read_text("utf-8")))


def executed(path: Path) -> Path:
    """Return where a notebook lies once it was executed."""
    return EXECUTED / path.relative_to(ROOT).with_suffix(".ipynb")


def is_executed(path: Path) -> bool:
    """Return whether a notebook was executed as it and the package now are."""
    if not executed(path).exists():
        return False
    kept = nbformat.read(executed(path), as_version=4)
    return bool(kept.metadata.get("digest") == _digest(path))


def run_all(*, deep: bool = False) -> bool:
    """Execute what is not yet, two at a time; print a line for each; return whether all ran."""
    problems = []
    paths = notebooks(deep=deep)
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for path, (seconds, problem) in zip(paths, pool.map(run_notebook, paths), strict=True):
            problems.append(problem)
            print(f"{seconds:6.1f} s  {path.relative_to(ROOT)}  {problem or 'ok'}", flush=True)
    return not any(problems)


def run_notebook(path: Path) -> tuple[float, str]:
    """Execute a notebook in an empty folder; return its seconds and what failed, if anything."""
    started = time.perf_counter()
    if is_executed(path):
        return 0.0, ""
    notebook = read(path)
    try:
        with tempfile.TemporaryDirectory() as folder:
            NotebookClient(
                notebook,
                timeout=LONGEST,
                kernel_name="python3",
                extra_arguments=_KERNEL,
                resources={"metadata": {"path": folder}},
            ).execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        return time.perf_counter() - started, "failed\n" + _COLOUR.sub("", str(error))
    differing = "\n".join(differing_outputs(notebook.cells))
    if differing:
        return time.perf_counter() - started, differing
    leave_out_progress(notebook)
    notebook.metadata["digest"] = _digest(path)
    kept = executed(path)
    kept.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, kept)
    return time.perf_counter() - started, ""


def read(path: Path) -> NotebookNode:
    """Return a notebook, or a page as one, that is not executed."""
    return jupytext.read(path, fmt="md:markdown" if path.suffix == ".md" else None)


def differing_outputs(cells: Iterable[NotebookNode]) -> Iterator[str]:
    """Yield every output stated beside a line, ``# -> 0.25``, that its cell does not print."""
    for cell in cells:
        printed = "".join(each.get("text", "") for each in cell.get("outputs", ()))
        for stated in _STATED.findall(cell.source):
            if " ".join(stated.split()) not in " ".join(printed.split()):
                yield f"says '{stated}', but prints '{printed.strip()}'"


@cache
def package_digest() -> bytes:
    """Return the digest of every source file of the package, and of this one."""
    sources = [Path(__file__), *sorted(ROOT.glob("src/biomarkers/**/*.*"))]
    files = [path for path in sources if "__pycache__" not in path.parts]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).digest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes() + package_digest()).hexdigest()


def leave_out_progress(notebook: NotebookNode) -> None:
    """Take out what progress bars and the like wrote: text that moves back to the line's start."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = list(_lasting(cell.outputs))


def _lasting(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    for output in outputs:
        if not (output.output_type == "stream" and "\r" in output.text):
            yield output


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Execute the examples and pages with Python.")
    parser.add_argument(
        "--deep", action="store_true", help="those that need PyTorch, and only they"
    )
    sys.exit(not run_all(deep=parser.parse_args().deep))
