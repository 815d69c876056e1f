"""Pictures of the means of groups: in one pair of axes, or a panel each."""

import math

from markupsafe import Markup

from biomarkers.report.drawing.groups import draw_groups
from biomarkers.report.drawing.multiples import Scale
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page
from biomarkers.report.view import Series
from biomarkers.report.words import significant


def group_picture(
    page: Page, series: Series, table: str, *, what: str, name: str, mean: str = "mean"
) -> Markup:
    """Return the picture of a table of means by visit and group, with a caption that begins so."""
    view = page.view
    figure, scale = draw_groups(view, series, table, mean=mean)
    names = [view.group_word(group) for group in dict.fromkeys(view.rows(table, series)["group"])]
    if scale is None:
        kind = "t intervals" if table == "group_means" else "intervals"
        caption = f"{what} ({', '.join(names)}), with {view.confidence} {kind}."
    else:
        caption = f"{what}, {len(names)} panels on one scale: {_reach(series, scale)}."
    return page.picture(FigureFile(f"{series.slug}-{name}", figure, caption, caption))


def _reach(series: Series, scale: Scale) -> str:
    """Say what the height and width of a panel are."""
    low, high = scale.limits
    if series.change == "log_ratio":
        values = [significant(math.exp(value), 2) for value in (low, high)]
        unit = " times baseline"
    else:
        values = [significant(value, 2) for value in (low, high)]
        unit = " %" if series.change == "percent" else f" {series.unit}".rstrip()
    days = " to ".join(f"{day:g}" for day in scale.days)
    return f"upwards {values[0]} to {values[1]}{unit}, across day {days}; grey: no change"
