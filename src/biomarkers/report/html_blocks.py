"""HTML of the report taken apart into blocks, for other kinds of documents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

# Elements whose text is no part of the document: pictures, scripts, and what only a screen needs.
_SKIPPED = frozenset({"svg", "script", "style", "nav"})
_ENDING = frozenset({"p", "li", "h2", "h3", "h4", "summary", "figcaption", "pre", "dd"})
PICTURE = "data-picture"  # of an element that stands for a picture: its name


@dataclass(frozen=True)
class Text:
    """A paragraph: `heading-3`, `paragraph`, `item` or `caption`."""

    kind: str
    words: str


@dataclass(frozen=True)
class Picture:
    """A picture by name."""

    name: str


@dataclass
class Cell:
    """A cell of a table."""

    words: str = ""
    heading: bool = False
    across: int = 1
    down: int = 1


@dataclass
class Grid:
    """A table: rows of cells, of which the first so many are headings."""

    rows: list[list[Cell]] = field(default_factory=list)
    head: int = 0

    def placed(self) -> Iterator[tuple[int, int, Cell]]:
        """Yield row, column and cell; what reaches down from above keeps its columns."""
        taken: set[tuple[int, int]] = set()
        for row, cells in enumerate(self.rows):
            column = 0
            for cell in cells:
                while (row, column) in taken:
                    column += 1
                yield row, column, cell
                taken |= {
                    (row + below, column + beside)
                    for below in range(cell.down)
                    for beside in range(cell.across)
                }
                column += cell.across


Block = Text | Picture | Grid
_KINDS: dict[str, Literal["heading-2", "heading-3", "heading-4", "item", "caption"]] = {
    "h2": "heading-2", "h3": "heading-3", "h4": "heading-4", "summary": "heading-4", "li": "item",
    "figcaption": "caption",
}  # fmt: skip


def blocks_of(html: str) -> list[Block]:
    """Return the blocks of a piece of the report, in order; folded parts are open."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_text()
    return reader.blocks


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._skipping = 0
        self._words: list[str] = []
        self._kind = "paragraph"
        self._grid: Grid | None = None
        self._cell: Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SKIPPED or self._skipping:
            self._skipping += tag in _SKIPPED
        elif PICTURE in given:
            self.end_text()
            self.blocks.append(Picture(given[PICTURE] or ""))
        elif given.get("class") == "files":
            self._skipping = 1
        elif tag == "table":
            self.end_text()
            self._grid = Grid()
        elif self._grid is not None:
            self._start_in_table(self._grid, tag, given)
        elif tag in _ENDING:
            self.end_text()
            caption = given.get("class") == "caption"
            self._kind = "caption" if caption else _KINDS.get(tag, "paragraph")

    def _start_in_table(self, grid: Grid, tag: str, given: dict[str, str | None]) -> None:
        if tag == "tr":
            grid.rows.append([])
        elif tag in ("td", "th"):
            across, down = (int(given.get(name) or 1) for name in ("colspan", "rowspan"))
            self._cell = Cell("", tag == "th", across, down)
            grid.rows[-1].append(self._cell)
        elif tag == "small" and self._cell is not None:
            self._cell.words += " "

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= tag in _SKIPPED or (tag == "span" and self._skipping == 1)
        elif tag == "table" and self._grid is not None:
            self.blocks.append(self._grid)
            self._grid = None
        elif tag == "thead" and self._grid is not None:
            self._grid.head = len(self._grid.rows)
        elif tag in ("td", "th"):
            self._cell = None
        elif tag in _ENDING:
            self.end_text()

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        if self._cell is not None:
            self._cell.words += data
        elif self._grid is None:
            self._words.append(data)

    def end_text(self) -> None:
        """Close the paragraph that is open, if it says anything."""
        words = " ".join("".join(self._words).split())
        if words:
            self.blocks.append(Text(self._kind, words))
        self._words, self._kind = [], "paragraph"
