"""Build the site from executed examples, and say what is wrong with the documentation.

    python docs/build_site.py

Executes every example and every page with Python on it, builds `build/docs/html`, and checks help
texts, reference pages and every link. Prints a line for each and exits with 1 if any is not right.
What needs PyTorch is executed by `make check-deep`, and shown without outputs where it was not.
"""

import os
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import check_examples
import check_reference
import page_links
from run_examples import ROOT, run_all
from site_source import SITE, SOURCE, assemble
from sphinx.cmd.build import build_main

HTML = ROOT / "build" / "docs" / "html"


class Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where an element leads, and by what name it is found."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value and not value.startswith("data:"):
                self.links.add(value)


def build() -> bool:
    """Run Sphinx; any warning is an error."""
    assemble()
    options = ["-W", "--keep-going", "-q", "-j", str(os.cpu_count() or 1), "-c", str(SITE)]
    cache = ["-d", str(HTML.with_name("doctrees"))]
    return build_main([*options, *cache, str(SOURCE), str(HTML)]) == 0


def link_problems() -> Iterator[str]:
    """Yield every link of the built pages that leads nowhere."""
    pages = {path: Page(path) for path in sorted(HTML.rglob("*.html"))}
    for path, page in pages.items():
        for link in sorted(page.links):
            target, anchor = urldefrag(unquote(link))
            target = target.partition("?")[0]
            if page_links.is_outside(link):
                continue
            there = (path.parent / target).resolve() if target else path
            if not there.exists():
                yield f"{path.relative_to(HTML)}: {link} does not exist"
            elif anchor and there in pages and anchor not in pages[there].anchors:
                yield f"{path.relative_to(HTML)}: {link}: no such place"


def main() -> int:
    """Run everything and return the exit status."""
    ran = run_all()
    checks = {
        "links": page_links.problems(),
        "reference": check_reference.problems(),
        "examples": check_examples.problems(),
    }
    if ran and build():
        checks["site"] = link_problems()
    else:
        ran = False
    wrong = {name: list(problems) for name, problems in checks.items()}
    for name, lines in wrong.items():
        print(f"          {name}", *(lines or ["ok"]), sep="\n            " if lines else "  ")
    return int(any(wrong.values()) or not ran)


if __name__ == "__main__":
    sys.exit(main())
