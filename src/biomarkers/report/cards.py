"""Quality cards as measuring left them: a caption, a status, mostly a picture."""

import base64
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biomarkers.errors import FileError
from biomarkers.files import read_json
from biomarkers.report.words import is_number

STATUSES = ("fail", "warn", "ok")  # the worst first
_KINDS = {".png": "image/png", ".svg": "image/svg+xml"}
# Values of a card that grow with what is wrong: they rank cards of one status.
_WORSE = ("fraction_flagged", "flagged", "saturated")


@dataclass(frozen=True)
class Card:
    """One quality check.

    Parameters
    ----------
    title, caption, status
        What it says, and how it ended: `fail`, `warn` or `ok`.
    subject, session, kind
        Whose, and which; empty where the card does not say.
    day
        Of the session; NaN if unknown.
    picture
        Where its picture lies.
    values
        Numbers behind the caption.

    """

    title: str
    caption: str
    status: str
    subject: str = ""
    session: str = ""
    kind: str = ""
    day: float = math.nan
    picture: Path | None = None
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Subject, session and kind in one line."""
        return " · ".join(filter(None, (self.subject, self.session, self.kind)))

    @property
    def badness(self) -> tuple[int, float]:
        """A key that sorts the worst first."""
        shares = [self.values[name] for name in _WORSE if is_number(self.values.get(name))]
        return STATUSES.index(self.status), -max(shares, default=0.0)

    @property
    def source(self) -> str:
        """The picture as a data URI: nothing in it can run, nor clash with a page; else empty."""
        if self.picture is None:
            return ""
        content = base64.b64encode(self.picture.read_bytes()).decode("ascii")
        return f"data:{_KINDS[self.picture.suffix.lower()]};base64,{content}"


def read_cards(folder: Path) -> list[Card]:
    """Read every card of a folder; one that was never made holds none.

    A card that cannot be read becomes a failure that says why: it is not left out in silence.
    """
    return [_read_card(path) for path in sorted(folder.glob("*.json"))]


def worst(cards: Iterable[Card]) -> str:
    """Return the worst status of some cards."""
    return STATUSES[min(STATUSES.index(card.status) for card in cards)]


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts rat2 before rat10."""
    parts = re.split(r"(\d+)", text)
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)


def in_session_order(cards: Sequence[Card]) -> list[str]:
    """Return the labels of the sessions, by their first day, then by name."""
    days: dict[str, float] = {}
    for card in cards:
        known = card.day if math.isfinite(card.day) else math.inf
        days[card.session] = min(days.get(card.session, math.inf), known)
    return sorted(days, key=lambda label: (days[label], natural(label)))


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
            subject=_text(content, "subject"),
            session=_text(content, "session"),
            kind=_text(content, "kind"),
            day=_number(content.get("day")),
            picture=_picture(path.parent, content.get("picture")),
            values=dict(content.get("values", {})),
        )
    except (FileError, KeyError, TypeError, AttributeError, ValueError) as error:
        # The page names the card, not where on this machine it lay.
        why = str(error).replace(str(path), path.name)
        return Card(path.name, f"This card could not be read: {why}", "fail")


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key)
    return "" if value is None else str(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _picture(folder: Path, name: object) -> Path | None:
    if not name:
        return None
    path = folder / str(name)
    if path.parent != folder or path.suffix.lower() not in _KINDS:
        raise FileError(f"picture is {name!r}; expected a PNG or SVG beside the card")
    if not path.is_file():
        raise FileError(f"its picture {name!r} is not in the folder")
    return path
