"""Quality cards: a JSON caption, and mostly a picture, for each session in `qc/`.

They are what the report shows of the images; it reads nothing else of a study.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biomarkers.files import write_json
from biomarkers.study.cohort import Session


@dataclass(frozen=True)
class Card:
    """One thing to look at.

    Parameters
    ----------
    session
        Whose.
    kind
        `maps`, `dce`, `dce-quality`, `cbv`, `dsc`, `pet`, `notes` or `failure`; the name of a
        step that has no card of its own.
    title, caption
        What is shown, in words.
    status
        `ok`, `warn` or `fail`.
    picture
        PNG, or None.
    values
        Numbers behind the caption, by name; NaN what is not known.

    """

    session: Session
    kind: str
    title: str
    caption: str
    status: str
    picture: bytes | None = None
    values: Mapping[str, float] = field(default_factory=dict)


def write_card(card: Card, folder: Path) -> Path:
    """Write a card's picture and caption into the `qc` folder; return the caption."""
    session = card.session
    stem = f"sub-{session.subject}_ses-{session.label}_{card.kind}"
    content: dict[str, Any] = {
        "title": card.title,
        "caption": card.caption,
        "status": card.status,
        "subject": session.subject,
        "session": session.label,
        "day": session.day,
        "kind": card.kind,
    }
    if card.values:
        content["values"] = dict(card.values)
    if card.picture is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{stem}.png").write_bytes(card.picture)
        content["picture"] = f"{stem}.png"
    return write_json(folder / f"{stem}.json", content)
