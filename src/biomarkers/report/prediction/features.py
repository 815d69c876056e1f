"""Which features the models use, how steadily, and what they are worth."""

from biomarkers.report.blocks import joined, text
from biomarkers.report.drawing.prediction import draw_features
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.frames import frame_table
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage, PredictionView
from biomarkers.report.section import Section
from biomarkers.report.words import count

_DRAWN = 20  # features
_LISTED = 200


def features_section(page: PredictionPage) -> Section | None:
    """Build the section; None where the judgement tells nothing of features."""
    table = page.view.table("selection")
    if table is None:
        return None
    if "class" in table:
        named = table["class"].astype(str) + ": " + table["feature"].astype(str)
        order = ["chosen", "importance"]
        table = table.assign(feature=named).drop(columns="class")
        table = table.sort_values(order, ascending=False, kind="stable").reset_index(drop=True)
    some = len(table) > _DRAWN
    which = f"The first {_DRAWN} of {count(len(table), 'feature')}" if some else "Every feature"
    caption = (
        f"{which}: the share of training sets in which it reaches the model with a weight, its "
        f"direction (+: {_more(page.view)}), and the "
        f"{page.view.measure_name} that is lost where it is shuffled among cases held out "
        "(importance)."
    )
    figure = draw_features(table.head(_DRAWN))
    lost = len(table) - _LISTED
    body = joined(
        page.picture(FigureFile("prediction-features", figure, caption, caption)),
        frame_table(
            "features-table", "Selection and importance of features, over training sets",
            table.head(_LISTED), folded=some or None,
        ),
        text(f"{count(lost, 'more feature')} stand in selection.csv." if lost > 0 else ""),
    )  # fmt: skip
    return Section("Features", "features", body)


def _more(view: PredictionView) -> str:
    """Say what a positive sign means."""
    if view.is_survival:
        return "the event is earlier where there is more of it"
    return f"{'the class has' if view.has_classes else 'positives have'} more of it"


FEATURES = SectionMaker(45, features_section)
