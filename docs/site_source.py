"""What Sphinx reads: every page of the repository, at its place on the site.

Pages of `docs/` keep their places. `docs/index.md`, which lists them for readers of the repository,
gives each folder its opening page, and the order of its pages; pages that it does not list follow.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from page_links import PAGES, ROOT, moved
from site_api import api_pages
from site_gallery import EXAMPLES, cards, gallery, notebook, studies, thumbnails

DOCS = ROOT / "docs"
SITE = DOCS / "site"  # what only the site has
INDEX = DOCS / "index.md"
SOURCE = ROOT / "build" / "docs" / "source"

TITLES = {
    "tutorials": "Tutorials",
    "how-to": "How-to guides",
    "rooms": "Room by room",
    "coming-from": "Coming from another tool",
    "reference": "Reference",
    "explanation": "Explanation",
}
CONTENTS = {
    "Learn": ("tutorials/index", "examples/index", "rooms/index", "coming-from/index"),
    "Do": ("how-to/index", "faq", "messages"),
    "Look up": ("api/index", "reference/index", "explanation/index", "changelog", "contributing"),
}
_LISTED = re.compile(r"^(### .+)$|^- \[[^\]]*\]\(([^)#]+)\).*(?:\n  .+)*", re.MULTILINE)


def place(path: Path) -> Path | None:
    """Return where a file of the repository stands in the source of the site, if it does."""
    within = path.relative_to(ROOT)
    if path in (ROOT / "README.md", INDEX):
        return SOURCE / "index.md"
    if path in EXAMPLES:
        return (SOURCE / within).with_suffix(".ipynb")
    if within.parts[0] == "docs":
        folder = path == DOCS or path.is_dir()
        return SOURCE / within.relative_to("docs") / ("index.md" if folder else "")
    return SOURCE / within.name.lower() if path in PAGES else None


def assemble() -> None:
    """Write the source of the site; leave alone what is as it was, and remove what is no more."""
    files = dict(all_files())
    for path, content in files.items():
        write(path, content if isinstance(content, bytes) else content.encode())
    for path in SOURCE.rglob("*"):
        if path.is_file() and path not in files:
            path.unlink()


def all_files() -> Iterator[tuple[Path, str | bytes]]:
    """Yield every file of the source, and what it holds."""
    for page in PAGES:
        if page.parent != SITE and page not in (INDEX, ROOT / "README.md"):
            yield place(page), on_site(page.read_text("utf-8"), page)
    for folder in sorted({page.parent for page in PAGES} - {ROOT, DOCS, SITE}):
        if folder.parent == DOCS:
            yield section_page(folder)
    for path in EXAMPLES:
        yield place(path), notebook(path, on_site)
    yield SOURCE / "examples/index.md", gallery()
    yield from ((SOURCE / "examples" / name, picture) for name, picture in thumbnails())
    yield from ((SOURCE / "api" / name, text) for name, text in api_pages())
    home = (SITE / "index.md").read_text("utf-8")
    home = home.replace("<!-- studies -->", cards(studies(), "examples/"))
    yield SOURCE / "index.md", home + contents()
    for path in (DOCS / "images").iterdir():
        yield place(path), path.read_bytes()


def on_site(text: str, page: Path) -> str:
    """Return a page with its links as they are where it stands on the site."""
    return moved(text, page, place(page) or SOURCE, place)


def section_page(folder: Path) -> tuple[Path, str]:
    """Return the opening page of a folder: its own, or its part of `docs/index.md`."""
    there, own = SOURCE / folder.relative_to(DOCS) / "index.md", folder / "index.md"
    listed = list(_listed(folder))
    pages = [page for _, page in listed if page]
    further = sorted(set(folder.glob("*.md")) - {own, *pages})
    if own.exists():
        text = on_site(own.read_text("utf-8"), own)
    else:
        lines = [moved(block, INDEX, there, place) for block, _ in listed]
        lines += [f"- [{heading(page)}]({page.name})" for page in further]
        text = f"# {TITLES.get(folder.name, folder.name.capitalize())}\n\n" + "\n".join(lines)
    return there, text + "\n" + tree("", [page.stem for page in [*pages, *further]])


def heading(page: Path) -> str:
    """Return the title of a page."""
    return page.read_text("utf-8").lstrip("# ").partition("\n")[0]


def contents() -> str:
    """Return the tables of contents of the first page; pages that it does not name come last."""
    known = {name for names in CONTENTS.values() for name in names}
    pages = [page.stem.lower() for page in PAGES if page.parent in (ROOT, DOCS) and page != INDEX]
    folders = [f"{page.parent.name}/index" for page in PAGES if page.parent.parent == DOCS]
    there = {*pages, *folders, "examples/index", "api/index"} - {"readme", "site/index"}
    trees = {
        caption: [name for name in names if name in there] for caption, names in CONTENTS.items()
    }
    trees["Look up"] += sorted(there - known)
    return "".join(tree(caption, names) for caption, names in trees.items())


def tree(caption: str, names: list[str]) -> str:
    """Return a table of contents, which only the side of the page shows."""
    lines = ["", "```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), ""]
    return "\n".join([*lines, *names, "```", ""])


def _listed(folder: Path) -> Iterator[tuple[str, Path | None]]:
    """Yield the headings and items of `docs/index.md` that belong to a folder."""
    above = ""
    for match in _LISTED.finditer(INDEX.read_text("utf-8")):
        if match[1]:
            above = match[1]
            continue
        page = DOCS / match[2]
        if page.parent == folder:
            if above:
                yield f"\n{above}\n", None
            above = ""
            yield match[0].rstrip(), page


def write(path: Path, content: bytes) -> None:
    """Write a file, unless that is what it holds: Sphinx reads again what is newer."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
