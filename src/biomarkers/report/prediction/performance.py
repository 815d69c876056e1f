"""What the recipe is worth, beside its baselines and other recipes."""

import pandas as pd
from markupsafe import Markup

from biomarkers.report.blocks import joined, text
from biomarkers.report.drawing.forest import ForestRow, draw_forest
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.frames import frame_table
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import MEASURES, PredictionPage
from biomarkers.report.section import Section, unbroken
from biomarkers.report.view import records
from biomarkers.report.words import decimal, interval


def performance_section(page: PredictionPage) -> Section:
    """Build the section."""
    view = page.view
    caption = (
        f"{view.measure_name} of the recipe, of a constant"
        f"{', and of each block of columns alone' if view.blocks else ''}, "
        "with 95 % intervals; the line is chance; filled: the whole interval lies above it."
    )
    body = joined(
        _forest(page, view.seen.performance, view.measure, caption),
        frame_table(
            "performance-table", "The recipe and its baselines, in cases held out",
            view.seen.performance, permutations=view.seen.settings.permutations, marks=[0],
        ),
    )  # fmt: skip
    return Section("Performance", "performance", body)


def gain_section(page: PredictionPage) -> Section | None:
    """Build the section of gains; None where no block is judged alone."""
    gain = page.view.table("gain")
    if gain is None:
        return None
    rows = [
        ForestRow(
            row["over"], row["gain"], row["gain_low"], row["gain_high"],
            f"{decimal(row['gain'], 2)} ({decimal(row['gain_low'], 2)} to "
            f"{decimal(row['gain_high'], 2)})",
            filled=row["over"] in getattr(page.view.seen, "adds", ()),
        )
        for row in records(gain)
    ]  # fmt: skip
    caption = (
        f"What the recipe adds in {page.view.measure_name} to each block alone, on the same folds, "
        "with 95 % intervals; filled where p is at most .05."
    )
    figure = draw_forest(rows, axis=f"Gain in {page.view.measure_name}")
    body = joined(
        page.picture(FigureFile("prediction-gain", figure, caption, caption)),
        frame_table("gain-table", "Paired gain of the recipe, p two-sided", gain),
    )
    return Section("Gain over baselines", "gain", body)


def comparison_section(page: PredictionPage) -> Section | None:
    """Build the section of recipes compared; None where none were."""
    compared = page.view.comparison
    if compared is None:
        return None
    measure = "concordance" if "concordance" in compared.performance else "auc"
    caption = f"{MEASURES[measure]} of each recipe on the same folds, with 95 % intervals."
    body = joined(
        text(unbroken(compared.headline, ())),
        _forest(page, compared.performance, measure, caption, name="prediction-recipes"),
        frame_table(
            "recipes-table", "Each recipe, in cases held out", compared.performance,
            permutations=compared.settings.permutations,
        ),
        frame_table(
            "differences-table", "Every pair of recipes, paired; p adjusted after Holm",
            compared.differences,
        ),
    )  # fmt: skip
    return Section("Recipes compared", "comparison", body)


def _forest(
    page: PredictionPage, table: pd.DataFrame, measure: str, caption: str,
    *, name: str = "prediction-performance",
) -> Markup:  # fmt: skip
    """Draw a row for each rule; nothing where the measure has no interval."""
    low, high = (f"{measure}_{end}" for end in ("low", "high"))
    if low not in table:
        return Markup()
    rows = [
        ForestRow(
            f"{row['rule']}: {row['class']}" if "class" in row else row["rule"],
            row[measure], row[low], row[high],
            f"{decimal(row[measure], 2)} ({interval(row[low], row[high])})",
            filled=row[low] > 0.5,
        )
        for row in records(table)
    ]  # fmt: skip
    axis = MEASURES.get(measure, measure)
    figure = draw_forest(rows, axis=axis, none=0.5)
    told = "; ".join(f"{row.label}: {row.beside}" for row in rows)
    return page.picture(FigureFile(name, figure, caption, f"{caption} {told}."))


PERFORMANCE = SectionMaker(20, performance_section)
GAIN = SectionMaker(25, gain_section)
COMPARISON = SectionMaker(60, comparison_section)
