"""What the figures of this room have in common."""

from typing import Any

import numpy as np
import pandas as pd

from biomarkers.stats.drawing import Axes
from biomarkers.stats.survival.follow_up import EVERYONE

# Points: from the axis to the numbers at risk, and from one row of them to the next.
_BELOW, _ROW = 34, 11


def draw_steps(axes: Axes, name: str, curve: pd.DataFrame) -> None:
    """Draw one Kaplan–Meier curve with its interval, and a tick where somebody was censored."""
    time = np.concatenate([[0.0], curve["time"]])
    (line,) = axes.step(time, np.concatenate([[1.0], curve["survival"]]), where="post", label=name)
    axes.fill_between(
        curve["time"],
        curve["low"],
        curve["high"],
        step="post",
        alpha=0.15,
        color=line.get_color(),
        linewidth=0,
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
    across, figure = axes.get_xaxis_transform(), axes.get_figure(root=True)
    place: dict[str, Any] = {
        "textcoords": "offset points", "size": "small", "va": "top", "annotation_clip": False,
    }  # fmt: skip
    axes.annotate("at risk", (0, 0), (-14, -_BELOW), xycoords="axes fraction", ha="right",
                  color="0.4", **place)  # fmt: skip
    for row, (name, mine) in enumerate(counts.groupby("group", sort=False)):
        down = -_BELOW - _ROW * (row + (name != EVERYONE))
        if name != EVERYONE:
            axes.annotate(str(name), (0, 0), (-14, down), xycoords="axes fraction", ha="right",
                          **place)  # fmt: skip
        for tick, number in zip(mine["time"], mine["at_risk"], strict=True):
            axes.annotate(str(number), (tick, 0), (0, down), xycoords=across, ha="center", **place)
    if figure is not None and figure.get_layout_engine() is None:
        # On axes of the caller's: there, too, the table has to fit on the figure.
        figure.set_layout_engine("constrained")
