"""Quality-control cards, as the measurement leaves them in its folder `qc`."""

from dataclasses import dataclass
from pathlib import Path

from biomarkers.errors import FileError
from biomarkers.files import read_json

STATUSES = ("fail", "warn", "ok")

KINDS = {".png": "image/png", ".svg": "image/svg+xml"}


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
    if path.parent != folder or path.suffix.lower() not in KINDS:
        raise FileError(f"picture is {name!r}; expected a PNG or SVG beside the card")
    if not path.is_file():
        raise FileError(f"its picture {name!r} is not in the folder")
    return path
