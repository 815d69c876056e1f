"""Quality control: the cards the measurement left behind, failures first and in full."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from biomarkers.errors import FileError
from biomarkers.files import read_json
from biomarkers.report.section import Section, render
from biomarkers.report.words import count, listed

STATUSES = ("fail", "warn", "ok")

# Pictures embedded per status; the others are named and stay in their folder. Every failure is
# shown, however many there are.
SHOWN_PICTURES = {"warn": 24, "ok": 12}

_KINDS = {".png": "image/png", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Card:
    """One quality check: what it says, how it ended, and where its picture lies."""

    title: str
    caption: str
    status: str
    where: str
    picture: Path | None = None


def read_cards(folder: Path) -> list[Card]:
    """Read every card of a folder; one that was never made holds none.

    A card that cannot be read becomes a failure that says why: it is not left out in silence.
    """
    return [_read_card(path) for path in sorted(folder.glob("*.json"))]


def quality_section(cards: Sequence[Card] | None) -> Section:
    """Build the section; None means that no folder was given."""
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


def _read_card(path: Path) -> Card:
    try:
        content = read_json(path, "a quality-control card")
        status = content["status"]
        if status not in STATUSES:
            raise FileError(f"status is {status!r}; expected {' | '.join(STATUSES)}")
        return Card(
            title=str(content["title"]),
            caption=str(content["caption"]),
            status=status,
            where=_where(content.get("subject"), content.get("session"), content.get("kind")),
            picture=_picture(path.parent, content.get("picture")),
        )
    except (FileError, KeyError, TypeError, AttributeError) as error:
        # The page names the card, not where on this machine it lay.
        why = str(error).replace(str(path), path.name)
        return Card(path.name, f"This card could not be read: {why}", "fail", "")


def _where(subject: object, session: object, kind: object) -> str:
    return " · ".join(str(part) for part in (subject, session, kind) if part not in (None, ""))


def _picture(folder: Path, name: object) -> Path | None:
    if not name:
        return None
    path = folder / str(name)
    if path.parent != folder or path.suffix.lower() not in _KINDS:
        raise FileError(f"picture is {name!r}; expected a PNG or SVG beside the card")
    if not path.is_file():
        raise FileError(f"its picture {name!r} is not in the folder")
    return path


def _embed(card: Card) -> str:
    """Return the picture as a data URI: nothing in it can run, nor clash with the page."""
    if card.picture is None:
        return ""
    content = base64.b64encode(card.picture.read_bytes()).decode("ascii")
    return f"data:{_KINDS[card.picture.suffix.lower()]};base64,{content}"


def _summary(groups: dict[str, list[Card]]) -> str:
    words = {"fail": "failed", "warn": "passed with a warning", "ok": "passed"}
    parts = [f"{len(group)} {words[status]}" for status, group in groups.items() if group]
    total = sum(map(len, groups.values()))
    return f"{count(total, 'check')}: {listed(parts)}." if total else ""
