"""Quality control: the cards the measurement left behind, failures first and in full."""

import base64

from biomarkers.report.cards import KINDS, STATUSES, Card
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.words import count, listed

# Pictures embedded per status; the others are named and stay in their folder. Every failure is
# shown, however many there are.
SHOWN_PICTURES = {"warn": 24, "ok": 12}


def quality_section(page: Page) -> Section:
    """Build the section."""
    cards = page.cards
    groups = {
        status: [card for card in cards or () if card.status == status] for status in STATUSES
    }
    shown = {
        status: [
            {"card": card, "source": _embed(card)} for card in group[: SHOWN_PICTURES.get(status)]
        ]
        for status, group in groups.items()
    }
    context = {
        "given": cards is not None,
        "summary": _summary(groups),
        "shown": shown,
        "total": {status: len(group) for status, group in groups.items()},
        "others": {status: group[len(shown[status]) :] for status, group in groups.items()},
    }
    return Section("Quality control", "quality", render("quality.html.j2", context))


def _embed(card: Card) -> str:
    """Return the picture as a data URI: nothing in it can run, nor clash with the page."""
    if card.picture is None:
        return ""
    content = base64.b64encode(card.picture.read_bytes()).decode("ascii")
    return f"data:{KINDS[card.picture.suffix.lower()]};base64,{content}"


def _summary(groups: dict[str, list[Card]]) -> str:
    words = {"fail": "failed", "warn": "passed with a warning", "ok": "passed"}
    parts = [f"{len(group)} {words[status]}" for status, group in groups.items() if group]
    total = sum(map(len, groups.values()))
    return f"{count(total, 'check')}: {listed(parts)}." if total else ""


SECTION = SectionMaker(90, quality_section)
