"""One printer for every result of this room."""

import html
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import pandas as pd

from biomarkers.results.drawing import house_style, new_axes
from biomarkers.stats.drawing import Axes, fit_rows


class Shown(ABC):
    """What every result can do: be read, be drawn, be taken apart.

    A result is a frozen dataclass with identifier column names in `table`.
    """

    shows: ClassVar[str]  # the field that is the table

    @property
    def table(self) -> pd.DataFrame:
        """The numbers, one row per thing estimated."""
        return getattr(self, self.shows)  # type: ignore[no-any-return]

    @property
    @abstractmethod
    def headline(self) -> str:
        """The finding in one sentence."""

    @abstractmethod
    def draw(self, axes: Axes) -> None:
        """Draw the result."""

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the result on `axes` (new ones if None) and return them."""
        with house_style():
            shown = new_axes() if axes is None else axes
            self.draw(shown)
            if axes is None:
                fit_rows(shown)
        return shown

    def summary(self) -> str:
        """Return the finding and its table as text."""
        return f"{self.headline}\n\n{self.table.to_string(index=False, float_format=_number)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its table, and all its numbers and words as plain values."""
        table = self.table.to_dict(orient="records")
        return {"headline": self.headline, "table": table, **self._figures}

    @property
    def _figures(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, int | float | str)
        }

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, float_format=_number, border=0)
        return f"<p>{html.escape(self.headline)}</p>\n{table}"


class OneRow(Shown):
    """A result whose table is one row: its fields that are numbers and words, or `columns`."""

    columns: ClassVar[tuple[str, ...]] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        return pd.DataFrame([{name: getattr(self, name) for name in self.columns or self._figures}])


def p_text(p_value: float, permutations: int = 0) -> str:
    """Return a p-value as it is written in a sentence.

    Where not one of so many `permutations` reaches what was observed, p is at most the smallest
    they can show, 1/(permutations + 1).
    """
    least = 1 / (permutations + 1)
    if permutations and p_value <= least * (1 + 1e-9):
        return f"p ≤ {least:.2g}"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def _number(value: float) -> str:
    return f"{value:.4g}"
