"""The examples on the site: notebooks with their outputs, pictures, and cards that lead to them."""

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from page_links import ROOT
from run_examples import executed, is_executed, needs_torch, read

EXAMPLES = sorted(ROOT.glob("examples/*.py"))
STUDIES = ("04", "05", "06")  # the published studies, on the first page

_GALLERY = """# Examples

Notebooks that run as they stand: each was executed when these pages were built, and shows what came
out; one that needs PyTorch says so where it was not. They lie in `examples/` as text: open them
with Jupyter and jupytext, or run them as scripts.

"""

_NOT_EXECUTED = (
    "This notebook needs PyTorch, which was not there when these pages were built: it is shown "
    "without what comes out (`make check-deep` executes it)."
)


def studies() -> list[Path]:
    """Return the examples that the first page leads to."""
    return [path for path in EXAMPLES if path.name.startswith(STUDIES)] or EXAMPLES[:3]


def gallery() -> str:
    """Return the page of all examples."""
    names = "\n".join(path.stem for path in EXAMPLES)
    return f"{_GALLERY}{cards(EXAMPLES, '')}\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"


def cards(examples: list[Path], folder: str) -> str:
    """Return a grid of cards with the picture, title and beginning of examples."""
    lines = ["::::{grid} 1 2 2 3", ":gutter: 3", ""]
    for path in examples:
        title, beginning = _opening(path)
        lines += [
            f":::{{grid-item-card}} {title}",
            f":link: {folder}{path.stem}",
            ":link-type: doc",
        ]
        if _picture(path):
            lines += [f":img-top: {folder}{path.stem}.png", ":img-alt: "]
        lines += ["", beginning, ":::"]
    return "\n".join([*lines, "::::", ""])


def notebook(path: Path, moved: Callable[[str, Path], str]) -> str:
    """Return an executed example, with the links of its text as on the site."""
    content = _executed(path)
    for cell in content.cells:
        if cell.cell_type == "markdown":
            cell.source = moved(cell.source, path)
    return nbformat.writes(content)


def thumbnails() -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of the picture of every example that draws one."""
    for path in EXAMPLES:
        if picture := _picture(path):
            yield f"{path.stem}.png", base64.b64decode(picture)


def _picture(path: Path) -> str:
    """Return the picture of the cell that is tagged `thumbnail`, else the first picture."""
    cells = [cell for cell in _executed(path).cells if cell.cell_type == "code"]
    cells.sort(key=lambda cell: "thumbnail" not in cell.metadata.get("tags", []))
    pictures = (
        output.data["image/png"]
        for cell in cells
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    )
    return next(pictures, "")


def _opening(path: Path) -> tuple[str, str]:
    """Return the title and the first sentences of an example."""
    first = next(cell for cell in _executed(path).cells if cell.cell_type == "markdown")
    title, _, rest = first.source.partition("\n")
    paragraph = " ".join(rest.strip().partition("\n\n")[0].split())
    sentences = re.split(r"(?<=[.?!]) ", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph))
    return title.lstrip("# "), " ".join(sentences[:2])


def _executed(path: Path) -> NotebookNode:
    """Return an example with its outputs; without, and saying so, where PyTorch was not there."""
    if is_executed(path) or not needs_torch(path):
        return nbformat.read(executed(path), as_version=4)
    content = read(path)
    first = next(cell for cell in content.cells if cell.cell_type == "markdown")
    first.source += f"\n\n*{_NOT_EXECUTED}*"
    return content
