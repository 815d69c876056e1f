"""Run the documentation: every example, every page with Python on it, every link and help text.

    python docs/run_examples.py

Prints one line for each and exits with 1 if anything is not as it says.
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jupytext
from check_examples import problems as example_problems
from check_reference import problems as reference_problems
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
NOTEBOOKS = [
    *sorted(ROOT.glob("examples/*.py")),
    *(page for page in PAGES if page.parent != ROOT and "```python" in page.read_text("utf-8")),
]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def main() -> int:
    """Run everything and return the exit status."""
    failed = False
    for path in NOTEBOOKS:
        started = time.perf_counter()
        problem = run_notebook(path)
        failed |= bool(problem)
        print(
            f"{time.perf_counter() - started:6.1f} s  {path.relative_to(ROOT)}  {problem or 'ok'}"
        )
    for name, found in (
        ("links", link_problems()),
        ("reference", reference_problems()),
        ("examples", example_problems()),
    ):
        lines = list(found)
        failed |= bool(lines)
        print(f"          {name}  {'ok' if not lines else ''}")
        for line in lines:
            print(f"            {line}")
    return int(failed)


def run_notebook(path: Path) -> str:
    """Execute a notebook in an empty folder; return what failed, empty if nothing did."""
    notebook = jupytext.read(path)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=300,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return "failed\n" + _COLOUR.sub("", str(error))
    return ""


def link_problems() -> Iterator[str]:
    """Yield every relative link that leads nowhere."""
    for page in PAGES:
        text = _CODE.sub("", page.read_text(encoding="utf-8"))
        for link in _LINK.findall(text):
            target, _, anchor = link.partition("#")
            if "://" in link or link.startswith("mailto:"):
                continue
            file = (page.parent / target) if target else page
            if not file.exists():
                yield f"{page.relative_to(ROOT)}: {link} does not exist"
            elif anchor and anchor not in anchors(file):
                yield f"{page.relative_to(ROOT)}: {link}: no such heading"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


if __name__ == "__main__":
    sys.exit(main())
