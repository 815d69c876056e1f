"""All sessions in one grid: subjects by days and kinds of check, coloured by status."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from biomarkers.report.cards import Card, in_session_order, natural, worst
from biomarkers.report.section import render
from biomarkers.report.subjects.links import FOLDER, Links

MARKS = {"fail": "✕", "warn": "!", "ok": "✓"}
_WORDS = {"fail": "failed", "warn": "warning", "ok": "ok"}


def overview(cards: Sequence[Card], links: Links) -> Markup:
    """Draw the grid; each mark leads to its card on the page of its subject."""
    mine = [card for card in cards if card.subject]
    cells: dict[tuple[str, str, str], list[Card]] = {}
    for card in mine:
        cells.setdefault((card.subject, card.session, card.kind), []).append(card)
    columns = [
        (session, sorted({card.kind for card in mine if card.session == session}, key=natural))
        for session in in_session_order(mine)
    ]
    context = {
        "head": [(session_word(mine, session), kinds) for session, kinds in columns],
        "rows": [
            {
                "subject": subject,
                "page": f"{FOLDER}/{name}",
                "marks": [
                    _mark(cells.get((subject, session, kind), []), links)
                    for session, kinds in columns
                    for kind in kinds
                ],
            }
            for subject, name in links.names.items()
        ],
        "marks": MARKS,
        "words": _WORDS,
    }
    return render("overview.html.j2", context)


def session_word(cards: Sequence[Card], session: str) -> str:
    """Return `day 10` where every card of a session is of that day, else its own label."""
    days = {card.day for card in cards if card.session == session}
    day = days.pop() if len(days) == 1 else math.nan
    return f"day {day:g}" if math.isfinite(day) else session


def _mark(cards: Sequence[Card], links: Links) -> dict[str, str] | None:
    if not cards:
        return None
    status, first = worst(cards), cards[0]
    where = ", ".join(filter(None, (first.subject, session_word(cards, first.session), first.kind)))
    return {"status": status, "to": links.to(first), "label": f"{where}: {_WORDS[status]}"}
