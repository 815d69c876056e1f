"""How the pages of subjects are named, and the places on them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from biomarkers.report.cards import Card, natural

FOLDER = "subjects"
_PLAIN = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True)
class Links:
    """The file of each subject's page, in `FOLDER`, subjects in order."""

    names: Mapping[str, str]

    @classmethod
    def of(cls, cards: Iterable[Card]) -> "Links":
        """Name a page for every subject of some cards, however its label is written."""
        names: dict[str, str] = {}
        taken: set[str] = set()
        for subject in sorted({card.subject for card in cards if card.subject}, key=natural):
            stem = slug(subject)
            while stem.lower() in taken:  # file systems there are that do not tell a from A
                stem += "-"
            taken.add(stem.lower())
            names[subject] = f"{stem}.html"
        return cls(names)

    def to(self, card: Card) -> str:
        """Return the address of a card as seen from the report; empty if it is of no subject."""
        name = self.names.get(card.subject)
        return f"{FOLDER}/{name}#{anchor(card)}" if name else ""


def anchor(card: Card) -> str:
    """Return the `id` of a card on the page of its subject."""
    return f"card-{slug(card.session)}-{slug(card.kind)}"


def slug(text: str) -> str:
    """Return a text as it can stand in a file's name and in an address."""
    return _PLAIN.sub("_", text) or "_"
