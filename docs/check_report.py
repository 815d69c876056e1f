"""Open a report and the pages of its subjects as people do, and say what is wrong.

Run as ``python docs/check_report.py REPORT.html SCREENSHOTS [AXE]``: light, dark, 400 pixels
wide and printed; nothing may complain, ask for anything outside, stand beyond the page's edge, or
violate a rule of axe-core. Exits with 1 where something is wrong.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from browser import Browser, Tab

AXE = Path(".tools/node_modules/axe-core/axe.min.js")
_LOCAL = ("file:", "data:", "about:")
_OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_VIOLATIONS = """axe.run(document, {resultTypes: ['violations']}).then(all => all.violations.map(
    rule => rule.id + ' (' + rule.nodes.length + '): ' + rule.help + ': '
        + rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' '
        + (node.any[0] ? node.any[0].message : '')).join(' | ')))"""


@dataclass(frozen=True)
class Way:
    """A way to look at a page."""

    name: str
    width: int = 1280
    scheme: str = "light"
    media: str = "screen"


WAYS = (
    Way("light"),
    Way("dark", scheme="dark"),
    Way("narrow", width=400),
    Way("print", width=794, media="print"),  # A4 at 96 pixels per inch
)


def problems(browser: Browser, page: Path, way: Way, *, axe: str, out: Path) -> Iterator[str]:
    """Yield what is wrong with a page, looked at in one way; leave a picture of it in `out`."""
    tab = browser.tab()
    features = [{"name": "prefers-color-scheme", "value": way.scheme}]
    tab.call("Emulation.setEmulatedMedia", media=way.media, features=features)
    tab.call("Emulation.setDeviceMetricsOverride", width=way.width, height=900,
             deviceScaleFactor=1, mobile=False)  # fmt: skip
    tab.go(page)
    tab.evaluate(_OPEN)
    stem = f"{page.stem}-{way.name}"
    tab.screenshot(out / f"{stem}.png")
    if way.media == "print":
        tab.print_to(out / f"{stem}.pdf")
    elif (beyond := tab.evaluate(_OVERFLOW)) > 0:
        yield f"{beyond} pixels stand beyond the right edge"
    yield from _violations(tab, axe)
    yield from tab.complaints
    yield from (f"asks for {url[:100]}" for url in tab.requests if not url.startswith(_LOCAL))
    tab.call("Page.close")


def _violations(tab: Tab, axe: str) -> list[str]:
    tab.evaluate(axe)
    answer: list[str] = tab.evaluate(_VIOLATIONS)
    return answer


def pages_of(report: Path) -> list[Path]:
    """Return the report and the pages of its subjects."""
    return [report, *sorted((report.parent / "subjects").glob("*.html"))]


def main(arguments: list[str]) -> int:
    """Check every page in every way; return 1 if anything is wrong, else 0."""
    report, out = Path(arguments[0]), Path(arguments[1])
    axe = (Path(arguments[2]) if len(arguments) > 2 else AXE).read_text("utf-8")
    out.mkdir(parents=True, exist_ok=True)
    with Browser() as browser:
        wrong = {
            f"{page.name}, {way.name}": list(problems(browser, page, way, axe=axe, out=out))
            for page in pages_of(report)
            for way in WAYS
        }
    for where, what in wrong.items():
        for each in what:
            print(f"{where}: {each}")
    print(f"{len(wrong)} looks, {sum(map(bool, wrong.values()))} not clean; pictures in {out}")
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
