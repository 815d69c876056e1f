"""Results and quality-control cards as a page people read. Never computes a statistic.

The page of a prediction study is loaded when it is first used: whoever reports another study does
not wait for `predict`.
"""

from typing import TYPE_CHECKING

from biomarkers._lazy import loaded_from
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.pdf import write_pdf
from biomarkers.report.report import TITLE, Report, write_report
from biomarkers.report.sections.headline import answer
from biomarkers.report.word import write_word

if TYPE_CHECKING:
    from biomarkers.report.prediction_report import PredictionReport, write_prediction_report

__all__ = [
    "TITLE",
    "FigureFile",
    "PredictionReport",
    "Report",
    "answer",
    "write_pdf",
    "write_prediction_report",
    "write_report",
    "write_word",
]

__getattr__ = loaded_from(
    __name__,
    dict.fromkeys(("PredictionReport", "write_prediction_report"), "prediction_report"),
)
