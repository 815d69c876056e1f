"""What measuring a study gave: the table, where it lies, and what could not be measured."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROWS_SHOWN = 10


@dataclass(frozen=True)
class Failure:
    """A session that could not be measured, wholly or in part, why, and what to do."""

    session: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredStudy:
    """What a study gave.

    Parameters
    ----------
    table
        The measurement table, as written.
    path
        Where it was written.
    failures
        Sessions that are not in it, or not with all they hold.

    """

    table: pd.DataFrame
    path: Path
    failures: tuple[Failure, ...]

    def summary(self) -> str:
        """Return how much was measured, and what could not be, in words."""
        subjects, sessions = self.table["subject"].nunique(), self.table[["subject", "day"]]
        counts = f"{subjects} subjects, {len(sessions.drop_duplicates())} sessions"
        lines = [f"{counts}, {len(self.table)} values: {self.path}"]
        for each in self.failures:
            lines.append(f"  failed: {each.session}: {each.reason}")
            lines += [f"    {each.advice}"] if each.advice else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.summary().splitlines())
        return f"{lines}\n{self.table.head(_ROWS_SHOWN).to_html(index=False, border=0)}"

    def plot(self) -> "Figure":
        """Draw biomarkers of the first region over days, a line per subject."""
        from biomarkers.study.measured_figure import draw_values  # noqa: PLC0415  (seldom needed)

        return draw_values(self.table)
