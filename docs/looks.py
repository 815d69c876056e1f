"""Look at pages as people do, light, dark, 400 pixels wide and printed, and say what is wrong.

Nothing may complain, ask for anything outside, stand beyond the page's edge, or violate a rule of
axe-core.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from browser import Browser, Tab

AXE = Path(".tools/node_modules/axe-core/axe.min.js")
_LOCAL = ("file:", "data:", "about:")
_OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_VIOLATIONS = """axe.run(document, {resultTypes: ['violations'], preload: false}).then(
    all => all.violations.map(rule => rule.id + ' (' + rule.nodes.length + '): ' + rule.help + ': '
        + rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160) + ' '
        + (node.any[0] ? node.any[0].message : '')).join(' | ')))"""
# A page that searches has its hits a moment later.
_HITS = """new Promise(done => {
    const since = Date.now();
    const look = () => {
        const hits = document.querySelectorAll('ul.search li').length;
        const over = document.querySelector('#search-results h2')?.innerText === 'Search Results';
        over || Date.now() - since > 20000 ? done(hits) : setTimeout(look, 100);
    };
    look();
})"""


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


def problems(
    browser: Browser, page: Path, way: Way, *, axe: str, picture: Path, search: str = ""
) -> Iterator[str]:
    """Yield what is wrong with a page, looked at in one way; leave a picture of it.

    `search` is a word that the page is to look up.
    """
    tab = browser.tab()
    features = [{"name": "prefers-color-scheme", "value": way.scheme}]
    tab.call("Emulation.setEmulatedMedia", media=way.media, features=features)
    tab.call("Emulation.setDeviceMetricsOverride", width=way.width, height=900,
             deviceScaleFactor=1, mobile=False)  # fmt: skip
    tab.go(page, f"?q={search}" if search else "")
    tab.evaluate(_OPEN)
    if search and not tab.evaluate(_HITS):
        yield f"finds nothing for {search}"
    tab.screenshot(picture)
    if way.media == "print":
        tab.print_to(picture.with_suffix(".pdf"))
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


def look_at(
    pages: Iterable[Path], *, folder: Path, out: Path, ways: Iterable[Way] = WAYS,
    axe: Path = AXE, search: str = "",
) -> int:  # fmt: skip
    """Check every page of a folder in every way; return 1 if anything is wrong, else 0."""
    script = axe.read_text("utf-8")
    wrong = {}
    with Browser() as browser:
        for page in pages:
            name = page.relative_to(folder).with_suffix("")
            word = search if name.name == "search" else ""
            for way in ways:
                picture = out / name.with_name(f"{name.name}-{way.name}.png")
                picture.parent.mkdir(parents=True, exist_ok=True)
                wrong[f"{name}, {way.name}"] = list(
                    problems(browser, page, way, axe=script, picture=picture, search=word)
                )
    for where, what in wrong.items():
        for each in what:
            print(f"{where}: {each}")
    print(f"{len(wrong)} looks, {sum(map(bool, wrong.values()))} not clean; pictures in {out}")
    return int(any(wrong.values()))
