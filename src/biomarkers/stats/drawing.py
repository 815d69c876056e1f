"""What the figures of results have in common."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.results.drawing import REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes  # noqa: PLC0414 (other modules take it from here)
else:
    Axes = Any  # matplotlib is imported only to draw

Floats = npt.NDArray[np.float64]

_ROW, _ABOVE = 0.27, 0.75  # inches of a row, and of what stands above and below
_TALLEST = 9.0
_ANNOTATED = 24  # rows of a forest plot that get their numbers written beside them


def fit_rows(axes: Axes) -> None:
    """Give a figure of rows the height its rows need; other figures stay as they are."""
    from matplotlib.ticker import FixedLocator  # noqa: PLC0415

    figure = axes.get_figure(root=True)
    if figure is not None and isinstance(axes.yaxis.get_major_locator(), FixedLocator):
        rows = max(len(axes.get_yticks()), 1)
        figure.set_size_inches(4.6, min(_ABOVE + _ROW * rows, _TALLEST))


def with_interval(value: float, low: float, high: float) -> str:
    """Return an estimate and its limits as they are written beside it."""
    return f"{value:.3g} ({low:.3g} to {high:.3g})".replace("-", "−")


def draw_intervals(
    axes: Axes, estimate: ArrayLike, low: ArrayLike, high: ArrayLike, *, at: ArrayLike = 0.0
) -> None:
    """Draw one or several estimates with their intervals at heights `at`."""
    points, lower, upper, heights = np.broadcast_arrays(*np.atleast_1d(estimate, low, high, at))
    axes.errorbar(points, heights, xerr=[points - lower, upper - points], fmt="o")


def draw_roc(axes: Axes, curve: pd.DataFrame, *, label: str = "") -> None:
    """Draw a ROC curve, columns `sensitivity` and `specificity`, over that of no use."""
    axes.plot([0, 1], [0, 1], linestyle=":", **REFERENCE)
    axes.plot(1 - curve["specificity"], curve["sensitivity"], label=label, clip_on=False)
    axes.set(xlabel="1 − specificity", ylabel="Sensitivity", aspect="equal",
             xlim=(0, 1), ylim=(0, 1))  # fmt: skip


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
        axes.axvline(none, **REFERENCE)
    axes.set_yticks(place if labels else [], labels)
    axes.set_ylim(0.5 - len(table), 0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(label)
    if len(table) <= _ANNOTATED:
        rows = zip(place, table[estimate], table["low"], table["high"], strict=True)
        for height, value, low, high in rows:
            axes.annotate(
                with_interval(value, low, high), (1, height), (8, 0),
                xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                va="center", fontsize="small", annotation_clip=False,
            )  # fmt: skip


def draw_samples(
    axes: Axes, samples: Sequence[Floats], *, centre: Literal["mean", "median"] = "mean"
) -> None:
    """Draw every value of two groups, or every change of one, and what they are like.

    Parameters
    ----------
    axes
        To draw on.
    samples
        The values, without missing ones.
    centre
        A diamond at the mean, with its 95 % t interval, or at the median, with the quartiles.

    """
    for place, values in enumerate(samples):
        points = axes.plot(
            place + _scattered(values), values, "o", alpha=0.6, markeredgewidth=0, zorder=2
        )
        middle, low, high = _mean(values) if centre == "mean" else _median(values)
        axes.errorbar(
            place + 0.3, middle, yerr=[[middle - low], [high - middle]], fmt="D",
            color=points[0].get_color(), zorder=3,
        )  # fmt: skip
    names = ("change",) if len(samples) == 1 else ("first", "second")
    axes.set_xticks(
        range(len(samples)),
        [f"{name} (n = {len(each)})" for name, each in zip(names, samples, strict=True)],
    )
    axes.set_xlim(-0.5, len(samples) - 0.3)
    reach = "95 % interval" if centre == "mean" else "quartiles"
    what = "Change" if len(samples) == 1 else "Value"
    axes.set_ylabel(f"{what} (diamond: {centre}, {reach})")
    if len(samples) == 1:
        axes.axhline(0, **REFERENCE)


def _mean(values: Floats) -> tuple[float, float, float]:
    from scipy import stats  # noqa: PLC0415

    middle = float(values.mean())
    if len(values) < 2:
        return middle, middle, middle
    half = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))
    return middle, middle - half, middle + half


def _median(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(low), float(high)


def _scattered(values: Floats) -> Floats:
    """Return how far each point stands aside: the more neighbours it has, the farther."""
    width = (np.ptp(values) or 1.0) / 18
    bins = np.round(values / width)
    aside = np.zeros(len(values))
    for each in np.unique(bins):
        (mine,) = np.nonzero(bins == each)
        aside[mine] = 0.05 * (np.arange(len(mine)) - (len(mine) - 1) / 2)
    return np.clip(aside, -0.24, 0.24)


def as_ratios(axes: Axes, along: Literal["x", "y"]) -> None:
    """Make one axis logarithmic, its numbers written in full."""
    from matplotlib.ticker import LogLocator, NullLocator  # noqa: PLC0415

    axes.set(**{f"{along}scale": "log"})
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")
