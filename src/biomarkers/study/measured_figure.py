"""The values of a measured study over days, as a figure."""

import math
from typing import TYPE_CHECKING

import pandas as pd

from biomarkers.estimates.drawing import house_style
from biomarkers.quantities import quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST, _ACROSS = 9, 3  # panels, and those in a row


def draw_values(table: pd.DataFrame) -> "Figure":
    """Draw biomarkers of the first region over days, a line per subject; values in doubt hollow.

    Statistics of a region beside its mean, and what has no value, are left out; nine biomarkers at
    most are drawn.

    Parameters
    ----------
    table
        Measurements.

    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    region = str(table["region"].iloc[0]) if len(table) else ""
    rows = table[(table["region"] == region) & table["value"].notna()]
    names = [name for name in rows["biomarker"].unique() if _is_plain(name)][:MOST]
    across = max(min(len(names), _ACROSS), 1)
    down = max(math.ceil(len(names) / across), 1)
    with house_style():
        figure = Figure(figsize=(2.9 * across, 2.3 * down), layout="constrained")
        for place, name in enumerate(names, start=1):
            axes = figure.add_subplot(down, across, place)
            _panel(axes, rows[rows["biomarker"] == name])
            axes.set_title(f"{name} ({region})")
    return figure


def _is_plain(name: str) -> bool:
    """Whether a biomarker is a quantity itself, or of a name of its own; no statistic of one."""
    known = quantity(name)
    return known is None or known.name == name


def _panel(axes: "Axes", rows: pd.DataFrame) -> None:
    for _, mine in rows.sort_values("day", kind="stable").groupby("subject", sort=True):
        axes.plot(mine["day"], mine["value"], "-", color="C0", linewidth=0.8, alpha=0.5)
    doubted = rows["qc"] != "ok" if "qc" in rows else pd.Series(False, index=rows.index)
    for chosen, fill in ((rows[~doubted], "C0"), (rows[doubted], "white")):
        axes.plot(chosen["day"], chosen["value"], "o", color="C0", markersize=3,
                  markerfacecolor=fill)  # fmt: skip
    axes.set(xlabel="Day", ylabel=rows["unit"].iloc[0])
