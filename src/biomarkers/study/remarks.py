"""What the rooms remark on while a step is measured: on its card, and on the rows it concerns."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from biomarkers.errors import AssumptionWarning, MotionWarning, UnusualValueWarning
from biomarkers.estimates.regions import with_remark
from biomarkers.study.cards import Card

_HEARD = (UnusualValueWarning, AssumptionWarning, MotionWarning)


@dataclass
class Remarks:
    """Sentences of one step.

    Parameters
    ----------
    root
        Of the study: below it files are named from here.
    texts
        Each once, those of unusual values first.
    unusual
        Those of values that are possible but not usual: they concern every row.
    chosen
        What the user chose to leave out: said on every row, which it does not make doubtful.

    """

    root: Path
    texts: list[str] = field(default_factory=list)
    unusual: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def add(self, *texts: str) -> None:
        """Add sentences that are not there yet."""
        short = dict.fromkeys(map(self._short, texts))
        self.texts += [text for text in short if text not in self.texts]

    def on_cards(self, cards: Sequence[Card], otherwise: Card) -> tuple[Card, ...]:
        """Return cards of which the first has the texts and warns; `otherwise` if there is none."""
        if not self.texts:
            return tuple(cards)
        first, *rest = cards or (otherwise,)
        missing = [_sentence(text) for text in self.texts if text not in first.caption]
        status = "warn" if first.status == "ok" else first.status
        caption = " ".join(filter(None, (first.caption, *missing)))
        return (replace(first, caption=caption, status=status), *rest)

    def on_rows(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows of which those that were `ok` warn of what is unusual, and say why."""
        if "qc" not in rows:
            return rows
        if "reason" in rows:
            rows = rows.assign(
                reason=[self._short(str(each)) for each in rows["reason"].fillna("")]
            )
        rows = with_remark(rows, "; ".join(text.split(". ")[0] for text in self.unusual))
        before = rows["reason"] if "reason" in rows else pd.Series("", rows.index)
        return rows.assign(reason=before.mask(before == "", "; ".join(self.chosen)))

    def leave_out(self, volumes: Sequence[int]) -> None:
        """Say which volumes were left out because the settings ask for it."""
        if volumes:
            which = f"volume{'s' if len(volumes) > 1 else ''} {', '.join(map(str, volumes))}"
            self.chosen.append(f"{which} left out, as chosen")
            self.add(*self.chosen)

    def _short(self, text: str) -> str:
        return text.replace(f"{self.root}{os.sep}", "")


@contextmanager
def remarks_of_a_step(root: Path) -> Iterator[Remarks]:
    """Take the warnings for cards and rows instead of printing them; others stay warnings."""
    remarks = Remarks(root)
    with warnings.catch_warnings(record=True) as caught:
        for category in _HEARD:
            warnings.simplefilter("always", category)
        try:
            yield remarks
        finally:
            heard = [each for each in caught if issubclass(each.category, _HEARD)]
            unusual = [each for each in heard if issubclass(each.category, UnusualValueWarning)]
            remarks.add(*(str(each.message) for each in unusual))
            remarks.unusual += remarks.texts
            remarks.add(*(str(each.message) for each in heard))
    others = [each for each in caught if each not in heard]
    for each in others:
        warnings.showwarning(each.message, each.category, each.filename, each.lineno)


def _sentence(text: str) -> str:
    is_file = "/" in text.split(" ", maxsplit=1)[0]
    start = text[:1] if is_file else text[:1].upper()
    return start + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
