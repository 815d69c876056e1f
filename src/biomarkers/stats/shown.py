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
        """Draw the result.

        Examples
        --------
        >>> from matplotlib import pyplot as plt
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> curves = stats.kaplan_meier(people, time="days_on_study", event="died", group="group")
        >>> figure, axes = plt.subplots()
        >>> curves.draw(axes)
        >>> axes.get_xlabel()
        'days_on_study'

        """

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the result on `axes` (new ones if None) and return them.

        Examples
        --------
        >>> from biomarkers import stats
        >>> axes = stats.roc([0.10, 0.40, 0.35, 0.80], [0, 0, 1, 1]).plot()
        >>> axes.get_ylabel()
        'Sensitivity'
        >>> axes.figure.savefig("roc.png")

        """
        with house_style():
            shown = new_axes() if axes is None else axes
            self.draw(shown)
            if axes is None:
                fit_rows(shown)
        return shown

    def summary(self) -> str:
        """Return the finding and its table as text.

        Examples
        --------
        >>> from biomarkers import stats
        >>> print(stats.mean_change([-0.5, -0.3, -0.4, -0.4]).summary())
        Mean -0.4 (-0.5299 to -0.2701), p = 0.002 (n = 4).
        <BLANKLINE>
         estimate     low    high      se      t  df  p_value  n  left_out
             -0.4 -0.5299 -0.2701 0.04082 -9.798   3  0.00226  4         0

        """
        return f"{self.headline}\n\n{self.table.to_string(index=False, float_format=_number)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the finding, its table, and all its numbers and words as plain values.

        Examples
        --------
        >>> from biomarkers import stats
        >>> content = stats.mean_change([-0.5, -0.3, -0.4, -0.4]).to_dict()
        >>> content["headline"]
        'Mean -0.4 (-0.5299 to -0.2701), p = 0.002 (n = 4).'
        >>> round(content["estimate"], 6), content["n"]
        (-0.4, 4)

        """
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
