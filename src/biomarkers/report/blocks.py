"""What most sections are made of: a table with its caption, figures side by side, text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup

from biomarkers.report.section import render

# A longer table is folded.
OPEN_ROWS = 45


@dataclass(frozen=True)
class Table:
    """A table in words, made for reading.

    Parameters
    ----------
    name
        Its `id`, unique on the page.
    caption
        What stands over it.
    columns
        Headings; one that begins with `#` is over numbers, which stand flush right.
    groups
        Heading of a group of rows (empty for none) and its rows, each as long as `columns`.
    marks
        Of rows (group, place within it) that stand out.
    words
        Whether words of the headings stay whole; else long names break anywhere.

    """

    name: str
    caption: str
    columns: Sequence[str]
    groups: Sequence[tuple[str, Sequence[Sequence[object]]]]
    marks: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    words: bool = False


def table(content: Table, *, folded: bool | None = None) -> Markup:
    """Return a table as HTML; a long one is folded unless said otherwise."""
    rows = sum(len(rows) for _, rows in content.groups)
    context: dict[str, object] = {
        "table": content,
        "rows": rows,
        "columns": [(title.removeprefix("#"), title.startswith("#")) for title in content.columns],
        "folded": rows > OPEN_ROWS if folded is None else folded,
    }
    return render("table.html.j2", context)


def side_by_side(pictures: Iterable[Markup]) -> Markup:
    """Return figures in as many columns as the page has room for; a wide one has its own row."""
    rows = [
        Markup("\n").join(group)
        if wide
        else Markup('<div class="pictures">{}</div>').format(Markup("\n").join(group))
        for wide, group in groupby(pictures, key=lambda picture: "data-wide" in picture)
    ]
    return Markup("\n").join(rows)


def text(*paragraphs: str, aside: bool = False, kind: str = "") -> Markup:
    """Return paragraphs, escaped; `aside` sets them small, as help for reading.

    `kind` is another class of the style sheet.
    """
    kind = "aside wide" if aside else kind
    named = Markup(' class="{}"').format(kind) if kind else Markup()
    return Markup("\n").join(
        Markup("<p{}>{}</p>").format(named, paragraph) for paragraph in paragraphs if paragraph
    )


def heading(words: str, *, anchor: str = "") -> Markup:
    """Return a heading within a section."""
    place = Markup(' id="{}"').format(anchor) if anchor else Markup()
    return Markup("<h3{}>{}</h3>").format(place, words)


def joined(*parts: Markup) -> Markup:
    """Return parts of a section below each other; empty ones are left out."""
    return Markup("\n").join(part for part in parts if part)


def fold(summary: str, *parts: Markup) -> Markup:
    """Return parts that are opened by their summary; nothing if there are none."""
    body = joined(*parts)
    details = Markup("<details>\n<summary>{}</summary>\n{}\n</details>")
    return details.format(summary, body) if body else Markup()


def items(lines: Iterable[str]) -> Markup:
    """Return a list of sentences."""
    entries = Markup("\n").join(Markup("<li>{}</li>").format(line) for line in lines)
    return Markup('<ul class="notes">\n{}\n</ul>').format(entries) if entries else Markup()
