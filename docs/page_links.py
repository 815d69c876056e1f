"""The links of Markdown pages: where they lead, in the repository and on the site."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]

_CODE = r"(?P<code>```.*?```|`[^`\n]*`)"
_LINK = re.compile(_CODE + r"|\[(?P<text>[^\]]*)\]\((?P<to>[^)\s]+)\)", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def problems() -> Iterator[str]:
    """Yield every relative link of a page, as it stands in the repository, that leads nowhere."""
    for page in PAGES:
        for link in links(page.read_text(encoding="utf-8")):
            target, _, anchor = link.partition("#")
            file = (page.parent / target) if target else page
            if not file.exists():
                yield f"{page.relative_to(ROOT)}: {link} does not exist"
            elif anchor and anchor not in anchors(file):
                yield f"{page.relative_to(ROOT)}: {link}: no such heading"


def links(text: str) -> list[str]:
    """Return the relative links of a page, code left out."""
    found = (match["to"] for match in _LINK.finditer(text) if match["to"])
    return [link for link in found if not is_outside(link)]


def is_outside(link: str) -> bool:
    """Return whether a link leads out of the repository."""
    return "://" in link or link.startswith("mailto:")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


def moved(text: str, page: Path, place: Path, places: Callable[[Path], Path | None]) -> str:
    """Return a page with its relative links as they are where the page stands on the site.

    `page` is where it stands in the repository, `place` where it stands on the site, and `places`
    gives the place of a file of the repository. What has none is named and not linked.
    """

    def rewritten(match: re.Match[str]) -> str:
        link = match["to"]
        if match["code"] or is_outside(link) or link.startswith("#"):
            return match[0]
        target, hash_, anchor = link.partition("#")
        there = places(Path(os.path.normpath(page.parent / target)))
        if there is None:
            return match["text"]
        return f"[{match['text']}]({os.path.relpath(there, place.parent)}{hash_}{anchor})"

    return _LINK.sub(rewritten, text)
