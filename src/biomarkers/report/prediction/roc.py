"""The ROC curve of cases held out, of each class where there are several."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from biomarkers.report.blocks import joined, side_by_side, text
from biomarkers.report.drawing.prediction import draw_held_out_roc
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.frames import frame_table
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage
from biomarkers.report.section import Section
from biomarkers.report.view import records
from biomarkers.report.words import estimate_in_words

_RULES = {"recipe": "recipe", "locked": "locked rule"}
_ROUNDING = 1e-9
_LIMITS = ["sensitivity", "sensitivity_low", "sensitivity_high"]
_RATES = (0.05, 0.1, 0.2, 0.3, 0.5)  # false positive rates that are told in numbers
_HELD_OUT = "held out: the mean of the curves of the sets held out together, whose area is the AUC"

_BAND = (
    "The band holds for one false positive rate at a time; like the interval of the AUC it counts "
    "as many positives and negatives as the cases are worth."
)
_POINT = (
    " Each training set has a threshold of its own, so that their mean point may lie beside the "
    "curve; its intervals leave out that another threshold might have been chosen."
)


def roc_section(page: PredictionPage) -> Section | None:
    """Build the section; None where the outcome is a time."""
    table, decisions = page.view.table("roc"), page.view.table("decisions")
    if table is None:
        return None
    point = None if decisions is None or "class" in table else records(decisions)[0]
    body = joined(
        side_by_side(
            roc_pictures(page, table, page.view.seen.performance, point, name="prediction-roc",
                         where=_HELD_OUT)
        ),
        frame_table("roc-table", "The curve of the recipe in numbers", at_specificities(table)),
        text(f"{_BAND}{'' if point is None else _POINT} All points stand in roc.csv.", aside=True),
    )  # fmt: skip
    return Section("ROC curve", "roc", body)


def roc_pictures(
    page: PredictionPage, table: pd.DataFrame, performance: pd.DataFrame,
    point: Mapping[str, Any] | None, *, name: str, where: str,
) -> list[Markup]:  # fmt: skip
    """Draw the curves of all rules, of each class by itself; the first rule has its band."""
    if "class" not in table:
        return [_picture(page, table, records(performance)[0], point, name=name, where=where)]
    first = performance["rule"] == performance["rule"].iloc[0]
    return [
        _picture(page, table[table["class"] == row["class"]], row, point,
                 name=f"{name}-{place}", where=where)
        for place, row in enumerate(records(performance[first]), 1)
    ]  # fmt: skip


def _picture(
    page: PredictionPage, curves: pd.DataFrame, area: Mapping[str, Any],
    point: Mapping[str, Any] | None, *, name: str, where: str,
) -> Markup:  # fmt: skip
    of = f"{area['class']} against the rest" if "class" in area else f"the {_RULES[area['rule']]}"
    marked = ""
    if point is not None:
        shares = [estimate_in_words(point, each) for each in ("sensitivity", "specificity")]
        marked = f" The point: {' and '.join(shares)} at the threshold, with 95 % intervals."
    caption = (
        f"ROC curve of {of}, {where}: {estimate_in_words(area, 'auc')}. The band is a pointwise "
        f"95 % interval of sensitivity; the diagonal is chance.{marked}"
    )
    told = "; ".join(
        f"specificity {row['specificity']:.2f}: {estimate_in_words(row, 'sensitivity')}"
        for row in records(at_specificities(curves))
    )
    figure = draw_held_out_roc(curves, point)
    return page.picture(FigureFile(name, figure, caption, f"{caption} {told}."))


def at_specificities(table: pd.DataFrame) -> pd.DataFrame:
    """Return the sensitivity of the first rule where specificity is at least that told."""
    mine = table[table["rule"] == table["rule"].iloc[0]]
    kind = "class" if "class" in mine else "rule"
    parts = [
        rows[rows["false_positive_rate"] <= rate + _ROUNDING].tail(1).assign(specificity=1 - rate)
        for _, rows in mine.groupby(kind, sort=False)
        for rate in _RATES
    ]
    columns = [*(["class"] if kind == "class" else []), "specificity", *_LIMITS]
    made: pd.DataFrame = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    return made


ROC = SectionMaker(22, roc_section)
