"""Quality control: every session in one grid, failures in full, the worst of the warnings."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from biomarkers.report.cards import STATUSES, Card
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.subjects import Links, overview
from biomarkers.report.words import count, listed

SHOWN_WARNINGS = 6
# Bytes of pictures that the page holds; a failure beyond is shown without, and leads to its page.
ROOM = 1_500_000
_WORDS = {"fail": "failed", "warn": "passed with a warning", "ok": "passed"}


def quality_section(page: Page) -> Section:
    """Build the section."""
    cards = page.cards
    given, links = list(cards or ()), Links.of(cards or ())
    groups = {
        status: sorted((card for card in given if card.status == status), key=_worst_first)
        for status in STATUSES
    }
    warnings = groups["warn"]
    pictures = _embedded([*groups["fail"], *warnings[:SHOWN_WARNINGS]])
    shown = [
        (title, [(card, links.to(card), next(pictures)) for card in group])
        for title, group in (
            ("Failed", groups["fail"]),
            ("Warnings, the worst first", warnings[:SHOWN_WARNINGS]),
        )
        if group
    ]
    context = {
        "given": cards is not None,
        "summary": _summary(groups),
        "grid": overview(given, links) if links.names else Markup(),
        "shown": shown,
        "more": [(card, links.to(card)) for card in warnings[SHOWN_WARNINGS:]],
        "loose": [(card, "") for card in groups["ok"] if not card.subject],
    }
    return Section("Quality control", "quality", render("quality.html.j2", context))


def _worst_first(card: Card) -> tuple[int, float]:
    return card.badness


def _embedded(cards: Sequence[Card]) -> Iterator[str]:
    """Yield the picture of each card as long as there is room, then nothing."""
    room = ROOM
    for card in cards:
        source = card.source
        room -= len(source)
        yield source if room >= 0 else ""


def _summary(groups: dict[str, list[Card]]) -> str:
    total = sum(map(len, groups.values()))
    parts = [f"{len(group)} {_WORDS[status]}" for status, group in groups.items() if group]
    return f"{count(total, 'check')}: {listed(parts)}." if total else ""


SECTION = SectionMaker(90, quality_section)
