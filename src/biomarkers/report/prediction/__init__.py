"""The parts of the report of a prediction study, each a module that declares a `SectionMaker`."""

from functools import cache

from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage
from biomarkers.report.sections import makers_of


@cache
def prediction_makers() -> tuple[SectionMaker[PredictionPage], ...]:
    """Return the sections that the modules of this package declare, in order of place."""
    return makers_of(__name__, __path__)
