"""Whether probabilities can be believed, and what decisions by them are worth."""

import pandas as pd
from markupsafe import Markup

from biomarkers.report.blocks import joined, text
from biomarkers.report.drawing.prediction import draw_calibration, draw_net_benefit
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.frames import frame_table
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage, PredictionView
from biomarkers.report.section import Section

_SLOPE = (
    "Slope 1 and intercept 0 are perfect; a slope below 1: probabilities are too extreme; an "
    "intercept above 0: too low on average (its slope held at 1). Their 95 % intervals are Wald's. "
    "A Brier score below that of the prevalence beats "
    "giving everybody the prevalence."
)


def calibration_section(page: PredictionPage) -> Section | None:
    """Build the section; None where there are no probabilities."""
    table, curve = page.view.table("calibration"), page.view.table("calibration_curve")
    if table is None:
        return None
    picture = Markup()
    if curve is not None:
        picture = calibration_picture(
            page, curve, page.view.cases,
            name="prediction-calibration", what="The recipe's probabilities while held out",
        )  # fmt: skip
    body = joined(
        picture,
        frame_table("calibration-table", "Calibration of each rule, held out", table, marks=[0]),
        text(_SLOPE, aside=True),
        Markup() if curve is None else frame_table(
            "calibration-groups", "Groups of cases behind the picture", curve, folded=True
        ),
    )  # fmt: skip
    return Section("Calibration", "calibration", body)


def calibration_picture(
    page: PredictionPage, curve: pd.DataFrame, cases: pd.DataFrame | None, *, name: str, what: str
) -> Markup:
    """Draw a calibration plot."""
    ticks = (
        " Ticks: each positive case on top, each negative one below." if cases is not None else ""
    )
    caption = (
        f"{what}, in groups of like size, against the share of positives in each, with Wilson's "
        f"95 % intervals (of subjects); the diagonal is perfect.{ticks}"
    )
    told = "; ".join(
        f"{row['predicted']:.2f}: {row['observed']:.2f}" for row in curve.to_dict("records")
    )
    figure = draw_calibration(curve, cases)
    return page.picture(FigureFile(name, figure, caption, f"{caption} Predicted and seen: {told}."))


def benefit_section(page: PredictionPage) -> Section | None:
    """Build the section of net benefit; None where there is none."""
    table = page.view.table("net_benefit")
    if table is None:
        return None
    body = joined(
        benefit_picture(page, table, name="prediction-net-benefit"),
        text(
            "Net benefit: true positives over all cases, minus false positives times the odds of "
            "the threshold (Vickers & Elkin 2006). The recipe helps at thresholds where it lies "
            "above treating all and treating none.",
            aside=True,
        ),
        _benefit_table(table),
    )
    return Section("Net benefit", "benefit", body)


def _benefit_table(table: pd.DataFrame) -> Markup:
    """Return net benefit with a row for each threshold and a column for each rule."""
    rules = list(dict.fromkeys(table["rule"]))
    wide = table.pivot(index="threshold", columns="rule", values="net_benefit")[rules]  # noqa: PD010
    wide = wide.rename(columns=str).reset_index().rename_axis(columns=None)
    return frame_table("benefit-table", "Net benefit at each threshold", wide, folded=True,
                       places=3)  # fmt: skip


def benefit_picture(page: PredictionPage, table: pd.DataFrame, *, name: str) -> Markup:
    """Draw net benefit over thresholds."""
    caption = (
        f"Net benefit over the probability at which one would treat: {table['rule'].iloc[0]} in "
        "bold, beside others, treating all, and treating none."
    )
    return page.picture(FigureFile(name, draw_net_benefit(table), caption, caption))


def decisions_section(page: PredictionPage) -> Section | None:
    """Build the section of decisions; None where there are none."""
    table = page.view.table("decisions")
    if table is None:
        return None
    caption = "Decisions in cases held out"
    if "true_positives" in table:
        caption += ", by thresholds of their own training sets; counts are means over repeats"
        caption += "; 95 % intervals are Wilson's"
    body = joined(
        frame_table("decisions-table", caption, table, marks=[0],
                    permutations=page.view.seen.settings.permutations),
        text(_called(page.view), aside=True),
    )  # fmt: skip
    return Section("Decisions", "decisions", body)


def _called(view: PredictionView) -> str:
    """Say how a case is called."""
    if "class" in view.seen.performance:
        return "The most probable class is called, once for all cases of a subject of one class."
    if not view.has_inner_folds:
        return "The threshold of a training set is its prevalence: nothing was chosen."
    return (
        "The threshold of a training set is where sensitivity plus specificity is largest in its "
        "inner folds (Youden 1950)."
    )


CALIBRATION = SectionMaker(30, calibration_section)
BENEFIT = SectionMaker(35, benefit_section)
DECISIONS = SectionMaker(40, decisions_section)
