"""Every message that the documentation explains is one that the program still says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "messages.md"

_QUOTES = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)


def quoted() -> list[str]:
    """Return what stands in the first column of the page's tables; … is what varies."""
    cells = _QUOTES.findall(PAGE.read_text(encoding="utf-8"))
    return [each for cell in cells for each in re.findall(r"`([^`]+)`", cell)]


def said() -> Iterator[str]:
    """Yield every string of the source, … where something is put in, and every word of a flag."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "…"
                    for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.ClassDef) and "IntFlag" in map(ast.unparse, node.bases):
                names = (each.targets[0] for each in node.body if isinstance(each, ast.Assign))
                yield from (ast.unparse(name).lower().replace("_", " ") for name in names)


@pytest.fixture(scope="module")
def source():
    return "\0".join(said())


def test_the_page_explains_messages():
    assert len(quoted()) > 50


@pytest.mark.parametrize("message", quoted())
def test_a_message_of_the_page_is_said_by_the_program(source, message):
    pieces = (re.escape(piece.strip()) for piece in message.split("…"))
    assert re.search(r"[^\0]*".join(pieces), source)
