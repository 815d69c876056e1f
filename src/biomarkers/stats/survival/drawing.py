"""What the figures of this room have in common."""

from typing import Literal

import numpy as np
import pandas as pd

from biomarkers.stats.shown import Axes
from biomarkers.stats.survival.follow_up import EVERYONE


def draw_steps(axes: Axes, name: str, curve: pd.DataFrame) -> None:
    """Draw one Kaplan–Meier curve with its interval, and a tick where somebody was censored."""
    time = np.concatenate([[0.0], curve["time"]])
    (line,) = axes.step(time, np.concatenate([[1.0], curve["survival"]]), where="post", label=name)
    axes.fill_between(
        curve["time"], curve["low"], curve["high"], step="post", alpha=0.15, color=line.get_color()
    )
    gone = curve[curve["censored"] > 0]
    axes.plot(gone["time"], gone["survival"], "|", color=line.get_color())


def write_at_risk(axes: Axes, counts: pd.DataFrame) -> None:
    """Write a row of numbers at risk per group below the label of the axis.

    Parameters
    ----------
    axes
        With `time` along it.
    counts
        `group, time, at_risk`.

    """
    across, whole = axes.get_xaxis_transform(), axes.transAxes
    axes.text(-0.04, -0.2, "at risk", transform=whole, ha="right", size="small", color="0.4")
    for row, (name, mine) in enumerate(counts.groupby("group", sort=False)):
        height = -0.2 - 0.06 * (row + (name != EVERYONE))
        if name != EVERYONE:
            axes.text(-0.04, height, str(name), transform=whole, ha="right", size="small")
        for tick, number in zip(mine["time"], mine["at_risk"], strict=True):
            axes.text(tick, height, str(number), transform=across, ha="center", size="small")


def as_ratios(axes: Axes, along: Literal["x", "y"]) -> None:
    """Make one axis logarithmic, its numbers written in full."""
    axes.set(**{f"{along}scale": "log"})
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter("{x:g}")
