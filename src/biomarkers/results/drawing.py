"""What figures of results have in common, and the areas of all visits."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes = Any  # matplotlib is imported only to draw

# Of lines of no effect.
REFERENCE: Mapping[str, Any] = {"color": "0.6", "linewidth": 0.8, "zorder": 0}
_APART = 0.12  # of the smallest step between two groups at one place


def house_style() -> AbstractContextManager[None]:
    """Return a context in which figures have the look of this package."""
    from matplotlib import style  # noqa: PLC0415  (slow to import)

    return style.context("biomarkers.figures")


def new_axes() -> Axes:
    """Return axes of a figure of their own, laid out so that nothing is cut."""
    import matplotlib.pyplot as plt  # noqa: PLC0415  (slow to import)

    return plt.subplots(layout="constrained")[1]


def beside(places: npt.ArrayLike, number: int, groups: int) -> npt.NDArray[np.float64]:
    """Return places along an axis moved a little, so that no group hides another.

    Parameters
    ----------
    places
        Where all groups have a value.
    number, groups
        Which of how many.

    """
    at = np.asarray(places, dtype=float)
    steps = np.diff(np.unique(at))
    step = float(steps.min()) if steps.size else 1.0
    spread = min(_APART, 0.6 / max(groups, 1)) * step
    return np.asarray(at + spread * (number - (groups - 1) / 2))


def draw_areas(axes: Axes, separation: pd.DataFrame, days: Mapping[str, float]) -> None:
    """Draw the AUC of every visit with its interval, a line per biomarker and region.

    Parameters
    ----------
    axes
        To draw on.
    separation
        The table of tests.
    days
        Of the visits, by name.

    """
    groups = separation.groupby(["biomarker", "region"], sort=False)
    for number, ((biomarker, region), rows) in enumerate(groups):
        auc = rows["auc"].to_numpy()
        reach = [auc - rows["auc_low"].to_numpy(), rows["auc_high"].to_numpy() - auc]
        at = beside([days[name] for name in rows["visit"]], number, len(groups))
        axes.errorbar(at, auc, yerr=reach, marker="o", label=f"{biomarker} {region}")
    axes.axhline(0.5, **REFERENCE)
    axes.set_xticks([days[name] for name in separation["visit"].unique()])
    axes.set(xlabel="Day", ylabel="AUC (95 % interval)", ylim=(0, 1.02))
    if len(groups):
        axes.legend(loc="lower right")
