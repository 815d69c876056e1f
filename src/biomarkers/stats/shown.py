"""One printer for every result of this room."""

import html
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes  # noqa: PLC0414 (other modules take it from here)
else:
    Axes = Any  # matplotlib is imported only to draw


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
        if axes is None:
            import matplotlib.pyplot as plt  # noqa: PLC0415

            axes = plt.subplots(layout="constrained")[1]
        self.draw(axes)
        return axes

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


def draw_intervals(
    axes: Axes, estimate: ArrayLike, low: ArrayLike, high: ArrayLike, *, at: ArrayLike = 0.0
) -> None:
    """Draw one or several estimates with their intervals at heights `at`."""
    points, lower, upper, heights = np.broadcast_arrays(*np.atleast_1d(estimate, low, high, at))
    axes.errorbar(points, heights, xerr=[points - lower, upper - points], fmt="o", capsize=3)


def draw_roc(axes: Axes, curve: pd.DataFrame) -> None:
    """Draw a ROC curve, columns `sensitivity` and `specificity`, over that of no use."""
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot(1 - curve["specificity"], curve["sensitivity"])
    axes.set(xlabel="1 − specificity", ylabel="Sensitivity", aspect="equal")


def forest_plot(
    axes: Axes,
    table: pd.DataFrame,
    label: str,
    *,
    names: Iterable[object] = (),
    estimate: str = "estimate",
    none: float | None = 0.0,
) -> None:
    """Draw each row's estimate from its `low` to its `high`, the first on top.

    Parameters
    ----------
    axes
        To draw on.
    table
        Columns `estimate`, `low`, `high`.
    label
        Of the axis.
    names
        Of the rows.
    estimate
        The column of the estimate.
    none
        The value of no effect, where a line is drawn.

    """
    place, labels = -np.arange(len(table)), [str(name) for name in names]
    draw_intervals(axes, table[estimate], table["low"], table["high"], at=place)
    if none is not None:
        axes.axvline(none, color="0.6", linewidth=1)
    axes.set_yticks(place[: len(labels)], labels)
    axes.set_xlabel(label)


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
